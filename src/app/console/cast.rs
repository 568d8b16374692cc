//! asciicast v3 (<https://docs.asciinema.org/manual/asciicast/v3/>): a header line, then a line an
//! event, `[interval, code, data]`, the interval in seconds since the event before. Pure.

use super::Size;
use serde_json::{Value, json};
use std::time::Duration;

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// `o`: the machine said this.
    Output(String),
    /// `r`: the window has this size.
    Resize(Size),
    /// `x`: the shell ended with this status.
    Exit(i32),
}

/// The first line. `title` is the machine's name.
pub(super) fn header(size: Size, term: Option<&str>, timestamp: i64, title: &str) -> String {
    let mut terminal = json!({ "cols": size.columns, "rows": size.rows });
    if let Some(term) = term {
        terminal["type"] = term.into();
    }
    json!({ "version": 3, "term": terminal, "timestamp": timestamp, "title": title }).to_string() + "\n"
}

/// An event's line.
pub(super) fn line(interval: Duration, event: &Event) -> String {
    let seconds = (interval.as_secs_f64() * 1000.0).round() / 1000.0;
    let (code, data) = match event {
        Event::Output(text) => ("o", text.clone()),
        Event::Resize(size) => ("r", format!("{}x{}", size.columns, size.rows)),
        Event::Exit(status) => ("x", status.to_string()),
    };
    json!([seconds, code, data]).to_string() + "\n"
}

/// The size in a first line.
pub(super) fn read_header(line: &str) -> Option<Size> {
    let header: Value = serde_json::from_str(line).ok()?;
    let number = |name| header["term"][name].as_u64().and_then(|number| u16::try_from(number).ok());
    (header["version"] == 3).then_some(Size { columns: number("cols")?, rows: number("rows")? })
}

/// An event's line read back; `None` for one that was cut, or is of a kind that we do not write.
pub(super) fn read(line: &str) -> Option<(Duration, Event)> {
    let (seconds, code, data): (f64, String, String) = serde_json::from_str(line).ok()?;
    let interval = Duration::try_from_secs_f64(seconds).ok()?;
    let event = match &*code {
        "o" => Event::Output(data),
        "r" => {
            let (columns, rows) = data.split_once('x')?;
            Event::Resize(Size { columns: columns.parse().ok()?, rows: rows.parse().ok()? })
        }
        "x" => Event::Exit(data.parse().ok()?),
        _ => return None,
    };
    Some((interval, event))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_the_format_has_them_and_back() {
        let size = Size { columns: 80, rows: 24 };
        let first = header(size, Some("xterm"), 1_795_407_036, "web1.alumno1");
        let value: Value = serde_json::from_str(&first).unwrap();
        assert_eq!(value["version"], 3);
        assert_eq!(value["term"], json!({ "cols": 80, "rows": 24, "type": "xterm" }));
        assert_eq!(read_header(&first), Some(size));
        assert_eq!(read_header(&first.replace("3,", "2,").replace(":3", ":2")), None);
        for (event, text) in [
            (Event::Output("é\u{1b}[1m\r\n".into()), "[0.25,\"o\",\"é\\u001b[1m\\r\\n\"]\n"),
            (Event::Resize(size), "[0.25,\"r\",\"80x24\"]\n"),
            (Event::Exit(3), "[0.25,\"x\",\"3\"]\n"),
        ] {
            assert_eq!(line(Duration::from_millis(250), &event), text);
            assert_eq!(read(text), Some((Duration::from_millis(250), event)));
        }
        for cut in ["", "[0.25,\"o\",\"abc", "[-1,\"o\",\"a\"]", "[1,\"r\",\"80\"]", "[1e99,\"o\",\"a\"]"] {
            assert_eq!(read(cut), None, "{cut}");
        }
    }
}
