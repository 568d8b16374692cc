//! What the simulated engine remembers: one JSON line a change, appended before the change is
//! answered, read and rewritten short when it starts. A last line that a crash cut is left out.

use super::{Image, Key, Machine};
use crate::{EngineError, Result, Which};
use puerta_lab::names::TemplateRef;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// A copy of a machine, or a published template; without what it is now, it is gone.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    machine: Option<Machine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    image: Option<Image>,
}

/// Machines, and published templates.
pub(super) type Remembered = (BTreeMap<Key, Machine>, BTreeMap<TemplateRef, Image>);

/// Where changes go; nowhere by default.
#[derive(Debug, Default)]
pub(super) struct Journal(Option<File>);

impl Journal {
    /// The journal of a file, and the machines and published templates that it remembers.
    pub(super) fn open(file: &Path) -> Result<(Self, Remembered)> {
        let all = remembered(file).map_err(|error| unusable(file, &error))?;
        let journal = shortened(file, &all).map_err(|error| unusable(file, &error))?;
        Ok((Self(Some(journal)), all))
    }

    pub(super) fn set(&mut self, key: Key, machine: &Machine) -> Result<()> {
        self.append(&of_machine(key, Some(machine)))
    }

    pub(super) fn unset(&mut self, key: Key) -> Result<()> {
        self.append(&of_machine(key, None))
    }

    pub(super) fn set_image(&mut self, template: &TemplateRef, image: Option<&Image>) -> Result<()> {
        self.append(&of_image(template, image))
    }

    fn append(&mut self, line: &Line) -> Result<()> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        write(file, line).map_err(|error| EngineError::Other(format!("the simulated state: {error}")))
    }
}

fn of_machine((vmid, which): Key, machine: Option<&Machine>) -> Line {
    Line { instance: Some(which.instance(vmid)), machine: machine.cloned(), ..Line::default() }
}

fn of_image(template: &TemplateRef, image: Option<&Image>) -> Line {
    Line { template: Some(template.to_string()), image: image.cloned(), ..Line::default() }
}

/// One write a line: another process sees all of it or none.
fn write(output: &mut impl Write, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    output.write_all(&text)
}

fn remembered(file: &Path) -> io::Result<Remembered> {
    let mut all = Remembered::default();
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(all),
        text => text?,
    };
    for line in text.split_inclusive('\n') {
        let Some(line) = line.strip_suffix('\n') else { break };
        let Line { instance, machine, template, image } = serde_json::from_str(line)?;
        if let Some(key) = instance.and_then(|instance| Which::parse(&instance)) {
            put(&mut all.0, key, machine);
        }
        if let Some(template) = template.and_then(|template| template.parse().ok()) {
            put(&mut all.1, template, image);
        }
    }
    Ok(all)
}

fn put<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}

fn shortened(file: &Path, (machines, images): &Remembered) -> io::Result<File> {
    let beside = file.with_extension("new");
    let mut output = io::BufWriter::new(File::create(&beside)?);
    for (key, machine) in machines {
        write(&mut output, &of_machine(*key, Some(machine)))?;
    }
    for (template, image) in images {
        write(&mut output, &of_image(template, Some(image)))?;
    }
    output.into_inner()?.sync_all()?;
    std::fs::rename(&beside, file)?;
    OpenOptions::new().append(true).open(file)
}

fn unusable(file: &Path, error: &io::Error) -> EngineError {
    EngineError::Other(format!("`{}` is not usable: {error}", file.display()))
}
