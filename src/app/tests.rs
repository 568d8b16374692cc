//! Uses on a simulated engine that fails at a chosen moment: what a person hears, and what is left.
#![allow(clippy::panic)]

mod after;
mod away;
mod host_keys;
mod leaving;
mod moving;
mod restoring;
mod spoiled;
mod template;
mod visiting;

use super::command::{Command, MayGo, VmCommand};
use super::ctx::{Method, Visitor};
use super::error::Kind;
use super::reply::Step;
use super::*;
use puerta_audit as audit;
use puerta_engine::sim::{Options, SimEngine};
use puerta_engine::{EngineError, Handed, HostKeys, Spec, Status, Which};
use puerta_firewall::client::Pipes;
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, JobState, Phase, Role, Vm, VmId};
use puerta_lab::names::VmRef;
use puerta_lab::network::{Egress, Protocol};
use puerta_policy::decide::Permit;
use puerta_store::{NewKey, NewPerson, NewPublication, Place};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

pub(crate) struct House {
    dir: PathBuf,
    pub(crate) app: Arc<App>,
    sim: Arc<SimEngine>,
    pub(crate) visitor: Visitor,
}

impl Drop for House {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.dir));
    }
}

/// A house with `alumno1`, whose engine takes its time.
pub(crate) async fn house(name: &str) -> House {
    house_behind(name, Firewall::off()).await
}

/// A firewall whose helper has ended.
fn broken() -> Firewall {
    let mut helper = std::process::Command::new("true");
    let mut helper = helper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (to, from) = (helper.stdin.take().unwrap(), helper.stdout.take().unwrap());
    let pipes = Pipes { to: to.into(), from: from.into() };
    helper.wait().unwrap();
    Firewall::over(pipes, || Err(std::io::Error::other("nobody starts one"))).unwrap()
}

async fn house_behind(name: &str, firewall: Firewall) -> House {
    let dir = std::env::temp_dir().join(format!("puerta-app-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let config = Config::parse(&format!("state_dir = {dir:?}\n[engine]\ndriver = \"sim\"\n")).unwrap();
    let store = Store::make(&config.database()).await.unwrap();
    let options = Options { delay: Duration::from_millis(60), ..Options::default() };
    let sim = Arc::new(SimEngine::with(options).unwrap());
    let audit = Audit::open(config.audit(), audit::system_clock).unwrap();
    let plan = AddressPlan { first_year: config.first_year };
    let now = clock::now();
    let course = store.create_course(&"aso-2026".parse().unwrap(), 2026, None, plan, now).await.unwrap();
    let key = NewKey {
        algorithm: "ssh-ed25519".into(),
        fingerprint: "SHA256:x".into(),
        comment: String::new(),
        line: "ssh-ed25519 x".into(),
    };
    let login = "alumno1".parse().unwrap();
    let new = NewPerson {
        login,
        name: String::new(),
        role: Role::Alumno,
        course: Some(course.id),
        key: Some(key),
        code: None,
    };
    let (person, _) = store.add_person(new, now).await.unwrap().apart().0;
    let policy = policy::load(None).unwrap();
    let app = App::new(config, store, Arc::clone(&sim) as _, firewall, audit, policy).unwrap();
    let visitor = Visitor {
        person: person.id,
        login: person.login,
        method: Method::PublicKey,
        fingerprint: None,
        connection: "c".into(),
        source: "127.0.0.1:9".parse().unwrap(),
        second_factor: false,
    };
    House { dir, app, sim, visitor }
}

fn web1() -> VmRef {
    VmRef::parse("web1", "virtuales").unwrap()
}

/// A backup of it, with nothing said about older ones.
fn backup() -> VmCommand {
    VmCommand::Backup { vm: web1(), note: None, may_go: MayGo::Only(vec![]) }
}

/// Its newest backup put back, or a machine of this name made of it.
fn restore(beside: Option<&str>) -> VmCommand {
    let beside = beside.map(|name| name.parse().unwrap());
    VmCommand::Restore { vm: web1(), backup: None, beside, over: true }
}

impl House {
    /// Begins a job and gives its watch.
    async fn begin(&self, command: VmCommand) -> JobWatch {
        match self.app.run(&self.visitor, Command::Vm(command), "words").await.unwrap() {
            Outcome::Job(watch) => *watch,
            Outcome::Reply(reply) => panic!("{reply:?}"),
            _ => panic!("a job is wanted"),
        }
    }

    /// The job's end, once the registry has it.
    async fn end(&self, mut watch: JobWatch) -> (Result<Reply>, JobState) {
        let now = watch.now.wait_for(|now| now.end.is_some()).await.unwrap().clone();
        loop {
            let job = self.app.store.job(watch.job.id).await.unwrap().unwrap();
            if job.state != JobState::Running {
                return (now.end.unwrap(), job.state);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn create(&self) -> (Result<Reply>, JobState) {
        let template = Some("mini".parse().unwrap());
        let create = VmCommand::Create {
            vm: web1(),
            template,
            cpus: None,
            memory_mib: None,
            disk_mib: None,
            new_keys: false,
        };
        let watch = self.begin(create).await;
        self.end(watch).await
    }

    async fn vm(&self) -> Option<Vm> {
        self.named("web1").await
    }

    async fn named(&self, name: &str) -> Option<Vm> {
        self.app.store.vms().await.unwrap().into_iter().find(|vm| vm.name.as_str() == name)
    }

    async fn copies(&self, vm: &Vm) -> Vec<Which> {
        let mut found = Vec::new();
        for which in [Which::Main, Which::New, Which::Old] {
            found.extend(self.sim.find(vm.vmid, which).await.unwrap().map(|_| which));
        }
        found
    }
}

/// puerta's own permit for a machine.
fn permit(app: &App, vm: Vm) -> Permit<Vm> {
    let context = puerta_policy::decide::Context { now: clock::now(), source: None, second_factor: true };
    app.policy().decide(&Actor::itself(), Action::VmStart, vm, context).into_result().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_fails_in_the_swap_gives_the_old_machine_back() {
    let house = house("rollback").await;
    house.create().await.0.unwrap();
    let vm = house.vm().await.unwrap();
    house.sim.write(vm.vmid, Which::Main, "kept").unwrap();
    let watch = house.begin(backup()).await;
    house.end(watch).await.0.unwrap();
    // The engine refuses once the copies stand like this: nothing moved yet; the old one aside; the new one in its place.
    let moments: [&[Which]; 3] =
        [&[Which::Main, Which::New], &[Which::New, Which::Old], &[Which::Main, Which::Old]];
    for moment in moments {
        house.sim.write(vm.vmid, Which::Main, "today's").unwrap();
        let mut watch = house.begin(restore(None)).await;
        watch.now.wait_for(|now| now.progress.step == Step::Swap).await.unwrap();
        while house.copies(&vm).await != moment {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        house.sim.fail_next(EngineError::Other("no".into()));
        let (end, state) = house.end(watch).await;
        assert_eq!(end.unwrap_err().kind, Kind::Internal, "{moment:?}");
        assert!(matches!(state, JobState::Failed(_)), "{moment:?}: {state:?}");
        assert_eq!(house.copies(&vm).await, [Which::Main], "{moment:?}");
        assert_eq!(house.sim.read(vm.vmid, Which::Main).unwrap(), "today's", "{moment:?}");
        let main = house.sim.find(vm.vmid, Which::Main).await.unwrap().unwrap();
        assert_eq!(main.status, Status::Running, "{moment:?}");
    }
    let watch = house.begin(restore(None)).await;
    house.end(watch).await.0.unwrap();
    assert_eq!(house.sim.read(vm.vmid, Which::Main).unwrap(), "kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_instance_is_not_taken_for_a_new_machine() {
    let house = house("foreign").await;
    house.create().await.0.unwrap();
    let vm = house.vm().await.unwrap();
    let watch = house.begin(VmCommand::Delete(web1())).await;
    house.end(watch).await.0.unwrap();
    // Its place in the plan is free for the registry, and somebody made an instance of that name by hand.
    let theirs = permit(&house.app, Vm { id: VmId(999), ..vm.clone() });
    let spec =
        Spec { node: vm.node.clone().unwrap(), handed: Handed::default(), host_keys: HostKeys::default() };
    house.sim.create(&theirs, &spec).await.unwrap();
    house.sim.write(vm.vmid, Which::Main, "theirs").unwrap();
    let (end, _) = house.create().await;
    assert_eq!(end.unwrap_err().id, "error-vm-foreign");
    assert_eq!(house.sim.read(vm.vmid, Which::Main).unwrap(), "theirs");
    assert!(house.vm().await.is_none(), "the registry keeps no half-made machine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_whose_ports_cannot_be_closed_stays() {
    let house = house_behind("ports", broken()).await;
    house.create().await.0.unwrap();
    let vm = house.vm().await.unwrap();
    let (store, config) = (&house.app.store, &house.app.config);
    let new = NewPublication {
        vm: vm.id,
        vm_port: 80,
        protocol: Protocol::Tcp,
        port: None,
        sources: None,
        person: None,
        publisher: "alumno1".into(),
    };
    let published =
        store.publish(new, config.firewall.ports, config.quotas, clock::now()).await.unwrap().apart().0;
    for phase in [Phase::Ready, Phase::Deleting] {
        // Also one that was being removed when puerta was killed.
        drop(store.set_phase(vm.id, phase).await.unwrap());
        let watch = house.begin(VmCommand::Delete(web1())).await;
        let (end, state) = house.end(watch).await;
        assert_eq!(end.unwrap_err().id, "error-firewall-away", "{phase:?}");
        assert_eq!(state, JobState::Failed("error-firewall-away".into()));
        assert_eq!(house.vm().await.unwrap().phase, phase);
        assert_eq!(house.copies(&vm).await, [Which::Main]);
        assert_eq!(store.publications().await.unwrap(), std::slice::from_ref(&published));
    }
    // One without ports needs no firewall.
    drop(store.unpublish(published.id).await.unwrap());
    let watch = house.begin(VmCommand::Delete(web1())).await;
    house.end(watch).await.0.unwrap();
    assert!(house.vm().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_machine_is_made_before_the_firewall_has_what_is_said_of_its_seat() {
    let house = house_behind("walled", broken()).await;
    let store = &house.app.store;
    let course = Place::Course(store.courses().await.unwrap()[0].0.id);
    drop(store.set_egress(course, Some(&Egress::Deny)).await.unwrap());
    assert_eq!(house.create().await.0.unwrap_err().id, "error-firewall-away");
    assert!(house.vm().await.is_none());
    drop(store.set_egress(course, None).await.unwrap());
    house.create().await.0.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_in_a_machine_follow_who_sits_in_the_seat() {
    let house = house("keys").await;
    house.create().await.0.unwrap();
    let vm = house.vm().await.unwrap();
    let inside = || house.sim.authorized_keys(vm.vmid).unwrap();
    assert_eq!(inside(), ["ssh-ed25519 x"]);
    let key = NewKey {
        algorithm: "ssh-ed25519".into(),
        fingerprint: "SHA256:y".into(),
        comment: String::new(),
        line: "ssh-ed25519 y".into(),
    };
    drop(house.app.store.add_key(house.visitor.person, key, clock::now()).await.unwrap());
    let till = async |wanted: &[&str]| {
        while inside() != wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    house.app.hand_keys_of(vec![vm.seat]);
    till(&["ssh-ed25519 x", "ssh-ed25519 y"]).await;
    let remove = Command::Key(command::KeyCommand::Remove { key: "1".into() });
    house.app.run(&house.visitor, remove, "words").await.unwrap();
    till(&["ssh-ed25519 y"]).await;
    // What could not be written is written at the next start.
    house.sim.hand(&permit(&house.app, vm.clone()), &Handed::default()).await.unwrap();
    let watch = house.begin(VmCommand::Restart(web1())).await;
    house.end(watch).await.0.unwrap();
    assert_eq!(inside(), ["ssh-ed25519 y"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shut_seat_reaches_nothing_and_begins_nothing() {
    let house = house("shut").await;
    house.create().await.0.unwrap();
    let vm = house.vm().await.unwrap();
    let (store, config) = (&house.app.store, &house.app.config);
    let course = store.course(&"aso-2026".parse().unwrap()).await.unwrap().unwrap();
    let row = |login: &str| puerta_store::RosterRow {
        login: login.parse().unwrap(),
        campus: None,
        name: login.into(),
        email: String::new(),
        group: None,
        idnumber: None,
        code: puerta_store::NewCode { hash: login.into(), expires: clock::now() },
    };
    let open = firewall::desired(store, config, &house.app.policy()).await.unwrap();
    assert!(open.egress.seats.is_empty());
    let intake = puerta_store::Intake { course: course.id, add: false, start: false, now: clock::now() };
    drop(store.enrol(intake, &[row("alumno1")], |_| true).await.unwrap());
    drop(store.enrol(intake, &[row("eva")], |_| true).await.unwrap());
    let shut = firewall::desired(store, config, &house.app.policy()).await.unwrap();
    let rules: Vec<_> =
        shut.egress.seats.iter().map(|(net, rule)| (net.contains(&vm.address()), rule)).collect();
    assert_eq!(rules, [(true, &puerta_lab::network::Egress::Deny)]);
    let refused = house.app.begin_job(&jobs::start::Start, &vm, None, None).await;
    assert_eq!(refused.unwrap_err().id, "error-seat-archived");
    roster::start(&house.app);
    loop {
        let now = house.sim.find(vm.vmid, Which::Main).await.unwrap().unwrap();
        if now.status == Status::Stopped {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
