//! What of a machine's file system does not go into a template, or into a copy of it: what makes it this
//! machine and no other (keys, ids, its address); and of a template also who may come in, what was typed,
//! and rubbish. Nothing else goes.
//!
//! The archive is read twice: first to learn which names lead where, so that no link brings back what
//! was dropped under its own name, and then to be cleaned while it flows by. It is never unpacked here,
//! and no path of it is ever opened.

mod links;
mod rules;

#[cfg(test)]
mod tests;

use super::tarball::Backup;
use crate::ustar::plain;
use links::Links;
use rules::{Homes, has_address, of_machine, of_person, rubbish};
use std::collections::HashSet;
use std::io::{self, Read};
use std::net::Ipv4Addr;

/// Files of configuration that are longer are not looked into.
const LOOKED_INTO: u64 = 1 << 20;
/// What makes host keys before OpenSSH's server wants them. It makes only those that are not there.
const KEYS_UNIT: &str = "etc/systemd/system/puerta-host-keys.service";
const KEYS_UNIT_TEXT: &str =
    "# Written by puerta: a machine that was made of a template has no host keys yet.
[Unit]
Description=SSH host keys of this machine, made once

[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -A
";
const KEYS_WANTED_TEXT: &str =
    "# Written by puerta: a machine that was made of a template has no host keys yet.
[Unit]
Wants=puerta-host-keys.service
After=puerta-host-keys.service
";
/// OpenSSH's server is called the one in Debian and the other elsewhere.
const SSH_UNITS: [&str; 2] = ["ssh.service", "sshd.service"];

/// How much goes. The address is that of the machine in the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Everything that is no template's.
    Template(Ipv4Addr),
    /// What makes it this machine and no other.
    Machine(Option<Ipv4Addr>),
    /// Configuration with its address in it.
    Address(Ipv4Addr),
}

impl Extent {
    fn address(self) -> Option<Ipv4Addr> {
        match self {
            Self::Template(address) | Self::Address(address) => Some(address),
            Self::Machine(address) => address,
        }
    }

    /// Whether what goes has this name.
    fn is_secret(self, path: &[u8], homes: &Homes) -> bool {
        match self {
            Self::Template(_) => of_machine(path) || of_person(path, homes),
            Self::Machine(_) => of_machine(path),
            Self::Address(_) => false,
        }
    }

    fn is_rubbish(self, path: &[u8]) -> bool {
        matches!(self, Self::Template(_)) && rubbish(path)
    }
}

/// What of one archive goes, and what comes instead.
#[derive(Debug)]
pub(super) struct Cleaning {
    extent: Extent,
    links: Links,
    homes: Homes,
    /// Names that go though no rule says so by itself: other names of what goes.
    goes: HashSet<Vec<u8>>,
    /// Rubbish that has another name elsewhere, under which it is wanted.
    stays: HashSet<Vec<u8>>,
    added: Vec<u8>,
}

/// Reads an archive to its end, and says what of it goes.
pub(super) fn survey(from: &mut dyn Read, extent: Extent) -> io::Result<Cleaning> {
    let mut links = Links::default();
    let (mut homes, mut goes, mut seen) = (Homes::default(), HashSet::new(), HashSet::new());
    let mut backup = Backup::new(from);
    while let Some(member) = backup.next()? {
        let entry = &member.entry;
        let path = normal(&entry.name);
        match entry.kind {
            b'1' => links.hard(path.clone(), normal(&entry.link))?,
            b'2' => links.symbolic(path.clone(), &entry.link)?,
            b'0' if entry.size <= LOOKED_INTO && (path == b"etc/passwd" || rules::addressed(&path)) => {
                let content = backup.held(entry.size)?;
                if path == b"etc/passwd" {
                    homes = Homes::of_passwd(&content);
                } else if extent.address().is_some_and(|address| has_address(&content, address)) {
                    goes.insert(path);
                }
                continue;
            }
            _ => {}
        }
        if wanted(&path) {
            seen.insert(path);
        }
    }
    let added = match extent {
        Extent::Template(_) | Extent::Machine(_) => additions(&seen, &links),
        Extent::Address(_) => Vec::new(),
    };
    let mut cleaning = Cleaning { extent, links, homes, goes, stays: HashSet::new(), added };
    cleaning.follow_hard_links();
    Ok(cleaning)
}

/// `etc/ssh` of `rootfs/etc/./ssh/`.
fn normal(name: &[u8]) -> Vec<u8> {
    let parts = name.split(|byte| *byte == b'/').skip(1);
    let parts: Vec<&[u8]> = parts.filter(|part| !part.is_empty() && *part != b".").collect();
    parts.join(&b'/')
}

/// Whether it matters for what is added that this is there.
fn wanted(path: &[u8]) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    path == b"etc/machine-id"
        || path == b"usr/bin/ssh-keygen"
        || path.starts_with(b"etc/systemd/system/")
        || SSH_UNITS.iter().any(|unit| unit.as_bytes() == name)
}

/// An empty machine-id, which systemd fills at the next start; and where OpenSSH's server is systemd's
/// to start, what makes its keys before. Nothing is written beyond a link that the machine made.
fn additions(seen: &HashSet<Vec<u8>>, links: &Links) -> Vec<u8> {
    let there = |path: &str| seen.contains(path.as_bytes());
    let mut added = Vec::new();
    if there("etc/machine-id") && !links.leads_away("etc") {
        added.extend(plain("rootfs/etc/machine-id", 0o444, b'0', b""));
    }
    let mut drop_ins = Vec::new();
    let units = SSH_UNITS.iter().filter(|unit| {
        ["lib/systemd/system", "usr/lib/systemd/system"].iter().any(|dir| there(&format!("{dir}/{unit}")))
    });
    for unit in units {
        let dir = format!("etc/systemd/system/{unit}.d");
        let file = format!("{dir}/puerta-host-keys.conf");
        if !there("usr/bin/ssh-keygen") || links.leads_away(&dir) || there(&file) || there(KEYS_UNIT) {
            continue;
        }
        if !there(&dir) {
            drop_ins.extend(plain(&format!("rootfs/{dir}"), 0o755, b'5', b""));
        }
        drop_ins.extend(plain(&format!("rootfs/{file}"), 0o644, b'0', KEYS_WANTED_TEXT.as_bytes()));
    }
    if !drop_ins.is_empty() {
        added.extend(plain(&format!("rootfs/{KEYS_UNIT}"), 0o644, b'0', KEYS_UNIT_TEXT.as_bytes()));
        added.extend(drop_ins);
    }
    added
}

impl Cleaning {
    /// Whether an entry of the file system, by its name in an image, goes on.
    pub(super) fn keeps(&self, name: &[u8], kind: u8) -> bool {
        let path = normal(name);
        let gone = self.goes.contains(&path)
            || self.is_secret(&path, kind)
            || (self.extent.is_rubbish(&path) && !self.stays.contains(&path));
        !gone
    }

    /// What comes at the end, as entries of the archive.
    pub(super) fn added(&self) -> &[u8] {
        &self.added
    }

    /// A directory is never one. Under a name that a symbolic link makes, only a plain file is: what the
    /// link is called says nothing about a device at its other end.
    fn is_secret(&self, path: &[u8], kind: u8) -> bool {
        if kind == b'5' {
            return false;
        }
        let aliased = matches!(kind, b'0' | b'1');
        let secret = |name: &[u8]| self.extent.is_secret(name, &self.homes);
        secret(path) || (aliased && self.links.names_of(path).iter().any(|name| secret(name)))
    }

    /// All names of one file go when one of them goes. Rubbish with a name elsewhere is none.
    fn follow_hard_links(&mut self) {
        let (mut goes, mut stays) = (Vec::new(), Vec::new());
        for names in self.links.groups() {
            if names.iter().any(|name| self.goes.contains(*name) || self.is_secret(name, b'1')) {
                goes.extend(names.iter().map(|name| name.to_vec()));
            } else if names.iter().any(|name| !self.extent.is_rubbish(name)) {
                stays.extend(names.iter().map(|name| name.to_vec()));
            }
        }
        self.goes.extend(goes);
        self.stays.extend(stays);
    }
}
