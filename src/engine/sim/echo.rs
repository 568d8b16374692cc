//! The one service of a simulated machine: a port that says back what it hears. The machine with
//! the plan's address 10.x.y.z has it on 127.x.y.z, where nothing leaves this computer.

use crate::engine::{EngineError, Result};
use puerta_policy::plan::Vmid;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};

/// The port.
pub const ECHO_PORT: u16 = 7007;

/// `127.x.y.z` for the machine at `10.x.y.z`.
pub(super) fn loopback(vmid: Vmid) -> Ipv4Addr {
    let [_, x, y, z] = vmid.address().octets();
    Ipv4Addr::new(127, x, y, z)
}

/// A listener with its connections: all end with it, as when a machine stops.
#[derive(Debug)]
pub(super) struct Echo(AbortHandle);

impl Echo {
    pub(super) fn start(vmid: Vmid) -> Result<Self> {
        let listen = || -> std::io::Result<TcpListener> {
            let socket = tokio::net::TcpSocket::new_v4()?;
            socket.set_reuseaddr(true)?;
            socket.bind((loopback(vmid), ECHO_PORT).into())?;
            socket.listen(128)
        };
        let listener =
            listen().map_err(|error| EngineError::Other(format!("the simulated machine: {error}")))?;
        Ok(Self(tokio::spawn(serve(listener)).abort_handle()))
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn serve(listener: TcpListener) {
    // Dropped with this task, and all its connections with it.
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((mut stream, _)) => {
                connections.spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
            // Out of descriptors, most likely: they come back.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}
