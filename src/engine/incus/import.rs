//! Building a machine from an archive: its file system becomes an image (`tarball` says why), and
//! the machine is made from it as any other is made from its template. The image is gone when the
//! call is.

use super::IncusEngine;
use super::cleaning::{Cleaning, Extent};
use super::client::{ANSWER, Answer, Body, To, address, late, open};
use super::error::{classify_import, clean, local};
use super::life::MAKE;
use super::publish::looked_through;
use super::tarball::image_of_backup;
use super::wire::{self, Operation, code};
use crate::{EngineError, Progress, Result, Take, Which};
use http_body_util::BodyExt;
use hyper::Method;
use hyper::body::{Bytes, Frame};
use hyper::header::CONTENT_TYPE;
use puerta_lab::model::Vm;
use serde_json::json;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use time::OffsetDateTime;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

/// What an image of an archive is: its properties, and what of the archive stays out.
pub(super) struct Recipe {
    pub(super) properties: BTreeMap<String, String>,
    pub(super) cleaning: Option<Cleaning>,
}

/// Marks the images that restores are made through, with the instance's name.
const PROPERTY: &str = "puerta.restore";
/// How long the archive may stand at one byte: a hole in a file takes time and moves nothing.
const STILL: Duration = Duration::from_secs(5 * 60);
/// Between two tries to remove an image.
const AGAIN: Duration = Duration::from_secs(5);
/// How long building a machine may take, transfer included.
const BUILDING: Duration = Duration::from_secs(60 * 60);

impl IncusEngine {
    pub(super) async fn load(
        &self,
        vm: &Vm,
        (file, take): (&Path, Take),
        node: &str,
        progress: Progress<'_>,
    ) -> Result<()> {
        let name = Which::New.instance(vm.vmid);
        let to = self.way_to(node).await?;
        if self.look(&name).await?.is_some() {
            return Err(EngineError::Exists);
        }
        let built = timeout(BUILDING, self.build(&name, vm, (file, take), (to, node), progress)).await;
        let built = match built.unwrap_or_else(|_| Err(EngineError::Bounds("not built in an hour".into()))) {
            Ok(()) => self.check(&name, vm).await,
            error => error,
        };
        let built = match (built, take) {
            (Ok(()), Take::Copy { .. }) => self.push_name(&name, vm).await,
            (built, _) => built,
        };
        let swept = self.sweep_images(&name).await;
        if built.is_err() && built != Err(EngineError::Exists) {
            self.discard(&name).await?;
        }
        built.and(swept)
    }

    /// The archive becomes an image that lives as long as it takes to make the machine from it.
    async fn build(
        &self,
        name: &str,
        vm: &Vm,
        (file, take): (&Path, Take),
        (to, node): (To, &str),
        progress: Progress<'_>,
    ) -> Result<()> {
        self.sweep_images(name).await?;
        let left = self.images_of(name).await?;
        let properties = [(PROPERTY, name.to_owned()), ("description", format!("restoring {name}"))];
        let properties = properties.map(|(key, value)| (key.to_owned(), value)).into();
        let cleaning = match extent(take) {
            Some(extent) => Some(looked_through(file, extent).await?),
            None => None,
        };
        self.upload(Recipe { properties, cleaning }, file, to, progress).await?;
        let mut images = self.images_of(name).await?;
        images.retain(|image| !left.contains(image));
        let [fingerprint] = images.as_slice() else {
            return Err(EngineError::Away("lost sight of the image".into()));
        };
        let source = json!({ "type": "image", "fingerprint": fingerprint });
        self.make_from(&source, None, name, vm, node, MAKE).await.map_err(without_its_image)
    }

    /// Fingerprints of the images that an import of this machine left or is using.
    async fn images_of(&self, name: &str) -> Result<Vec<String>> {
        let images: Vec<wire::Image> = self.client.list("/1.0/images?recursion=1").await?;
        let ours = |image: &wire::Image| image.properties.get(PROPERTY).is_some_and(|owner| owner == name);
        Ok(images.into_iter().filter(ours).map(|image| image.fingerprint).collect())
    }

    pub(super) async fn sweep_images(&self, name: &str) -> Result<()> {
        for fingerprint in self.images_of(name).await? {
            match self.drop_image(&fingerprint).await {
                // A cluster removes no image while a member is down. That is no reason to keep a machine from its student.
                Err(EngineError::Away(_)) if self.client.reaches_members() => self.drop_later(fingerprint),
                done => done?,
            }
        }
        Ok(())
    }

    pub(super) async fn drop_image(&self, fingerprint: &str) -> Result<()> {
        match self.client.erase(&format!("/1.0/images/{fingerprint}")).await {
            Err(EngineError::NoTemplate) => Ok(()),
            done => done,
        }
    }

    /// Until it is gone, or this process is: the machine's next import or removal sweeps again.
    fn drop_later(&self, fingerprint: String) {
        let engine = self.clone();
        tokio::spawn(async move {
            while let Err(EngineError::Away(cause)) = engine.drop_image(&fingerprint).await {
                tracing::debug!(fingerprint, cause, "an image is left for now");
                sleep(AGAIN).await;
            }
        });
    }

    /// An image stays with the member that hears it; there it need not travel again.
    pub(super) async fn way_to(&self, node: &str) -> Result<To> {
        let host = self.host().await?;
        if !host.server_clustered || !self.client.reaches_members() {
            return if node == host.server_name || !host.server_clustered {
                Ok(To::Any)
            } else {
                Err(EngineError::Other("that node is not reached through a socket".into()))
            };
        }
        let members = self.members().await?;
        let member = members.iter().find(|member| member.server_name == node);
        let member = member.ok_or_else(|| EngineError::Other("there is no such node".into()))?;
        if member.status != "Online" {
            return Err(EngineError::Away("the node is not online".into()));
        }
        address(&member.url).map(To::Member)
    }

    /// The archive becomes an image after this recipe.
    pub(super) async fn upload(
        &self,
        recipe: Recipe,
        file: &Path,
        to: To,
        progress: Progress<'_>,
    ) -> Result<()> {
        let total = tokio::fs::metadata(file).await.map_err(|error| local(&error))?.len();
        let done = Arc::new(AtomicU64::new(0));
        let (pieces, body) = mpsc::channel(4);
        let reader = tokio::task::spawn_blocking({
            let (file, done) = (file.to_owned(), Arc::clone(&done));
            move || unpack(&file, &done, pieces, &recipe)
        });
        let headers = [(CONTENT_TYPE, "application/octet-stream")];
        let ask = async {
            let body: Body = Pieces(body).boxed();
            let response = self.client.send(to, Method::POST, "/1.0/images", &headers, None, body).await?;
            timeout(ANSWER, open::<Operation>(response)).await.map_err(|_| late())?
        };
        let told = async {
            let (mut last, mut since) = (0, Instant::now());
            loop {
                let now = done.load(Ordering::Relaxed);
                progress(now, Some(total));
                if now != last {
                    (last, since) = (now, Instant::now());
                } else if since.elapsed() > STILL {
                    return EngineError::Away("the transfer stands still".into());
                }
                sleep(Duration::from_millis(250)).await;
            }
        };
        let answer = tokio::select! {
            answer = ask => answer,
            error = told => Err(error),
        };
        // What is wrong with the archive explains the rest, a transfer that we cut ourselves.
        match reader.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Ok(Err(error)) => return Err(archive_error(&error)),
            Err(error) => return Err(EngineError::Other(error.to_string())),
        }
        progress(total, Some(total));
        match answer.map_err(classify_import)? {
            Answer::Started(operation, _) => {
                // Whether a lost one went well, its image tells.
                self.client
                    .wait(to, &operation, BUILDING, &|_| Ok(()))
                    .await
                    .map_err(classify_import)
                    .map(drop)
            }
            Answer::Done(_) => Err(EngineError::Other("an import that did not start".into())),
        }
    }

    /// What was built is what the permit says, and nothing else.
    async fn check(&self, name: &str, vm: &Vm) -> Result<()> {
        let found =
            self.look(name).await?.ok_or_else(|| EngineError::Away("lost sight of the import".into()))?;
        let mut config = found.config;
        config.retain(|key, _| !key.starts_with("volatile.") && !key.starts_with("image."));
        let right = found.kind == "container"
            && found.status_code == code::STOPPED
            && found.profiles == ["default"]
            && found.devices == self.devices(vm)
            && config == Self::config(vm);
        if right {
            Ok(())
        } else {
            Err(EngineError::BadArchive("it became another machine than allowed".into()))
        }
    }
}

/// What of the archive is not to be taken.
fn extent(take: Take) -> Option<Extent> {
    match take {
        Take::All => None,
        Take::Moved { from } => Some(Extent::Address(from)),
        Take::Copy { of } => Some(Extent::Machine(of)),
    }
}

/// The image was there a moment ago: an engine that was killed while it took it in forgets it again
/// when it is back.
fn without_its_image(error: EngineError) -> EngineError {
    match error {
        EngineError::NoTemplate => EngineError::Away("it lost the image of the import".into()),
        other => other,
    }
}

/// A request body that another thread makes.
struct Pieces(mpsc::Receiver<io::Result<Bytes>>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

/// Reads the archive and makes the image of it, piece by piece. An end that is not a good one
/// reaches the other side as a cut transfer, which leaves nothing there.
fn unpack(
    file: &Path,
    done: &Arc<AtomicU64>,
    pieces: mpsc::Sender<io::Result<Bytes>>,
    recipe: &Recipe,
) -> io::Result<()> {
    let metadata = |architecture: &str| {
        let now = OffsetDateTime::now_utc();
        let mut properties = recipe.properties.clone();
        // The time makes it an image of its own: two of one archive do not meet. JSON is YAML.
        properties.insert("time".into(), now.to_string());
        let all = json!({ "architecture": architecture, "creation_date": now.unix_timestamp(), "properties": properties });
        all.to_string().into_bytes()
    };
    let result = (|| {
        let counted = Counted { file: std::fs::File::open(file)?, done: Arc::clone(done) };
        let mut output = zstd::Encoder::new(Output { pieces: pieces.clone() }, 1)?;
        image_of_backup(&mut zstd::Decoder::new(counted)?, &mut output, metadata, recipe.cleaning.as_ref())?;
        output.finish().map(drop)
    })();
    if let Err(error) = &result {
        let _ = pieces.blocking_send(Err(error.kind().into()));
    }
    result
}

/// The writing end of a request body.
struct Output {
    pieces: mpsc::Sender<io::Result<Bytes>>,
}

impl io::Write for Output {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let piece = Ok(Bytes::copy_from_slice(buffer));
        self.pieces.blocking_send(piece).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Counted {
    file: std::fs::File,
    done: Arc<AtomicU64>,
}

impl io::Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.done.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

pub(super) fn archive_error(error: &io::Error) -> EngineError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => local(error),
        io::ErrorKind::UnexpectedEof => EngineError::BadArchive("it ends too early".into()),
        _ => EngineError::BadArchive(clean(&error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_went_is_an_engine_that_was_away() {
        assert!(matches!(without_its_image(EngineError::NoTemplate), EngineError::Away(_)));
        assert_eq!(without_its_image(EngineError::NoSpace), EngineError::NoSpace);
    }
}
