//! The links of an archive: which names lead to which others. It decides nothing.

use crate::ustar::bad;
use std::collections::{HashMap, HashSet};
use std::io;

/// More text of links than this is no machine's that somebody made on purpose.
const MOST: usize = 64 << 20;
/// So many links one behind the other are followed, as the kernel's own bound (path_resolution(7)).
const DEPTH: usize = 40;
/// So many names of one file are looked at.
const NAMES: usize = 256;

/// Links by where they lead, in paths without a `/` in front.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Hard links: a name, and the name of the entry with the content.
    hard: HashMap<Vec<u8>, Vec<u8>>,
    /// Symbolic links by their target.
    symbolic: HashMap<Vec<u8>, Vec<Vec<u8>>>,
    /// The names of symbolic links.
    names: HashSet<Vec<u8>>,
    length: usize,
}

impl Links {
    pub(super) fn hard(&mut self, path: Vec<u8>, target: Vec<u8>) -> io::Result<()> {
        self.count(path.len() + target.len())?;
        self.hard.insert(path, target);
        Ok(())
    }

    pub(super) fn symbolic(&mut self, path: Vec<u8>, target: &[u8]) -> io::Result<()> {
        self.count(2 * path.len() + target.len())?;
        self.symbolic.entry(resolved(&path, target)).or_default().push(path.clone());
        self.names.insert(path);
        Ok(())
    }

    fn count(&mut self, length: usize) -> io::Result<()> {
        self.length += length + 100;
        if self.length > MOST { Err(bad("more links than can be looked through")) } else { Ok(()) }
    }

    /// Whether a folder, or one on the way to it, is a symbolic link.
    pub(super) fn leads_away(&self, dir: &str) -> bool {
        let ends = dir.match_indices('/').map(|(at, _)| at).chain([dir.len()]);
        ends.into_iter().any(|end| self.names.contains(&dir.as_bytes()[..end]))
    }

    /// The other names that symbolic links give to what has this name.
    pub(super) fn names_of(&self, path: &[u8]) -> Vec<Vec<u8>> {
        let mut found: Vec<Vec<u8>> = Vec::new();
        let mut last = vec![path.to_vec()];
        for _ in 0..DEPTH {
            let mut more = Vec::new();
            for name in &last {
                for at in 0..=name.len() {
                    if at != 0 && at != name.len() && name[at] != b'/' {
                        continue;
                    }
                    let Some(links) = self.symbolic.get(&name[..at]) else { continue };
                    let rest = name[at..].strip_prefix(b"/").unwrap_or(&name[at..]);
                    for link in links {
                        // A link to a folder above itself names everything once more, without end.
                        let other = if rest.is_empty() { link.clone() } else { [link, rest].join(&b'/') };
                        if other.len() < 4096 && other != path && !found.contains(&other) {
                            found.push(other.clone());
                            more.push(other);
                        }
                    }
                }
            }
            if more.is_empty() || found.len() > NAMES {
                break;
            }
            last = more;
        }
        found
    }

    /// The names of each file that has several.
    pub(super) fn groups(&self) -> Vec<Vec<&[u8]>> {
        let mut groups: HashMap<&[u8], Vec<&[u8]>> = HashMap::new();
        for (name, target) in &self.hard {
            let mut first = target;
            for _ in 0..DEPTH {
                match self.hard.get(first) {
                    Some(next) => first = next,
                    None => break,
                }
            }
            groups.entry(first).or_default().push(name);
        }
        groups.into_iter().map(|(first, names)| [names, vec![first]].concat()).collect()
    }
}

/// Where a symbolic link leads, from the root of its machine; `..` goes no further up than that.
fn resolved(path: &[u8], target: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = if target.starts_with(b"/") {
        Vec::new()
    } else {
        let mut parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
        parts.pop();
        parts
    };
    for part in target.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join(&b'/')
}
