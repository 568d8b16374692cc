//! HTTP/1.1 to Incus: over its unix socket, or over TLS to whichever member answers. One
//! connection a request: calls are few, and a dead connection can then never be mistaken for a live one.
//! It knows envelopes and deadlines, not machines.

use super::error::{classify, clean};
use super::wire::{Envelope, Ignored};
use super::{Endpoint, tls};
use crate::{EngineError, Result};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, UPGRADE};
use hyper::upgrade::Upgraded;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// How long a member may take to accept a connection, TLS included.
const CONNECT: Duration = Duration::from_secs(3);
/// How long an ordinary answer may take. A cluster that has lost its quorum says so after 10.5 s.
pub(super) const ANSWER: Duration = Duration::from_secs(30);
/// Largest JSON answer: a list has about 2.6 KB a machine.
const LARGEST: usize = 256 << 20;

/// Largest piece of a terminal's output: Incus sends at most 128 KiB.
const FRAME: usize = 1 << 20;

/// A request body.
pub(super) type Body = BoxBody<Bytes, io::Error>;

/// Whom to ask.
#[derive(Debug, Clone, Copy)]
pub(super) enum To {
    /// Whoever answers: members are equal for everything but imports.
    Any,
    /// This member.
    Member(SocketAddr),
}

/// What came back in the envelope.
#[derive(Debug)]
pub(super) enum Answer<T> {
    /// It is done, and this is the answer.
    Done(Option<T>),
    /// It goes on as this operation (a path), of which this is said already.
    Started(String, Option<T>),
}

#[derive(Debug)]
enum Transport {
    Unix(PathBuf),
    Https { servers: Vec<SocketAddr>, good: AtomicUsize, tls: Arc<rustls::ClientConfig> },
}

#[derive(Debug)]
pub(super) struct Client {
    transport: Transport,
    project: String,
}

/// A websocket to a member; its stream is TLS already, or local.
pub(super) type Websocket = WebSocketStream<Box<dyn Stream>>;

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Client {
    pub(super) fn new(endpoint: Endpoint, project: String) -> Result<Self> {
        let transport = match endpoint {
            Endpoint::Unix(path) => Transport::Unix(path),
            Endpoint::Https { servers, server_certificate, client_certificate, client_key } => {
                Transport::Https {
                    servers: servers.iter().map(|server| address(server)).collect::<Result<_>>()?,
                    good: AtomicUsize::new(0),
                    tls: tls::config(&server_certificate, &client_certificate, &client_key)?,
                }
            }
        };
        if matches!(&transport, Transport::Https { servers, .. } if servers.is_empty()) {
            return Err(EngineError::Other("no server of the cluster is named".into()));
        }
        Ok(Self { transport, project })
    }

    /// Whether a member can be told apart from another (a unix socket is one host's).
    pub(super) fn reaches_members(&self) -> bool {
        matches!(self.transport, Transport::Https { .. })
    }

    /// `GET path`, which must be there.
    pub(super) async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        match self.call(To::Any, Method::GET, path, None::<&()>, ANSWER).await? {
            Answer::Done(Some(content)) => Ok(content),
            _ => Err(EngineError::Other(format!("no content at {path}"))),
        }
    }

    /// `GET path`, a list; none of them is none.
    pub(super) async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>> {
        match self.call(To::Any, Method::GET, path, None::<&()>, ANSWER).await? {
            Answer::Done(content) => Ok(content.unwrap_or_default()),
            Answer::Started(..) => Err(EngineError::Other(format!("no list at {path}"))),
        }
    }

    /// One call with a JSON body, or none.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        to: To,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
        deadline: Duration,
    ) -> Result<Answer<T>> {
        let (headers, bytes): (&[_], _) = match body {
            None => (&[], Bytes::new()),
            Some(body) => {
                let text = serde_json::to_vec(body).map_err(|error| EngineError::Other(error.to_string()))?;
                (&[(CONTENT_TYPE, "application/json")], Bytes::from(text))
            }
        };
        self.raw(to, method, path, headers, bytes, deadline).await
    }

    /// One call with a raw body.
    pub(super) async fn raw<T: DeserializeOwned>(
        &self,
        to: To,
        method: Method,
        path: &str,
        headers: &[(HeaderName, &str)],
        bytes: Bytes,
        deadline: Duration,
    ) -> Result<Answer<T>> {
        let length = bytes.len() as u64;
        let body = Full::new(bytes).map_err(|never| match never {}).boxed();
        timeout(deadline, async {
            let response = self.send(to, method, path, headers, Some(length), body).await?;
            open(response).await
        })
        .await
        .map_err(|_| late())?
    }

    /// Sends one request. The caller keeps the deadline.
    pub(super) async fn send(
        &self,
        to: To,
        method: Method,
        path: &str,
        headers: &[(HeaderName, &str)],
        length: Option<u64>,
        body: Body,
    ) -> Result<Response<Incoming>> {
        let (stream, host) = self.connect(to).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(away)?;
        // Ends by itself when the response or its body is dropped.
        tokio::spawn(connection.with_upgrades());
        let join = if path.contains('?') { '&' } else { '?' };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{path}{join}project={}", self.project))
            .header(HOST, host);
        // Without a length hyper sends it in chunks.
        if let Some(length) = length {
            request = request.header(CONTENT_LENGTH, length);
        }
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.body(body).map_err(|error| EngineError::Other(error.to_string()))?;
        sender.send_request(request).await.map_err(away)
    }

    /// The beginning of a text that comes in no envelope, as a log.
    pub(super) async fn text(&self, path: &str, most: usize) -> Result<String> {
        let read = async {
            let response = self.send(To::Any, Method::GET, path, &[], Some(0), empty()).await?;
            if !response.status().is_success() {
                return Err(EngineError::Other(format!("no text at {path}")));
            }
            let (mut body, mut bytes) = (response.into_body(), Vec::new());
            while bytes.len() < most
                && let Some(frame) = body.frame().await
            {
                bytes.extend_from_slice(frame.map_err(away)?.data_ref().map_or(&[], |data| data.as_ref()));
            }
            bytes.truncate(most);
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        timeout(ANSWER, read).await.map_err(|_| late())?
    }

    /// A connection that speaks another protocol from here on. The caller keeps the deadline.
    pub(super) async fn upgraded(&self, path: &str, protocol: &str) -> Result<TokioIo<Upgraded>> {
        let headers = [(CONNECTION, "Upgrade"), (UPGRADE, protocol)];
        let response = self.send(To::Any, Method::GET, path, &headers, None, empty()).await?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return hyper::upgrade::on(response).await.map(TokioIo::new).map_err(away);
        }
        match open::<Ignored>(response).await {
            Err(error) => Err(error),
            Ok(_) => Err(EngineError::Other(format!("no {protocol} at {path}"))),
        }
    }

    /// Opens a websocket. The caller keeps the deadline.
    pub(super) async fn websocket(&self, path: &str) -> Result<Websocket> {
        let (stream, host) = self.connect(To::Any).await?;
        let join = if path.contains('?') { '&' } else { '?' };
        let uri = format!("ws://{host}{path}{join}project={}", self.project);
        let bounds = WebSocketConfig::default().max_message_size(Some(FRAME)).max_frame_size(Some(FRAME));
        match tokio_tungstenite::client_async_with_config(uri, stream, Some(bounds)).await {
            Ok((socket, _)) => Ok(socket),
            Err(error) => Err(away(error)),
        }
    }

    async fn connect(&self, to: To) -> Result<(Box<dyn Stream>, String)> {
        match (&self.transport, to) {
            (Transport::Unix(path), _) => {
                let stream = UnixStream::connect(path).await.map_err(away)?;
                Ok((Box::new(stream), "incus".into()))
            }
            (Transport::Https { tls, .. }, To::Member(address)) => {
                Ok((secured(address, tls).await?, address.to_string()))
            }
            (Transport::Https { servers, good, tls }, To::Any) => {
                let first = good.load(Ordering::Relaxed);
                let mut last = EngineError::Away("no server".into());
                for index in (first..servers.len()).chain(0..first) {
                    let Some(&address) = servers.get(index) else { continue };
                    match secured(address, tls).await {
                        Ok(stream) => {
                            good.store(index, Ordering::Relaxed);
                            return Ok((stream, address.to_string()));
                        }
                        Err(error) => last = error,
                    }
                }
                Err(last)
            }
        }
    }
}

async fn secured(address: SocketAddr, tls: &Arc<rustls::ClientConfig>) -> Result<Box<dyn Stream>> {
    let connect = async {
        let tcp = TcpStream::connect(address).await?;
        tcp.set_nodelay(true)?;
        let name = ServerName::IpAddress(address.ip().into());
        tokio_rustls::TlsConnector::from(Arc::clone(tls)).connect(name, tcp).await
    };
    match timeout(CONNECT, connect).await {
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        Ok(Err(error)) => Err(EngineError::Away(clean(&format!("{address}: {error}")))),
        Err(_) => Err(EngineError::Away(format!("{address}: no connection in time"))),
    }
}

/// Opens the envelope of a JSON answer.
pub(super) async fn open<T: DeserializeOwned>(response: Response<Incoming>) -> Result<Answer<T>> {
    let status = response.status();
    let body = Limited::new(response.into_body(), LARGEST).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            EngineError::Other("the answer is too long".into())
        } else {
            away(error)
        }
    })?;
    let bytes = body.to_bytes();
    let envelope: Envelope<T> = serde_json::from_slice(&bytes).map_err(|error| {
        if status.is_success() {
            EngineError::Other(format!("an answer that is not Incus': {error}"))
        } else {
            classify(status.as_u16(), &String::from_utf8_lossy(&bytes))
        }
    })?;
    match envelope.kind.as_str() {
        "sync" => Ok(Answer::Done(envelope.metadata)),
        "async" => Ok(Answer::Started(envelope.operation, envelope.metadata)),
        // `wait` answers 200 before it knows; the code is in the body then.
        _ => Err(classify(
            envelope.error_code.max(if status.is_success() { 0 } else { status.as_u16() }),
            &envelope.error,
        )),
    }
}

/// A body without content.
pub(super) fn empty() -> Body {
    Full::new(Bytes::new()).map_err(|never| match never {}).boxed()
}

/// Members by address: the way to the engine must not hang on a name service.
pub(super) fn address(server: &str) -> Result<SocketAddr> {
    let bare = server.strip_prefix("https://").unwrap_or(server).trim_end_matches('/');
    bare.parse().map_err(|_| EngineError::Other(format!("`{}` is not ADDRESS:PORT", clean(server))))
}

/// A deadline that passed.
pub(super) fn late() -> EngineError {
    EngineError::Away("no answer in time".into())
}

pub(super) fn away(error: impl std::fmt::Display) -> EngineError {
    EngineError::Away(clean(&error.to_string()))
}
