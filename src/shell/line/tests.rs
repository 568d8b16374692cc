use super::*;
use proptest::prelude::*;

/// A terminal of one row, enough to see what the person sees.
#[derive(Default)]
struct Row {
    cells: Vec<char>,
    cursor: usize,
    /// Rows that were ended.
    done: Vec<String>,
}

impl Row {
    fn show(&mut self, output: &[u8]) {
        let text = std::str::from_utf8(output).unwrap();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '\r' => self.cursor = 0,
                '\n' => {
                    self.done.push(self.text());
                    self.cells.clear();
                }
                '\x07' => {}
                '\x1b' => {
                    assert_eq!(chars.next(), Some('['));
                    let mut number = String::new();
                    let last = loop {
                        let c = chars.next().unwrap();
                        if !c.is_ascii_digit() {
                            break c;
                        }
                        number.push(c);
                    };
                    match last {
                        'K' => self.cells.truncate(self.cursor),
                        'C' => self.cursor += number.parse::<usize>().unwrap(),
                        'H' | 'J' => self.cells.clear(),
                        other => panic!("unexpected sequence {other}"),
                    }
                }
                c => {
                    assert!(crate::shell::printable::is_printable(c));
                    while self.cells.len() <= self.cursor {
                        self.cells.push(' ');
                    }
                    self.cells[self.cursor] = c;
                    self.cursor += 1;
                }
            }
        }
    }

    fn text(&self) -> String {
        self.cells.iter().collect()
    }
}

/// An editor with its terminal, a turn begun after every line.
struct Desk {
    editor: Editor,
    row: Row,
    lines: Vec<String>,
    other: Vec<Event>,
}

fn words(before: &str) -> Vec<String> {
    let last = before.rsplit(' ').next().unwrap_or("");
    let all = ["start", "stop", "status", "list"];
    let all = all.iter().filter(|word| word.starts_with(last));
    all.map(|word| (*word).to_owned()).collect()
}

impl Desk {
    fn new(width: u16) -> Self {
        let mut desk =
            Self { editor: Editor::new(width), row: Row::default(), lines: Vec::new(), other: Vec::new() };
        desk.row.show(&desk.editor.start("> "));
        desk
    }

    fn feed(&mut self, bytes: &[u8]) -> &mut Self {
        let mut events = VecDeque::from(self.editor.feed(bytes, &words));
        while let Some(event) = events.pop_front() {
            match event {
                Event::Output(bytes) => {
                    self.row.show(&bytes);
                    continue;
                }
                Event::Line(line) => self.lines.push(line),
                other => self.other.push(other),
            }
            if self.editor.turn == Turn::Ours && events.is_empty() {
                self.row.show(&self.editor.start("> "));
                events.extend(self.editor.feed(&[], &words));
            }
        }
        self
    }
}

/// What is entered when these bytes are typed and then Enter.
fn typed(bytes: &[u8]) -> String {
    let mut desk = Desk::new(80);
    desk.feed(bytes).feed(b"\r");
    desk.lines.pop().unwrap()
}

#[test]
fn keys_do_what_they_do_in_a_shell() {
    let table: &[(&[u8], &str)] = &[
        ("vm create ñandú 日本".as_bytes(), "vm create ñandú 日本"),
        (b"abc\x7f\x08d", "ad"),
        (b"bc\x01a\x05d", "abcd"),
        (b"ac\x02b\x06d", "abcd"),
        (b"ac\x1b[Db\x1b[Cd", "abcd"),
        (b"ac\x1bODb\x1bOCd", "abcd"),
        (b"b\x1b[Ha\x1b[Fc", "abc"),
        (b"b\x1b[1~a\x1b[4~c", "abc"),
        (b"b\x1b[7~a\x1b[8~c", "abc"),
        (b"b\x1bOHa\x1bOFc", "abc"),
        (b"axb\x02\x02\x1b[3~", "ab"),
        (b"axb\x02\x02\x04", "ab"),
        (b"one two\x01\x0b", ""),
        (b"one two\x15three", "three"),
        (b"one two-three\x17x", "one x"),
        (b"one two\x17\x01\x19", "twoone "),
        (b"one two\x1bb\x1bbx", "xone two"),
        (b"one two\x01\x1bfx", "onex two"),
        (b"one two\x01\x1bd", " two"),
        (b"one two-three\x1b\x7f", "one two-"),
        (b"one two\x1b[1;5Dx\x1b[1;5Cy", "one xtwoy"),
        (b"ab\x14", "ba"),
        (b"\x1b[200~pasted\x1b[201~", "pasted"),
        (b"a\x1b[38;5;120mb\x1b[15~c\x1b[[Ad\x1b]0;title\x07e\x1bPq\x1b\\f", "abcdef"),
        (b"a\x1b[1;2;3;4;5;6;7;8;9Rb", "ab"),
        (b"a\xc2\x9bb", "ab"),
        ("a\u{202e}b\u{7f}c".as_bytes(), "ac"),
        (b"lis\t", "list "),
        (b"st\tx", "stx"),
        (b"sto\t\x01\x05y", "stop y"),
        (b"zzz\t", "zzz"),
    ];
    for (bytes, line) in table {
        assert_eq!(typed(bytes), *line, "{}", bytes.escape_ascii());
    }
}

#[test]
fn every_kind_of_enter_is_one() {
    let mut desk = Desk::new(80);
    desk.feed(b"a\r").feed(b"\nb\r\nc\nd\r\r\n");
    assert_eq!(desk.lines, ["a", "b", "c", "d", ""]);
    assert_eq!(desk.row.done, ["> a", "> b", "> c", "> d", "> "]);
}

#[test]
fn the_row_shows_the_line_around_the_cursor() {
    let mut desk = Desk::new(20);
    desk.feed(b"abcdefghijklmnopqrstuvwxyz");
    assert_eq!(desk.row.text(), "> jklmnopqrstuvwxyz");
    desk.feed(b"\x01");
    assert_eq!((desk.row.text(), desk.row.cursor), ("> abcdefghijklmnopq".into(), 2));
    desk.feed(b"\x1b[C0");
    assert_eq!((desk.row.text(), desk.row.cursor), ("> a0bcdefghijklmnop".into(), 4));
    desk.feed(b"\x05\x15");
    assert_eq!(desk.row.text(), "> ");
    let bytes = desk.editor.set_width(0);
    desk.row.show(&bytes);
    let bytes = desk.editor.above("news\n");
    desk.row.show(&bytes);
    assert_eq!(desk.row.done, ["news"]);
    assert_eq!(desk.row.text(), "> ");
}

#[test]
fn one_character_costs_one_character() {
    let mut editor = Editor::new(80);
    editor.start("> ");
    assert_eq!(editor.feed("ñ".as_bytes(), &words), [Event::Output("ñ".into())]);
}

#[test]
fn tab_lists_what_it_cannot_choose() {
    let mut desk = Desk::new(80);
    desk.feed(b"st\t");
    assert_eq!(desk.row.done, ["> st", "start   status  stop"]);
    assert_eq!(desk.row.text(), "> st");
}

#[test]
fn history_goes_back_and_forth() {
    let mut desk = Desk::new(80);
    desk.feed(b"one\rtwo\rtwo\r \r").feed(b"dra\x1b[A");
    assert_eq!(desk.row.text(), "> two");
    desk.feed(b"\x10\x10\x10");
    assert_eq!(desk.row.text(), "> one");
    desk.feed(b"\x0e\x1b[B");
    assert_eq!(desk.row.text(), "> dra");
    desk.feed(b"\x1b[B\x1b[A!\r");
    assert_eq!(desk.lines.last().unwrap(), "two!");
}

#[test]
fn a_secret_is_not_shown_and_not_kept() {
    let mut desk = Desk::new(80);
    let bytes = desk.editor.start_secret("password: ");
    desk.row.show(&bytes);
    desk.feed("contraseña\x15clave\t\x1b[A\r".as_bytes());
    assert_eq!(desk.other, [Event::Secret(Secret::new("clave"))]);
    assert_eq!(desk.row.done, ["password: "]);
    desk.feed(b"\x19\x1b[A\r");
    assert_eq!(desk.lines, [""]);
    let bytes = desk.editor.start_answer("sure? ");
    desk.row.show(&bytes);
    desk.feed(b"y\r\x1b[A\r");
    assert_eq!(desk.lines, ["", "y", ""]);
}

#[test]
fn interrupt_end_and_type_ahead() {
    let mut editor = Editor::new(80);
    editor.start("> ");
    let out = |text: &str| Event::Output(text.into());
    assert_eq!(editor.feed(b"ab\x03", &words), [out("ab^C\r\n"), Event::Interrupt]);
    assert_eq!(editor.feed(b"next\r", &words), []);
    assert_eq!(editor.feed(b"x\x03y", &words), [Event::Interrupt]);
    editor.start("> ");
    assert_eq!(editor.feed(&[], &words), [out("y")]);
    assert_eq!(editor.feed(b"\x15\x04", &words).last(), Some(&Event::Eof));
    editor.start("> ");
    let events = editor.feed(b"go\rmore\r\x03", &words);
    assert_eq!(events, [out("go\r\n"), Event::Line("go".into()), Event::Interrupt]);
}

#[test]
fn a_line_has_an_end() {
    let mut desk = Desk::new(80);
    desk.feed(&vec![b'a'; MAX_LINE * 2]).feed(b"\r");
    assert_eq!(desk.lines[0].len(), MAX_LINE);
}

fn keys() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        (0u8..0x20).prop_map(|byte| vec![byte]),
        (0x20u8..0x7f).prop_map(|byte| vec![0x1b, b'[', byte]),
        (0x20u8..0x7f).prop_map(|byte| vec![0x1b, byte]),
        "\\PC".prop_map(String::into_bytes),
        Just(b"start ".to_vec()),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_in_any_split_leave_a_sound_editor(
        bytes in keys(), width in 0u16..90, split in 1usize..9, secret: bool,
    ) {
        let mut desk = Desk::new(width);
        if secret {
            desk.editor.start_secret("");
        }
        for piece in bytes.chunks(split) {
            desk.feed(piece);
            let buffer = &desk.editor.buffer;
            prop_assert!(buffer.cursor() <= buffer.text().len());
            prop_assert!(desk.editor.ahead.len() <= MAX_LINE);
        }
        for line in &desk.lines {
            prop_assert!(line.chars().all(crate::shell::printable::is_printable));
        }
    }

    #[test]
    fn the_split_does_not_matter(mut bytes in keys()) {
        // But for ^C: what it forgets is what came before it and was not read.
        bytes.retain(|byte| *byte != 3);
        let mut whole = Desk::new(40);
        whole.feed(&bytes);
        let mut apart = Desk::new(40);
        for byte in &bytes {
            apart.feed(&[*byte]);
        }
        prop_assert_eq!(&whole.lines, &apart.lines);
        prop_assert_eq!(whole.editor.buffer.line(), apart.editor.buffer.line());
    }
}

/// A question is never swallowed by a narrow terminal.
#[test]
fn a_question_without_room_stands_above_its_answer() {
    for width in [12, 40, 80, 200] {
        let mut editor = Editor::new(width);
        let mut row = Row::default();
        row.show(&editor.start_answer(
            "¿Borrar `web1` con todo lo que contiene? Sus copias se quedan y nada más. [s/N] ",
        ));
        let shown = row.done.join(" ") + " " + &row.text();
        assert!(shown.trim_start().starts_with("¿Borrar `web1`"), "{width}: {shown}");
        assert!(shown.contains("nada más."), "{width}: {shown}");
        assert_eq!(row.done.is_empty(), width == 200, "{width}");
    }
}

/// A terminal in Latin-1: what was typed is not what came, whether it is a line, an answer or a secret.
#[test]
fn what_is_no_utf8_is_no_line() {
    for bytes in [
        &b"contrase\xf1a"[..],
        b"\xff",
        b"ma\xf1",
        b"caf\xe9",
        b"x\xc3",
        b"\xc3a",
        b"\xed\xa0\x80",
        b"\xe9\x15abc",
    ] {
        let starts = [
            |e: &mut Editor| e.start("> "),
            |e: &mut Editor| e.start_answer("? "),
            |e: &mut Editor| e.start_secret("? "),
        ];
        for start in starts {
            let mut editor = Editor::new(80);
            start(&mut editor);
            let typed = [bytes, b"\r"].concat();
            let mut events: Vec<Event> = typed.chunks(1).flat_map(|byte| editor.feed(byte, &words)).collect();
            assert_eq!(events.pop(), Some(Event::Foreign), "{}", bytes.escape_ascii());
            let bells = events.iter().filter(|event| matches!(event, Event::Output(out) if out.contains(&7)));
            assert_eq!(bells.count(), 1, "it is heard at once: {}", bytes.escape_ascii());
            // The next turn knows nothing of it, nor does the history.
            start(&mut editor);
            let last = editor.feed(b"\x1b[Ag\r", &words).pop();
            assert!(
                matches!(&last, Some(Event::Line(line)) if line == "g")
                    || last == Some(Event::Secret(Secret::new("g")))
            );
        }
    }
}
