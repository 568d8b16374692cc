//! The small SSH client: curve25519-sha256, aes128-gcm, ed25519. It does what it is told, in any
//! order, and checks nothing about the server but the packets' tags.

#[path = "client/channel.rs"]
mod channel;
#[path = "client/key.rs"]
mod key;

pub use key::Key;

use crate::packet::{Packet, Reader, mpint};
use crate::support::House;
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{EphemeralPrivateKey, UnparsedPublicKey, X25519, agree_ephemeral};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

pub const DISCONNECT: u8 = 1;
pub const IGNORE: u8 = 2;
pub const UNIMPLEMENTED: u8 = 3;
pub const SERVICE_REQUEST: u8 = 5;
pub const KEXINIT: u8 = 20;
pub const NEWKEYS: u8 = 21;
pub const KEX_INIT: u8 = 30;
pub const AUTH_REQUEST: u8 = 50;
pub const AUTH_FAILURE: u8 = 51;
pub const AUTH_SUCCESS: u8 = 52;
/// Also `USERAUTH_INFO_REQUEST`.
pub const PK_OK: u8 = 60;
pub const INFO_RESPONSE: u8 = 61;
pub const GLOBAL_REQUEST: u8 = 80;
pub const REQUEST_FAILURE: u8 = 82;
pub const OPEN: u8 = 90;
pub const OPEN_CONFIRMATION: u8 = 91;
pub const OPEN_FAILURE: u8 = 92;
pub const WINDOW_ADJUST: u8 = 93;
pub const DATA: u8 = 94;
pub const EXTENDED_DATA: u8 = 95;
pub const EOF: u8 = 96;
pub const CLOSE: u8 = 97;
pub const REQUEST: u8 = 98;
pub const SUCCESS: u8 = 99;
pub const FAILURE: u8 = 100;

/// What the server lets a client send on a new channel.
pub const FIRST_WINDOW: usize = 8 * 1024;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// What the client says it is.
const VERSION: &str = "SSH-2.0-wire";

/// The server closed, or said goodbye (the text), or did not answer (`silent`).
#[derive(Debug)]
pub struct Gone(pub String);

impl Gone {
    pub fn was_silent(&self) -> bool {
        self.0 == "silent"
    }
}

type Result<T> = std::result::Result<T, Gone>;

/// One direction's cipher: RFC 5647, with the counter in the nonce's last eight bytes.
struct Gcm {
    key: LessSafeKey,
    nonce: [u8; 12],
}

impl Gcm {
    fn new(key: &[u8], iv: &[u8]) -> Self {
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key).unwrap());
        Self { key, nonce: iv.try_into().unwrap() }
    }

    fn turn(&mut self) -> Nonce {
        let now = self.nonce;
        let count = u64::from_be_bytes(now[4..].try_into().unwrap()).wrapping_add(1);
        self.nonce[4..].copy_from_slice(&count.to_be_bytes());
        Nonce::assume_unique_for_key(now)
    }
}

/// What the server offers, list by list, in the order of RFC 4253, section 7.1.
#[derive(Clone, Debug)]
pub struct Offer(pub Vec<Vec<String>>);

impl Offer {
    pub fn parse(packet: &[u8]) -> Self {
        let mut reader = Reader(&packet[17..]);
        let lists = (0..10).map(|_| reader.text().split(',').map(str::to_owned).collect());
        Self(lists.collect())
    }
}

/// A KEXINIT of these algorithms.
pub fn kexinit(kex: &str, cipher: &str) -> Packet {
    let mut packet = Packet::new(KEXINIT).bytes(&[7; 16]);
    for list in [kex, "ssh-ed25519", cipher, cipher, "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", ""]
    {
        packet = packet.string(list);
    }
    packet.bool(false).u32(0)
}

/// A connection, at whatever stage.
pub struct Client {
    pub stream: TcpStream,
    server_version: String,
    /// Packets sent since the keys are new: the next one's number (strict key exchange).
    pub sent: u32,
    sealing: Option<Gcm>,
    opening: Option<Gcm>,
    pub session_id: Vec<u8>,
    received: Vec<u8>,
    /// Packets that a wait for another one passed over.
    aside: VecDeque<Vec<u8>>,
}

impl Client {
    /// Connected, nothing said.
    pub fn dial(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        Self::over(stream)
    }

    pub fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self {
            stream,
            server_version: String::new(),
            sent: 0,
            sealing: None,
            opening: None,
            session_id: Vec::new(),
            received: Vec::new(),
            aside: VecDeque::new(),
        }
    }

    /// The same, coming from this address.
    pub fn dial_from(address: IpAddr, port: u16) -> Self {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((address, 0)).into()).unwrap();
        socket.connect(&SocketAddr::from(([127, 0, 0, 1], port)).into()).unwrap();
        Self::over(socket.into())
    }

    /// Versions exchanged.
    pub fn greeted(port: u16) -> Result<Self> {
        Self::dial(port).greet()
    }

    fn greet(self) -> Result<Self> {
        let mut client = self;
        client.write(format!("{VERSION}\r\n").as_bytes())?;
        client.server_version = client.line()?;
        Ok(client)
    }

    /// Keys exchanged.
    pub fn keyed(port: u16) -> Result<Self> {
        Self::dial(port).exchange_keys()
    }

    fn exchange_keys(self) -> Result<Self> {
        let mut client = self.greet()?;
        client
            .exchange(&kexinit("curve25519-sha256,kex-strict-c-v00@openssh.com", "aes128-gcm@openssh.com"))?;
        Ok(client)
    }

    /// `ssh-userauth` granted.
    pub fn knocking(port: u16) -> Result<Self> {
        Self::dial(port).knock()
    }

    /// The same, on this connection.
    pub fn knock(self) -> Result<Self> {
        let mut client = self.exchange_keys()?;
        client.send(&Packet::new(SERVICE_REQUEST).string("ssh-userauth"))?;
        client.expect(6)?;
        Ok(client)
    }

    /// Logged in with the key of that name in the house.
    pub fn login(house: &House, login: &str) -> Self {
        Self::dial(house.port).come_in(house, login).unwrap()
    }

    /// The same, on this connection.
    pub fn come_in(self, house: &House, login: &str) -> Result<Self> {
        let mut client = self.knock()?;
        assert_eq!(client.sign(login, &Key::read(house, login))?, AUTH_SUCCESS);
        Ok(client)
    }

    /// Versions exchanged, and what the server says then, which is that it will not have us.
    pub fn turned_away(self) -> Gone {
        self.greet().and_then(|mut client| client.receive()).expect_err("it was let in")
    }

    /// Whether the server has closed, as the kernel knows.
    pub fn is_closed(&self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let ended = loop {
            match (&self.stream).read(&mut [0; 1024]) {
                Ok(0) => break true,
                Ok(_) => {}
                Err(error) => break error.kind() != ErrorKind::WouldBlock,
            }
        };
        self.stream.set_nonblocking(false).unwrap();
        ended
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).map_err(|error| Gone(error.kind().to_string()))
    }

    /// One line of what comes before the protocol.
    pub fn line(&mut self) -> Result<String> {
        loop {
            if let Some(at) = self.received.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.received.drain(..=at).collect();
                return Ok(String::from_utf8(line).unwrap().trim_end().to_owned());
            }
            self.fill(PATIENCE)?;
        }
    }

    fn fill(&mut self, patience: Duration) -> Result<()> {
        let mut piece = [0; 64 * 1024];
        self.stream.set_read_timeout(Some(patience.max(Duration::from_millis(1)))).unwrap();
        match self.stream.read(&mut piece) {
            Ok(0) => Err(Gone("closed".into())),
            Ok(n) => {
                self.received.extend_from_slice(&piece[..n]);
                Ok(())
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Err(Gone("silent".into()))
            }
            Err(error) => Err(Gone(error.kind().to_string())),
        }
    }

    /// The bytes of a packet as they would go out.
    pub fn seal(&mut self, payload: &[u8]) -> Vec<u8> {
        self.sent += 1;
        let (block, head) = if self.sealing.is_some() { (16, 1) } else { (8, 5) };
        let mut padding = block - (head + payload.len()) % block;
        if padding < 4 {
            padding += block;
        }
        let mut body = vec![padding as u8];
        body.extend_from_slice(payload);
        body.resize(body.len() + padding, 0);
        let length = (body.len() as u32).to_be_bytes();
        if let Some(gcm) = &mut self.sealing {
            let nonce = gcm.turn();
            gcm.key.seal_in_place_append_tag(nonce, Aad::from(length), &mut body).unwrap();
        }
        [&length[..], &body].concat()
    }

    pub fn send(&mut self, packet: &Packet) -> Result<()> {
        let bytes = self.seal(&packet.0);
        self.write(&bytes)
    }

    /// Many at once, in large writes.
    pub fn send_all(&mut self, packets: impl IntoIterator<Item = Packet>) -> Result<()> {
        let mut bytes = Vec::new();
        for packet in packets {
            bytes.extend(self.seal(&packet.0));
            if bytes.len() > 64 * 1024 {
                self.write(&bytes)?;
                bytes.clear();
            }
        }
        self.write(&bytes)
    }

    /// The next packet, whatever it is.
    fn packet(&mut self, until: Instant) -> Result<Vec<u8>> {
        loop {
            if let Some(length) = self.received.first_chunk::<4>() {
                let tag = if self.opening.is_some() { 16 } else { 0 };
                let length = *length;
                let size = u32::from_be_bytes(length) as usize;
                assert!(size < 300_000, "a packet of {size}");
                if self.received.len() >= 4 + size + tag {
                    let mut body: Vec<u8> = self.received.drain(..4 + size + tag).skip(4).collect();
                    if let Some(gcm) = &mut self.opening {
                        let nonce = gcm.turn();
                        gcm.key.open_in_place(nonce, Aad::from(length), &mut body).expect("a true tag");
                        body.truncate(size);
                    }
                    let end = size - usize::from(body[0]);
                    return Ok(body[1..end].to_vec());
                }
            }
            self.fill(until.saturating_duration_since(Instant::now()))?;
        }
    }

    /// The next packet that is not noise: IGNORE, DEBUG, EXT_INFO, keepalives. A DISCONNECT is an
    /// error with its text.
    pub fn receive(&mut self) -> Result<Vec<u8>> {
        if let Some(packet) = self.aside.pop_front() {
            return Ok(packet);
        }
        self.receive_within(PATIENCE)
    }

    pub fn receive_within(&mut self, patience: Duration) -> Result<Vec<u8>> {
        let until = Instant::now() + patience;
        loop {
            let packet = self.packet(until)?;
            match packet.first() {
                Some(&(2 | 4 | 7)) => {}
                Some(&GLOBAL_REQUEST) => self.send(&Packet::new(REQUEST_FAILURE))?,
                Some(&DISCONNECT) => {
                    let mut reader = Reader(&packet[5..]);
                    return Err(Gone(reader.text()));
                }
                _ => return Ok(packet),
            }
        }
    }

    /// The next packet with this message number; others are kept for later.
    pub fn expect(&mut self, message: u8) -> Result<Vec<u8>> {
        self.expect_that(|packet| packet[0] == message)
    }

    pub fn expect_that(&mut self, is: impl Fn(&[u8]) -> bool) -> Result<Vec<u8>> {
        if let Some(at) = self.aside.iter().position(|packet| is(packet)) {
            return Ok(self.aside.remove(at).unwrap());
        }
        loop {
            let packet = self.receive_within(PATIENCE)?;
            if is(&packet) {
                return Ok(packet);
            }
            self.aside.push_back(packet);
        }
    }

    /// Reads until the server is gone, which it must be within the patience.
    pub fn ends(mut self) -> Gone {
        self.aside.clear();
        loop {
            match self.receive_within(PATIENCE) {
                Ok(_) => {}
                Err(gone) if gone.was_silent() => panic!("the server is still there"),
                Err(gone) => return gone,
            }
        }
    }

    /// A whole key exchange, the first or a later one, begun by us.
    pub fn exchange(&mut self, ours: &Packet) -> Result<()> {
        self.send(ours)?;
        let theirs = self.expect(KEXINIT)?;
        let private = EphemeralPrivateKey::generate(&X25519, &SystemRandom::new()).unwrap();
        let public = private.compute_public_key().unwrap();
        self.send(&Packet::new(KEX_INIT).string(public.as_ref()))?;
        let reply = self.expect(31)?;
        let mut reader = Reader(&reply[1..]);
        let (host_key, server_public) = (reader.string(), reader.string());
        let shared = agree_ephemeral(private, &UnparsedPublicKey::new(&X25519, server_public), |shared| {
            mpint(shared).0
        });
        let shared = shared.unwrap();
        let hashed = Packet::default()
            .string(VERSION)
            .string(&self.server_version)
            .string(&ours.0)
            .string(&theirs)
            .string(host_key)
            .string(public.as_ref())
            .string(server_public)
            .bytes(&shared);
        let hash = digest(&SHA256, &hashed.0).as_ref().to_vec();
        if self.session_id.is_empty() {
            self.session_id.clone_from(&hash);
        }
        let derive = |letter: u8| {
            let all = [&shared[..], &hash, &[letter], &self.session_id].concat();
            digest(&SHA256, &all).as_ref().to_vec()
        };
        let sealing = Gcm::new(&derive(b'C')[..16], &derive(b'A')[..12]);
        let opening = Gcm::new(&derive(b'D')[..16], &derive(b'B')[..12]);
        self.send(&Packet::new(NEWKEYS))?;
        self.sent = 0;
        self.sealing = Some(sealing);
        self.expect(NEWKEYS)?;
        self.opening = Some(opening);
        Ok(())
    }

    /// An authentication request's beginning.
    pub fn auth(login: &str, method: &str) -> Packet {
        Packet::new(AUTH_REQUEST).string(login).string("ssh-connection").string(method)
    }

    /// Asks whether a key would do; the answer's message number.
    pub fn probe(&mut self, login: &str, key: &Key) -> Result<u8> {
        let packet = Self::auth(login, "publickey").bool(false).string("ssh-ed25519").string(key.blob());
        self.send(&packet)?;
        Ok(self.receive()?[0])
    }

    /// Signs in; the answer's message number.
    pub fn sign(&mut self, login: &str, key: &Key) -> Result<u8> {
        let session_id = self.session_id.clone();
        self.sign_over(login, key, key, &session_id)
    }

    /// Names `key`, signs with `signer` over any session id.
    pub fn sign_over(&mut self, login: &str, key: &Key, signer: &Key, session_id: &[u8]) -> Result<u8> {
        let packet = Self::auth(login, "publickey").bool(true).string("ssh-ed25519").string(key.blob());
        let signed = Packet::default().string(session_id).bytes(&packet.0);
        let signature = Packet::default().string("ssh-ed25519").string(signer.0.sign(&signed.0).as_ref());
        self.send(&packet.string(&signature.0))?;
        Ok(self.receive()?[0])
    }

    /// Signs in, and leaves the answer to be received.
    pub fn send_signed(&mut self, login: &str, key: &Key) -> Result<()> {
        let packet = Self::auth(login, "publickey").bool(true).string("ssh-ed25519").string(key.blob());
        let signed = Packet::default().string(&self.session_id).bytes(&packet.0);
        let signature = Packet::default().string("ssh-ed25519").string(key.0.sign(&signed.0).as_ref());
        self.send(&packet.string(&signature.0))
    }

    pub fn password(&mut self, login: &str, password: &str) -> Result<u8> {
        self.send(&Self::auth(login, "password").bool(false).string(password))?;
        Ok(self.receive()?[0])
    }
}
