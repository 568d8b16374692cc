//! Lists that people really have, and lists that are wrong.

use super::super::columns::UNKNOWN;
use super::super::wrong::{NAMED, SHOWN};
use super::*;
use proptest::prelude::*;

const HEADER: &str = "username,firstname,lastname,email\n";

fn list(text: &str) -> List {
    parse(text.as_bytes(), &[]).unwrap()
}

/// The error's id, and of each detail its line and id.
fn wrong(bytes: &[u8]) -> (&'static str, Vec<(String, &'static str)>) {
    let error = parse(bytes, &[]).unwrap_err();
    let line =
        |error: &Error| error.args.iter().find(|(name, _)| *name == "line").map(|(_, line)| line.clone());
    (error.id, error.details.iter().map(|one| (line(one).unwrap_or_default(), one.id)).collect())
}

#[test]
fn moodle_and_a_spreadsheet_between() {
    let comma = "username,firstname,lastname,email,group1,idnumber\n\
                 alumno1,Íñigo,Núñez Peña,inigo@upv.es,G1,20123456\n";
    let expected = Row {
        line: 2,
        login: "alumno1".parse().unwrap(),
        campus: None,
        name: "Íñigo Núñez Peña".into(),
        email: "inigo@upv.es".into(),
        group: Some("G1".into()),
        idnumber: Some("20123456".into()),
    };
    assert_eq!(list(comma).rows[0], expected);
    let semicolon = "\u{feff}Email;LASTNAME; FirstName ;Username;idnumber;group1\r\n\
                     inigo@upv.es;Núñez Peña;Íñigo;alumno1;20123456;G1\r\n";
    assert_eq!(list(semicolon).rows[0], expected);
    let quoted = "\"username\",\"firstname\",\"lastname\",\"email\",\"group1\",\"idnumber\"\r\n\
                  \"alumno1\",\"Íñigo\",\"Núñez Peña\",\"inigo@upv.es\",\"G1\",\"20123456\"";
    assert_eq!(list(quoted).rows[0], expected);
}

#[test]
fn what_is_not_there_is_not_known_and_what_is_empty_is_empty() {
    let list = list("username,firstname,lastname,email,group1,Ciudad\nana,Ana,\"Gil, Ros\",a@b.es,,Xàtiva\n");
    assert_eq!((list.rows[0].group.as_deref(), list.rows[0].idnumber.as_deref()), (Some(""), None));
    assert_eq!(list.rows[0].name, "Ana Gil, Ros");
    assert_eq!(
        list.warnings.iter().map(|one| (one.what, &*one.name)).collect::<Vec<_>>(),
        [("unknown-column", "Ciudad")]
    );
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    for end in ["\n", "\r\n", "\r"] {
        let text = [
            "",
            "username,firstname,lastname,email",
            "",
            "ana,Ana,Gil,a@b.es",
            "",
            ",,,",
            "luis,Luis,,l@b.es",
        ];
        let (id, details) = wrong(text.join(end).as_bytes());
        assert_eq!((id, details), ("error-list-wrong", vec![("7".into(), "error-row-missing")]), "{end:?}");
    }
}

/// What was lost to each of them: everybody behind the quote.
#[test]
fn quotes_close_on_the_line_that_they_open_on() {
    let text = "username,firstname,lastname,email,city\nbrc1,Ana,Gil,a@uni.example,\"Valencia\n\
                brc2,Luis,Gil,l@uni.example,Alcoi\nbrc3,Eva,Gil,e@uni.example,Gandia\n";
    assert_eq!(wrong(text.as_bytes()), ("error-list-wrong", vec![("2".into(), "error-row-quote-open")]));
    for (field, details) in [
        ("\"A\nna\"", vec![("2".into(), "error-row-quote-open"), ("3".into(), "error-row-quote-inside")]),
        ("\"A\rna\"", vec![("2".into(), "error-row-quote-open"), ("3".into(), "error-row-quote-inside")]),
        (" \"Ana\"", vec![("2".into(), "error-row-quote-space")]),
        ("Ana \"Anita\"", vec![("2".into(), "error-row-quote-inside")]),
        ("\"Ana\" Anita", vec![("2".into(), "error-row-quote-after")]),
    ] {
        let text = format!("{HEADER}ana,{field},Gil,a@b.es\nluis,Luis,Gil,l@b.es\n");
        assert_eq!(wrong(text.as_bytes()), ("error-list-wrong", details), "{field}");
        // The same in a column that nobody reads, and in the heading.
        let text = format!("{},x\nana,Ana,Gil,a@b.es,{field}\nluis,Luis,Gil,l@b.es,\n", HEADER.trim());
        assert_eq!(wrong(text.as_bytes()).1[0].0, "2", "{field}");
        let text = format!("{},{field}\nana,Ana,Gil,a@b.es,\n", HEADER.trim());
        assert_eq!(wrong(text.as_bytes()).1[0].0, "1", "{field}");
    }
    let nick = list(&format!("{HEADER}ana,\"Ana \"\"Anita\"\"\" ,Gil,a@b.es\n"));
    assert_eq!(nick.rows[0].name, "Ana \"Anita\" Gil");
}

#[test]
fn letters_that_were_lost_are_said_wherever_they_stand() {
    let text = format!(
        "{},city\nana,JosÃ©,Nu\u{fffd}ez,a@b.es,\nluis,Lu?s,Gil,l@b.es,AlcÃ²i\neva,Jos\u{301}e,Gil,e@b.es,?\n",
        HEADER.trim()
    );
    let list = list(&text);
    let said: Vec<_> =
        list.warnings.iter().map(|one| (one.line, one.what, &*one.name, one.meant.as_deref())).collect();
    assert_eq!(
        said,
        [
            (Some(2), "garbled", "JosÃ©", Some("José")),
            (Some(2), "lost", "Nu\u{fffd}ez", None),
            (Some(3), "garbled", "AlcÃ²i", Some("Alcòi")),
            (Some(3), "lost", "Lu?s", None),
            (None, "unknown-column", "city", None),
        ]
    );
    assert_eq!(list.rows[2].name, "Jo\u{15b}e Gil", "in one form of Unicode");
}

#[test]
fn every_bad_line_is_named() {
    let long = "x".repeat(300);
    let row = |text: &str| format!("{HEADER}bea,Bea,Gil,b@b.es\n{text}\n");
    for (text, id) in [
        ("ana,Ana,Gil", "error-row-missing"),
        ("ana,,Gil,a@b.es", "error-row-missing"),
        (",Ana,Gil,a@b.es", "error-row-missing"),
        ("Ana,Ana,Gil,a@b.es", "error-name-characters"),
        ("bea@b.es,Bea,Gil,b@b.es", "error-row-one-login"),
        ("1ana,Ana,Gil,a@b.es", "error-name-start"),
        ("ana-,Ana,Gil,a@b.es", "error-name-end"),
        ("abcdefghijklmnopqrstuvwxyzabcdefg,Ana,Gil,a@b.es", "error-name-long"),
        ("bea,Bea,Gil,b@b.es", "error-row-twice"),
        ("ana,Ana,Gil,a@b.es,more", "error-row-fields"),
        ("ana,Ana,Gil,ab.es", "error-row-email"),
        ("ana,Ana,Gil,a@b", "error-row-email"),
        ("ana,Ana,Gil,a@b@c.es", "error-row-email"),
        ("ana,Ana,Gil,a b@c.es", "error-row-email"),
        ("ana,An\u{1b}[2Ja,Gil,a@b.es", "error-row-characters"),
        ("ana,An\u{202e}a,Gil,a@b.es", "error-row-characters"),
        (&format!("ana,{long},Gil,a@b.es"), "error-row-long"),
    ] {
        let (error, details) = wrong(row(text).as_bytes());
        assert_eq!(error, "error-list-wrong", "{text}");
        assert!(details.iter().all(|(line, _)| line == "3"), "{text}: {details:?}");
        assert_eq!(details[0].1, id, "{text}");
    }
    let error = parse(row("bea,Bea,Gil,b@b.es").as_bytes(), &[]).unwrap_err();
    assert!(error.details[0].args.contains(&("first", "2".into())), "both lines");
}

#[test]
fn lists_that_are_no_lists() {
    for end in ["\n", "\r\n", "\r"] {
        let rows: [&[u8]; 5] = [
            HEADER.trim().as_bytes(),
            b"ana,Ana,Gil,a@b.es",
            b"luis,Lu\xeds,,l@b.es",
            "íñ,Í,Ñ,í@b.es".as_bytes(),
            b"be,B\xe9,G,b@b.es",
        ];
        let (id, lines) = wrong(&rows.join(end.as_bytes()));
        assert_eq!(id, "error-list-encoding");
        assert_eq!(
            lines,
            [("3".into(), "error-row-encoding"), ("5".into(), "error-row-encoding")],
            "{end:?}"
        );
    }
    let sixteen: Vec<u8> = HEADER.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(wrong(&sixteen).0, "error-list-encoding");
    assert_eq!(wrong(&[b"\xff\xfe".as_slice(), &sixteen, b"x"].concat()).0, "error-list-encoding");
    assert_eq!(wrong(b"").0, "error-list-empty");
    assert_eq!(wrong(b"\n\r\n\n").0, "error-list-empty");
    assert_eq!(wrong(HEADER.as_bytes()).0, "error-list-empty");
    assert_eq!(wrong(b"username,firstname,lastname,email,EMAIL\n").0, "error-list-column-twice");
    let error = parse(b"ana,Ana,Gil,a@b.es\n", &[]).unwrap_err();
    assert_eq!(error.id, "error-list-columns");
    assert_eq!(error.args[0].1, "`username`, `firstname`, `lastname`, `email`");
    assert_eq!(parse(b"username;firstname;lastname\n", &[]).unwrap_err().args[0].1, "`email`");
}

#[test]
fn many_people_and_many_mistakes_are_bounded() {
    let people = |count: usize| {
        let rows: String = (0..count).map(|n| format!("a{n},A,B,a@b.es\n")).collect();
        format!("{HEADER}{rows}")
    };
    assert_eq!(list(&people(8191)).rows.len(), 8191);
    assert_eq!(wrong(people(8192).as_bytes()).0, "error-list-many");
    let bad: String = (0..9000).map(|_| "Ñ,A,B,a\n").collect();
    let error = parse(format!("{HEADER}{bad}").as_bytes(), &[]).unwrap_err();
    assert_eq!(error.details.len(), NAMED + 1);
    assert_eq!(error.args, [("count", "9000".into())]);
    assert_eq!(error.details[NAMED].args, [("count", "8950".into()), ("lines", "52-9001".into())]);
    // One good line between two that are not.
    let bad: String = (0..60).map(|n| format!("Ñ,A,B,a@b.es\na{n},A,B,a@b.es\n")).collect();
    let error = parse(format!("{HEADER}{bad}").as_bytes(), &[]).unwrap_err();
    let lines = "102, 104, 106, 108, 110, 112, 114, 116, 118, 120";
    assert_eq!(error.details[NAMED].args, [("count", "10".into()), ("lines", lines.into())]);
    let noise = vec![0xff; 2 << 20];
    assert_eq!(wrong(&noise).0, "error-list-columns");
    let noise: Vec<u8> = [b"\xff\n\n".repeat(700_000), "ñ\n".into()].concat();
    let last = parse(&noise, &[]).unwrap_err().details.pop().unwrap();
    assert!(last.args[1].1.len() < 20_000 && last.args[1].1.ends_with("4099, …"), "{}", last.args[1].1.len());
    let wide = parse(format!("{}x\n", "columna,".repeat(9000)).as_bytes(), &[]).unwrap_err();
    assert_eq!(wide.id, "error-list-columns");
}

#[test]
fn what_moodle_and_excel_say_in_spanish_is_read() {
    let expected = Row {
        line: 2,
        login: "jose-nunez".parse().unwrap(),
        campus: Some("jose.nunez".parse().unwrap()),
        name: "José Núñez".into(),
        email: "jose@uni.es".into(),
        group: None,
        idnumber: Some("20123456".into()),
    };
    let text = "Nombre,Apellido(s),Número de ID,Institución,Dirección de correo,Nombre de usuario\r\n\
                José,Núñez,20123456,UPV,jose@uni.es,jose.nunez\r\n";
    assert_eq!(list(text).rows[0], expected);
    assert_eq!(
        list(&text.replace(',', ";").replace('ú', "u\u{301}")).rows[0],
        expected,
        "in two forms of Unicode"
    );
    assert_eq!(
        list(&text.replace(',', "\t").to_uppercase().replace(
            "JOSÉ\tNÚÑEZ\t20123456\tUPV\tJOSE@UNI.ES\tJOSE.NUNEZ",
            "José\tNúñez\t20123456\tUPV\tjose@uni.es\tjose.nunez"
        ))
        .rows[0],
        expected
    );
    assert_eq!(
        list(&format!("sep=;\r\n{}", text.replace(',', ";"))).rows[0],
        Row { line: 3, ..expected.clone() }
    );
    let read = |bytes: &[u8]| {
        let list = parse(bytes, &[]).unwrap();
        let said = list.warnings.iter().find(|one| one.what == "encoding").map(|one| one.name.clone());
        (list.rows[0].clone(), said)
    };
    let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
    assert_eq!(read(&latin), (expected.clone(), Some("windows-1252".into())));
    let sixteen = |mark: &str| format!("{mark}{text}").encode_utf16().collect::<Vec<_>>();
    let little: Vec<u8> = sixteen("\u{feff}").into_iter().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = sixteen("\u{feff}").into_iter().flat_map(u16::to_be_bytes).collect();
    assert_eq!(read(&little), (expected.clone(), Some("UTF-16LE".into())));
    assert_eq!(read(&big), (expected.clone(), Some("UTF-16BE".into())));
    assert_eq!(read(text.as_bytes()), (expected, None));
}

#[test]
fn what_a_column_is_can_be_said() {
    let text = "Usuario UPV;Nombre;Apellidos;Correo;E-mail\nana;Ana;Gil;a@b.es;x\n";
    let map = |heading: &str, column| (heading.to_owned(), column);
    assert_eq!(wrong(text.as_bytes()).0, "error-list-columns");
    let list = parse(text.as_bytes(), &[map("usuario  upv", Column::Username)]).unwrap();
    assert_eq!((list.rows[0].login.as_str(), &*list.rows[0].email), ("ana", "a@b.es"));
    // One column may be two things, and what was said goes before a name.
    let maps = [map("Correo", Column::Username), map("Correo", Column::Email)];
    let list = parse(text.as_bytes(), &maps).unwrap();
    assert_eq!((list.rows[0].login.as_str(), &*list.rows[0].email), ("a", "a@b.es"));
    let unread: Vec<_> = list.warnings.iter().map(|one| &*one.name).collect();
    assert_eq!(unread, ["Usuario UPV", "E-mail"]);
    let absent = parse(text.as_bytes(), &[map("Login", Column::Username)]).unwrap_err();
    assert_eq!((absent.id, &*absent.args[0].1), ("error-list-map", "Login"));
    let twice = [map("Correo", Column::Email), map("E-mail", Column::Email)];
    assert_eq!(parse(text.as_bytes(), &twice).unwrap_err().id, "error-list-column-twice");
    let error = parse(text.as_bytes(), &[map("Correo", Column::Username)]).unwrap();
    assert_eq!(error.rows[0].email, "a@b.es", "it is still what its name says");
}

#[test]
fn two_that_become_one_are_said_with_both_lines() {
    let text = format!("{HEADER}ana@uni.es,A,B,a@b.es\nluis,A,B,a@b.es\nana@alumni.es,A,B,a@b.es\n");
    let error = parse(text.as_bytes(), &[]).unwrap_err();
    let args = |name: &str| error.details[0].args.iter().find(|(known, _)| *known == name).unwrap().1.clone();
    assert_eq!(error.details[0].id, "error-row-one-login");
    assert_eq!([args("line"), args("first"), args("login"), args("other")], ["4", "2", "ana", "ana@uni.es"]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_within_bounds(
        text in "(?s)[a-z,;\"\r\n@. ñ\u{1b}]{0,400}",
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        header in any::<bool>(),
    ) {
        let head = if header { HEADER.as_bytes() } else { b"" };
        for body in [text.as_bytes(), &bytes] {
            let all = [head, body].concat();
            let lines = 1 + all.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
            match parse(&all, &[]) {
                Ok(list) => {
                    prop_assert!(!list.rows.is_empty() && list.warnings.len() <= UNKNOWN + NAMED + 1);
                    prop_assert!(list.rows.iter().all(|row| row.line <= lines && !row.name.contains('\x1b')));
                }
                Err(error) => {
                    prop_assert!(error.details.len() <= NAMED + 1);
                    let said: usize = error.details.iter().flat_map(|one| &one.args).map(|(_, arg)| arg.len()).sum();
                    prop_assert!(said <= (NAMED + 1) * 4 * (SHOWN + 4));
                }
            }
        }
    }
}

#[test]
fn what_nobody_sees_is_in_no_list() {
    let alone = [
        0xad, 0x34f, 0x115f, 0x1160, 0x17b4, 0x180b, 0x180e, 0x2800, 0x3164, 0xfe0f, 0xffa0, 0x1bca0, 0x1d173,
    ];
    for number in alone.into_iter().chain(0xe0100..=0xe01ef) {
        let c = char::from_u32(number).unwrap();
        let details = wrong(format!("{HEADER}ana,An{c}a,Gil,a@b.es\n").as_bytes()).1;
        assert_eq!(details, [("2".into(), "error-row-characters")], "U+{number:04X}");
    }
}
