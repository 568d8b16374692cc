//! The SSH server: sockets, connections, channels. It turns the protocol into calls of `app` and a wire
//! for `session`, and knows no rule, no machine and no table.

mod admission;
mod algorithms;
mod channel;
mod conn;
mod forward;
mod handler;
mod inbox;
pub mod listen;
mod pump;
mod refusals;
mod session;
mod signer;
mod startups;
mod turned;
mod window;
mod wire;
mod workers;

use crate::app::App;
use crate::app::ending::{Ending, Reason};
use crate::shell::here::Here;
use admission::Admission;
use puerta_keys::authorized::fingerprint;
use refusals::Refusals;
use russh::keys::PrivateKey;
use signer::Signer;
use startups::{Caps, Startups};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use workers::Workers;

/// Passwords, codes and halves of a login on one connection before it is closed.
const MAX_TRIES: u32 = 6;
/// Refused requests (also offered keys) on one connection before it is closed. An agent may hold
/// many keys, and a classroom's must not be locked out.
const MAX_REFUSALS: usize = 30;

/// How long live connections have when puerta ends for a fault of its own.
const CUT: Duration = Duration::from_secs(2);

/// What every connection shares.
pub struct Gateway {
    app: Arc<App>,
    ssh: Arc<russh::server::Config>,
    signer: Signer,
    startups: Startups,
    admission: Admission,
    refusals: Refusals,
    ending: Ending,
}

impl Gateway {
    /// A gateway that proves itself with `host_key`.
    pub fn new(app: Arc<App>, host_key: PrivateKey) -> Arc<Self> {
        let limits = &app.config.ssh;
        let zone = app.config.timezone.clone();
        Here::settle(&limits.public_name, limits.public_port, zone, fingerprint(host_key.public_key()));
        let caps = Caps {
            strangers: limits.max_startups,
            of_source: limits.max_startups_per_source,
            connections: limits.max_connections,
        };
        let campus = app.config.firewall.campus.iter().map(|network| (*network).into()).collect();
        let startups = Startups::new(caps, campus);
        let signer = Signer::new(host_key);
        let ssh = Arc::new(russh::server::Config {
            server_id: russh::SshId::Standard(turned::VERSION.into()),
            methods: (&[
                russh::MethodKind::PublicKey,
                russh::MethodKind::KeyboardInteractive,
                russh::MethodKind::Password,
            ][..])
                .into(),
            keys: vec![signer.public_key()],
            preferred: algorithms::preferred(),
            auth_rejection_time: Duration::from_millis(200),
            auth_rejection_time_initial: Some(Duration::ZERO),
            max_auth_attempts: MAX_REFUSALS,
            // Ours is an own clock until the login; afterwards the keepalive notices the dead.
            inactivity_timeout: None,
            keepalive_interval: Some(limits.keepalive),
            keepalive_max: 3,
            nodelay: true,
            // Nobody takes from russh's own queue of a channel: the handler has it all.
            channel_buffer_size: 1,
            window_size: window::FIRST as u32,
            // A larger queue keeps megabytes a session after a burst (measured, docs/performance.md).
            event_buffer_size: 4,
            ..russh::server::Config::default()
        });
        let admission = Admission::new(app.config.firewall.admission.clone());
        let refusals = Refusals::default();
        Arc::new(Self { app, ssh, signer, startups, admission, refusals, ending: Ending::default() })
    }

    /// Accepts until told to stop, then tells the live ones and waits for them, but not for ever.
    pub async fn serve(
        self: Arc<Self>,
        listeners: Vec<TcpListener>,
        stop: impl Future<Output = ()>,
    ) -> std::io::Result<()> {
        let (gateway, core) = (Arc::clone(&self), &self.app.core);
        let live = move |stream, peer, place| conn::run(Arc::clone(&gateway), stream, peer, place);
        let workers = Arc::new(Workers::start(core, live)?);
        for ended in workers.ended() {
            self.app.keep("a thread of connections", ended);
        }
        let accept = |listener| {
            let pulse = core.pulse("accepting connections");
            let accepting = listen::accept(Arc::clone(&self), Arc::clone(&workers), listener, pulse);
            self.app.keep("accepting connections", accepting)
        };
        let accepting: Vec<_> = listeners.into_iter().map(accept).collect();
        let (telling, app) = (Arc::clone(&self), Arc::clone(&self.app));
        self.app.keep("what was refused", async move { telling.refusals.mind(app).await });
        stop.await;
        for task in &accepting {
            task.abort();
        }
        self.refusals.rest(&self.app.audit);
        tracing::info!(connections = self.startups.connections(), "stopping: no new connections");
        self.ending.end(Reason::Shutdown);
        // Half of a door is no use to those who are in: it is opened anew soon.
        let drain = self.app.config.ssh.drain.min(if core.has_ended() { CUT } else { Duration::MAX });
        if tokio::time::timeout(drain, self.startups.empty()).await.is_err() {
            tracing::warn!(connections = self.startups.connections(), "some connections did not end in time");
        }
        Ok(())
    }
}
