//! Archives of simulated machines: real zstd around a real tar, so that whoever verifies archives
//! has something to verify.

use super::Machine;
use crate::ustar::{BLOCK, bad, file as file_of, padding, parse};
use crate::{EngineError, HostKeys, Result};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const TEXT: &str = "sim/content";
const KEYS: &str = "sim/authorized_keys";
pub(super) const IDENTITY: &str = "sim/identity";
/// More than any test writes into a machine.
const LONGEST: u64 = 64 << 20;

/// What a machine is made of again.
pub(super) struct Content {
    pub(super) text: String,
    pub(super) authorized_keys: Vec<String>,
    pub(super) identity: String,
}

/// The identity that one goes on with.
pub(super) fn kept(keys: &HostKeys) -> Option<String> {
    let (_, identity) = keys.files(&[IDENTITY]).pop()?;
    String::from_utf8(identity).ok()
}

/// Writes a new file and gives its length; nothing is left of one that became too long.
pub(super) fn write(file: &Path, machine: &Machine, max_bytes: u64) -> Result<u64> {
    let mut tar = Vec::new();
    let keys = machine.authorized_keys.join("\n");
    for (name, content) in [(TEXT, &machine.content), (KEYS, &keys), (IDENTITY, &machine.identity)] {
        tar.extend(file_of(name, content.as_bytes()));
    }
    tar.resize(tar.len() + 2 * BLOCK, 0);
    let archive = pack(&tar).map_err(|error| EngineError::Other(error.to_string()))?;
    let length = archive.len() as u64;
    if length > max_bytes {
        return Err(EngineError::Bounds(format!("more than {max_bytes} bytes")));
    }
    let put = || -> io::Result<()> {
        let mut output = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
        output.write_all(&archive)?;
        output.sync_all()
    };
    put().map_err(|error| EngineError::Other(format!("the archive's file: {error}")))?;
    Ok(length)
}

fn pack(tar: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1)?;
    encoder.include_checksum(true)?;
    encoder.write_all(tar)?;
    encoder.finish()
}

/// Reads it back.
pub(super) fn read(file: &Path) -> Result<Content> {
    let input =
        File::open(file).map_err(|error| EngineError::Other(format!("the archive's file: {error}")))?;
    let content = zstd::Decoder::new(input).and_then(|mut tar| unpack(&mut tar));
    content.map_err(|error| EngineError::BadArchive(error.to_string()))
}

/// Reads an archive to its end; an error says why none could be restored from it.
pub(super) fn check(tar: &mut dyn Read) -> io::Result<()> {
    unpack(tar).map(drop)
}

fn unpack(tar: &mut dyn Read) -> io::Result<Content> {
    let mut tar = tar.take(LONGEST);
    let (mut text, mut keys, mut identity) = (None, None, String::new());
    let mut block = [0; BLOCK];
    loop {
        tar.read_exact(&mut block)?;
        let Some(entry) = parse(&block)? else { break };
        if entry.size > LONGEST {
            return Err(bad("an entry of an absurd size"));
        }
        let mut content = vec![0; entry.size as usize + padding(entry.size)];
        tar.read_exact(&mut content)?;
        content.truncate(entry.size as usize);
        let content = String::from_utf8(content).map_err(|_| bad("not text"))?;
        match entry.name.as_slice() {
            name if name == TEXT.as_bytes() => text = Some(content),
            name if name == KEYS.as_bytes() => keys = Some(content),
            name if name == IDENTITY.as_bytes() => identity = content,
            _ => return Err(bad("an entry that does not belong in it")),
        }
    }
    io::copy(&mut tar, &mut io::sink())?;
    let keys = keys.ok_or_else(|| bad("no keys in it"))?;
    Ok(Content {
        text: text.ok_or_else(|| bad("no content in it"))?,
        authorized_keys: keys.lines().map(str::to_owned).collect(),
        identity,
    })
}
