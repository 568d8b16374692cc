//! From the file to the practice, or to everything that is wrong with it.

mod values;

use super::{Check, Http, MOST_BYTES, MOST_CHECKS, MOST_MACHINES, Machine, Practice, Probe, Texts};
use crate::names::{NameError, VmName};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::str::FromStr;
use toml::de::{DeTable, DeValue};
use values::{called, list, name, number, port, sentence, services, shown, size, text, text_of};

/// A program's words, and each of them.
const MOST_WORDS: usize = 64;
/// Nobody waits longer for a check.
const MOST_WAIT: u32 = 600;
/// Of a file that is wrong all over, so many mistakes are told.
const MOST_MISTAKES: usize = 100;

/// One thing wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Line, from 1; `None` is the whole file.
    pub line: Option<usize>,
    /// The key that it is about: `vm.web.memory`.
    pub key: String,
    /// What it is.
    pub wrong: Wrong,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// It is no TOML; what its reader says (English).
    Toml(String),
    /// Longer than this many bytes.
    Long(usize),
    /// The key is missing.
    Missing,
    /// There is no such key here.
    Unknown,
    /// Another kind of value is wanted: `text`, `number`, `list`, `table`, `size`, `service`, `template`, `port`.
    Kind(&'static str),
    /// Not a name.
    Name(NameError),
    /// Not from this to that.
    Range(u64, u64),
    /// More than so many of them.
    Many(usize),
    /// No machine of the practice is called so.
    NoVm(String),
    /// These start each after the other.
    Circle(Vec<VmName>),
    /// It is not one of these.
    Choice(&'static str),
    /// It is there twice.
    Twice,
    /// It does not begin with `/`, or is no path.
    Path,
}

type Wrongs = Vec<Mistake>;

impl FromStr for Practice {
    type Err = Vec<Mistake>;

    fn from_str(text: &str) -> Result<Self, Vec<Mistake>> {
        if text.len() > MOST_BYTES {
            let wrong = Wrong::Long(MOST_BYTES);
            return Err(vec![Mistake { line: None, key: String::new(), wrong }]);
        }
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut file = File { text, wrongs: Vec::new() };
        for error in errors {
            let line = error.span().map(|span| file.line(&span));
            let wrong = Wrong::Toml(error.message().to_owned());
            file.wrongs.push(Mistake { line, key: String::new(), wrong });
        }
        let practice = file.practice(root.get_ref());
        let mut wrongs = file.wrongs;
        wrongs.sort_by_key(|mistake| mistake.line);
        wrongs.truncate(MOST_MISTAKES);
        match practice {
            Some(practice) if wrongs.is_empty() => Ok(practice),
            _ => Err(wrongs),
        }
    }
}

struct File<'a> {
    text: &'a str,
    wrongs: Wrongs,
}

/// A table of the file, and which of its keys were asked for.
struct Table<'t, 'a> {
    name: String,
    line: Option<usize>,
    table: &'t DeTable<'a>,
    known: BTreeSet<&'static str>,
}

impl<'t, 'a> Table<'t, 'a> {
    fn key(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

impl<'a> File<'a> {
    fn line(&self, span: &Range<usize>) -> usize {
        1 + self.text.as_bytes().iter().take(span.start).filter(|byte| **byte == b'\n').count()
    }

    fn wrong(&mut self, line: Option<usize>, key: String, wrong: Wrong) {
        self.wrongs.push(Mistake { line, key, wrong });
    }

    /// Complains about a value that is there.
    fn blame<T>(&mut self, table: &Table<'_, 'a>, key: &str, span: &Range<usize>, wrong: Wrong) -> Option<T> {
        let line = Some(self.line(span));
        self.wrong(line, table.key(key), wrong);
        None
    }

    /// The value, read, if it is there and can be.
    fn value<'t, T>(
        &mut self,
        table: &mut Table<'t, 'a>,
        key: &'static str,
        read: impl FnOnce(&'t DeValue<'a>) -> Result<T, Wrong>,
    ) -> Option<T> {
        table.known.insert(key);
        let found = table.table.get(key)?;
        match read(found.get_ref()) {
            Ok(value) => Some(value),
            Err(wrong) => self.blame(table, key, &found.span(), wrong),
        }
    }

    /// The same; without it the table is no good.
    fn required<'t, T>(
        &mut self,
        table: &mut Table<'t, 'a>,
        key: &'static str,
        read: impl FnOnce(&'t DeValue<'a>) -> Result<T, Wrong>,
    ) -> Option<T> {
        if !table.table.contains_key(key) {
            table.known.insert(key);
            self.wrong(table.line, table.key(key), Wrong::Missing);
        }
        self.value(table, key, read)
    }

    /// Keys that nobody asked for.
    fn finish(&mut self, table: &Table<'_, 'a>) {
        for (key, _) in table.table {
            if !table.known.contains(key.get_ref().as_ref()) {
                let _: Option<()> = self.blame(table, &shown(key.get_ref()), &key.span(), Wrong::Unknown);
            }
        }
    }

    fn table<'t>(&mut self, parent: &mut Table<'t, 'a>, key: &'static str) -> Option<Table<'t, 'a>> {
        let line = parent.table.get(key).map(|found| self.line(&found.span()));
        let table = self.value(parent, key, |value| value.as_table().ok_or(Wrong::Kind("table")))?;
        Some(Table { name: parent.key(key), line, table, known: BTreeSet::new() })
    }

    fn practice(&mut self, root: &DeTable<'a>) -> Option<Practice> {
        let mut top = Table { name: String::new(), line: None, table: root, known: BTreeSet::new() };
        if !root.contains_key("practice") {
            self.wrong(None, "practice".into(), Wrong::Missing);
        }
        let head = self.table(&mut top, "practice");
        let (name, title) = match head {
            Some(mut head) => {
                let name = self.required(&mut head, "name", name);
                let title = self.texts(&mut head, "title");
                self.finish(&head);
                (name, title)
            }
            None => (None, Texts::default()),
        };
        let (machines, names) = self.machines(&mut top);
        let checks = self.checks(&mut top, &names);
        self.finish(&top);
        Some(Practice { name: name?, title, machines, checks })
    }

    fn texts(&mut self, parent: &mut Table<'_, 'a>, key: &'static str) -> Texts {
        let Some(mut table) = self.table(parent, key) else { return Texts::default() };
        let es = self.value(&mut table, "es", sentence);
        let en = self.value(&mut table, "en", sentence);
        self.finish(&table);
        Texts { es, en }
    }

    /// The machines, and the names of all that the file has, also of those that are wrong.
    fn machines(&mut self, top: &mut Table<'_, 'a>) -> (Vec<Machine>, BTreeSet<VmName>) {
        if !top.table.contains_key("vm") {
            self.wrong(None, "vm".into(), Wrong::Missing);
        }
        let Some(all) = self.table(top, "vm") else { return Default::default() };
        let names: BTreeSet<VmName> =
            all.table.iter().filter_map(|(key, _)| key.get_ref().parse().ok()).collect();
        match all.table.len() {
            0 => self.wrong(all.line, "vm".into(), Wrong::Missing),
            1..=MOST_MACHINES => {}
            _ => {
                self.wrong(all.line, "vm".into(), Wrong::Many(MOST_MACHINES));
                return (Vec::new(), names);
            }
        }
        let mut machines = BTreeMap::new();
        for (key, value) in all.table {
            let (said, line) = (shown(key.get_ref()), self.line(&key.span()));
            let called = key.get_ref().parse::<VmName>().map_err(Wrong::Name);
            let called = match called {
                Ok(called) => called,
                Err(wrong) => {
                    self.wrong(Some(line), all.key(&said), wrong);
                    continue;
                }
            };
            let Some(table) = value.get_ref().as_table() else {
                self.wrong(Some(line), all.key(&said), Wrong::Kind("table"));
                continue;
            };
            let mut table = Table { name: all.key(&said), line: Some(line), table, known: BTreeSet::new() };
            machines
                .extend(self.machine(called.clone(), &mut table).map(|machine| (called, (machine, line))));
            self.finish(&table);
        }
        (self.ordered(machines, &names), names)
    }

    fn machine(&mut self, name: VmName, table: &mut Table<'_, 'a>) -> Option<Machine> {
        let template = self
            .required(table, "template", |value| text(value)?.parse().map_err(|_| Wrong::Kind("template")));
        let cpus = self.value(table, "cpus", |value| number(value, 1, 256));
        let memory_mib = self.value(table, "memory", size);
        let disk_mib = self.value(table, "disk", size);
        let publish = self.value(table, "publish", services).unwrap_or_default();
        let after =
            self.value(table, "after", |value| list(value, MOST_MACHINES, called)).unwrap_or_default();
        Some(Machine { name, template: template?, cpus, memory_mib, disk_mib, publish, after })
    }

    /// Each behind those that it starts after.
    fn ordered(
        &mut self,
        mut left: BTreeMap<VmName, (Machine, usize)>,
        names: &BTreeSet<VmName>,
    ) -> Vec<Machine> {
        for (machine, line) in left.values() {
            for other in machine.after.iter().filter(|other| !names.contains(*other)) {
                let wrong = Wrong::NoVm(other.to_string());
                let key = format!("vm.{}.after", machine.name);
                self.wrongs.push(Mistake { line: Some(*line), key, wrong });
            }
        }
        let mut ordered: Vec<Machine> = Vec::new();
        loop {
            let waits = |machine: &Machine| machine.after.iter().any(|other| left.contains_key(other));
            let next = left.iter().find(|(_, (machine, _))| !waits(machine)).map(|(name, _)| name.clone());
            let Some(next) = next else { break };
            ordered.extend(left.remove(&next).map(|(machine, _)| machine));
        }
        // Those for which nobody waits are only behind a circle.
        let waited = |left: &BTreeMap<VmName, (Machine, usize)>, name: &VmName| {
            left.values().any(|(machine, _)| machine.after.contains(name))
        };
        while let Some(name) = left.keys().find(|name| !waited(&left, name)).cloned() {
            left.remove(&name);
        }
        if let Some(line) = left.values().map(|(_, line)| *line).min() {
            self.wrong(Some(line), "vm".into(), Wrong::Circle(left.into_keys().collect()));
        }
        ordered
    }

    fn checks(&mut self, top: &mut Table<'_, 'a>, vms: &BTreeSet<VmName>) -> Vec<Check> {
        let all = self.value(top, "check", |value| {
            let all = value.as_array().ok_or(Wrong::Kind("table"))?;
            if all.len() > MOST_CHECKS { Err(Wrong::Many(MOST_CHECKS)) } else { Ok(all) }
        });
        let mut checks = Vec::new();
        for (place, item) in all.into_iter().flatten().enumerate() {
            let line = Some(self.line(&item.span()));
            let name = format!("check.{}", place + 1);
            let Some(table) = item.get_ref().as_table() else {
                self.wrong(line, name, Wrong::Kind("table"));
                continue;
            };
            let mut table = Table { name, line, table, known: BTreeSet::new() };
            checks.extend(self.check(&mut table, vms));
            self.finish(&table);
        }
        checks
    }

    fn check(&mut self, table: &mut Table<'_, 'a>, vms: &BTreeSet<VmName>) -> Option<Check> {
        let points = self.value(table, "points", |value| number(value, 0, 1000)).unwrap_or(1);
        let wait_s = self.value(table, "wait", |value| number(value, 0, MOST_WAIT)).unwrap_or(0);
        let says = self.texts(table, "text");
        const KINDS: &str = "published, answers, reaches, closed, runs";
        let kind = self.required(table, "kind", |value| {
            let kind = text_of(value)?;
            let known = KINDS.split(", ").find(|known| *known == kind);
            known.ok_or(Wrong::Choice(KINDS))
        });
        let Some(kind) = kind else {
            // Without it nobody knows which keys belong here.
            table.known.extend(["vm", "port", "path", "status", "contains", "from", "to", "command"]);
            return None;
        };
        let probe = match kind {
            "published" | "answers" => {
                let vm = self.vm(table, "vm", vms);
                let port = self.required(table, "port", port);
                let http = self.http(table);
                match kind {
                    "published" => Probe::Published { vm: vm?, port: port?, http },
                    _ => Probe::Answers { vm: vm?, port: port?, http },
                }
            }
            "runs" => {
                let vm = self.vm(table, "vm", vms);
                let command = self.required(table, "command", |value| match list(value, MOST_WORDS, text) {
                    Ok(words) if words.is_empty() => Err(Wrong::Kind("list")),
                    words => words,
                });
                let status = self.value(table, "status", |value| number(value, 0, 255)).unwrap_or(0);
                let contains = self.value(table, "contains", sentence);
                Probe::Runs { vm: vm?, command: command?, status: status as u8, contains }
            }
            open => {
                let from = self.vm(table, "from", vms);
                let to = self.vm(table, "to", vms);
                let port = self.required(table, "port", port);
                Probe::Reaches { from: from?, to: to?, port: port?, open: open == "reaches" }
            }
        };
        Some(Check { probe, points, wait_s, text: says })
    }

    fn vm(&mut self, table: &mut Table<'_, 'a>, key: &'static str, vms: &BTreeSet<VmName>) -> Option<VmName> {
        self.required(table, key, |value| {
            let said = text(value)?;
            let found = said.parse().ok().filter(|name| vms.contains(name));
            found.ok_or_else(|| Wrong::NoVm(shown(&said)))
        })
    }

    fn http(&mut self, table: &mut Table<'_, 'a>) -> Option<Http> {
        let status = self.value(table, "status", |value| number(value, 100, 599));
        let contains = self.value(table, "contains", sentence);
        let path = self.value(table, "path", |value| {
            let path = text_of(value)?;
            let plain = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
            if plain { Ok(path.to_owned()) } else { Err(Wrong::Path) }
        });
        // Any of them says that a page is meant.
        let asked = status.is_some() || contains.is_some() || path.is_some();
        let path = path.unwrap_or_else(|| "/".to_owned());
        asked.then(|| Http { path, status: status.unwrap_or(200) as u16, contains })
    }
}
