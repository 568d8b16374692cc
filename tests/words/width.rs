//! On a terminal of 80 columns no line is wider and no word is broken, whatever is said, in either language.

use super::*;
use puerta::shell::wrap::wrap;
use unicode_width::UnicodeWidthStr as _;

const COLUMNS: u16 = 80;

/// What is said, and the same as a terminal gets it.
fn is_whole(name: &str, said: &str, laid_out: &str) {
    let lower = |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
    let said: BTreeSet<String> = lower(said).into_iter().collect();
    // A picture is drawn, and an address to be copied is one word whatever its length.
    let text = |line: &&str| !line.contains('\x1b') && !line.starts_with("otpauth://");
    for line in laid_out.lines().filter(text) {
        assert!(line.width() <= usize::from(COLUMNS), "{name}: too wide: {line}");
        for word in lower(line) {
            let begins = |start: &str| said.iter().any(|word| word.starts_with(start));
            let whole = said.contains(&word) || word.strip_suffix('…').is_some_and(begins);
            assert!(whole, "{name}: `{word}` is broken: {line}");
        }
    }
}

#[test]
fn every_answer_fits() {
    for lang in Lang::ALL {
        for (name, reply) in samples::replies() {
            if render::is_file(&reply, false) {
                continue;
            }
            let said = render::reply(&reply, lang, Style::default());
            let style = Style { json: false, width: Some(COLUMNS) };
            is_whole(name, &said, &wrap(&render::reply(&reply, lang, style), COLUMNS));
            let aside = render::aside(&reply, lang, false);
            is_whole(name, &aside, &wrap(&aside, COLUMNS));
        }
    }
}

#[test]
fn every_error_notice_and_help_fits() {
    for lang in Lang::ALL {
        for error in errors(lang) {
            let said = render::error(&error, lang, false);
            is_whole(error.id, &said, &wrap(&said, COLUMNS));
        }
        let said = notices(lang);
        is_whole("notices", &said, &wrap(&said, COLUMNS));
        for command in help::commands() {
            let said = help_text(&format!("help {}", command.join(" ")), lang, Role::Admin);
            is_whole(&command.join(" "), &said, &wrap(&said, COLUMNS));
        }
        for command in help::commands().iter().filter(|command| command.len() == 2) {
            let said = help_text(&format!("help {}", command[0]), lang, Role::Admin);
            is_whole(&command[0], &said, &wrap(&said, COLUMNS));
        }
    }
}

#[test]
fn a_narrower_terminal_breaks_no_word_either() {
    for (name, reply) in samples::replies().into_iter().filter(|(_, reply)| !render::is_file(reply, false)) {
        for width in [40, 60] {
            let style = Style { json: false, width: Some(width) };
            let text = wrap(&render::reply(&reply, Lang::Es, style), width);
            for line in text.lines().filter(|line| !line.contains('\x1b')) {
                // One that is wider is so for a word that has no room on any.
                let longest = line.split_whitespace().map(|word| word.width()).max().unwrap_or(0);
                let fits = line.width() <= usize::from(width) || longest > usize::from(width / 2);
                assert!(fits, "{name} at {width}: {line}");
            }
        }
    }
}
