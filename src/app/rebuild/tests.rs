//! What is made of a story, machines and archives; and that a registry takes it.

use super::archives::Folder;
use super::*;
use crate::app::command::{PersonCommand, SeatCommand};
use puerta_engine::Status;
use puerta_lab::model::Limits;
use puerta_lab::plan::{Slot, Vmid};
use puerta_store::{AnewBackup, Store};
use serde_json::{Value, json};

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
        vm_name: "web1".parse().unwrap(),
        name: "web1-20261129-040712-7".parse().unwrap(),
        size: 1,
        sha256: "0".repeat(64),
        created: clock::now(),
    });
    archives.highest = archives.highest.max(id);
}

/// What is known, and the registry that was filled with it.
async fn filled(name: &str, story: Story, machines: &[Instance], archives: Archives) -> (Known, Store) {
    let config = config(name);
    let known = Gathering::new(&config, None, story).with(machines, archives).known();
    let store = Store::make(&config.database()).await.unwrap();
    store.fill(&known.anew, clock::now()).await.unwrap();
    drop(std::fs::remove_dir_all(&config.state_dir));
    (known, store)
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
        Command::Seat(SeatCommand::Add { seat: "equipo1".parse().unwrap(), members: vec!["ana".parse().unwrap()] }),
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
