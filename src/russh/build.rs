//! Makes the library: the sources of the released russh as Cargo fetched them, with the changes of `series/`.
//! A change that does not fit stops the build with its name, and so do sources that are not the ones that the series
//! was made for.

#[path = "series.rs"]
mod series;

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

fn main() {
    println!("cargo::rerun-if-changed=series");
    println!("cargo::rerun-if-changed=series.rs");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.toml");
    println!("cargo::rerun-if-changed=../../Cargo.lock");
    if let Err(why) = make() {
        println!("cargo::error={}", why.replace('\n', " | "));
        std::process::exit(1);
    }
}

fn make() -> Result<(), String> {
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?).join("russh");
    let released = released()?;
    println!("cargo::rerun-if-changed={}", released.display());
    let mut sources = Vec::new();
    list(&released, &released, &mut sources).map_err(|error| format!("{}: {error}", released.display()))?;
    sources.sort();
    let sum = sum(&sources);
    let changes = series::read(&here.join("series"))?;
    let changed = series::apply(sources, &changes)?;
    // Last: with another release one hears first which changes do not fit.
    let expected =
        fs::read_to_string(here.join("series/SUM")).map_err(|error| format!("series/SUM: {error}"))?;
    if expected.trim() != sum {
        return Err(format!("the sources of russh are not those of series/SUM; theirs is {sum}"));
    }
    let _ = fs::remove_dir_all(&out);
    for (name, text) in changed {
        let path = out.join(&name);
        let folder = path.parent().unwrap_or(&out);
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        // Its own tests are for where it is made, with what they need.
        let text = text.replace("#[cfg(test)]", "#[cfg(any())]");
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set: this is for cargo to run"))
}

/// Where cargo keeps the sources of the one russh that is in the lock file.
fn released() -> Result<PathBuf, String> {
    let words = ["metadata", "--locked", "--format-version", "1"];
    let said = Command::new(variable("CARGO")?).args(words).output();
    let said = said.map_err(|error| format!("cargo metadata: {error}"))?;
    if !said.status.success() {
        let why = String::from_utf8_lossy(&said.stderr);
        return Err(format!(
            "cargo metadata (without network it wants `cargo fetch --locked` before): {why}"
        ));
    }
    let all: serde_json::Value =
        serde_json::from_slice(&said.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = all["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut ours =
        packages.iter().filter(|package| package["name"] == "russh" && !package["source"].is_null());
    let manifest = ours.next().and_then(|package| package["manifest_path"].as_str());
    match (manifest.map(Path::new).and_then(Path::parent), ours.next()) {
        (Some(folder), None) => Ok(folder.join("src")),
        (None, _) => Err("no russh is in the lock file".to_owned()),
        (_, Some(_)) => Err("more than one russh is in the lock file".to_owned()),
    }
}

/// Every source with its name relative to the root.
fn list(root: &Path, folder: &Path, sources: &mut Vec<series::Source>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(root, &path, sources)?;
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            sources.push((name, fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

/// Of all names and texts, in their order.
fn sum(sources: &[series::Source]) -> String {
    let mut hash = Sha256::new();
    for (name, text) in sources {
        hash.update((name.len() as u64).to_be_bytes());
        hash.update(name);
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
