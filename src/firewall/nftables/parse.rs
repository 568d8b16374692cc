//! What `nft -j` lists of our table, as values. Pure.

use crate::plan::digest;
use crate::{FirewallError, Members, Observed, Result, Stamp};
use puerta_lab::network::Traffic;
use serde_json::Value;
use std::collections::BTreeMap;

/// Before the owner, in the name of a counter.
pub(super) const OWNER: &str = "owner_";
/// Before the stamp's two digests.
pub(super) const STAMP: &str = "stamp_";

/// The set that the rules fill: who was reported lately.
pub(super) const TOLD: &str = "told";

/// Our table in a listing of all, in text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is not there.
    Absent,
    /// Somebody gave it a flag, of which it has none: it sleeps, and nothing else matters. In JSON nft 1.0.6
    /// dies of flags.
    Asleep(Observed),
    /// It is there.
    Awake,
}

pub(super) fn state(text: &str) -> State {
    let head = format!("table {} {{", super::TABLE);
    let mut lines = text.lines().skip_while(|line| *line != head).skip(1).map(str::trim_start);
    match lines.next() {
        None => State::Absent,
        Some(first) if first.starts_with("flags ") => {
            let owner = lines.find_map(|line| line.strip_prefix("counter ")?.strip_prefix(OWNER));
            let owner = owner.unwrap_or_default().trim_end_matches([' ', '{']).to_owned();
            State::Asleep(Observed { owner: Some(owner), ..Observed::default() })
        }
        Some(_) => State::Awake,
    }
}

/// All objects of a listing.
pub(super) fn objects(listing: &str) -> Result<Vec<Value>> {
    let wrong = |why: String| FirewallError::Other(format!("`nft -j` printed what cannot be read: {why}"));
    let mut root: Value = serde_json::from_str(listing).map_err(|error| wrong(error.to_string()))?;
    match root.get_mut("nftables").map(Value::take) {
        Some(Value::Array(objects)) => Ok(objects),
        _ => Err(wrong("there is no `nftables`".to_owned())),
    }
}

/// Our table. One without an owner is nobody's we know.
pub(super) fn table(listing: &str) -> Result<Observed> {
    let mut observed = Observed { owner: Some(String::new()), ..Observed::default() };
    let mut rest = Vec::new();
    for mut object in objects(listing)? {
        if let Some(name) = object.pointer("/counter/name").and_then(Value::as_str) {
            if let Some(owner) = name.strip_prefix(OWNER) {
                observed.owner = Some(owner.to_owned());
            }
            if let Some((wanted, listed)) = name.strip_prefix(STAMP).and_then(|name| name.split_once('_')) {
                observed.stamp = Some(Stamp { wanted: wanted.to_owned(), listed: listed.to_owned() });
                continue;
            }
        }
        for kind in ["set", "map"] {
            if let Some(collection) = object.get_mut(kind).and_then(Value::as_object_mut) {
                let elements = collection.remove("elem");
                let name = collection.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                // What the kernel puts there itself is nobody's to want.
                if name != TOLD {
                    let members = members(&name, elements.as_ref(), &mut observed.traffic);
                    observed.members.insert(name, members);
                }
            }
        }
        canonical(&mut object);
        if object.get("metainfo").is_none() {
            rest.push(object.to_string());
        }
    }
    observed.listed = digest(&rest.join("\n"));
    Ok(observed)
}

fn members(name: &str, elements: Option<&Value>, traffic: &mut BTreeMap<u16, Traffic>) -> Members {
    let mut members = Members::new();
    for element in elements.and_then(Value::as_array).into_iter().flatten() {
        let (key, value) = match element {
            Value::Array(pair) => (&pair[0], pair.get(1).map(text).unwrap_or_default()),
            key => (key, String::new()),
        };
        let (key, counter) = match key.get("elem") {
            Some(element) => (text(&element["val"]), element.get("counter")),
            None => (text(key), None),
        };
        if let (Some(counter), Some(port)) = (counter, port(&key)) {
            count(name, counter, traffic.entry(port).or_default());
        }
        members.insert(key, value);
    }
    members
}

/// The port of `tcp . 50001` and `tcp . 50001 . 10.0.0.66`.
fn port(key: &str) -> Option<u16> {
    key.split(" . ").nth(1)?.parse().ok()
}

fn count(collection: &str, counter: &Value, traffic: &mut Traffic) {
    let number = |field: &str| counter.get(field).and_then(Value::as_u64).unwrap_or_default();
    match collection {
        "opened" => traffic.connections += number("packets"),
        "carried_in" => traffic.bytes_in += number("bytes"),
        "carried_out" => traffic.bytes_out += number("bytes"),
        _ => {}
    }
}

/// A key or value of an element, as it is written; what is none of ours stays as it is listed, and
/// so differs from ours.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(object) => match object.iter().next() {
            Some((kind, Value::Array(parts))) if kind == "concat" => {
                parts.iter().map(text).collect::<Vec<_>>().join(" . ")
            }
            Some((kind, prefix)) if kind == "prefix" => {
                format!("{}/{}", text(&prefix["addr"]), prefix["len"])
            }
            Some((verdict, Value::Null)) => verdict.clone(),
            Some((verdict, target)) if target.get("target").is_some() => {
                format!("{verdict} {}", text(&target["target"]))
            }
            _ => value.to_string(),
        },
        value => value.to_string(),
    }
}

/// Takes out what changes by itself, and puts into order what has none.
fn canonical(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.remove("handle");
            if object.contains_key("packets") {
                object.remove("packets");
                object.remove("bytes");
            }
            object.values_mut().for_each(canonical);
            if let Some(Value::Array(items)) = object.get_mut("set") {
                items.sort_by_key(Value::to_string);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(canonical),
        _ => {}
    }
}
