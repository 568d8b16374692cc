//! The series itself: what does not fit is refused by name. What the changes do is tried against the program by
//! `tests/wire` and `tests/clients.rs`; here is what the program does not do yet, an exchange that waits for its signer.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[path = "../series.rs"]
mod series;

use bytes::Bytes;
use russh::keys::ssh_key::Signature;
use russh::keys::{Algorithm, HashAlg, PrivateKey, PublicKey, PublicKeyOrCertificate, signature};
use russh::{Channel, ChannelId, client, server};
use signature::Signer as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;

/// A folder with these changes, and what is made of `a.rs` by them.
fn applied(changes: &[(&str, &str)], source: &str) -> Result<String, String> {
    let name = format!("series-{}-{:?}", std::process::id(), std::thread::current().id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    for (name, text) in changes {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let made = series::read(&folder)
        .and_then(|changes| series::apply(vec![("a.rs".to_owned(), source.to_owned())], &changes));
    std::fs::remove_dir_all(&folder).unwrap();
    made.map(|sources| sources.into_iter().map(|(name, text)| format!("{name}: {text}\n")).collect())
}

#[test]
fn edits_stand_before_after_and_instead_of_their_anchors() {
    let change = "# why\n\n@ a.rs after 1\none\n=\none and a half\n.\n\
                  @ a.rs before 1\nthree\n=\ntwo and a half\n.\n\
                  @ a.rs instead 2\ntwo\n=\nTWO\n.\n";
    let made = applied(&[("01-change.change", change), ("01-change.rs", "ours\n")], "one\ntwo\nthree\n");
    assert_eq!(made.unwrap(), "a.rs: one\none and a half\nTWO\nTWO and a half\nthree\n\nchange.rs: ours\n\n");
}

#[test]
fn what_does_not_fit_is_refused_with_its_name() {
    let edit = |file: &str, times: u32| format!("@ {file} after {times}\none\n=\nours\n.\n");
    for (change, source, why) in [
        (
            edit("a.rs", 1),
            "two\n",
            "the change `07-late` does not fit: a.rs: `one` is there 0 times and not 1",
        ),
        (edit("a.rs", 1), "one\none\n", "`one` is there 2 times and not 1"),
        (edit("b.rs", 1), "one\n", "07-late` does not fit: b.rs: there is no such file"),
        (
            "@ a.rs after 1\none\n=\nours\n".to_owned(),
            "one\n",
            "07-late: an edit of a.rs does not end with `.`",
        ),
        ("@ a.rs after 1\n=\nours\n.\n".to_owned(), "one\n", "07-late: an edit of a.rs has no anchor"),
        ("what\n".to_owned(), "one\n", "07-late: what is `what`?"),
    ] {
        let said =
            applied(&[("01-first.change", "# nothing\n"), ("07-late.change", &change)], source).unwrap_err();
        assert!(said.contains(why), "{said}");
    }
}

/// Each change says why it is there, where it stands upstream, and which test shows it; the tests are there.
#[test]
fn every_change_says_why_and_what_shows_it() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for entry in std::fs::read_dir(here.join("series")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "change") {
            continue;
        }
        count += 1;
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# ") && text.contains("\n# Upstream: "), "{}", path.display());
        let tests = text.lines().find_map(|line| line.strip_prefix("# Test: ")).unwrap_or_default();
        let named: Vec<PathBuf> = tests
            .split([' ', ',', '(', ')', ';'])
            .map(|word| word.trim_end_matches('.'))
            .filter(|word| word.ends_with(".rs"))
            .map(|word| here.join("../..").join(word))
            .collect();
        assert!(!named.is_empty(), "{} names no test", path.display());
        named.iter().for_each(|file| assert!(file.exists(), "{}", file.display()));
    }
    assert_eq!(count, 8);
}

/// A server that signs when it is told to, if it is told to, and counts what comes.
struct Door {
    key: PrivateKey,
    told: Option<oneshot::Receiver<()>>,
    signed: Arc<AtomicUsize>,
    bytes: Arc<AtomicUsize>,
}

impl server::Handler for Door {
    type Error = russh::Error;

    async fn auth_none(&mut self, _user: &str) -> Result<server::Auth, Self::Error> {
        Ok(server::Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<server::Msg>,
        reply: server::ChannelOpenHandle,
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        session.handle().give_window(channel.id(), AHEAD);
        Ok(())
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &Bytes,
        session: &mut server::Session,
    ) -> Result<(), Self::Error> {
        self.bytes.fetch_add(data.len(), Ordering::SeqCst);
        session.handle().give_window(channel, data.len() as u32);
        Ok(())
    }

    async fn sign_exchange(
        &mut self,
        key: &PublicKey,
        _hash_alg: Option<HashAlg>,
        hash: &[u8],
    ) -> Result<Vec<u8>, Self::Error> {
        assert_eq!(key.key_data(), self.key.public_key().key_data());
        self.signed.fetch_add(1, Ordering::SeqCst);
        if let Some(told) = self.told.take() {
            told.await.map_err(|_| russh::Error::Disconnect)?;
        }
        let signature: Signature = self.key.try_sign(hash).unwrap();
        Ok(Vec::try_from(signature).unwrap())
    }
}

struct Anyone;

impl client::Handler for Anyone {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _key: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

/// Both ends on a pipe; `told` lets the server sign.
async fn exchange(told: impl FnOnce(oneshot::Sender<()>)) -> Result<(), russh::Error> {
    let key = PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).unwrap();
    let config = server::Config { keys: vec![key.public_key().clone()], ..server::Config::default() };
    let (here, there) = tokio::io::duplex(64 * 1024);
    let (tell, wait) = oneshot::channel();
    let door = Door { key, told: Some(wait), signed: Arc::default(), bytes: Arc::default() };
    let serving = tokio::spawn(async move { server::run_stream(Arc::new(config), there, door).await?.await });
    let connecting = client::connect_stream(Arc::new(client::Config::default()), here, Anyone);
    let connecting = tokio::spawn(async move { connecting.await.map(drop) });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!connecting.is_finished(), "nothing was signed yet");
    told(tell);
    let connected = connecting.await.unwrap();
    serving.abort();
    connected
}

#[tokio::test]
async fn an_exchange_waits_for_its_signer() {
    exchange(|tell| tell.send(()).unwrap()).await.unwrap();
}

#[tokio::test]
async fn an_exchange_that_nobody_signs_ends() {
    assert!(exchange(drop).await.is_err());
}

/// What a client may have under way.
const AHEAD: u32 = 1 << 20;

/// The server begins new keys while as much data is under way as a window lets: nothing of it is lost, and nobody is shown
/// the door for it.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_while_the_server_changes_keys() {
    let key = PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).unwrap();
    let limits = russh::Limits::new(1 << 30, 1 << 20, Duration::from_secs(3600));
    let config = server::Config {
        keys: vec![key.public_key().clone()],
        window_size: 8 * 1024,
        limits,
        ..server::Config::default()
    };
    let (signed, bytes) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let door = Door { key, told: None, signed: Arc::clone(&signed), bytes: Arc::clone(&bytes) };
    let (here, there) = tokio::io::duplex(256 * 1024);
    let serving = tokio::spawn(async move { server::run_stream(Arc::new(config), there, door).await?.await });
    let mut client = client::connect_stream(Arc::new(client::Config::default()), here, Anyone).await.unwrap();
    assert!(client.authenticate_none("anybody").await.unwrap().success());
    let channel = client.channel_open_session().await.unwrap();
    let total = 20 << 20;
    let piece = Bytes::from(vec![b'x'; 32 * 1024]);
    for _ in 0..total / piece.len() {
        let sent = tokio::time::timeout(Duration::from_secs(30), channel.data_bytes(piece.clone())).await;
        sent.unwrap_or_else(|_| panic!("it ended after {} bytes", bytes.load(Ordering::SeqCst))).unwrap();
    }
    while bytes.load(Ordering::SeqCst) < total {
        assert!(!serving.is_finished(), "it ended after {} bytes", bytes.load(Ordering::SeqCst));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(signed.load(Ordering::SeqCst) > 5, "it changed keys {} times", signed.load(Ordering::SeqCst));
    serving.abort();
}
