//! What the simulated engine remembers: one JSON line a change, appended before the change is
//! answered, read and rewritten short when it starts. A last line that a crash cut is left out.

use super::{Key, Machine};
use crate::engine::{EngineError, Result, Which};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

#[derive(Serialize, Deserialize)]
struct Line {
    instance: String,
    machine: Option<Machine>,
}

/// Where changes go; nowhere by default.
#[derive(Debug, Default)]
pub(super) struct Journal(Option<File>);

impl Journal {
    /// The journal of a file and the machines that it remembers.
    pub(super) fn open(file: &Path) -> Result<(Self, BTreeMap<Key, Machine>)> {
        let machines = remembered(file).map_err(|error| unusable(file, &error))?;
        let journal = shortened(file, &machines).map_err(|error| unusable(file, &error))?;
        Ok((Self(Some(journal)), machines))
    }

    pub(super) fn set(&mut self, key: Key, machine: &Machine) -> Result<()> {
        self.append(key, Some(machine))
    }

    pub(super) fn unset(&mut self, key: Key) -> Result<()> {
        self.append(key, None)
    }

    fn append(&mut self, key: Key, machine: Option<&Machine>) -> Result<()> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        line(file, key, machine).map_err(|error| EngineError::Other(format!("the simulated state: {error}")))
    }
}

/// One write a line: another process sees all of it or none.
fn line(output: &mut impl Write, (vmid, which): Key, machine: Option<&Machine>) -> io::Result<()> {
    let mut text = serde_json::to_vec(&Line { instance: which.instance(vmid), machine: machine.cloned() })?;
    text.push(b'\n');
    output.write_all(&text)
}

fn remembered(file: &Path) -> io::Result<BTreeMap<Key, Machine>> {
    let mut machines = BTreeMap::new();
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(machines),
        text => text?,
    };
    for line in text.split_inclusive('\n') {
        let Some(line) = line.strip_suffix('\n') else { break };
        let Line { instance, machine } = serde_json::from_str(line)?;
        let Some(key) = Which::parse(&instance) else { continue };
        match machine {
            Some(machine) => machines.insert(key, machine),
            None => machines.remove(&key),
        };
    }
    Ok(machines)
}

fn shortened(file: &Path, machines: &BTreeMap<Key, Machine>) -> io::Result<File> {
    let beside = file.with_extension("new");
    let mut output = io::BufWriter::new(File::create(&beside)?);
    for (key, machine) in machines {
        line(&mut output, *key, Some(machine))?;
    }
    output.into_inner()?.sync_all()?;
    std::fs::rename(&beside, file)?;
    OpenOptions::new().append(true).open(file)
}

fn unusable(file: &Path, error: &io::Error) -> EngineError {
    EngineError::Other(format!("`{}` is not usable: {error}", file.display()))
}
