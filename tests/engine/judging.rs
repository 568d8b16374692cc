//! What an engine promises of an archive that it reads: the sum of a good one, and why a bad one is none. What its
//! format is does not matter here.

use crate::bench::{Bench, machine, permit, spec};
use puerta_engine::{EngineError, Sum, Take, Which};
use std::path::Path;
use std::process::Command;

const ROOM: u64 = 1 << 30;

/// All of it, on an archive that the engine made.
pub(crate) async fn whole(bench: &dyn Bench, node: &str, folder: &Path) {
    let engine = bench.engine();
    let allowed = permit(&machine(77, "web1"));
    let file = folder.join("judged.tar.zst");
    engine.create(&allowed, &spec(node)).await.unwrap();
    let size = engine.export(&allowed, &file, ROOM, &|_, _| ()).await.unwrap();
    engine.remove(&allowed, Which::Main).await.unwrap();
    for _ in 0..2 {
        let sum = engine.judge(&file, ROOM).await.unwrap();
        assert_eq!(sum, Sum { size, sha256: sha256(&file) });
    }
    assert_eq!(engine.judge(&file, 100).await, Err(EngineError::Bounds("> 0 MiB".into())));

    let good = std::fs::read(&file).unwrap();
    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    let followed = [&good, b"hola\n".as_slice()].concat();
    for (what, bytes) in [
        ("cut", &good[..good.len() / 2]),
        ("its last byte cut", &good[..good.len() - 1]),
        ("flipped", &flipped),
        ("followed", &followed),
        ("text", b"hola\n".as_slice()),
        ("empty", b""),
    ] {
        let bad = folder.join(what);
        std::fs::write(&bad, bytes).unwrap();
        let error = engine.judge(&bad, ROOM).await.unwrap_err();
        assert!(matches!(error, EngineError::BadArchive(_)), "{what}: {error:?}");
    }
    // What no machine could be built from is no archive either, however well it unpacks: a tar of nothing.
    let hollow = folder.join("hollow");
    std::fs::write(&hollow, b"\x28\xb5\x2f\xfd\x60\x00\x03\x03\x20\x00\x00").unwrap();
    for read in [
        engine.judge(&hollow, ROOM).await.map(drop),
        engine.import(&allowed, (&hollow, Take::All), node, &|_, _| ()).await,
    ] {
        assert!(matches!(read, Err(EngineError::BadArchive(_))), "{read:?}");
    }
    let absent = engine.judge(&folder.join("absent"), ROOM).await.unwrap_err();
    assert!(matches!(absent, EngineError::BadArchive(_)), "{absent:?}");
}

/// As anybody would look.
fn sha256(file: &Path) -> String {
    let said = Command::new("sha256sum").arg(file).output().unwrap();
    String::from_utf8(said.stdout).unwrap().split(' ').next().unwrap().to_owned()
}
