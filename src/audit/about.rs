//! What of the log is about one person, and what of it they see. Whoever asks about somebody finds lines by what is
//! shown of them and by nothing else: neither by what is hidden, nor by how many lines others have.

use serde_json::{Map, Value};

/// Lines of somebody's own, and those about machines of their seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Their login.
    pub actor: String,
    /// Their seats' names.
    pub seats: Vec<String>,
    /// Every line, also what else an act has beside its last.
    pub all: bool,
}

/// The seat of `web1.alumno1`; of a subject that is a seat, itself.
pub(super) fn seat_of(vm: &str) -> &str {
    vm.rsplit_once('.').map_or(vm, |(_, seat)| seat)
}

/// The fields of `from` that have these names.
fn some(from: &Value, names: &[&str]) -> Map<String, Value> {
    let one = |name: &&str| Some(((*name).to_owned(), from.get(name)?.clone()));
    names.iter().filter_map(one).collect()
}

impl About {
    pub(super) fn concerns(&self, actor: Option<&str>, vm: Option<&str>) -> bool {
        actor == Some(&self.actor) || vm.is_some_and(|vm| self.seats.iter().any(|seat| seat == seat_of(vm)))
    }

    /// What they see of a line that concerns them.
    pub(super) fn shown(&self, line: &Value) -> Value {
        match line.get("actor").and_then(Value::as_str) == Some(&self.actor) {
            true => own(line),
            false => of_another(line),
        }
    }

    /// Whether a line says nothing that another line of the act does not say: a session that was one command.
    pub(super) fn is_said_elsewhere(&self, line: &Value) -> bool {
        let kind = line.get("detail").and_then(|detail| detail.get("kind")).and_then(Value::as_str);
        !self.all && line.get("code").and_then(Value::as_str) == Some("session") && kind == Some("exec")
    }
}

/// One's own line: all that one did oneself. Its place in the log and its sums would tell how much others do.
fn own(line: &Value) -> Value {
    const SHOWN: [&str; 12] = [
        "time",
        "code",
        "phase",
        "connection",
        "actor",
        "source",
        "vm",
        "action",
        "outcome",
        "failure",
        "policies",
        "detail",
    ];
    some(line, &SHOWN).into()
}

/// What the owner of a machine may know of what another person did to it: who did what and how it came out, and not
/// where that person was or what else they typed.
fn of_another(line: &Value) -> Value {
    const SHOWN: [&str; 8] = ["time", "code", "phase", "actor", "vm", "action", "outcome", "failure"];
    const DETAILS: [&str; 3] = ["bytes_up", "bytes_down", "seconds"];
    let mut shown = some(line, &SHOWN);
    // They named the owner's machine, and may not know whether it is there.
    if let Some(target) = line.get("meant").and_then(|meant| meant.get("target")) {
        shown.insert("vm".to_owned(), target.clone());
    }
    let detail = line.get("detail").map(|detail| some(detail, &DETAILS));
    if let Some(detail) = detail.filter(|detail| !detail.is_empty()) {
        shown.insert("detail".to_owned(), detail.into());
    }
    shown.into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn of_anothers_line_only_the_deed_is_shown() {
        let line = json!({
            "seq": 9, "time": "2026-11-23T10:02:03.123Z", "code": "forward", "phase": "finish", "act": 7,
            "connection": "6a1b", "actor": "profesor", "source": "192.0.2.7:50022", "vm": "web1.alumno1",
            "action": "vm-forward", "outcome": "done", "policies": ["professors"],
            "detail": {"destination": "web1.alumno1:22", "originator": "10.9.8.7:1", "bytes_up": 7, "seconds": 1.5},
            "prev": "00", "hash": "11"
        });
        let about = |actor: &str| About { actor: actor.into(), seats: vec!["alumno1".into()], all: false };
        let shown = about("alumno1").shown(&line);
        assert_eq!(shown["actor"], "profesor");
        assert_eq!(shown["detail"], json!({"bytes_up": 7, "seconds": 1.5}));
        for hidden in ["192.0.2.7", "10.9.8.7", "6a1b", "professors", "destination", "seq", "prev", "hash"] {
            assert!(!shown.to_string().contains(hidden), "{hidden}");
        }
        let tried = json!({"actor": "alumno2", "code": "denial", "meant": {"target": "web1.alumno1", "policies": ["x"]}});
        let seen = json!({"actor": "alumno2", "code": "denial", "vm": "web1.alumno1"});
        assert_eq!(about("alumno1").shown(&tried), seen, "of an owner's machine");
        assert_eq!(about("alumno2").shown(&tried), json!({"actor": "alumno2", "code": "denial"}));
        let own = about("profesor").shown(&line);
        assert_eq!(
            (&own["connection"], &own["detail"]["originator"]),
            (&json!("6a1b"), &json!("10.9.8.7:1"))
        );
        for hidden in ["seq", "act\"", "prev", "hash"] {
            assert!(!own.to_string().contains(hidden), "{hidden}");
        }
    }
}
