//! From an Incus backup to an Incus image, while it flows by: the root file system, and nothing of
//! what the archive says about the machine. Limits, devices and configuration come from the
//! permit, as for any machine that is made from an image.
//!
//! Two reasons not to let Incus import its own backup. An archive is not trusted: Incus judges a
//! project's restrictions on one file of it and builds the machine from another. And a server that
//! has this mended (Debian's 6.0.4-2+deb13u7) refuses every import into a restricted project,
//! because of `volatile.*` keys that it has just made up itself.

use super::cleaning::Cleaning;
use crate::ustar::{BLOCK, Entry, Record, bad, extended, file, number, padding, parse, records, renamed};
use std::io::{self, Read, Write};

/// Longest text that is kept in memory: names, extended attributes, the index.
const LONGEST: u64 = 4 << 20;
/// What a backup has in front of the file system's names.
const CONTAINER: &[u8] = b"backup/container/";

/// An archive, read by the rules of what one may hold. They are the same when it is verified, when a machine is
/// built from it, and when it becomes a template: nothing counts as a backup that could not be restored.
pub(super) struct Backup<'a> {
    from: &'a mut dyn Read,
    architecture: Option<String>,
    root: bool,
    /// Of the present entry's content, padding included.
    unread: u64,
}

/// An entry of the machine's file system, under the name that it has in an image.
pub(super) struct Member {
    block: [u8; BLOCK],
    pub(super) entry: Entry,
    /// Records that stand for no field of the header.
    attached: Vec<Record>,
}

impl<'a> Backup<'a> {
    pub(super) fn new(from: &'a mut dyn Read) -> Self {
        Self { from, architecture: None, root: false, unread: 0 }
    }

    /// What the index says the machine is; it is in front of the file system.
    pub(super) fn architecture(&self) -> &str {
        self.architecture.as_deref().unwrap_or_default()
    }

    /// The next entry of the file system; nothing after the last, when all of it was as it must be. What of the
    /// one before was not asked for is read over.
    pub(super) fn next(&mut self) -> io::Result<Option<Member>> {
        loop {
            self.pass(&mut io::sink())?;
            let Some(mut member) = next(self.from)? else {
                return self.end().map(|()| None);
            };
            let Entry { name, link, size, kind } = &mut member.entry;
            self.unread =
                size.checked_add(padding(*size) as u64).ok_or_else(|| bad("an entry of an absurd size"))?;
            match place(name, *kind)? {
                Place::Index => self.index(*size)?,
                Place::Aside => {}
                Place::Root(_) if self.architecture.is_none() => {
                    return Err(bad("its index is not in front"));
                }
                Place::Root(inner) => {
                    self.root = true;
                    *name = inner.to_vec();
                    // A hard link names its other name as the archive has it.
                    if *kind == b'1' {
                        *link = inside(link)?.to_vec();
                    }
                    return Ok(Some(member));
                }
            }
        }
    }

    fn index(&mut self, size: u64) -> io::Result<()> {
        let index = self.held(size)?;
        match self.architecture.replace(architecture(&index)?.to_owned()) {
            Some(_) => Err(bad("two indexes")),
            None => Ok(()),
        }
    }

    /// To its very end, so that the checksum of the compression is looked at.
    fn end(&mut self) -> io::Result<()> {
        if !self.root {
            return Err(bad("no file system of a container in it"));
        }
        io::copy(self.from, &mut io::sink()).map(drop)
    }

    /// The content of the present entry, and its padding.
    fn pass(&mut self, to: &mut dyn Write) -> io::Result<()> {
        let unread = std::mem::take(&mut self.unread);
        if io::copy(&mut (&mut *self.from).take(unread), to)? == unread {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    /// The same in memory, without its padding.
    pub(super) fn held(&mut self, size: u64) -> io::Result<Vec<u8>> {
        self.unread = 0;
        held(self.from, size)
    }
}

/// Reads an archive to its end; an error says why none could be restored from it.
pub(super) fn check(from: &mut dyn Read) -> io::Result<()> {
    let mut backup = Backup::new(from);
    while backup.next()?.is_some() {}
    Ok(())
}

/// The next entry of any kind, or the end.
pub(super) fn next(from: &mut dyn Read) -> io::Result<Option<Member>> {
    let mut attached = Vec::new();
    let mut block = [0; BLOCK];
    loop {
        from.read_exact(&mut block)?;
        let Some(mut entry) = parse(&block)? else { return Ok(None) };
        match entry.kind {
            b'x' => {
                attached = records(&held(from, entry.size)?)?;
                continue;
            }
            b'0'..=b'6' => {}
            _ => return Err(bad("an entry of an unknown kind")),
        }
        override_with(&mut attached, &mut entry.name, &mut entry.link, &mut entry.size)?;
        if entry.kind != b'0' && entry.size != 0 {
            return Err(bad("content where none belongs"));
        }
        return Ok(Some(Member { block, entry, attached }));
    }
}

/// Copies the file system from `from` to `to`, behind the metadata that `metadata` makes of the
/// machine's architecture; without what `cleaning` takes out.
pub(super) fn image_of_backup(
    from: &mut dyn Read,
    to: &mut dyn Write,
    metadata: impl FnOnce(&str) -> Vec<u8>,
    cleaning: Option<&Cleaning>,
) -> io::Result<()> {
    let (mut backup, mut metadata) = (Backup::new(from), Some(metadata));
    while let Some(Member { block, entry, mut attached }) = backup.next()? {
        if let Some(metadata) = metadata.take() {
            to.write_all(&file("metadata.yaml", &metadata(backup.architecture())))?;
        }
        if cleaning.is_some_and(|cleaning| !cleaning.keeps(&entry.name, entry.kind)) {
            continue;
        }
        let block = renamed(block, &entry.name, &entry.link, &mut attached);
        if entry.size >= 1 << 33 {
            attached.push((b"size".to_vec(), entry.size.to_string().into_bytes()));
        }
        to.write_all(&extended(&attached))?;
        to.write_all(&block)?;
        backup.pass(to)?;
    }
    to.write_all(cleaning.map_or(&[], Cleaning::added))?;
    to.write_all(&[0; 2 * BLOCK])
}

/// Takes the records out that stand for fields of the header.
fn override_with(
    attached: &mut Vec<Record>,
    name: &mut Vec<u8>,
    link: &mut Vec<u8>,
    size: &mut u64,
) -> io::Result<()> {
    for (key, value) in std::mem::take(attached) {
        match key.as_slice() {
            b"path" => *name = value,
            b"linkpath" => *link = value,
            b"size" => *size = number(&value, 10)?,
            key if key.starts_with(b"GNU.") => return Err(bad("a sparse entry")),
            _ => attached.push((key, value)),
        }
    }
    Ok(())
}

enum Place<'a> {
    Index,
    /// What the archive says about the machine, and what the engine keeps beside its file system: templates,
    /// `backup.yaml`, output of programs (`exec-output`). None of it goes anywhere.
    Aside,
    /// The file system, under the name that it has in an image.
    Root(&'a [u8]),
}

fn place(name: &[u8], kind: u8) -> io::Result<Place<'_>> {
    let bare = name.strip_suffix(b"/").unwrap_or(name);
    match bare {
        b"backup/index.yaml" if kind == b'0' => Ok(Place::Index),
        b"backup/container/rootfs" if kind == b'5' => Ok(Place::Root(inside(name)?)),
        b"backup/container/rootfs" => Err(stranger(name)),
        b"backup" | b"backup/container" if kind == b'5' => Ok(Place::Aside),
        bare if bare.starts_with(b"backup/container/rootfs/") => Ok(Place::Root(inside(name)?)),
        bare if bare.starts_with(CONTAINER) && !leads_up(bare) => Ok(Place::Aside),
        _ => Err(stranger(name)),
    }
}

/// `rootfs/...` of `backup/container/rootfs/...`, and never a way up from there.
fn inside(name: &[u8]) -> io::Result<&[u8]> {
    let inner = name.strip_prefix(CONTAINER).ok_or_else(|| stranger(name))?;
    let first = inner.split(|byte| *byte == b'/').next();
    if first != Some(b"rootfs") || leads_up(inner) || inner.contains(&0) {
        return Err(stranger(name));
    }
    Ok(inner)
}

fn leads_up(name: &[u8]) -> bool {
    name.split(|byte| *byte == b'/').any(|part| part == b"..")
}

fn stranger(name: &[u8]) -> io::Error {
    let name = super::error::clean(&String::from_utf8_lossy(name));
    bad(&format!("`{name}` does not belong in it"))
}

/// The one thing we take from the index.
fn architecture(index: &[u8]) -> io::Result<&str> {
    let text = std::str::from_utf8(index).map_err(|_| bad("an index that is not text"))?;
    text.lines()
        .find_map(|line| line.trim().strip_prefix("architecture: "))
        .filter(|name| {
            name.len() < 20 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
        .ok_or_else(|| bad("an index without an architecture"))
}

/// Content in memory, its padding read over.
pub(super) fn held(from: &mut dyn Read, size: u64) -> io::Result<Vec<u8>> {
    if size > LONGEST {
        return Err(bad("a header or index without end"));
    }
    let mut content = vec![0; size as usize + padding(size)];
    from.read_exact(&mut content)?;
    content.truncate(size as usize);
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ustar::tests::{archive, entry};

    fn good() -> Vec<Vec<u8>> {
        vec![
            entry("backup/index.yaml", b'0', "", "config:\n  container:\n    architecture: x86_64\n"),
            entry("backup/container", b'5', "", ""),
            entry("backup/container/backup.yaml", b'0', "", "security.privileged: 'true'"),
            entry("backup/container/metadata.yaml", b'0', "", "templates: {}"),
            entry("backup/container/templates", b'5', "", ""),
            entry("backup/container/templates/hosts.tpl", b'0', "", "x"),
            entry("backup/container/exec-output", b'5', "", ""),
            entry("backup/container/exec-output/exec_1.stdout", b'0', "", "uno"),
            entry("backup/container/rootfs", b'5', "", ""),
            entry("backup/container/rootfs/a", b'0', "", "alfa"),
            entry("backup/container/rootfs/b", b'1', "backup/container/rootfs/a", ""),
            entry("backup/container/rootfs/c", b'2', "/etc/passwd", ""),
        ]
    }

    fn image(raw: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        image_of_backup(&mut &raw[..], &mut out, |arch| format!("ours {arch}").into_bytes(), None)?;
        Ok(out)
    }

    #[test]
    fn only_the_file_system_passes() {
        let wanted = [
            file("metadata.yaml", b"ours x86_64"),
            entry("rootfs", b'5', "", ""),
            entry("rootfs/a", b'0', "", "alfa"),
            entry("rootfs/b", b'1', "rootfs/a", ""),
            entry("rootfs/c", b'2', "/etc/passwd", ""),
        ];
        assert_eq!(image(&archive(&good())).unwrap(), archive(&wanted));
    }

    #[test]
    fn long_names_and_attributes_pass() {
        let long = |prefix: &str| format!("{prefix}rootfs/{}", "n".repeat(200));
        let attribute = (b"SCHILY.xattr.user.a".to_vec(), vec![0, 1, b'\n']);
        let with = |name: String, attribute: &Record| {
            extended(&[attribute.clone(), (b"path".to_vec(), name.into_bytes())])
        };
        let plain = entry("backup/container/rootfs/nnn", b'0', "", "x");
        let mut entries = good();
        entries.extend([with(long("backup/container/"), &attribute), plain]);
        let out = image(&archive(&entries)).unwrap();
        let found = with(long(""), &attribute);
        assert!(out.windows(found.len()).any(|window| window == found));
    }

    #[test]
    fn what_does_not_belong_is_refused() {
        let pax = |key: &str, value: &str| extended(&[(key.into(), value.into())]);
        let plain = || entry("backup/container/rootfs/y", b'0', "", "x");
        for (what, extra) in [
            ("a second index", vec![entry("backup/index.yaml", b'0', "", "architecture: x86_64")]),
            ("a snapshot", vec![entry("backup/snapshots/a", b'5', "", "")]),
            ("an optimized volume", vec![entry("backup/container.bin", b'0', "", "x")]),
            ("a way up", vec![entry("backup/container/rootfs/../metadata.yaml", b'0', "", "x")]),
            ("an absolute name", vec![entry("/etc/passwd", b'0', "", "x")]),
            (
                "a link to outside",
                vec![entry("backup/container/rootfs/l", b'1', "backup/container/backup.yaml", "")],
            ),
            ("a link up", vec![entry("backup/container/rootfs/l", b'1', "backup/container/rootfs/../a", "")]),
            ("a root that is a link", vec![entry("backup/container/rootfs", b'2', "/", "")]),
            ("a name in a record", vec![pax("path", "/etc/passwd"), plain()]),
            ("a zero in a name", vec![pax("path", "backup/container/rootfs/a\0b"), plain()]),
            (
                "a link in a record",
                vec![
                    pax("linkpath", "/etc/shadow"),
                    entry("backup/container/rootfs/l", b'1', "backup/container/rootfs/a", ""),
                ],
            ),
            ("a size in a record", vec![pax("size", "9999999"), plain()]),
            ("a sparse file", vec![pax("GNU.sparse.major", "1"), plain()]),
            ("an unknown kind", vec![entry("backup/container/rootfs/s", b'S', "", "x")]),
            ("a global header", vec![entry("g", b'g', "", "11 path=x\n")]),
        ] {
            let mut entries = good();
            entries.extend(extra);
            assert!(image(&archive(&entries)).is_err(), "{what}");
        }
    }

    #[test]
    fn a_cut_or_foreign_archive_is_refused() {
        let whole = archive(&good());
        for length in [0, 100, BLOCK, whole.len() - 2 * BLOCK] {
            assert!(image(&whole[..length]).is_err(), "{length}");
        }
        assert!(image(&archive(&good()[..3])).is_err());
        assert!(image(&archive(&good()[1..])).is_err());
        assert!(image(&archive(&[])).is_err());
    }
}
