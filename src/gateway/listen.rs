//! Sockets: inherited (`LISTEN_FDS`) or bound, and an accept loop that nothing ends.

use super::startups::Place;
use super::workers::Workers;
use super::{Gateway, turned};
use crate::app::core::Pulse;
use rustix::io::Errno;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// The sockets that whoever started us opened (`LISTEN_FDS`); no program that we start has them.
pub fn inherited() -> io::Result<Vec<std::net::TcpListener>> {
    let mut inherited = listenfd::ListenFd::from_env();
    let mut listeners = Vec::new();
    for index in 0..inherited.len() {
        let socket = inherited.take_tcp_listener(index);
        listeners.extend(socket.map_err(|error| named("an inherited descriptor", error))?);
    }
    Ok(listeners)
}

/// The inherited sockets if there are any, else new ones at `addresses`. The error names the socket.
pub fn sockets(
    mut listeners: Vec<std::net::TcpListener>,
    addresses: &[SocketAddr],
) -> io::Result<Vec<TcpListener>> {
    if listeners.is_empty() {
        for address in addresses {
            listeners.push(bind(*address).map_err(|error| named(&address.to_string(), error))?);
        }
    }
    let ready = listeners.into_iter().map(|socket| {
        socket.set_nonblocking(true)?;
        TcpListener::from_std(socket)
    });
    ready.collect()
}

fn named(name: &str, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{name}: {error}"))
}

fn bind(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    use socket2::{Domain, Socket, Type};
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        // `0.0.0.0` and `[::]` may stand side by side.
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    Ok(socket.into())
}

/// Accepts until aborted. Out of descriptors or memory it pauses and goes on; a socket that will never accept again
/// is the end of it, and of the program: a dead accept loop would be a dead door until somebody starts it again.
pub(super) async fn accept(
    gateway: Arc<Gateway>,
    workers: Arc<Workers<Place>>,
    listener: TcpListener,
    mut pulse: Pulse,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = pulse.answer() => continue,
        };
        match accepted {
            Ok((stream, peer)) => arrived(&gateway, &workers, stream, peer),
            Err(error) if is_over(&error) => {
                tracing::error!(%error, "a socket accepts no more");
                return;
            }
            Err(error) => {
                gateway.refusals.refused("accept failed, and is tried again", error);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

fn arrived(gateway: &Gateway, workers: &Workers<Place>, stream: TcpStream, peer: SocketAddr) {
    if !gateway.admission.admits(peer.ip()) {
        // Closed at once: not a byte for who may not even knock.
        return gateway.refusals.not_admitted(peer, &gateway.app.audit);
    }
    match gateway.startups.admit(peer.ip()) {
        Ok(place) => match stream.into_std() {
            Ok(stream) => workers.give((stream, peer, place)),
            Err(error) => {
                gateway
                    .refusals
                    .refused("a connection could not be handed on", format_args!("{peer}: {error}"));
            }
        },
        Err(refusal) => {
            gateway.refusals.refused(refusal.as_str(), peer);
            turned::turn_away(stream, refusal);
        }
    }
}

/// Whether it is the socket itself that is no more (accept(2)): somebody who has it too shut it down.
fn is_over(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    errno.is_some_and(|errno| [Errno::INVAL, Errno::BADF, Errno::NOTSOCK, Errno::OPNOTSUPP].contains(&errno))
}
