//! Tables of others that may drop what ours lets through: said, never touched. Pure.

use super::parse::objects;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Where a packet of ours passes.
const HOOKS: [&str; 4] = ["prerouting", "input", "forward", "postrouting"];

/// A line for each chain, in order.
pub(super) fn lines(listing: &str) -> Vec<String> {
    let Ok(objects) = objects(listing) else { return Vec::new() };
    let mut found: BTreeMap<String, &str> = BTreeMap::new();
    // Tables that see our packets, and chains that do not.
    let (mut tables, mut elsewhere) = (BTreeSet::new(), BTreeSet::new());
    for chain in objects.iter().filter_map(|object| object.get("chain")) {
        let Some(hook) = chain["hook"].as_str() else { continue };
        if !HOOKS.contains(&hook) {
            elsewhere.insert(chain_of(chain, "name"));
        } else if is_foreign(chain) {
            tables.insert(table_of(chain));
            if chain["policy"] == "drop" {
                found.insert(chain_of(chain, "name"), "policy drop");
            }
        }
    }
    for rule in objects.iter().filter_map(|object| object.get("rule")) {
        let chain = chain_of(rule, "chain");
        if tables.contains(&table_of(rule)) && !elsewhere.contains(&chain) && drops(&rule["expr"]) {
            found.entry(chain).or_insert("has rules that drop or reject");
        }
    }
    found.into_iter().map(|(chain, what)| format!("{chain}: {what}")).collect()
}

/// Ours, and families that a packet of ours does not meet, are none.
fn is_foreign(object: &Value) -> bool {
    let (family, table) = (&object["family"], &object["table"]);
    ["ip", "ip6", "inet"].iter().any(|known| family == known) && !(family == "inet" && table == "puerta")
}

fn table_of(object: &Value) -> String {
    format!("{} {}", word(&object["family"]), word(&object["table"]))
}

fn chain_of(object: &Value, name: &str) -> String {
    format!("table {}, chain {}", table_of(object), word(&object[name]))
}

/// A name is somebody else's text.
fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().escape_debug().to_string()
}

/// `drop`, `reject` anywhere in a rule, its maps included; `queue` may; an extension of iptables is asked for its name.
fn drops(expression: &Value) -> bool {
    match expression {
        Value::Object(object) => object.iter().any(|(key, value)| match key.as_str() {
            "drop" | "reject" | "queue" | "tproxy" => true,
            "xt" => ["DROP", "REJECT", "NFQUEUE"].iter().any(|name| value["name"] == *name),
            _ => drops(value),
        }),
        Value::Array(items) => items.iter().any(drops),
        _ => false,
    }
}
