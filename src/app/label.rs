//! Whose the archives of a folder are: a small file beside them, so that a folder of numbers says it without the
//! registry.

use puerta_lab::model::{Seat, SeatId};
use puerta_lab::names::{CourseName, SeatName};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const FILE: &str = "seat.json";
/// More than a label is.
const MOST: u64 = 4096;

/// What a folder says of its seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Label {
    seat: String,
    course: String,
    year: u16,
    version: u8,
    number: u16,
}

impl Label {
    pub(super) fn of(seat: &Seat) -> Self {
        Self {
            seat: seat.name.to_string(),
            course: seat.course_name.to_string(),
            year: seat.edition.year,
            version: seat.edition.version,
            number: seat.number.get(),
        }
    }

    /// Writes it into the folder, unless it stands there. A folder of another seat stays that one's: a seat's network
    /// never changes.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        match Self::read(folder) {
            Some(there) if there == *self => return Ok(()),
            Some(there) if there.place() != self.place() => {
                let (folder, seat) = (folder.display(), there.seat);
                return Err(io::Error::other(format!("{folder}: the archives of another seat, {seat}")));
            }
            _ => {}
        }
        let part = folder.join(format!("{FILE}.part"));
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        serde_json::to_writer(&mut file, self)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        std::fs::rename(part, folder.join(FILE))?;
        std::fs::File::open(folder)?.sync_all()
    }

    /// What stands in the folder, if something does.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        let file = folder.join(FILE);
        let small = std::fs::metadata(&file).ok()?.len() <= MOST;
        small.then(|| serde_json::from_slice(&std::fs::read(file).ok()?).ok())?
    }

    pub(super) fn seat(&self) -> Option<SeatName> {
        self.seat.parse().ok()
    }

    pub(super) fn course(&self) -> Option<CourseName> {
        self.course.parse().ok()
    }

    /// Year, version and number.
    pub(super) fn place(&self) -> (u16, u8, u16) {
        (self.year, self.version, self.number)
    }
}

/// The seats whose folders have nothing but a label.
pub(super) fn bare(all: &Path) -> io::Result<Vec<SeatId>> {
    let folders = match std::fs::read_dir(all) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        folders => folders?,
    };
    let mut bare = Vec::new();
    for entry in folders {
        let folder = entry?.path();
        let id = folder.file_name().and_then(|name| name.to_str()?.parse::<i64>().ok());
        let Some(id) = id.filter(|id| *id > 0) else { continue };
        if std::fs::read_dir(&folder)?.all(|file| file.is_ok_and(|file| file.file_name() == FILE)) {
            bare.push(SeatId(id));
        }
    }
    Ok(bare)
}

/// Removes such a folder.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    match std::fs::remove_file(folder.join(FILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => std::fs::remove_dir(folder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_another_seat_stays_that_ones() {
        let folder = std::env::temp_dir().join(format!("puerta-label-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let label = |seat: &str, number| Label {
            seat: seat.into(),
            course: "aso-2026".into(),
            year: 2026,
            version: 0,
            number,
        };
        label("ana", 3).write(&folder).unwrap();
        assert!(label("bea", 4).write(&folder).unwrap_err().to_string().contains("ana"));
        assert_eq!(Label::read(&folder), Some(label("ana", 3)));
        let course = Label { course: "aso-a".into(), ..label("ana", 3) };
        course.write(&folder).unwrap();
        assert_eq!(Label::read(&folder), Some(course));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
