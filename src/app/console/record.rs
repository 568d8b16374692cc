//! Writing a recording: a file that only puerta reads, beside a row that says whose it is. An event
//! is in the file before it is on the screen.

use super::Size;
use super::cast::{self, Event};
use crate::app::ctx::Visitor;
use crate::app::error::{Error, Kind, Result};
use crate::app::presence::SessionId;
use crate::app::{App, clock};
use puerta_lab::even::Old;
use puerta_store::Recording;
use std::fmt::Display;
use std::path::PathBuf;
use std::time::Instant;
use tokio::fs::{DirBuilder, File, OpenOptions};
use tokio::io::AsyncWriteExt;

/// A recording under way.
pub(super) struct Recorder {
    id: String,
    file: File,
    last: Instant,
    written: u64,
    most: u64,
}

/// The person reads that it is not recorded; the cause is in the log.
fn unwritable(cause: &dyn Display) -> Error {
    tracing::error!(%cause, "a console cannot be recorded");
    Error::new(Kind::Unavailable, "error-recording")
}

impl App {
    /// The file of a recording.
    pub(super) fn recording_file(&self, id: &str) -> PathBuf {
        self.config.recordings().join(format!("{id}.cast"))
    }

    /// Ends what the last puerta left when it was killed: the files say how long each was, and until when.
    /// To be called while no console is open.
    pub async fn end_recordings(&self) -> Result<()> {
        for id in self.store.unfinished_recordings().await? {
            let seen = tokio::fs::metadata(self.recording_file(&id)).await;
            let ended = seen.and_then(|file| Ok((file.len(), file.modified()?)));
            let (bytes, then) = match ended {
                Ok((bytes, then)) => (bytes, clock::of(then)),
                Err(error) => {
                    tracing::warn!(%error, id, "a recording that was under way cannot be seen");
                    (0, clock::now())
                }
            };
            self.store.finish_recording(&id, bytes, then).await?;
        }
        Ok(())
    }

    /// Removes recordings that are old.
    pub(in crate::app) async fn forget_recordings(&self, old: &Old) {
        let old = match self.store.old_recordings(old).await {
            Ok(old) => old,
            Err(error) => return tracing::error!(%error, "old recordings are not removed"),
        };
        for id in old {
            match tokio::fs::remove_file(self.recording_file(&id)).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    tracing::error!(%error, id, "an old recording is not removed");
                }
                _ => {
                    if let Err(error) = self.store.remove_recording(&id).await {
                        tracing::error!(%error, id, "an old recording is not forgotten");
                    }
                }
            }
        }
    }
}

impl Recorder {
    pub(super) async fn begin(
        app: &App,
        visitor: &Visitor,
        id: &SessionId,
        vm: &str,
        term: Option<&str>,
        size: Size,
    ) -> Result<Self> {
        let person = app.store.person(visitor.person).await?.ok_or_else(Error::denied)?;
        let (id, started) = (id.to_string(), clock::now());
        let row = Recording { id: id.clone(), person, vm: vm.to_owned(), started, finished: None, bytes: 0 };
        // The row first: a file without one would never go.
        app.store.add_recording(&row).await?;
        let file = match Self::file(app, &id).await {
            Ok(file) => file,
            Err(error) => {
                app.store.remove_recording(&id).await?;
                return Err(unwritable(&error));
            }
        };
        let most = app.config.console.max_bytes;
        let mut recorder = Self { id, file, last: Instant::now(), written: 0, most };
        recorder.write(&cast::header(size, term, started.0 / 1000, vm)).await?;
        Ok(recorder)
    }

    async fn file(app: &App, id: &str) -> std::io::Result<File> {
        DirBuilder::new().recursive(true).mode(0o700).create(app.config.recordings()).await?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        options.open(app.recording_file(id)).await
    }

    pub(super) async fn output(&mut self, text: &str) -> Result<()> {
        if text.is_empty() { Ok(()) } else { self.event(&Event::Output(text.to_owned())).await }
    }

    pub(super) async fn resized(&mut self, size: Size) -> Result<()> {
        self.event(&Event::Resize(size)).await
    }

    async fn event(&mut self, event: &Event) -> Result<()> {
        let now = Instant::now();
        let line = cast::line(now - self.last, event);
        self.last = now;
        if self.written + line.len() as u64 > self.most {
            let most = self.most >> 20;
            return Err(Error::new(Kind::Limited, "error-recording-full").with("max", most));
        }
        self.write(&line).await
    }

    async fn write(&mut self, line: &str) -> Result<()> {
        let written = async {
            self.file.write_all(line.as_bytes()).await?;
            // Without it the file's task may fail later, and nobody hear of it.
            self.file.flush().await
        };
        written.await.map_err(|error| unwritable(&error))?;
        self.written += line.len() as u64;
        Ok(())
    }

    /// Closes it; `status` is the shell's, if it ended by itself.
    pub(super) async fn end(mut self, app: &App, status: Option<i32>) {
        if let Some(status) = status
            && self.event(&Event::Exit(status)).await.is_err()
        {
            tracing::warn!(id = self.id, "the end of a recording is not in it");
        }
        if let Err(error) = self.file.sync_all().await {
            tracing::warn!(%error, id = self.id, "a recording may not be on the disk yet");
        }
        if let Err(error) = app.store.finish_recording(&self.id, self.written, clock::now()).await {
            tracing::error!(%error, id = self.id, "the end of a recording is not written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_disk_is_heard_of_at_once() {
        let file = OpenOptions::new().write(true).open("/dev/full").await.unwrap();
        let mut recorder = Recorder { id: "a".into(), file, last: Instant::now(), written: 0, most: 1000 };
        assert_eq!(recorder.output("").await, Ok(()));
        assert_eq!(recorder.output("hola").await.unwrap_err().id, "error-recording");
        assert_eq!(recorder.output(&"x".repeat(1000)).await.unwrap_err().id, "error-recording-full");
    }
}
