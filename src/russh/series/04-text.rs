//! What the peer writes.

use ssh_encoding::{Decode, Error, Reader};

/// A string, whatever its bytes are.
pub(crate) fn decode(r: &mut impl Reader) -> Result<String, Error> {
    let bytes = Vec::<u8>::decode(r)?;
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}
