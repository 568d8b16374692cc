//! An Incus backup on its way back. The two files in it that say what the machine *is* (limits,
//! devices, keys of its configuration) are replaced by ours, and nothing passes that is not a file
//! system, its template files, or its directories.
//!
//! Two reasons. An archive is not trusted: Incus checks a project's restrictions against
//! `index.yaml` and then builds the machine from `backup.yaml` (6.0.4, `createFromBackup` and
//! `internalImportFromBackup`). And a restricted project refuses an archive that Incus itself made,
//! because of the `volatile.*` keys in it.

use crate::engine::ustar::{BLOCK, Entry, bad, header, padding, parse};
use std::io::{self, Read};

/// The first file of a backup.
const INDEX: &[u8] = b"backup/index.yaml";
/// The file from which the machine is built.
const DEFINITION: &[u8] = b"backup/container/backup.yaml";
/// Longest text that is kept in memory: names, extended attributes, the old index.
const LONGEST: u64 = 4 << 20;

/// Our two files, made once the architecture is known.
pub(super) struct Ours {
    pub(super) index: Vec<u8>,
    pub(super) definition: Vec<u8>,
}

/// Copies `from` to `to`, entry by entry, with our two files in the place of the archive's.
pub(super) fn rewrite(
    from: &mut dyn Read,
    to: &mut dyn FnMut(Vec<u8>) -> io::Result<()>,
    ours: impl FnOnce(&str) -> Ours,
) -> io::Result<()> {
    let mut ours = Some(ours);
    let mut definition = None;
    let mut root = false;
    let mut extended = Extended::default();
    let mut block = [0; BLOCK];
    loop {
        from.read_exact(&mut block)?;
        let Some(mut entry) = parse(&block)? else { break };
        match entry.kind {
            b'x' | b'L' | b'K' => {
                let content = held(from, entry.size)?;
                extended.add(&entry, &content)?;
                extended.raw.extend_from_slice(&block);
                extended.raw.extend_from_slice(&content);
                extended.raw.resize(extended.raw.len() + padding(entry.size), 0);
                if extended.raw.len() as u64 > LONGEST {
                    return Err(bad("a header without end"));
                }
                continue;
            }
            b'0' | 0 | b'1'..=b'6' => {}
            _ => return Err(bad("an entry of an unknown kind")),
        }
        let extended = std::mem::take(&mut extended);
        entry.name = extended.name.unwrap_or(entry.name);
        entry.link = extended.link.unwrap_or(entry.link);
        entry.size = extended.size.unwrap_or(entry.size);
        if matches!(entry.kind, b'1'..=b'6') && entry.size != 0 {
            return Err(bad("content where none belongs"));
        }
        match place(&entry)? {
            Place::Index => {
                let old = held(from, entry.size)?;
                let make = ours.take().ok_or_else(|| bad("two indexes"))?;
                let Ours { index, definition: ours } = make(architecture(&old)?);
                to(file(INDEX, &index))?;
                definition = Some(ours);
            }
            Place::Definition => {
                held(from, entry.size)?;
                let ours = definition.take().ok_or_else(|| bad("its definition is not after its index"))?;
                to(file(DEFINITION, &ours))?;
            }
            Place::Content => {
                root |= entry.name.starts_with(b"backup/container/rootfs");
                let mut head = extended.raw;
                head.extend_from_slice(&block);
                to(head)?;
                copy(from, to, entry.size)?;
            }
        }
    }
    if ours.is_some() || definition.is_some() || !root {
        return Err(bad("not the backup of a container"));
    }
    to(vec![0; 2 * BLOCK])?;
    // To its very end, so that the checksum of the compression is looked at.
    io::copy(from, &mut io::sink())?;
    Ok(())
}

/// What PAX (`x`) and GNU (`L`, `K`) headers say about the entry that follows.
#[derive(Default)]
struct Extended {
    raw: Vec<u8>,
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Extended {
    fn add(&mut self, entry: &Entry, content: &[u8]) -> io::Result<()> {
        let trimmed = || content.split(|byte| *byte == 0).next().map(<[u8]>::to_vec);
        match entry.kind {
            b'L' => self.name = trimmed(),
            b'K' => self.link = trimmed(),
            _ => self.records(content)?,
        }
        Ok(())
    }

    /// `LENGTH KEY=VALUE\n`, the length counting itself (pax(1)).
    fn records(&mut self, mut content: &[u8]) -> io::Result<()> {
        let wrong = || bad("an extended header that is not one");
        while !content.is_empty() {
            let space = content.iter().position(|byte| *byte == b' ').ok_or_else(wrong)?;
            let digits = std::str::from_utf8(&content[..space]).map_err(|_| wrong())?;
            let length: usize = digits.parse().map_err(|_| wrong())?;
            if length <= space + 1 || length > content.len() || content[length - 1] != b'\n' {
                return Err(wrong());
            }
            let (record, rest) = content.split_at(length);
            let record = &record[space + 1..length - 1];
            let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(wrong)?;
            let value = &record[equals + 1..];
            match &record[..equals] {
                b"path" => self.name = Some(value.to_vec()),
                b"linkpath" => self.link = Some(value.to_vec()),
                b"size" => {
                    let digits = std::str::from_utf8(value).map_err(|_| wrong())?;
                    self.size = Some(digits.parse().map_err(|_| wrong())?);
                }
                key if key.starts_with(b"GNU.sparse") => return Err(bad("a sparse entry")),
                _ => {}
            }
            content = rest;
        }
        Ok(())
    }
}

enum Place {
    Index,
    Definition,
    Content,
}

fn place(entry: &Entry) -> io::Result<Place> {
    let name = entry.name.strip_suffix(b"/").unwrap_or(&entry.name);
    let plain = matches!(entry.kind, b'0' | 0);
    let within = |name: &[u8], folder: &[u8]| {
        name.strip_prefix(folder).is_some_and(|rest| rest.first() == Some(&b'/'))
            && !name.split(|byte| *byte == b'/').any(|part| part == b"..")
    };
    let fits = match name {
        INDEX if plain => return Ok(Place::Index),
        DEFINITION if plain => return Ok(Place::Definition),
        b"backup" | b"backup/container" | b"backup/container/rootfs" | b"backup/container/templates" => {
            entry.kind == b'5'
        }
        b"backup/container/metadata.yaml" => plain,
        name if within(name, b"backup/container/templates") => plain || entry.kind == b'5',
        name if within(name, b"backup/container/rootfs") => {
            entry.kind != b'1' || within(&entry.link, b"backup/container/rootfs")
        }
        _ => false,
    };
    if fits {
        return Ok(Place::Content);
    }
    let name = super::error::clean(&String::from_utf8_lossy(name));
    Err(bad(&format!("`{name}` does not belong in it")))
}

/// The one thing we take from the old index.
fn architecture(index: &[u8]) -> io::Result<&str> {
    let text = std::str::from_utf8(index).map_err(|_| bad("an index that is not text"))?;
    text.lines()
        .find_map(|line| line.trim().strip_prefix("architecture: "))
        .filter(|name| {
            name.len() < 20 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
        .ok_or_else(|| bad("an index without an architecture"))
}

fn file(name: &[u8], content: &[u8]) -> Vec<u8> {
    let mut raw = header(&String::from_utf8_lossy(name), content.len() as u64).to_vec();
    raw.extend_from_slice(content);
    raw.resize(raw.len() + padding(content.len() as u64), 0);
    raw
}

/// Content with its padding taken off, in memory.
fn held(from: &mut dyn Read, size: u64) -> io::Result<Vec<u8>> {
    if size > LONGEST {
        return Err(bad("a header or index without end"));
    }
    let mut content = vec![0; size as usize + padding(size)];
    from.read_exact(&mut content)?;
    content.truncate(size as usize);
    Ok(content)
}

fn copy(from: &mut dyn Read, to: &mut dyn FnMut(Vec<u8>) -> io::Result<()>, size: u64) -> io::Result<()> {
    const PIECE: u64 = 256 << 10;
    let mut left = size.checked_add(padding(size) as u64).ok_or_else(|| bad("an entry of an absurd size"))?;
    while left > 0 {
        let mut piece = vec![0; left.min(PIECE) as usize];
        from.read_exact(&mut piece)?;
        left -= piece.len() as u64;
        to(piece)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, kind: u8, link: &str, content: &str) -> Vec<u8> {
        let mut block = header(name, content.len() as u64);
        block[156] = kind;
        block[157..157 + link.len()].copy_from_slice(link.as_bytes());
        block[148..156].copy_from_slice(b"        ");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let mut raw = [&block[..], content.as_bytes()].concat();
        raw.resize(raw.len() + padding(content.len() as u64), 0);
        raw
    }

    fn archive(entries: &[Vec<u8>]) -> Vec<u8> {
        [entries.concat(), vec![0; 2 * BLOCK]].concat()
    }

    fn good() -> Vec<Vec<u8>> {
        vec![
            entry("backup/index.yaml", b'0', "", "config:\n  container:\n    architecture: x86_64\n"),
            entry("backup/container", b'5', "", ""),
            entry("backup/container/backup.yaml", b'0', "", "security.privileged: 'true'"),
            entry("backup/container/rootfs", b'5', "", ""),
            entry("backup/container/rootfs/a", b'0', "", "alfa"),
            entry("backup/container/rootfs/b", b'1', "backup/container/rootfs/a", ""),
            entry("backup/container/rootfs/c", b'2', "/etc/passwd", ""),
        ]
    }

    fn rewritten(raw: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        rewrite(
            &mut &raw[..],
            &mut |piece| {
                out.extend(piece);
                Ok(())
            },
            |arch| Ours { index: format!("ours {arch}").into_bytes(), definition: b"ours too".to_vec() },
        )?;
        Ok(out)
    }

    #[test]
    fn only_the_two_files_change() {
        let mut wanted = good();
        wanted[0] = file(INDEX, b"ours x86_64");
        wanted[2] = file(DEFINITION, b"ours too");
        assert_eq!(rewritten(&archive(&good())).unwrap(), archive(&wanted));
    }

    #[test]
    fn what_does_not_belong_is_refused() {
        let pax = |record: &str| entry("x", b'x', "", &format!("{} {record}\n", record.len() + 4));
        for (what, extra) in [
            ("a second definition", vec![entry("backup/container/backup.yaml", b'0', "", "x")]),
            ("a second index", vec![entry("backup/index.yaml", b'0', "", "architecture: x86_64")]),
            ("a snapshot", vec![entry("backup/snapshots/a", b'5', "", "")]),
            ("an optimized volume", vec![entry("backup/container.bin", b'0', "", "x")]),
            ("a way up", vec![entry("backup/container/rootfs/../../x", b'0', "", "x")]),
            ("an absolute name", vec![entry("/etc/passwd", b'0', "", "x")]),
            (
                "a link to outside",
                vec![entry("backup/container/rootfs/l", b'1', "backup/container/backup.yaml", "")],
            ),
            ("templates elsewhere", vec![entry("backup/container/templates", b'2', "/etc", "")]),
            (
                "a name in an extended header",
                vec![pax("path=backup/container/backup.yaml"), entry("y", b'0', "", "x")],
            ),
            (
                "a link in one",
                vec![pax("linkpath=/etc/shadow"), entry("backup/container/rootfs/l", b'1', "y", "")],
            ),
            ("an unknown kind", vec![entry("backup/container/rootfs/s", b'S', "", "x")]),
            ("a global header", vec![entry("g", b'g', "", "11 path=x\n")]),
        ] {
            let mut entries = good();
            entries.extend(extra);
            assert!(rewritten(&archive(&entries)).is_err(), "{what}");
        }
    }

    #[test]
    fn a_cut_or_foreign_archive_is_refused() {
        let whole = archive(&good());
        for length in [0, 100, BLOCK, whole.len() - 2 * BLOCK] {
            assert!(rewritten(&whole[..length]).is_err(), "{length}");
        }
        assert!(rewritten(&archive(&good()[..2])).is_err());
        assert!(rewritten(&archive(&good()[1..])).is_err());
        assert!(rewritten(&archive(&[])).is_err());
    }

    #[test]
    fn long_names_pass() {
        let long = format!("backup/container/rootfs/{}", "n".repeat(200));
        let record = format!("path={long}");
        let mut entries = good();
        entries.push(entry("x", b'x', "", &format!("{} {record}\n", record.len() + 5)));
        entries.push(entry("backup/container/rootfs/nnn", b'0', "", "x"));
        let out = rewritten(&archive(&entries)).unwrap();
        assert!(out.windows(long.len()).any(|window| window == long.as_bytes()));
    }
}
