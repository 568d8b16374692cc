//! A chain without files beside it: every change of a line is found, and at which line.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use super::*;
use crate::chain::{Entry, Head, MAX_LINE};

fn log_of(count: u64) -> Vec<String> {
    let mut head = Head::start();
    (0..count)
        .map(|n| {
            let mut out = Vec::new();
            let body = format!(r#""code":"note","phase":"note","actor":"alumno{n}""#);
            head.seal("2026-11-23T04:22:00.123Z", &body, &mut out);
            String::from_utf8(out).unwrap()
        })
        .collect()
}

fn broken(lines: &[String]) -> (u64, Why) {
    let verdict = verify_reader(lines.concat().as_bytes()).unwrap();
    let broken = verdict.broken.unwrap();
    assert_eq!(verdict.lines + 1, broken.line);
    (broken.line, broken.why)
}

#[test]
fn the_format_is_stable() {
    assert_eq!(
        log_of(1)[0],
        concat!(
            r#"{"seq":1,"time":"2026-11-23T04:22:00.123Z","code":"note","phase":"note","actor":"alumno0","#,
            r#""prev":"0000000000000000000000000000000000000000000000000000000000000000","#,
            r#""hash":"c98c82c6e7903d17fbb19b80e7903395648e3703230c5ebfef557211f8abe059"}"#,
            "\n"
        )
    );
}

#[test]
fn a_whole_log_is_whole() {
    let lines = log_of(100);
    let verdict = verify_reader(lines.concat().as_bytes()).unwrap();
    assert_eq!((verdict.lines, verdict.last_seq, &verdict.broken), (100, 100, &None));
    assert!(lines[99].contains(&format!(r#""hash":"{}"}}"#, verdict.head)));
    let empty = verify_reader(&b""[..]).unwrap();
    assert_eq!((empty.lines, empty.last_seq, empty.broken), (0, 0, None));
    assert_eq!(empty.head, "0".repeat(64));
}

#[test]
fn every_changed_byte_is_found() {
    let lines = log_of(3);
    let second = lines[1].as_bytes();
    for at in 0..second.len() {
        for flip in [1, 0x20, 0x80] {
            let mut changed = second.to_vec();
            changed[at] ^= flip;
            let text = [lines[0].as_bytes(), &changed, lines[2].as_bytes()].concat();
            let verdict = verify_reader(&text[..]).unwrap();
            // The newline may become part of the second line, or cut it in two.
            assert_eq!(verdict.broken.unwrap().line, 2, "byte {at}");
        }
    }
}

#[test]
fn removed_inserted_and_moved_lines_are_found() {
    let lines = log_of(10);
    let with = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = lines.clone();
        change(&mut lines);
        broken(&lines)
    };
    assert_eq!(with(&|l| drop(l.remove(0))), (1, Why::Sequence { expected: 1, found: 2 }));
    assert_eq!(with(&|l| drop(l.remove(4))), (5, Why::Sequence { expected: 5, found: 6 }));
    assert_eq!(with(&|l| l.insert(4, l[4].clone())), (6, Why::Sequence { expected: 6, found: 5 }));
    assert_eq!(with(&|l| l.swap(4, 5)), (5, Why::Sequence { expected: 5, found: 6 }));
    assert_eq!(with(&|l| l.insert(4, "\n".into())), (5, Why::NotAnEntry));
    assert_eq!(with(&|l| l.insert(4, "{\"seq\":5}\n".into())), (5, Why::NotAnEntry));
    assert_eq!(with(&|l| l[9].truncate(100)), (10, Why::Truncated));
    assert_eq!(with(&|l| assert_eq!(l[9].pop(), Some('\n'))), (10, Why::Truncated));
    assert_eq!(with(&|l| l[3] = format!("{}\n", "x".repeat(MAX_LINE))), (4, Why::TooLong));
    // A line of one's own with a hash of its own: the next one tells.
    let forged = with(&|l| {
        let mut head =
            Head { seq: 4, hash: Entry::parse(l[3].trim_end().as_bytes()).unwrap().hash.to_owned() };
        let mut out = Vec::new();
        head.seal("2026-11-23T04:22:00.123Z", r#""code":"nothing","phase":"note""#, &mut out);
        l[4] = String::from_utf8(out).unwrap();
    });
    assert_eq!(forged, (6, Why::Chain));
}

/// The limit of the bare chain.
#[test]
fn a_cut_end_is_not_found() {
    let verdict = verify_reader(log_of(10)[..7].concat().as_bytes()).unwrap();
    assert_eq!((verdict.lines, verdict.broken), (7, None));
}

#[test]
fn hostile_files_cost_no_memory() {
    let zeros = io::repeat(0).take(1 << 30);
    assert_eq!(verify_reader(zeros).unwrap().broken, Some(Broken { file: None, line: 1, why: Why::TooLong }));
    let huge = format!("{{\"seq\":{}", "9".repeat(40));
    assert_eq!(broken(&[huge + "\n"]).1, Why::NotAnEntry);
}

#[test]
fn a_long_log_takes_seconds() {
    let text = log_of(100_000).concat();
    let start = std::time::Instant::now();
    assert_eq!(verify_reader(text.as_bytes()).unwrap().lines, 100_000);
    eprintln!("100,000 lines, {} bytes: {:?}", text.len(), start.elapsed());
}
