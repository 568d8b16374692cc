//! `isolation check`: what machines of different seats really reach, tried from inside them. Which flows are
//! tried is in `plan`, what came of them in `verdict`; here they are carried out.
//!
//! The machines are their students' own: what they say is believed as much as they are. Nothing is
//! left in them, also when whoever asked goes away or something fails: cleaning is part of the task.

mod plan;
mod verdict;

use crate::app::App;
use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use crate::app::find;
use crate::app::reply::Reply;
use plan::{Place, Plan, Probe};
use puerta_engine::{Engine, EngineError, Node, Ran, Status, Which};
use puerta_lab::action::Action;
use puerta_lab::model::Vm;
use puerta_lab::names::VmRef;
use puerta_lab::network::Protocol;
use puerta_policy::decide::{Lab, Permit};
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument;

/// Where machines listen for each other meanwhile. A service of theirs at this port is not disturbed: its
/// machine is then one that does not listen, and says so.
const PORT: u16 = 47_001;
/// Listeners end by themselves after this, whatever happens to us.
const LISTENING: Duration = Duration::from_secs(40);
/// One of the scripts in one machine; probes have deadlines of their own far below.
const PATIENCE: Duration = Duration::from_secs(30);

/// A machine that takes part.
struct Machine {
    permit: Permit<Vm>,
    place: Place,
}

pub(super) async fn check(ctx: &Ctx<'_>, named: &[VmRef]) -> Result<Reply> {
    // It tells addresses of nodes.
    let _lab = ctx.permit(Action::NodeList, Lab, None, Error::denied()).await?;
    let Ok(alone) = Arc::clone(&ctx.app.checking).try_lock_owned() else {
        return Err(Error::new(Kind::Conflict, "error-isolation-busy"));
    };
    let machines = taking_part(ctx, named).await?;
    let nodes = ctx.app.engine.nodes().await?;
    let app = Arc::clone(ctx.app);
    let checked = async move {
        let _alone = alone;
        carried_out(&app, machines, &nodes).await
    };
    let task = ctx.app.tasks.spawn(checked.in_current_span());
    task.await.map_err(|panic| Error::internal(&panic))?
}

/// The machines that were named, or some of two seats, with a permit for each.
async fn taking_part(ctx: &Ctx<'_>, named: &[VmRef]) -> Result<Vec<Machine>> {
    let mut wanted = Vec::new();
    for name in named {
        let found = find::machine(&ctx.app.store, &ctx.actor, name).await?;
        wanted.push(found.ok_or_else(|| Error::no_vm(name))?);
    }
    if named.is_empty() {
        wanted = ctx.app.store.vms().await?;
    }
    let instances = ctx.app.engine.list().await?;
    let running = |vm: &Vm| {
        let mut main = instances.iter().filter(|instance| instance.which == Which::Main);
        main.find(|instance| instance.vmid == vm.vmid && instance.status == Status::Running)
    };
    let mut found: Vec<(Vm, Place)> = Vec::new();
    for vm in wanted {
        match running(&vm) {
            Some(instance) => {
                let label = find::subject(&vm);
                let place = Place { label, address: vm.address(), node: instance.node.clone() };
                if !found.iter().any(|(other, _)| other.id == vm.id) {
                    found.push((vm, place));
                }
            }
            None if named.is_empty() => {}
            None => {
                return Err(
                    Error::new(Kind::Conflict, "error-isolation-stopped").with("vm", find::subject(&vm))
                );
            }
        }
    }
    let places: Vec<_> = found.iter().map(|(_, place)| place.clone()).collect();
    let chosen = if named.is_empty() { plan::chosen(&places) } else { (0..places.len()).collect() };
    if !plan::several_seats(&places, &chosen) {
        return Err(Error::new(Kind::Conflict, "error-isolation-seats"));
    }
    let mut machines = Vec::new();
    for index in chosen {
        let (vm, place) = found[index].clone();
        let permit = ctx.permit(Action::IsolationCheck, vm, Some(&place.label), Error::denied()).await?;
        machines.push(Machine { permit, place });
    }
    Ok(machines)
}

async fn carried_out(app: &Arc<App>, machines: Vec<Machine>, nodes: &[Node]) -> Result<Reply> {
    let machines = Arc::new(machines);
    let places: Vec<_> = machines.iter().map(|machine| machine.place.clone()).collect();
    let begun =
        everywhere(app, &machines, |_| script(include_str!("isolation/listen.sh"), listen_words())).await;
    if begun.iter().all(|ran| matches!(ran, Err(EngineError::Refused(_)))) {
        return Err(Error::new(Kind::Unavailable, "error-isolation-engine"));
    }
    let taken: Vec<_> = app.store.vms().await?.iter().map(Vm::address).collect();
    let plan = Plan::new(&places, nodes, &verdict::links(&begun), &taken, &services(app));
    let probes = |index| script(include_str!("isolation/probe.sh"), plan.words_of(index));
    let tried = everywhere(app, &machines, probes).await;
    let rest = |index| script(include_str!("isolation/clean.sh"), clean_words(plan.of(index)));
    let cleaned = everywhere(app, &machines, rest).await;
    Ok(Reply::Isolation(verdict::view(&places, &plan, &verdict::Said { begun, tried, cleaned })))
}

/// One script in every machine at once.
async fn everywhere(
    app: &Arc<App>,
    machines: &Arc<Vec<Machine>>,
    words: impl Fn(usize) -> Vec<String>,
) -> Vec<std::result::Result<Ran, EngineError>> {
    let run = |index| {
        let (engine, machines, words) = (Arc::clone(&app.engine), Arc::clone(machines), words(index));
        let said = async move { inside(&*engine, &machines[index].permit, &words).await };
        tokio::spawn(said.in_current_span())
    };
    let running: Vec<_> = (0..machines.len()).map(run).collect();
    let mut all = Vec::new();
    for ran in running {
        all.push(ran.await.unwrap_or_else(|panic| Err(EngineError::Other(panic.to_string()))));
    }
    all
}

async fn inside(
    engine: &dyn Engine,
    vm: &Permit<Vm>,
    words: &[String],
) -> std::result::Result<Ran, EngineError> {
    let ran = engine.exec(vm, words, PATIENCE).await;
    if let Err(error) = &ran {
        tracing::warn!(vm = find::subject(vm.target()), %error, "a machine does not take part in the isolation check");
    }
    ran
}

fn script(text: &str, words: Vec<String>) -> Vec<String> {
    ["sh", "-c", text, "isolation"].map(str::to_owned).into_iter().chain(words).collect()
}

fn listen_words() -> Vec<String> {
    vec![PORT.to_string(), LISTENING.as_secs().to_string()]
}

fn clean_words<'a>(probes: impl Iterator<Item = &'a Probe>) -> Vec<String> {
    let forged = probes.filter_map(|probe| Some(format!("{},{}", probe.target, probe.source?)));
    [PORT.to_string()].into_iter().chain(forged).collect()
}

/// puerta's TCP ports that are tried, and whether configuration opens them to machines.
fn services(app: &App) -> Vec<(u16, bool)> {
    let open = &app.config.firewall.machine_services;
    let ports = app.config.ssh.listen.iter().map(std::net::SocketAddr::port).chain([22]);
    let mut ports: Vec<_> = ports.map(|port| (port, open.contains(&(Protocol::Tcp, port)))).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}
