//! What is made of a story, machines and archives; and that a registry takes it.

use super::archives::Folder;
use super::*;
use crate::app::command::{PersonCommand, SeatCommand, TemplateCommand, VmCommand};
use puerta_engine::sim::SimEngine;
use puerta_engine::{Status, Which};
use puerta_lab::model::{JobKind, Limits, VmId};
use puerta_lab::names::VmRef;
use puerta_lab::plan::{Slot, Vmid};
use puerta_lab::quota::Quotas;
use puerta_store::{AnewBackup, Intake, NewVm, Store};
use serde_json::{Value, json};
use std::path::PathBuf;

const ROOM: Quotas = Quotas {
    machines: 9,
    running: 9,
    memory_mib: 9999,
    cpus: 9,
    disk_mib: 99_999,
    backups: 9,
    publications: 9,
};
const PLACE: Edition = Edition { year: 2026, version: 0 };

fn config(name: &str) -> Config {
    let dir = std::env::temp_dir().join(format!("puerta-rebuild-{}-{name}", std::process::id()));
    drop(std::fs::remove_dir_all(&dir));
    std::fs::create_dir_all(&dir).unwrap();
    Config::parse(&format!("state_dir = {dir:?}\n[engine]\ndriver = \"sim\"\n")).unwrap()
}

fn login(name: &str) -> Login {
    name.parse().unwrap()
}

fn add(name: &str, course: &str) -> Command {
    let course = Some(course.parse().unwrap());
    let (login, role) = (login(name), Role::Alumno);
    Command::Person(PersonCommand::Add { login, course, name: None, role, key: None })
}

fn create(seat: &str, course: &str) -> Command {
    let (team, course) = (seat.parse().unwrap(), course.parse().unwrap());
    Command::Seat(SeatCommand::Create { team, course, members: Vec::new() })
}

/// What the professor did, one after the other.
fn story(commands: &[Command]) -> Story {
    let mut story = Story::default();
    for (number, command) in commands.iter().enumerate() {
        let action = match command {
            Command::Person(_) => "person-add",
            Command::Seat(_) => "seat-edit",
            _ => "vm-rename",
        };
        let line = line("profesor", action, &number.to_string());
        story.hear(&line, &|words| commands.get(words.parse::<usize>().unwrap()).cloned());
    }
    story
}

fn line(actor: &str, action: &str, words: &str) -> Value {
    json!({"code": "command", "phase": "finish", "outcome": "done", "actor": actor, "action": action,
           "detail": {"words": words}})
}

fn machine(seat: (&str, u16), (id, name, slot): (i64, &str, u8)) -> Instance {
    let (plan, number) = (AddressPlan { first_year: 2026 }, SeatNumber::new(seat.1).unwrap());
    let vmid: Vmid = plan.vmid(PLACE, number, Slot::new(slot).unwrap()).unwrap();
    let id = id.to_string();
    let tags = [("vm", &*id), ("name", name), ("seat", seat.0), ("template", "mini")];
    Instance {
        vmid,
        which: Which::Main,
        node: "sim01".into(),
        status: Status::Stopped,
        tags: tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        limits: Some(Limits { cpus: 1, memory_mib: 512, disk_mib: 4096, processes: 100 }),
    }
}

/// A folder with one archive of `web1`.
fn folder(id: i64, seat: &str, number: u16, archives: &mut Archives) {
    archives.folders.push(Folder {
        id: SeatId(id),
        seat: seat.parse().unwrap(),
        course: "aso-2026".parse().unwrap(),
        edition: PLACE,
        number: SeatNumber::new(number).unwrap(),
    });
    archives.backups.push(AnewBackup {
        seat: SeatId(id),
        vm: None,
        vm_name: "web1".parse().unwrap(),
        name: "web1-20261129-040712-7".parse().unwrap(),
        size: 1,
        sha256: "0".repeat(64),
        created: clock::now(),
    });
    archives.highest = archives.highest.max(id);
}

/// A registry, and the folder that it is in for as long.
struct Registry(Store, PathBuf);

impl std::ops::Deref for Registry {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.0
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.1));
    }
}

async fn registry(config: &Config, known: &Known) -> Registry {
    let store = Store::make(&config.database()).await.unwrap();
    store.fill(&known.anew, clock::now()).await.unwrap();
    Registry(store, config.state_dir.clone())
}

/// What is known, and the registry that was filled with it.
async fn filled(name: &str, story: Story, machines: &[Instance], archives: Archives) -> (Known, Registry) {
    let config = config(name);
    let known = Gathering::new(&config, None, story).with(machines, archives).templates(Vec::new()).known();
    let registry = registry(&config, &known).await;
    (known, registry)
}

/// `SEAT: MEMBERS`, with `team` where it is one's.
fn seats(known: &Known) -> Vec<String> {
    let shown = |seat: &AnewSeat| {
        let members: Vec<_> = seat.members.iter().map(ToString::to_string).collect();
        let team = if seat.team { " team" } else { "" };
        format!("{} {}{team}: {}", seat.name, seat.course, members.join(" "))
    };
    known.anew.seats.iter().map(shown).collect()
}

fn people(known: &Known) -> Vec<&str> {
    known.anew.people.iter().map(|person| person.login.as_str()).collect()
}

#[tokio::test]
async fn a_seats_name_makes_nobody_a_person() {
    let machines = [machine(("equipo1", 3), (1, "web1", 0)), machine(("ana-ux-2026", 4), (2, "web1", 0))];
    let (known, _) = filled("nobody", Story::default(), &machines, Archives::default()).await;
    assert_eq!(people(&known), Vec::<&str>::new());
    assert_eq!(
        seats(&known),
        ["ana-ux-2026 rebuilt-2026-0 team: ", "equipo1 rebuilt-2026-0 team: "],
        "a team can be given members"
    );
    let unknown = known.left.iter().filter(|line| line.contains("who sits")).count();
    assert_eq!((unknown, known.anew.vms.len()), (2, 2), "{:?}", known.left);
}

#[tokio::test]
async fn who_was_removed_is_nobody_again() {
    let commands = [
        add("ana", "aso-2026"),
        add("bea", "aso-2026"),
        Command::Person(PersonCommand::Remove { login: "ana".parse().unwrap(), all: None }),
    ];
    let (known, _) = filled("removed", story(&commands), &[], Archives::default()).await;
    assert_eq!((people(&known), seats(&known)), (vec!["bea"], vec!["bea aso-2026: bea".to_owned()]));
}

#[tokio::test]
async fn a_login_gets_another_seat_and_a_team_without_members_is_one() {
    let commands = [
        add("ana", "aso-2026"),
        create("ana", "ux-2026"),
        create("equipo1", "aso-2026"),
        Command::Seat(SeatCommand::Add {
            seat: "equipo1".parse().unwrap(),
            members: vec!["ana".parse().unwrap()],
        }),
    ];
    let (known, _) = filled("own", story(&commands), &[], Archives::default()).await;
    assert_eq!(
        seats(&known),
        ["ana aso-2026: ana", "ana-ux-2026 ux-2026: ana", "equipo1 aso-2026 team: ana"]
    );
}

#[tokio::test]
async fn a_folders_course_goes_before_one_that_was_heard() {
    let mut archives = Archives::default();
    folder(5, "ana", 3, &mut archives);
    let (known, _) = filled("course", story(&[add("ana", "ux-2026")]), &[], archives).await;
    assert_eq!(seats(&known), ["ana aso-2026: ana"]);
}

#[tokio::test]
async fn of_two_folders_of_one_name_the_machines_say_whose() {
    for (own, order) in [(5, [5, 12]), (12, [12, 5])] {
        let mut archives = Archives::default();
        // The networks of the two: 3 and 7.
        order.iter().for_each(|id| folder(*id, "ana", if *id == 5 { 3 } else { 7 }, &mut archives));
        let machines = [machine(("ana", if own == 5 { 3 } else { 7 }), (1, "web1", 0))];
        let heard = story(&[add("ana", "aso-2026")]);
        let (known, store) = filled(&format!("folders-{own}"), heard, &machines, archives).await;
        assert_eq!(known.anew.seats[0].id, SeatId(own));
        assert_eq!(known.anew.vms.len(), 1, "{:?}", known.left);
        assert!(known.left.iter().any(|line| line.contains("that is gone")), "{:?}", known.left);
        assert_eq!(store.backups().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn of_two_folders_without_machines_the_youngest_is_the_seats() {
    for order in [[5, 12], [12, 5]] {
        let mut archives = Archives::default();
        order.iter().for_each(|id| folder(*id, "ana", if *id == 5 { 3 } else { 7 }, &mut archives));
        let name = format!("youngest-{}", order[0]);
        let (known, store) = filled(&name, story(&[add("ana", "aso-2026")]), &[], archives).await;
        assert_eq!(known.anew.seats[0].id, SeatId(12));
        assert_eq!(store.backups().await.unwrap()[0].seat, SeatId(12));
    }
}

#[tokio::test]
async fn a_network_is_one_seats() {
    let mut archives = Archives::default();
    folder(5, "bea", 3, &mut archives);
    let (known, _) = filled("network", story(&[]), &[machine(("ana", 3), (1, "web1", 0))], archives).await;
    let names: Vec<_> = known.anew.seats.iter().map(|seat| seat.name.as_str()).collect();
    assert_eq!(names, ["ana"], "{:?}", known.left);
}

fn vm_ref(name: &str, seat: &str) -> VmRef {
    VmRef { name: name.parse().unwrap(), seat: Some(seat.parse().unwrap()) }
}

/// A line about `web1.ana` at that minute.
fn of_vm(vm: &str, minute: u8, mut line: Value) -> Value {
    line["vm"] = vm.into();
    line["time"] = format!("2026-11-29T04:{minute:02}:00.500Z").into();
    line
}

fn job(kind: &str) -> Value {
    json!({"code": "job", "phase": "finish", "outcome": "done", "detail": {"kind": kind}})
}

fn renamed(story: &mut Story, vm: &str, minute: u8, to: &str) {
    let (from, seat) = vm.split_once('.').unwrap();
    let rename = VmCommand::Rename { vm: vm_ref(from, seat), name: to.parse().unwrap() };
    let line = of_vm(vm, minute, line("ana", "vm-rename", "rename"));
    story.hear(&line, &|_| Some(Command::Vm(rename.clone())));
}

fn names(known: &Known) -> Vec<(i64, &str)> {
    known.anew.vms.iter().map(|vm| (vm.id.0, vm.name.as_str())).collect()
}

#[tokio::test]
async fn a_machine_has_its_last_name_and_its_own_archives() {
    let mut story = story(&[add("ana", "aso-2026")]);
    story.hear(&of_vm("web1.ana", 1, job("create")), &|_| None);
    // Here it was put into an archive.
    renamed(&mut story, "web1.ana", 8, "db1");
    story.hear(&of_vm("web1.ana", 9, job("create")), &|_| None);
    let mut archives = Archives::default();
    folder(5, "ana", 3, &mut archives);
    // Whatever order the engine has them in.
    let machines = [machine(("ana", 3), (2, "web1", 2)), machine(("ana", 3), (1, "web1", 0))];
    let (known, store) = filled("called", story, &machines, archives).await;
    assert_eq!(names(&known), [(1, "db1"), (2, "web1")], "{:?}", known.left);
    assert_eq!(store.visits(None).await.unwrap().len(), 2, "whoever helped there leaves no key");
    let backup = &store.backups().await.unwrap()[0];
    assert_eq!((backup.vm, backup.vm_name.as_str()), (VmId(1), "web1"));
    let was = backup.was.as_ref().unwrap();
    assert_eq!((was.template.to_string(), was.limits.memory_mib), ("mini".to_owned(), 512));
    assert!(known.left.is_empty(), "{:?}", known.left);
}

#[tokio::test]
async fn what_took_a_machines_place_was_told_its_name() {
    let mut story = story(&[add("ana", "aso-2026")]);
    story.hear(&of_vm("web1.ana", 1, job("create")), &|_| None);
    renamed(&mut story, "web1.ana", 2, "db1");
    story.hear(&of_vm("db1.ana", 3, job("restore")), &|_| None);
    renamed(&mut story, "db1.ana", 4, "db2");
    let (known, _) =
        filled("restored", story, &[machine(("ana", 3), (1, "db1", 0))], Archives::default()).await;
    assert_eq!(names(&known), [(1, "db2")], "{:?}", known.left);
}

#[tokio::test]
async fn a_name_that_two_machines_have_gets_a_number() {
    let machines = [machine(("ana", 3), (1, "web1", 0)), machine(("ana", 3), (2, "web1", 2))];
    let heard = story(&[add("ana", "aso-2026")]);
    let (known, _) = filled("twice", heard, &machines, Archives::default()).await;
    let second = format!("web1-{}", machines[1].vmid);
    assert_eq!(names(&known), [(1, "web1"), (2, &*second)]);
    assert!(known.left.iter().any(|line| line.contains(&second)), "{:?}", known.left);
}

#[tokio::test]
async fn a_machine_that_a_swap_left_without_its_name_is_not_passed_over() {
    let copy = |which, one: Instance| Instance { which, ..one };
    let (one, two) = (machine(("ana", 3), (1, "web1", 0)), machine(("ana", 3), (2, "web2", 2)));
    let machines = [
        copy(Which::Old, one.clone()),
        copy(Which::New, one.clone()),
        two.clone(),
        copy(Which::Old, two.clone()),
    ];
    let heard = story(&[add("ana", "aso-2026")]);
    let (known, _) = filled("cut", heard, &machines, Archives::default()).await;
    assert_eq!(known.cut.len(), 1);
    assert!(known.cut[0].starts_with(&Which::Old.instance(one.vmid)), "{:?}", known.cut);
    for left in [Which::New.instance(one.vmid), Which::Old.instance(two.vmid)] {
        assert!(known.left.iter().any(|line| line.starts_with(&left)), "{left}: {:?}", known.left);
    }
}

#[tokio::test]
async fn ids_go_on_beyond_every_one_that_is_seen() {
    let mut archives = Archives { highest: 40, ..Archives::default() };
    folder(5, "ana", 3, &mut archives);
    // Of nobody whom it names: it is left out, but its id is somebody's.
    let mut stray = machine(("ana", 3), (90, "web1", 0));
    stray.tags.remove("seat");
    let (_, store) = filled("ids", story(&[add("ana", "aso-2026")]), &[stray], archives).await;
    let course = store.course(&"aso-2026".parse().unwrap()).await.unwrap().unwrap();
    let team = "equipo1".parse().unwrap();
    drop(store.create_team(course.id, &team, &[], clock::now()).await.unwrap());
    let seat = store.seat_by_name(&team).await.unwrap().unwrap();
    assert!(seat.id.0 > 40, "{:?}", seat.id);
    let new = NewVm {
        seat: seat.id,
        name: "web1".parse().unwrap(),
        template: "mini".parse().unwrap(),
        limits: Limits { cpus: 1, memory_mib: 512, disk_mib: 4096, processes: 100 },
        node: None,
        placed: None,
        person: None,
        source: None,
    };
    let plan = AddressPlan { first_year: 2026 };
    let vm = store.create_vm(JobKind::new("create"), new, plan, ROOM, clock::now()).await;
    let id = vm.unwrap().0.id;
    assert!(id.0 > 90, "{id:?}");
}

#[tokio::test]
async fn without_archives_nothing_is_made_unless_somebody_says_so() {
    let config = config("bare");
    let sim = SimEngine::new(None).unwrap();
    let look = |bare| looked(&config, &sim, bare);
    assert!(look(false).await.unwrap_err().contains("--without-archives"));
    std::fs::create_dir_all(config.backup.dir.join("lost+found")).unwrap();
    assert!(look(false).await.unwrap_err().contains("--without-archives"));
    assert!(look(true).await.is_ok());
    std::fs::create_dir(config.backup.dir.join("7")).unwrap();
    assert_eq!(look(false).await.unwrap().anew.last_seat, 7);
    drop(std::fs::remove_dir_all(&config.state_dir));
}

async fn looked(config: &Config, sim: &SimEngine, bare: bool) -> Result<Known, String> {
    look(config, sim, (None, bare), &|_| None, &|_| {}).await
}

#[tokio::test]
async fn lists_go_on_archiving_who_was_theirs() {
    let mut story = story(&[add("bea", "aso-2026")]);
    let note = json!({"code": "seat", "phase": "note", "outcome": "done",
                      "detail": {"what": "new", "course": "aso-2026", "seat": "ana", "person": "ana"}});
    story.hear(&note, &|_| None);
    let (known, store) = filled("roster", story, &[], Archives::default()).await;
    let listed: Vec<_> = known.anew.seats.iter().map(|seat| (seat.name.as_str(), seat.roster)).collect();
    assert_eq!(listed, [("ana", true), ("bea", false)]);
    let course = store.course(&"aso-2026".parse().unwrap()).await.unwrap().unwrap();
    let intake = Intake { course: course.id, add: false, start: false, now: clock::now() };
    drop(store.enrol(intake, &[], |_| true).await.unwrap());
    let archived = store.shut_seats().await.unwrap();
    let archived: Vec<_> = archived.iter().map(|seat| seat.name.as_str()).collect();
    assert_eq!(archived, ["ana"], "a list archives its own people, and nobody else");
}

#[tokio::test]
async fn versions_of_templates_go_on_beyond_the_last() {
    let mut story = story(&[add("ana", "aso-2026")]);
    for _ in 0..2 {
        let mut line = of_vm("web1.ana", 1, job("publish"));
        line["detail"]["words"] = "template publish web1 tomcat".into();
        let publish = TemplateCommand::Publish {
            vm: vm_ref("web1", "ana"),
            name: "tomcat".parse().unwrap(),
            course: None,
            description: None,
            cpus: None,
            memory_mib: None,
            disk_mib: None,
            ports: Vec::new(),
        };
        story.hear(&line, &|_| Some(Command::Template(publish.clone())));
    }
    let mut of_template = machine(("ana", 3), (1, "web1", 0));
    of_template.tags.insert("template".into(), "gitea:4".into());
    let config = config("templates");
    let published = ["gitea:3", "mail:2"].map(|name| name.parse().unwrap());
    let gathering = Gathering::new(&config, None, story).with(&[of_template], Archives::default());
    let known = gathering.templates(published.into()).known();
    let store = registry(&config, &known).await;
    let mut last: Vec<_> = store.templates().await.unwrap();
    last.sort_by_key(|one| one.name.to_string());
    let shown: Vec<_> = last.iter().map(|one| (one.name.as_str(), one.version)).collect();
    assert_eq!(shown, [("gitea", 4), ("mail", 2), ("tomcat", 2)]);
    assert!(last.iter().all(|one| !one.offered()), "to whom, nobody knows");
    assert!(store.unneeded_templates().await.unwrap().is_empty(), "their images stay");
}
