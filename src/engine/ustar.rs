//! As much of tar as it takes to write plain files and to pass entries on: POSIX ustar headers and
//! pax records (pax(1)). GNU's own extensions are not read.

use std::io;

/// Size of a header, and what content is padded to.
pub(super) const BLOCK: usize = 512;

/// The header of an entry of root's. The name must fit its 100 bytes.
fn header_of(name: &str, mode: u32, kind: u8, size: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut field = |at: usize, text: &str| block[at..at + text.len()].copy_from_slice(text.as_bytes());
    field(0, name);
    field(100, &format!("{mode:07o}\0"));
    field(108, "0000000\0");
    field(116, "0000000\0");
    field(124, &format!("{size:011o}\0"));
    field(136, "00000000000\0");
    field(257, "ustar\x0000");
    block[156] = kind;
    summed(block)
}

/// A plain file, padding included.
pub(super) fn file(name: &str, content: &[u8]) -> Vec<u8> {
    plain(name, 0o600, b'0', content)
}

/// An entry of root's, padding included.
pub(super) fn plain(name: &str, mode: u32, kind: u8, content: &[u8]) -> Vec<u8> {
    let mut raw = header_of(name, mode, kind, content.len() as u64).to_vec();
    raw.extend_from_slice(content);
    raw.resize(raw.len() + padding(content.len() as u64), 0);
    raw
}

/// How many zeros follow `size` bytes of content.
pub(super) fn padding(size: u64) -> usize {
    let rest = (size % BLOCK as u64) as usize;
    if rest == 0 { 0 } else { BLOCK - rest }
}

/// What a header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) size: u64,
    pub(super) kind: u8,
}

/// Reads a header; `None` is the block of zeros that ends an archive.
pub(super) fn parse(block: &[u8; BLOCK]) -> io::Result<Option<Entry>> {
    if block.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    if &block[257..263] != b"ustar\0" {
        return Err(bad("a header that is not POSIX'"));
    }
    if block != &summed(*block) {
        return Err(bad("a header with a wrong sum"));
    }
    let mut name = text(&block[0..100]).to_vec();
    let prefix = text(&block[345..500]);
    if !prefix.is_empty() {
        name = [prefix, b"/", &name].concat();
    }
    let link = text(&block[157..257]).to_vec();
    Ok(Some(Entry { name, link, size: octal(&block[124..136])?, kind: block[156] }))
}

/// The same header for another name and link. What does not fit goes into `records`.
pub(super) fn renamed(
    mut block: [u8; BLOCK],
    name: &[u8],
    link: &[u8],
    records: &mut Vec<Record>,
) -> [u8; BLOCK] {
    block[345..500].fill(0);
    for (field, key, value) in [(0..100, &b"path"[..], name), (157..257, b"linkpath", link)] {
        block[field.clone()].fill(0);
        let fits = value.len().min(field.len());
        block[field.start..field.start + fits].copy_from_slice(&value[..fits]);
        if fits < value.len() {
            records.push((key.to_vec(), value.to_vec()));
        }
    }
    summed(block)
}

/// Key and value of a pax header.
pub(super) type Record = (Vec<u8>, Vec<u8>);

/// `LENGTH KEY=VALUE\n`, the length counting itself.
pub(super) fn records(mut content: &[u8]) -> io::Result<Vec<Record>> {
    let wrong = || bad("an extended header that is not one");
    let mut found = Vec::new();
    while !content.is_empty() {
        let space = content.iter().position(|byte| *byte == b' ').ok_or_else(wrong)?;
        let length = number(&content[..space], 10)?;
        let length = usize::try_from(length).map_err(|_| wrong())?;
        if length <= space + 1 || length > content.len() || content[length - 1] != b'\n' {
            return Err(wrong());
        }
        let (record, rest) = content.split_at(length);
        let record = &record[space + 1..length - 1];
        let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(wrong)?;
        found.push((record[..equals].to_vec(), record[equals + 1..].to_vec()));
        content = rest;
    }
    Ok(found)
}

/// A pax header with these records, or nothing for none.
pub(super) fn extended(records: &[Record]) -> Vec<u8> {
    let mut content = Vec::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3; // space, equals, newline
        let mut length = rest + rest.to_string().len();
        length = rest + length.to_string().len();
        content.extend_from_slice(format!("{length} ").as_bytes());
        content.extend_from_slice(&[key, &b"="[..], value, b"\n"].concat());
    }
    if content.is_empty() {
        return content;
    }
    let mut raw = file("PaxHeaders.0/puerta", &content);
    raw[156] = b'x';
    let mut block = [0; BLOCK];
    block.copy_from_slice(&raw[..BLOCK]);
    raw[..BLOCK].copy_from_slice(&summed(block));
    raw
}

/// With its checksum, which counts its own field as spaces.
fn summed(mut block: [u8; BLOCK]) -> [u8; BLOCK] {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn octal(field: &[u8]) -> io::Result<u64> {
    let digits = text(field).trim_ascii();
    if digits.is_empty() { Ok(0) } else { number(digits, 8) }
}

pub(super) fn number(digits: &[u8], radix: u32) -> io::Result<u64> {
    let digits = std::str::from_utf8(digits).ok();
    digits
        .and_then(|digits| u64::from_str_radix(digits, radix).ok())
        .ok_or_else(|| bad("a number that is none"))
}

pub(super) fn bad(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn header(name: &str, size: u64) -> [u8; BLOCK] {
        header_of(name, 0o600, b'0', size)
    }

    /// An entry of any kind; `file` makes it, `renamed` sums it again.
    pub(in super::super) fn entry(name: &str, kind: u8, link: &str, content: &str) -> Vec<u8> {
        let mut raw = file("x", content.as_bytes());
        let mut block = header("x", content.len() as u64);
        block[156] = kind;
        let mut long = Vec::new();
        raw[..BLOCK].copy_from_slice(&renamed(block, name.as_bytes(), link.as_bytes(), &mut long));
        [extended(&long), raw].concat()
    }

    pub(in super::super) fn archive(entries: &[Vec<u8>]) -> Vec<u8> {
        [entries.concat(), vec![0; 2 * BLOCK]].concat()
    }

    #[test]
    fn a_header_is_read_back() {
        let entry = parse(&header("backup/index.yaml", 1234)).unwrap().unwrap();
        assert_eq!(entry, Entry { name: b"backup/index.yaml".into(), link: vec![], size: 1234, kind: b'0' });
        assert_eq!(parse(&[0; BLOCK]).unwrap(), None);
        let mut broken = header("x", 1);
        broken[0] = b'y';
        assert!(parse(&broken).is_err());
    }

    #[test]
    fn a_long_name_moves_into_a_record() {
        let (short, long) = ([b'n'; 100], [b'n'; 101]);
        let mut moved = Vec::new();
        let block = renamed(header("x", 1), &short, b"", &mut moved);
        assert_eq!((parse(&block).unwrap().unwrap().name, moved.len()), (short.to_vec(), 0));
        renamed(header("x", 1), &long, &long, &mut moved);
        assert_eq!(moved, [(b"path".to_vec(), long.to_vec()), (b"linkpath".to_vec(), long.to_vec())]);
    }

    #[test]
    fn records_go_there_and_back() {
        // Around the lengths where the count of its own digits changes.
        for length in [0, 1, 2, 3, 85, 86, 87, 88, 89, 90, 980, 985, 986, 987, 988, 989, 990, 991] {
            let all =
                vec![(b"path".to_vec(), vec![b'\n'; length]), (b"k=".to_vec()[..1].to_vec(), vec![0, 255])];
            let raw = extended(&all);
            let mut block = [0; BLOCK];
            block.copy_from_slice(&raw[..BLOCK]);
            let entry = parse(&block).unwrap().unwrap();
            assert_eq!(entry.kind, b'x');
            let content = &raw[BLOCK..BLOCK + entry.size as usize];
            assert_eq!(records(content).unwrap(), all, "{length}");
        }
        assert!(extended(&[]).is_empty());
        for wrong in ["5 a=", "99 a=b\n", "x a=b\n", "6 abc\n", "0 a=b\n", "6a=bc\n"] {
            assert!(records(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn content_is_padded_to_blocks() {
        assert_eq!([0, 1, 511, 512, 513].map(padding), [0, 511, 1, 0, 511]);
    }
}
