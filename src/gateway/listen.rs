//! Sockets: inherited (`LISTEN_FDS`) or bound, and an accept loop that nothing ends.

use super::startups::Place;
use super::workers::Workers;
use super::{Gateway, conn};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

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

/// Accepts until aborted. Out of descriptors or memory it pauses and goes on: a dead accept loop
/// is a dead door until somebody restarts it.
pub(super) async fn accept(gateway: Arc<Gateway>, workers: Arc<Workers<Place>>, listener: TcpListener) {
    loop {
        match listener.accept().await {
            // Closed at once: not a byte for who may not even knock.
            Ok((_, peer)) if !gateway.admission.admits(peer.ip()) => {
                gateway.admission.refused(peer, &gateway.app)
            }
            Ok((stream, peer)) => match gateway.startups.admit(peer.ip()) {
                Ok(place) => match stream.into_std() {
                    Ok(stream) => workers.give((stream, peer, place)),
                    Err(error) => tracing::warn!(%peer, %error, "a connection could not be handed on"),
                },
                Err(cap) => {
                    tracing::warn!(%peer, cap, "connection refused");
                    conn::turn_away(&stream);
                }
            },
            Err(error) => {
                tracing::warn!(%error, "accept failed; trying again");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}
