//! Enrolment as text: a table, a CSV for other programs, or a sheet to print and cut.

use super::csv::File;
use super::table::Gives::{Cut, Drop};
use super::table::Table;
use super::{Style, label, said, units};
use crate::app::command::Form;
use crate::app::reply::{CodeView, CodesView, EnrolView, EnrolWarning, EnrolledView};
use crate::shell::here;
use crate::shell::lang::Lang;
use crate::shell::printable::printable;
use crate::shell::text::text;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Columns of a card; two and what is between them are 80.
const CARD: usize = 38;
const BETWEEN: &str = "  | ";
/// Lines of a printed page.
const PAGE: usize = 60;

/// Somebody with a code.
struct Coded<'a> {
    login: &'a str,
    name: &'a str,
    email: &'a str,
    code: &'a CodeView,
}

pub(super) fn enrolled(view: &EnrolView, lang: Lang, style: Style) -> String {
    let codes: Vec<Coded<'_>> = view.people.iter().filter_map(coded_of).collect();
    match view.form {
        Form::Table => table(view, lang, style) + &summary(view, lang),
        Form::Csv => csv(&codes, lang),
        Form::Sheet => sheet(&codes, &view.course, lang),
    }
}

fn coded_of(person: &EnrolledView) -> Option<Coded<'_>> {
    let code = person.code.as_ref()?;
    Some(Coded { login: &person.login, name: &person.name, email: &person.email, code })
}

pub(super) fn codes(view: &CodesView, lang: Lang, style: Style) -> String {
    let people: Vec<_> = view
        .people
        .iter()
        .map(|person| Coded {
            login: &person.login,
            name: &person.name,
            email: &person.email,
            code: &person.code,
        })
        .collect();
    match view.form {
        Form::Table => {
            let mut table = Table::new(lang, &["login", "code", "expires", "full-name"])
                .gives(&[Cut("full-name"), Drop("expires")]);
            for person in &people {
                let Coded { login, name, code, .. } = person;
                table.row(vec![login.to_string(), code.code.clone(), day(code), name.to_string()]);
            }
            let table = if people.is_empty() { String::new() } else { table.text(style.width) };
            table + &made(view, lang)
        }
        Form::Csv => csv(&people, lang),
        Form::Sheet => sheet(&people, &view.course, lang),
    }
}

/// What is said beside a file that is to stay one.
pub(super) fn enrolled_aside(view: &EnrolView, lang: Lang) -> String {
    if view.form == Form::Table { String::new() } else { summary(view, lang) }
}

/// The same of new codes.
pub(super) fn codes_aside(view: &CodesView, lang: Lang) -> String {
    if view.form == Form::Table { String::new() } else { made(view, lang) }
}

fn made(view: &CodesView, lang: Lang) -> String {
    let count = view.people.len().to_string();
    said(lang, "done-codes-made", &[("count", &count), ("course", &view.course)])
}

/// The day it ends, on the lab's calendar.
fn day(code: &CodeView) -> String {
    units::day(&code.expires)
}

fn table(view: &EnrolView, lang: Lang, style: Style) -> String {
    if view.people.is_empty() {
        return String::new();
    }
    let none = text(lang, "word-none", &[]);
    let named = view.people.iter().any(|person| person.campus.is_some());
    let mut columns = vec!["login", "change", "code", "expires", "full-name"];
    columns.extend(named.then_some("campus"));
    let mut table = Table::new(lang, &columns).gives(&[Cut("full-name"), Drop("expires"), Drop("campus")]);
    for person in &view.people {
        let code = person.code.as_ref();
        let mut cells = vec![
            person.login.clone(),
            text(lang, &format!("enrol-{}", person.change.as_str()), &[]),
            code.map_or_else(|| none.clone(), |code| code.code.clone()),
            code.map_or_else(|| none.clone(), day),
            person.name.clone(),
        ];
        cells.extend(named.then(|| person.campus.clone().unwrap_or_else(|| none.clone())));
        table.row(cells);
    }
    table.text(style.width)
}

fn summary(view: &EnrolView, lang: Lang) -> String {
    let id = match (view.dry_run, view.people.is_empty()) {
        (_, true) => "done-enrol-same",
        (true, false) => "done-enrol-trial",
        (false, false) => "done-enrolled",
    };
    let counts =
        [view.new, view.changed, view.back, view.archived, view.unchanged].map(|count| count.to_string());
    let args = [
        ("course", &*view.course),
        ("new", &*counts[0]),
        ("changed", &*counts[1]),
        ("back", &*counts[2]),
        ("archived", &*counts[3]),
        ("unchanged", &*counts[4]),
    ];
    let mut answer = String::new();
    for warning in &view.warnings {
        answer.push_str(&warned(warning, lang));
    }
    answer.push_str(&said(lang, id, &args));
    answer + &machines(view, lang)
}

/// Names of machines that are told; of the others their number.
const TOLD: usize = 10;

/// What happens to machines, and what is to be typed about it.
fn machines(view: &EnrolView, lang: Lang) -> String {
    let mut lines = String::new();
    if view.stops > 0 {
        lines += &said(lang, "enrol-stops", &[("count", &view.stops.to_string())]);
    }
    if view.dry_run && view.many {
        lines += &said(lang, "enrol-many", &[("count", &view.archived.to_string())]);
    }
    if let Some(first) = view.resting.first() {
        let id = if view.start { "enrol-starts" } else { "enrol-resting" };
        let (names, count, course) = (listed(&view.resting), view.resting.len().to_string(), &view.course);
        lines += &said(lang, id, &[("count", &count), ("names", &names), ("vm", first), ("course", course)]);
    }
    lines
}

/// The first of some names.
pub(super) fn listed(names: &[String]) -> String {
    let cut = if names.len() > TOLD { ", …" } else { "" };
    names.iter().take(TOLD).cloned().collect::<Vec<_>>().join(", ") + cut
}

fn warned(warning: &EnrolWarning, lang: Lang) -> String {
    let line = warning.line.map(|line| line.to_string()).unwrap_or_default();
    let meant = warning.meant.as_deref().unwrap_or_default();
    let args = [("line", &*line), ("name", &*warning.name), ("meant", meant)];
    said(lang, &format!("enrol-warning-{}", warning.what), &args)
}

fn csv(people: &[Coded<'_>], lang: Lang) -> String {
    let mut file = File::new(lang);
    file.row(["login", "name", "email", "code", "expires"]);
    for Coded { login, name, email, code } in people {
        file.row([login, name, email, &*code.code, &*code.expires]);
    }
    file.text()
}

/// Cards in two columns, 80 wide, with a form feed where a page is full.
fn sheet(people: &[Coded<'_>], course: &str, lang: Lang) -> String {
    let line = "-".repeat(CARD) + "--+-" + &"-".repeat(CARD) + "\n";
    let mut sheet = String::new();
    let mut used = PAGE;
    for pair in people.chunks(2) {
        let cards: Vec<_> = pair.iter().map(|person| card(person, course, lang)).collect();
        let height = cards.iter().map(Vec::len).max().unwrap_or(0);
        if used + height + 1 > PAGE {
            sheet.push_str(if sheet.is_empty() { "" } else { "\u{c}" });
            sheet.push_str(&line);
            used = 1;
        }
        for row in 0..height {
            let cell =
                |card: usize| cards.get(card).and_then(|card| card.get(row)).map_or("", String::as_str);
            let (left, right) = (cell(0), cell(1));
            let space = " ".repeat(CARD.saturating_sub(left.width()));
            sheet.push_str(format!("{left}{space}{BETWEEN}{right}").trim_end());
            sheet.push('\n');
        }
        sheet.push_str(&line);
        used += height + 1;
    }
    sheet
}

fn card(person: &Coded<'_>, course: &str, lang: Lang) -> Vec<String> {
    let Coded { login, name, code, .. } = person;
    let key = here::fingerprint().map(|key| (label(lang, "puerta") + " ", key));
    let fields = [
        (String::new(), format!("{name} ({course})")),
        (label(lang, "login") + " ", (*login).to_owned()),
        (String::new(), here::way_in(login)),
        (label(lang, "code") + " ", code.code.clone()),
        (label(lang, "expires") + " ", day(code)),
    ];
    fields
        .iter()
        .chain(&key)
        .flat_map(|(label, value)| folded(&printable(&format!("{label}{value}"))))
        .collect()
}

/// The text in lines that fit a card.
fn folded(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut width = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if width + wide > CARD {
            lines.push(String::new());
            width = 0;
        }
        width += wide;
        if let Some(last) = lines.last_mut() {
            last.push(c);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> CodeView {
        CodeView { code: "K7QF-M2XD-9RTW".into(), expires: "2026-12-07T10:00:00Z".into() }
    }

    #[test]
    fn a_spreadsheet_gets_no_formula() {
        let code = code();
        let people = ["=1+1", "＝1+1", " @x", "\t=1", "O'Hara", "a=b"].map(|name| Coded {
            login: "ana",
            name,
            email: "a@b.es",
            code: &code,
        });
        let text = csv(&people, Lang::En);
        let names: Vec<_> = text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
        assert_eq!(names, ["\"'=1+1\"", "\"'＝1+1\"", "\"' @x\"", "\\t=1", "O'Hara", "a=b"]);
        let quoted = csv(&[Coded { login: "ana", name: "Gil, \"Ana\"", email: "", code: &code }], Lang::En);
        assert!(quoted.contains("\"Gil, \"\"Ana\"\"\""), "{quoted}");
    }

    #[test]
    fn a_sheet_is_eighty_wide_and_in_pages() {
        let code = code();
        let name = "María de los Ángeles 王小明 Fernández de Córdoba y Álvarez de Toledo".repeat(2);
        let login = "abcdefghijklmnopqrstuvwxyz-12345";
        let people: Vec<_> = (0..201).map(|_| Coded { login, name: &name, email: "", code: &code }).collect();
        let text = sheet(&people, "aso-2026", Lang::Es);
        assert!(text.lines().all(|line| line.trim_start_matches('\u{c}').width() <= 80));
        assert!(text.split('\u{c}').all(|page| page.lines().count() <= PAGE));
        assert_eq!(text.matches("K7QF-M2XD-9RTW").count(), 201);
        assert!(text.split('\u{c}').count() > 10);
        assert_eq!(sheet(&[], "aso-2026", Lang::Es), "");
    }
}
