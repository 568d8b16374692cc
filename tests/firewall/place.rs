//! A network namespace, and what talks there: sockets are made inside and used from anywhere.

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use socket2::{Domain, Protocol, Socket, Type};
use std::fs::File;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What may pass has this long: a busy machine is no failure.
const PATIENCE: Duration = Duration::from_secs(8);
/// What may not pass is waited for this long.
const SILENCE: Duration = Duration::from_millis(600);

/// Moves the calling thread, and what it starts, into a namespace.
pub(crate) fn enter(namespace: &str) {
    let file = File::open(format!("/run/netns/{namespace}")).unwrap();
    move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
}

#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) namespace: String,
}

/// Who was heard.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<SocketAddr>>>);

impl Heard {
    pub(crate) fn addresses(&self) -> Vec<IpAddr> {
        self.0.lock().unwrap().iter().map(SocketAddr::ip).collect()
    }

    fn put(&self, who: SocketAddr) {
        self.0.lock().unwrap().push(who);
    }
}

fn at(address: &str) -> SocketAddr {
    address.parse().unwrap()
}

impl Place {
    pub(crate) fn run<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        thread::scope(|scope| {
            let there = scope.spawn(|| {
                enter(&self.namespace);
                act()
            });
            there.join().unwrap()
        })
    }

    /// Echoes every connection, until the test ends.
    pub(crate) fn serve(&self, address: &str) -> Heard {
        let listener = self.run(|| TcpListener::bind(at(address)).unwrap());
        let heard = Heard::default();
        let book = heard.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                if let Ok(peer) = stream.peer_addr() {
                    book.put(peer);
                }
                let _ = stream.set_nodelay(true);
                thread::spawn(move || {
                    let mut buffer = vec![0; 65_536];
                    while let Ok(count @ 1..) = stream.read(&mut buffer) {
                        if stream.write_all(&buffer[..count]).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        heard
    }

    /// Echoes every datagram, until the test ends.
    pub(crate) fn serve_udp(&self, address: &str) -> Heard {
        let socket = self.udp(address);
        socket.set_read_timeout(None).unwrap();
        let heard = Heard::default();
        let book = heard.clone();
        thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            while let Ok((count, peer)) = socket.recv_from(&mut buffer) {
                book.put(peer);
                let _ = socket.send_to(&buffer[..count], peer);
            }
        });
        heard
    }

    pub(crate) fn udp(&self, from: &str) -> UdpSocket {
        let socket = self.run(|| UdpSocket::bind(at(from)).unwrap());
        socket.set_read_timeout(Some(SILENCE)).unwrap();
        socket
    }

    fn connect(&self, from: &str, to: &str, patience: Duration) -> Option<TcpStream> {
        let to = at(to);
        self.run(|| {
            let socket = Socket::new(Domain::for_address(to), Type::STREAM, None).unwrap();
            socket.set_reuse_address(true).unwrap();
            socket.bind(&at(from).into()).unwrap();
            socket.connect_timeout(&to.into(), patience).ok()?;
            let stream: TcpStream = socket.into();
            stream.set_nodelay(true).unwrap();
            Some(stream)
        })
    }

    /// A connection that must come about.
    #[track_caller]
    pub(crate) fn reaches(&self, from: &str, to: &str) -> TcpStream {
        match self.connect(from, to, PATIENCE) {
            Some(stream) => stream,
            None => panic!("{} should reach {to} from {from}", self.namespace),
        }
    }

    /// A connection that must not.
    #[track_caller]
    pub(crate) fn cannot_reach(&self, from: &str, to: &str) {
        let reached = self.connect(from, to, SILENCE).is_some();
        assert!(!reached, "{} should not reach {to} from {from}", self.namespace);
    }

    /// Is a datagram answered? Asked again while it may be lost.
    pub(crate) fn is_answered(&self, from: &str, to: &str, tries: u32) -> bool {
        let socket = self.udp(from);
        (0..tries).any(|_| exchange(&socket, to))
    }

    /// Is an echo request answered?
    pub(crate) fn is_pinged(&self, from: &str, to: &str) -> bool {
        let (from, to) = (at(&format!("{from}:0")), at(&format!("{to}:0")));
        let socket = self.run(|| Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::ICMPV4)).unwrap());
        socket.bind(&from.into()).unwrap();
        socket.set_read_timeout(Some(SILENCE)).unwrap();
        // Type 8, its checksum, identifier 0x1234, sequence 1.
        let request = [8, 0, 0xe5, 0xca, 0x12, 0x34, 0, 1];
        if socket.send_to(&request, &to.into()).is_err() {
            return false;
        }
        let mut socket = socket;
        let mut buffer = [0; 256];
        while let Ok(count) = socket.read(&mut buffer) {
            let answer = buffer.get(20..count).unwrap_or_default();
            if answer.first() == Some(&0) && answer.get(4..6) == Some(&[0x12, 0x34]) {
                return true;
            }
        }
        false
    }
}

/// Does what was sent come back?
pub(crate) fn exchange(socket: &UdpSocket, to: &str) -> bool {
    let mut buffer = [0; 64];
    socket.send_to(b"hello", at(to)).is_ok() && socket.recv_from(&mut buffer).is_ok()
}

/// Is a connection alive both ways?
pub(crate) fn is_alive(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(SILENCE)).unwrap();
    let mut buffer = [0; 5];
    stream.write_all(b"hello").is_ok() && stream.read_exact(&mut buffer).is_ok()
}
