//! The services of a simulated machine: ports that say back what they hear, never read, speak
//! first, or never stop. The machine with the plan's address 10.x.y.z has them on 127.x.y.z, where
//! nothing leaves this computer.

use crate::{EngineError, Result};
use puerta_lab::plan::Vmid;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// Says back what it hears.
pub const ECHO_PORT: u16 = 7007;
/// Accepts, and never reads.
pub const DEAF_PORT: u16 = 7008;
/// Says [`GREETING`] first, then what it hears.
pub const GREETING_PORT: u16 = 7009;
/// Says zeros without end.
pub const SOURCE_PORT: u16 = 7010;
/// The first words of [`GREETING_PORT`].
pub const GREETING: &str = "220 sim\r\n";

const PORTS: [u16; 4] = [ECHO_PORT, DEAF_PORT, GREETING_PORT, SOURCE_PORT];

/// `127.x.y.z` for the machine at `10.x.y.z`.
pub(super) fn loopback(vmid: Vmid) -> Ipv4Addr {
    let [_, x, y, z] = vmid.address().octets();
    Ipv4Addr::new(127, x, y, z)
}

/// The listeners with their connections: all end with it, as when a machine stops.
#[derive(Debug)]
pub(super) struct Echo(AbortHandle);

impl Echo {
    pub(super) fn start(vmid: Vmid) -> Result<Self> {
        let refused = |error| EngineError::Other(format!("the simulated machine: {error}"));
        let task = match listen(vmid) {
            Ok(listeners) => tokio::spawn(serve(listeners)),
            // An aborted task gives its ports back in its own time, a few milliseconds.
            Err(error) if error.kind() == ErrorKind::AddrInUse => tokio::spawn(async move {
                loop {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    if let Ok(listeners) = listen(vmid) {
                        return serve(listeners).await;
                    }
                }
            }),
            Err(error) => return Err(refused(error)),
        };
        Ok(Self(task.abort_handle()))
    }
}

fn listen(vmid: Vmid) -> std::io::Result<Vec<TcpListener>> {
    let one = |port| {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind((loopback(vmid), port).into())?;
        socket.listen(128)
    };
    PORTS.into_iter().map(one).collect()
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Dropped with its task, and all its connections with it.
async fn serve(listeners: Vec<TcpListener>) {
    let mut ports = JoinSet::new();
    for listener in listeners {
        ports.spawn(accept(listener));
    }
    while ports.join_next().await.is_some() {}
}

async fn accept(listener: TcpListener) {
    let mut connections = JoinSet::new();
    let port = listener.local_addr().map_or(ECHO_PORT, |address| address.port());
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(async move {
                    // Whoever called went away: that is how a conversation ends.
                    let _ = converse(port, stream).await;
                });
            }
            // Out of descriptors, most likely: they come back.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn converse(port: u16, mut stream: TcpStream) -> std::io::Result<()> {
    match port {
        // Held until the machine stops: who does not read does not hear the end either.
        DEAF_PORT => std::future::pending().await,
        SOURCE_PORT => loop {
            stream.write_all(&[0; 16 * 1024]).await?;
        },
        _ => {
            if port == GREETING_PORT {
                stream.write_all(GREETING.as_bytes()).await?;
            }
            let (mut read, mut write) = stream.split();
            tokio::io::copy(&mut read, &mut write).await?;
            write.shutdown().await
        }
    }
}
