//! Files inside machines: host name and keys go in over Incus' SFTP, running or not, and no program of the machine
//! takes part.
//!
//! Root of a machine may put anything where we write. Incus' own calls for files open what they are asked for: a FIFO
//! keeps its server there until somebody writes to it, which burns a processor of the node and holds up the machine's
//! start and removal. So each name is looked at before, only plain files are opened, and in a way that no FIFO
//! that came in between can hold up; new content gets a new file, which takes the place of the old.

use super::client::late;
use super::error::{classify, clean};
use super::{IncusEngine, path};
use crate::{EngineError, Handed, HostKeys, Result, Spec, Spoiled, host_keys, marked};
use puerta_lab::model::Vm;
use russh_sftp::client::RawSftpSession;
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::{FileAttributes, OpenFlags, StatusCode};
use std::time::Duration;
use tokio::time::timeout;

/// All that is done at once to the files of one machine.
const DEADLINE: Duration = Duration::from_secs(15);
/// Whose keys are longer than this keeps them by themself.
const MOST: u64 = 256 * 1024;
/// What is asked for at once; servers give no more.
const PIECE: u32 = 32 * 1024;

const KEYS: &str = "/root/.ssh/authorized_keys";
const HOSTS: &str = "/etc/hosts";
/// Replaces a file by another, which SFTP's own renaming need not (draft-ietf-secsh-filexfer; OpenSSH's PROTOCOL).
const REPLACE: &str = "posix-rename@openssh.com";

impl IncusEngine {
    /// Host name and keys, its own and its people's, before the first start. The image needs no agent for it.
    pub(super) async fn push_files(&self, name: &str, vm: &Vm, spec: &Spec) -> Result<()> {
        let pushed = async {
            let files = self.files(name).await?;
            files.set_name(vm).await?;
            files.set_host_keys(&spec.host_keys).await?;
            files.hand(&spec.handed).await.map(drop)
        };
        timeout(DEADLINE, pushed).await.map_err(|_| late())?
    }

    /// The host name alone.
    pub(super) async fn push_name(&self, name: &str, vm: &Vm) -> Result<()> {
        let pushed = async { self.files(name).await?.set_name(vm).await };
        timeout(DEADLINE, pushed).await.map_err(|_| late())?
    }

    /// What puerta keeps in a machine that is there.
    pub(super) async fn write_handed(&self, name: &str, handed: &Handed) -> Result<Option<Spoiled>> {
        let written = async { self.files(name).await?.hand(handed).await };
        timeout(DEADLINE, written).await.map_err(|_| late())?
    }

    /// What is public of its host keys.
    pub(super) async fn read_host_keys(&self, name: &str) -> Result<Vec<Vec<u8>>> {
        let names = host_keys::FILES.map(|(name, _)| name);
        let found = self.read_all(name, &names).await?;
        let forms = found.iter().filter_map(|(file, content)| {
            let (_, form) = host_keys::FILES.iter().find(|(name, _)| name == file)?;
            form.public(content)
        });
        Ok(forms.collect())
    }

    /// All of them.
    pub(super) async fn read_whole_host_keys(&self, name: &str) -> Result<HostKeys> {
        Ok(HostKeys::of(host_keys::whole(self.read_all(name, &host_keys::names()).await?)))
    }

    /// Those of these files that are plain ones and no longer than a host key.
    async fn read_all(&self, name: &str, wanted: &[&str]) -> Result<Vec<(String, Vec<u8>)>> {
        let read = async {
            let files = self.files(name).await?;
            let mut found = Vec::new();
            for file in wanted {
                match files.bytes(file).await {
                    Ok(Some((bytes, _))) if bytes.len() <= host_keys::LONGEST => {
                        found.push(((*file).to_owned(), bytes));
                    }
                    Err(away @ EngineError::Away(_)) => return Err(away),
                    Ok(_) | Err(_) => {}
                }
            }
            Ok(found)
        };
        timeout(DEADLINE, read).await.map_err(|_| late())?
    }

    async fn files(&self, name: &str) -> Result<Files> {
        let stream = self.client.upgraded(&format!("{}/sftp", path(name)), "sftp").await?;
        let sftp = RawSftpSession::new(stream);
        sftp.set_timeout(DEADLINE.as_secs());
        sftp.init().await.map_err(|error| meant(&error))?;
        Ok(Files { sftp })
    }
}

/// Whose a file is, and who may read it.
struct Mode {
    bits: u32,
    uid: u32,
    gid: u32,
}

impl Mode {
    const NAME: Self = Self { bits: 0o644, uid: 0, gid: 0 };
    const KEYS: Self = Self { bits: 0o600, uid: 0, gid: 0 };

    /// As a file has it that gets new content.
    fn of(attributes: &FileAttributes) -> Self {
        let Self { bits, uid, gid } = Self::KEYS;
        Self {
            bits: attributes.permissions.map_or(bits, |bits| bits & 0o7777),
            uid: attributes.uid.unwrap_or(uid),
            gid: attributes.gid.unwrap_or(gid),
        }
    }

    /// What is to be set one after the other: Incus' server reads both at once in the wrong order.
    fn steps(&self) -> [FileAttributes; 2] {
        let Self { bits, uid, gid } = *self;
        [
            FileAttributes { uid: Some(uid), gid: Some(gid), ..empty() },
            FileAttributes { permissions: Some(bits), ..empty() },
        ]
    }
}

/// The files of one machine, for as long as the connection lasts.
struct Files {
    sftp: RawSftpSession,
}

impl Files {
    async fn set_name(&self, vm: &Vm) -> Result<()> {
        self.folder("/etc", 0o755).await?;
        self.replace("/etc/hostname", &Mode::NAME, format!("{}\n", vm.name).as_bytes()).await
    }

    /// Of a server that this machine has; another one's are not for it.
    async fn set_host_keys(&self, keys: &HostKeys) -> Result<()> {
        for (name, content) in keys.files(&host_keys::names()) {
            let folder = name.rsplit_once('/').map_or("/", |(folder, _)| folder);
            if self.look(folder).await?.is_none_or(|found| kind(&found) != FOLDER) {
                continue;
            }
            let bits = if name.ends_with(".pub") { 0o644 } else { 0o600 };
            self.replace(&name, &Mode { bits, ..Mode::KEYS }, &content).await?;
        }
        Ok(())
    }

    /// Keys, and names: what is in the way of these is said, and holds nothing up.
    async fn hand(&self, handed: &Handed) -> Result<Option<Spoiled>> {
        self.set_keys(&handed.keys).await?;
        match self.set_hosts(&handed.lines_of_hosts()).await {
            Err(EngineError::Spoiled(spoiled)) => Ok(Some(spoiled)),
            done => done.map(|()| None),
        }
    }

    async fn set_hosts(&self, lines: &[String]) -> Result<()> {
        let (old, mode) = match self.bytes(HOSTS).await {
            // Nothing is to be written there, and nothing of ours can be in it.
            Err(EngineError::Spoiled(_)) if lines.is_empty() => return Ok(()),
            read => read?.unzip(),
        };
        let new = marked::HOSTS.with_lines(old.as_deref().unwrap_or_default(), lines);
        if old.unwrap_or_default() == new {
            return Ok(());
        }
        self.folder("/etc", 0o755).await?;
        self.replace(HOSTS, &mode.unwrap_or(Mode::NAME), &new).await
    }

    async fn set_keys(&self, keys: &[String]) -> Result<()> {
        self.folder("/root", 0o700).await?;
        self.folder("/root/.ssh", 0o700).await?;
        let (old, mode) = self.bytes(KEYS).await?.unzip();
        let new = marked::KEYS.with_lines(old.as_deref().unwrap_or_default(), keys);
        if old.as_ref() == Some(&new) {
            return Ok(());
        }
        self.replace(KEYS, &mode.unwrap_or(Mode::KEYS), &new).await
    }

    /// What a name stands for itself, no link followed; nothing, when there is none.
    async fn look(&self, name: &str) -> Result<Option<FileAttributes>> {
        match self.sftp.lstat(name).await {
            Ok(found) => Ok(Some(found.attrs)),
            Err(SftpError::Status(status)) if status.status_code == StatusCode::NoSuchFile => Ok(None),
            Err(error) => Err(meant(&error)),
        }
    }

    /// A folder that must be one, and is made where there is none.
    async fn folder(&self, name: &str, bits: u32) -> Result<()> {
        match self.look(name).await? {
            Some(found) if kind(&found) == FOLDER => Ok(()),
            Some(_) => Err(in_the_way(name)),
            None => {
                self.sftp.mkdir(name, empty()).await.map_err(|error| meant(&error))?;
                for step in (Mode { bits, ..Mode::KEYS }).steps() {
                    self.sftp.setstat(name, step).await.map_err(|error| meant(&error))?;
                }
                Ok(())
            }
        }
    }

    /// What a small plain file says, and whose it is.
    async fn bytes(&self, name: &str) -> Result<Option<(Vec<u8>, Mode)>> {
        match self.look(name).await? {
            None => return Ok(None),
            Some(found) if !is_small_file(&found) => return Err(in_the_way(name)),
            Some(_) => {}
        }
        // A FIFO that stands there by now is not waited for when it is opened both ways (fifo(7)), and is not read.
        let both = OpenFlags::READ | OpenFlags::WRITE;
        let handle = self.sftp.open(name, both, empty()).await.map_err(|error| meant(&error))?.handle;
        let found = self.sftp.fstat(&handle).await.map_err(|error| meant(&error))?.attrs;
        if !is_small_file(&found) {
            return Err(in_the_way(name));
        }
        let mut bytes = Vec::new();
        loop {
            match self.sftp.read(&handle, bytes.len() as u64, PIECE).await {
                Ok(piece) => bytes.extend_from_slice(&piece.data),
                Err(SftpError::Status(status)) if status.status_code == StatusCode::Eof => break,
                Err(error) => return Err(meant(&error)),
            }
            if bytes.len() as u64 > MOST {
                return Err(in_the_way(name));
            }
        }
        self.sftp.close(handle).await.map_err(|error| meant(&error))?;
        Ok(Some((bytes, Mode::of(&found))))
    }

    /// Gives a name this content, whole or not at all: in a new file, which nothing else has the name of.
    async fn replace(&self, name: &str, mode: &Mode, content: &[u8]) -> Result<()> {
        let new = format!("{name}.puerta");
        match self.sftp.remove(&new).await {
            Err(SftpError::Status(status)) if status.status_code != StatusCode::NoSuchFile => {
                return Err(in_the_way(&new));
            }
            _ => {}
        }
        let fresh = OpenFlags::WRITE | OpenFlags::CREATE | OpenFlags::EXCLUDE;
        let written = async {
            let handle = self.sftp.open(&new, fresh, empty()).await?.handle;
            for (at, piece) in content.chunks(PIECE as usize).enumerate() {
                self.sftp.write(&handle, at as u64 * u64::from(PIECE), piece.to_vec()).await?;
            }
            for step in mode.steps() {
                self.sftp.fsetstat(&handle, step).await?;
            }
            self.sftp.close(handle).await?;
            self.sftp.extended(REPLACE, [text(&new), text(name)].concat()).await
        };
        match written.await {
            Ok(russh_sftp::protocol::Packet::Status(status)) if status.status_code == StatusCode::Ok => {
                Ok(())
            }
            Ok(russh_sftp::protocol::Packet::Status(status)) => Err(meant(&SftpError::Status(status))),
            Ok(_) => Err(EngineError::Other("an answer that is not SFTP's".into())),
            Err(error) => Err(meant(&error)),
        }
    }
}

const KIND: u32 = 0o170_000;
const FOLDER: u32 = 0o040_000;
const PLAIN: u32 = 0o100_000;

fn kind(found: &FileAttributes) -> u32 {
    found.permissions.unwrap_or_default() & KIND
}

fn is_small_file(found: &FileAttributes) -> bool {
    kind(found) == PLAIN && found.size.is_some_and(|size| size <= MOST)
}

fn empty() -> FileAttributes {
    FileAttributes::default()
}

fn in_the_way(name: &str) -> EngineError {
    EngineError::Spoiled(Spoiled::Keys(name.to_owned()))
}

/// A string of SFTP's: its length, and it.
fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u32).to_be_bytes(), text.as_bytes()].concat()
}

/// What an error of SFTP's means to us.
fn meant(error: &SftpError) -> EngineError {
    match error {
        SftpError::Status(status) => classify(0, &status.error_message),
        SftpError::Timeout => late(),
        other => EngineError::Away(clean(&other.to_string())),
    }
}
