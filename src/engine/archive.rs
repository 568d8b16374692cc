//! Archives as files: read whole, whoever made them. What may stand in them is each driver's to know.

use crate::{EngineError, Result, Sum};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Judges an archive whose frame is zstd: every frame of it decodes, it unpacks to something, of at most
/// `max_unpacked` bytes, and a machine could be built from it, as `rules` reads it. Stops in time even when its
/// future is dropped: reads are bounded.
pub(crate) async fn judge(
    file: &Path,
    max_unpacked: u64,
    rules: impl FnOnce(&mut dyn Read) -> io::Result<()> + Send + 'static,
) -> Result<Sum> {
    let file = file.to_owned();
    let read = tokio::task::spawn_blocking(move || whole(&file, max_unpacked, rules)).await;
    match read.map_err(|error| EngineError::Other(error.to_string()))? {
        Ok((unpacked, _)) if unpacked > max_unpacked => {
            Err(EngineError::Bounds(format!("> {} MiB", max_unpacked >> 20)))
        }
        Ok((0, _)) => Err(EngineError::BadArchive("nothing is in it".into())),
        Ok((_, Err(error))) => Err(unusable(&error)),
        Ok((_, Ok(sum))) => Ok(sum),
        Err(error) => Err(unusable(&error)),
    }
}

fn unusable(error: &io::Error) -> EngineError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => EngineError::BadArchive("it ends too early".into()),
        _ => EngineError::BadArchive(error.to_string()),
    }
}

/// What it unpacks to, counted up to one byte more than it may; and its sum, or what is wrong with it.
fn whole(
    file: &Path,
    max_unpacked: u64,
    rules: impl FnOnce(&mut dyn Read) -> io::Result<()>,
) -> io::Result<(u64, io::Result<Sum>)> {
    let file = Summing { file: File::open(file)?, hash: Sha256::new(), size: 0 };
    let mut decoder = zstd::Decoder::new(file)?;
    let most = max_unpacked.saturating_add(1);
    let mut bounded = (&mut decoder).take(most);
    if let Err(error) = rules(&mut bounded) {
        return Ok((most - bounded.limit(), Err(error)));
    }
    io::copy(&mut bounded, &mut io::sink())?;
    let unpacked = most - bounded.limit();
    let mut rest = decoder.finish();
    // Whatever follows the last frame belongs to the sum too.
    io::copy(&mut rest, &mut io::sink())?;
    let Summing { file, hash, size } = rest.into_inner();
    file.sync_all()?;
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((unpacked, Ok(Sum { size, sha256 })))
}

struct Summing {
    file: File,
    hash: Sha256,
    size: u64,
}

impl Read for Summing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.hash.update(&buffer[..n]);
        self.size += n as u64;
        Ok(n)
    }
}
