//! The SSH server: sockets, connections, channels. It turns the protocol into calls of `app` and a wire
//! for `session`, and knows no rule, no machine and no table.

mod admission;
mod algorithms;
mod channel;
mod conn;
mod forward;
mod gate;
mod handler;
pub mod listen;
mod pump;
mod session;
mod startups;
mod wire;
mod workers;

use crate::app::App;
use crate::app::ending::{Ending, Reason};
use crate::shell::here::Here;
use admission::Admission;
use russh::keys::PrivateKey;
use startups::Startups;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use workers::Workers;

/// Passwords, codes and halves of a login on one connection before it is closed.
const MAX_TRIES: u32 = 6;
/// Refused requests (also offered keys) on one connection before it is closed. An agent may hold
/// many keys, and a classroom's must not be locked out.
const MAX_REFUSALS: usize = 30;

/// What every connection shares.
pub struct Gateway {
    app: Arc<App>,
    ssh: Arc<russh::server::Config>,
    startups: Startups,
    admission: Arc<Admission>,
    ending: Ending,
}

impl Gateway {
    /// A gateway that proves itself with `host_key`.
    pub fn new(app: Arc<App>, host_key: PrivateKey) -> Arc<Self> {
        let limits = &app.config.ssh;
        Here::settle(&limits.public_name, limits.public_port);
        let startups =
            Startups::new(limits.max_startups, limits.max_startups_per_source, limits.max_connections);
        let ssh = Arc::new(russh::server::Config {
            server_id: russh::SshId::Standard(concat!("SSH-2.0-puerta_", env!("CARGO_PKG_VERSION")).into()),
            methods: (&[
                russh::MethodKind::PublicKey,
                russh::MethodKind::KeyboardInteractive,
                russh::MethodKind::Password,
            ][..])
                .into(),
            keys: vec![host_key],
            preferred: algorithms::preferred(),
            auth_rejection_time: Duration::from_millis(200),
            auth_rejection_time_initial: Some(Duration::ZERO),
            max_auth_attempts: MAX_REFUSALS,
            // Ours is an own clock until the login; afterwards the keepalive notices the dead.
            inactivity_timeout: None,
            keepalive_interval: Some(limits.keepalive),
            keepalive_max: 3,
            nodelay: true,
            // A larger queue keeps megabytes a session after a burst (measured, docs/performance.md).
            // russh returns window on receipt. A quarter of what OpenSSH gives us, so that its word that
            // it has read is never far behind what we let it send: a channel that is full both ways
            // would stand still for ever (tests/forward.rs, docs/cves.md).
            window_size: 512 * 1024,
            event_buffer_size: 4,
            channel_buffer_size: 16,
            ..russh::server::Config::default()
        });
        let admission = Arc::new(Admission::new(app.config.firewall.admission.clone()));
        Arc::new(Self { app, ssh, startups, admission, ending: Ending::default() })
    }

    /// Accepts until told to stop, then tells the live ones and waits for them, but not for ever.
    pub async fn serve(
        self: Arc<Self>,
        listeners: Vec<TcpListener>,
        stop: impl Future<Output = ()>,
    ) -> std::io::Result<()> {
        let gateway = Arc::clone(&self);
        let live = move |stream, peer, place| conn::run(Arc::clone(&gateway), stream, peer, place);
        let workers = Arc::new(Workers::start(live)?);
        let accept =
            |listener| tokio::spawn(listen::accept(Arc::clone(&self), Arc::clone(&workers), listener));
        let accepting: Vec<_> = listeners.into_iter().map(accept).collect();
        stop.await;
        for task in &accepting {
            task.abort();
        }
        self.admission.write_down(&self.app.audit).await;
        tracing::info!(connections = self.startups.connections(), "stopping: no new connections");
        self.ending.end(Reason::Shutdown);
        if tokio::time::timeout(self.app.config.ssh.drain, self.startups.empty()).await.is_err() {
            tracing::warn!(connections = self.startups.connections(), "some connections did not end in time");
        }
        Ok(())
    }
}
