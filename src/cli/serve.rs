//! `puerta serve`: put the parts together, open the door, and close it well.

use super::{BAD_CONFIGURATION, complain, founding, helper, log, privileges, watchdog};
use crate::app::{self, App, firewall, jobs, leaving, node, roster, template};
use crate::config::{self, Config, Driver};
use crate::gateway::{Gateway, listen};
use anyhow::Context;
use puerta_audit::{self as audit, Audit, Event};
use puerta_engine::{self as engine, Engine};
use puerta_firewall::client::Firewall;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How long the last words of a puerta that cannot go on may take.
const FAULTY: Duration = Duration::from_secs(5);

pub(super) fn run(file: &Path, config: Config) -> anyhow::Result<ExitCode> {
    log::start();
    let policy = match app::policy::load(config.policy_dir.as_deref()) {
        Ok(policy) => policy,
        Err(errors) => {
            errors.iter().for_each(|error| complain(error));
            return Ok(BAD_CONFIGURATION.into());
        }
    };
    // Taken first: what this process inherited is not the helper's.
    let inherited = listen::inherited()?;
    // There is one thread still, and nothing of a stranger's was read.
    let helper = (config.firewall.driver != Driver::Off).then(|| helper::spawn(file)).transpose()?;
    privileges::for_door().context("capabilities cannot be given up")?;
    log::flow().context("the log")?;
    more_descriptors();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(async {
        let founding::Found { host_key: key, audit_key, store } = founding::find(&config).await?;
        let settings = super::audit::settings(&config, &audit_key);
        let engine = open_engine(&config)?;
        if !store.has_admin().await.context("the database")? {
            tracing::warn!(
                "nobody administers this lab: stop puerta, type `puerta --config {} init --admin LOGIN --key KEY.pub`, and start it again",
                file.display()
            );
        }
        let audit =
            Audit::open_with(config.audit(), audit::system_clock, settings).context("the audit log")?;
        let listeners = listen::sockets(inherited, &config.ssh.listen)?;
        anyhow::ensure!(!listeners.is_empty(), "`ssh.listen` is empty and no socket was inherited");
        audit.begin(Event::note("start").with("version", env!("CARGO_PKG_VERSION"))).await?;
        let wall = match helper {
            Some((starter, pipes)) => {
                starter.owned_by(&store.owner().await?).context("the firewall's starter")?;
                Firewall::over(pipes, move || starter.start())?
            }
            None => Firewall::off(),
        };
        let app = App::new(config, store, engine, wall, audit, policy)?;
        take_up(&app).await?;
        // The streams of signals exist before anybody is told that we are ready for them.
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        mind(&app)?;
        for listener in &listeners {
            tracing::info!(address = %listener.local_addr()?, "listening");
        }
        let gateway = Gateway::new(Arc::clone(&app), key.into_key());
        // The sockets accept already: the kernel queues who comes before the loop runs.
        if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Ready]) {
            tracing::warn!(%error, "nobody could be told that puerta is ready");
        }
        let stop = async {
            tokio::select! { _ = term.recv() => {}, _ = int.recv() => {}, _ = app.core.ended() => {} }
        };
        gateway.serve(listeners, stop).await?;
        if !app.core.has_ended() {
            close(&app, Event::note("stop")).await;
            return Ok(());
        }
        // Half of it is gone: what can still be written is, and the service manager starts all of it again.
        let why = app.core.ended().await;
        tracing::error!(why, "cannot go on");
        let last = close(&app, Event::note("stop").with("reason", why.as_str()));
        let _ = tokio::time::timeout(FAULTY, last).await;
        anyhow::bail!("cannot go on: {why}")
    });
    // A verification of a large archive is not waited for: its job is settled at the next start.
    runtime.shutdown_timeout(Duration::from_secs(2));
    served.map(|()| ExitCode::SUCCESS)
}

/// What is to be written at the end, and the end of the parts.
async fn close(app: &Arc<App>, stop: Event) {
    firewall::stop(app).await;
    app.firewall.close().await;
    app.write_denials().await;
    app.audit.finish(stop).await;
    app.audit.close().await;
    app.store.close().await;
}

/// What the last run left: rules, jobs, recordings, the wall and the nodes as they should be.
async fn take_up(app: &Arc<App>) -> anyhow::Result<()> {
    let ruled = app.rule_anew().await;
    // Nothing is open yet, and the firewall comes below.
    drop(ruled.map_err(|errors| anyhow::anyhow!("ready rules: {}", errors.join("; ")))?);
    jobs::recover(app).await.map_err(|error| anyhow::anyhow!("jobs of the last run: {error:?}"))?;
    template::keep_swept(app);
    app.end_recordings().await.map_err(|error| anyhow::anyhow!("recordings: {error:?}"))?;
    if let Err(error) = app.label_archives().await {
        tracing::warn!(?error, "it could not be written beside the archives whose they are");
    }
    firewall::start(app).await.context("the firewall cannot be used")?;
    roster::start(app);
    leaving::start(app);
    node::start(app).await.map_err(|error| anyhow::anyhow!("the nodes: {error:?}"))?;
    Ok(())
}

/// What goes on beside the door: the policy anew when somebody asks (SIGHUP) and when its time comes, and what has
/// been kept long enough.
fn mind(app: &Arc<App>) -> anyhow::Result<()> {
    let mut hup = signal(SignalKind::hangup())?;
    let reloading = Arc::clone(app);
    app.keep("who reads the policy again", async move {
        while hup.recv().await.is_some() {
            reloading.reload_policy().await;
        }
    });
    app.keep("the clock of the rules", app::policy::mind(Arc::clone(app)));
    app.keep("who hands keys to machines", app::handing::mind(Arc::clone(app)));
    app.keep("who removes what is old", app::age::mind(Arc::clone(app)));
    app.keep("who writes what was refused", app::denials::mind(Arc::clone(app)));
    app.keep("who looks at the room for the audit", app::room::mind(Arc::clone(app)));
    app.keep("the firewall's helper", app.firewall.ended());
    let standing = Arc::clone(app);
    app.keep("what puerta stands on", async move {
        let why = app::ground::lost(&standing).await;
        standing.core.end(why);
    });
    app.keep("the audit's writer", app.audit.ended());
    app.keep("who asks everything whether it answers", watchdog::mind(Arc::clone(app)));
    Ok(())
}

/// As many descriptors as the host allows: each connection takes one, each forward one more.
fn more_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

pub(super) fn open_engine(config: &Config) -> anyhow::Result<Arc<dyn Engine>> {
    Ok(match &config.engine {
        config::Engine::Sim { listen, delay } => {
            let state = Some(config.state_dir.join("sim.json"));
            let options = engine::sim::Options { state, listen: *listen, delay: *delay };
            Arc::new(engine::sim::SimEngine::with(options).context("the simulated engine")?)
        }
        config::Engine::Incus { endpoint, project, pool, parent } => {
            let endpoint = match endpoint.clone() {
                config::Endpoint::Unix(socket) => engine::incus::Endpoint::Unix(socket),
                config::Endpoint::Https { servers, server_certificate, client_certificate, client_key } => {
                    engine::incus::Endpoint::Https {
                        servers,
                        server_certificate,
                        client_certificate,
                        client_key,
                    }
                }
            };
            let settings = engine::incus::Settings {
                endpoint,
                project: project.clone(),
                pool: pool.clone(),
                parent: parent.clone(),
            };
            Arc::new(engine::incus::IncusEngine::new(settings).context("the engine's configuration")?)
        }
    })
}
