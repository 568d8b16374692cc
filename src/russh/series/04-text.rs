//! What the peer writes.

use ssh_encoding::{Decode, Error, Reader};

/// Of a longer one that is no UTF-8 nothing is of interest but that.
const LONG: usize = 1024;

/// A string, whatever its bytes are.
pub(crate) fn decode(r: &mut impl Reader) -> Result<String, Error> {
    let bytes = Vec::<u8>::decode(r)?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| match error.as_bytes() {
        bytes if bytes.len() > LONG => char::REPLACEMENT_CHARACTER.to_string(),
        bytes => String::from_utf8_lossy(bytes).into_owned(),
    }))
}
