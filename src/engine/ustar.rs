//! As much of tar (POSIX ustar) as it takes to write a plain file and to read what an entry is.

use std::io;

/// Size of a header, and what content is padded to.
pub(super) const BLOCK: usize = 512;

/// The header of a plain file of root's, mode 0600. The name must fit its 100 bytes.
pub(super) fn header(name: &str, size: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut field = |at: usize, text: &str| block[at..at + text.len()].copy_from_slice(text.as_bytes());
    field(0, name);
    field(100, "0000600\0");
    field(108, "0000000\0");
    field(116, "0000000\0");
    field(124, &format!("{size:011o}\0"));
    field(136, "00000000000\0");
    field(148, "        ");
    field(156, "0");
    field(257, "ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
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
    let stated = octal(&block[148..156])?;
    let blanked = block
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) });
    if blanked.sum::<u64>() != stated {
        return Err(bad("a header with a wrong sum"));
    }
    let mut name = text(&block[0..100]).to_vec();
    // GNU's own magic ("ustar  ") keeps other things where the prefix is.
    if &block[257..263] == b"ustar\0" {
        let prefix = text(&block[345..500]);
        if !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        }
    }
    let size = &block[124..136];
    let size = if size[0] & 0x80 == 0 {
        octal(size)?
    } else if size[0] == 0x80 && size[1..4] == [0; 3] {
        size[4..].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    } else {
        return Err(bad("an entry of an absurd size"));
    };
    Ok(Some(Entry { name, link: text(&block[157..257]).to_vec(), size, kind: block[156] }))
}

fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn octal(field: &[u8]) -> io::Result<u64> {
    let digits = std::str::from_utf8(field).unwrap_or("x").trim_matches([' ', '\0']);
    if digits.is_empty() {
        return Ok(0);
    }
    u64::from_str_radix(digits, 8).map_err(|_| bad("a header that is not one"))
}

pub(super) fn bad(text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn content_is_padded_to_blocks() {
        assert_eq!([0, 1, 511, 512, 513].map(padding), [0, 511, 1, 0, 511]);
    }
}
