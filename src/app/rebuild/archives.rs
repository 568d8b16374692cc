//! The archives that lie in the folder of backups: whose they are by the label beside them, and whether they can be
//! read whole, which is what makes one a backup.

use crate::app::clock;
use crate::app::label::Label;
use crate::config::Config;
use puerta_engine::Engine;
use puerta_lab::model::{SeatId, Timestamp};
use puerta_lab::names::{BackupName, CourseName, SeatName, VmName};
use puerta_lab::plan::{Edition, SeatNumber};
use puerta_store::AnewBackup;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A seat that has archives.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) id: SeatId,
    pub(super) seat: SeatName,
    pub(super) course: CourseName,
    pub(super) edition: Edition,
    pub(super) number: SeatNumber,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Archives {
    pub(super) folders: Vec<Folder>,
    /// The oldest first.
    pub(super) backups: Vec<AnewBackup>,
    /// The highest number of a folder.
    pub(super) highest: i64,
    /// What is left out.
    pub(super) left: Vec<String>,
}

/// Looks at every folder, and reads every archive.
pub(super) async fn find(config: &Config, engine: &dyn Engine, tell: &dyn Fn(&str)) -> io::Result<Archives> {
    let mut found = Archives::default();
    let folders = match std::fs::read_dir(&config.backup.dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        folders => folders?,
    };
    for entry in folders {
        let path = entry?.path();
        let number = path.file_name().and_then(|name| name.to_str()?.parse::<i64>().ok());
        let Some(id) = number.filter(|id| *id > 0) else { continue };
        found.highest = found.highest.max(id);
        let files = archives_in(&path)?;
        // Without archives a label may be of a seat that is gone.
        if files.is_empty() {
            continue;
        }
        match folder(SeatId(id), &path) {
            Some(folder) => found.folders.push(folder),
            None => {
                found.left.push(format!("{}: nothing says whose archives these are", path.display()));
                continue;
            }
        }
        for (modified, file, name) in files {
            tell(&file.display().to_string());
            let Some((vm_name, _)) = made_of(&name) else {
                found.left.push(format!("{}: its name says no machine", file.display()));
                continue;
            };
            match engine.judge(&file, config.backup.max_unpacked_bytes).await {
                Ok(sum) => found.backups.push(AnewBackup {
                    seat: SeatId(id),
                    vm: None,
                    vm_name,
                    name,
                    size: sum.size,
                    sha256: sum.sha256,
                    created: clock::of(modified),
                }),
                Err(error) => found.left.push(format!("{}: {error}", file.display())),
            }
        }
    }
    found.backups.sort_by_key(|backup| backup.created);
    Ok(found)
}

fn folder(id: SeatId, path: &Path) -> Option<Folder> {
    let label = Label::read(path)?;
    let (year, version, number) = label.place();
    let number = SeatNumber::new(number).ok()?;
    Some(Folder {
        id,
        seat: label.seat()?,
        course: label.course()?,
        edition: Edition { year, version },
        number,
    })
}

type Archive = (SystemTime, PathBuf, BackupName);

fn archives_in(folder: &Path) -> io::Result<Vec<Archive>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name();
        let name = file.to_str().and_then(|name| name.strip_suffix(".tar.zst")?.parse().ok());
        let metadata = entry.metadata()?;
        if let Some(name) = name.filter(|_| metadata.is_file()) {
            files.push((metadata.modified()?, entry.path(), name));
        }
    }
    Ok(files)
}

/// `web1` of `web1-20261129-040712-7`, and when it was begun: at the end of that second.
pub(super) fn made_of(backup: &BackupName) -> Option<(VmName, Timestamp)> {
    let moment = |name: &str| {
        let (before, time) = name.rsplit_once('-')?;
        let (vm, day) = before.rsplit_once('-')?;
        let begun = clock::of_stamp(&format!("{day}-{time}"))?;
        Some((vm.parse().ok()?, Timestamp(begun.0 + 999)))
    };
    // Behind the moment stands the number of its job; not in names that an older puerta gave.
    moment(backup.as_str()).or_else(|| moment(backup.as_str().rsplit_once('-')?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archives_name_begins_with_its_machines() {
        for (backup, vm) in [
            ("web1-20261129-040712-7", "web1"),
            ("web1-20261129-040712", "web1"),
            ("web-2-20261129-040712", "web-2"),
            ("mi-web-20261129-040712-12", "mi-web"),
        ] {
            assert_eq!(made_of(&backup.parse().unwrap()).unwrap().0.as_str(), vm);
        }
    }
}
