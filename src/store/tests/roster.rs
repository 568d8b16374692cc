//! Lists of a course's people, archived seats, teams.

use super::*;
use puerta_lab::model::{PersonId, Vm};
use puerta_lab::names::{CampusName, SeatName};
use puerta_lab::network::{PortRange, Protocol};

fn row(login: &str) -> RosterRow {
    RosterRow {
        login: login.parse().unwrap(),
        campus: None,
        name: format!("Ñandú {login}"),
        email: format!("{login}@upv.es"),
        group: None,
        idnumber: None,
        code: NewCode { hash: format!("hash of {login}"), expires: at(1000) },
    }
}

fn list(logins: &[&str]) -> Vec<RosterRow> {
    logins.iter().map(|login| row(login)).collect()
}

fn intake(course: &Course) -> Intake {
    Intake { course: course.id, add: false, start: false, now: NOW }
}

async fn enrol(store: &Store, course: &Course, list: &[RosterRow]) -> (Vec<Enrolment>, Vec<String>) {
    let plan = store.enrol(intake(course), list, |_| true).await.unwrap().apart().0;
    let archived = plan.archived.iter().map(|(_, seat)| seat.to_string()).collect();
    (plan.people.iter().map(|entry| entry.what).collect(), archived)
}

async fn id(store: &Store, login: &str) -> PersonId {
    store.person_by_login(&login.parse().unwrap()).await.unwrap().unwrap().id
}

async fn seats(store: &Store, login: &str) -> Vec<String> {
    let seats = store.seats_of(id(store, login).await).await.unwrap();
    seats.iter().map(|seat| seat.name.to_string()).collect()
}

#[tokio::test]
async fn a_list_is_taken_and_taken_again() {
    use Enrolment::*;
    let (_folder, store) = empty().await;
    let aso = course(&store, "aso-2026").await;
    let mut people = list(&["ana", "luis", "eva"]);
    people[0].group = Some("G1".into());
    let trial = store.enrol(intake(&aso), &people, |_| false).await.unwrap().apart().0;
    assert!(store.persons().await.unwrap().is_empty(), "a trial changes nothing");
    let plan = store.enrol(intake(&aso), &people, |_| true).await.unwrap().apart().0;
    assert_eq!(RosterPlan { taken: true, ..trial }, plan, "and says the same");
    assert!(plan.people.iter().all(|entry| entry.what == New));
    let rows = store.seats().await.unwrap();
    let seen: Vec<_> =
        rows.iter().map(|row| (row.seat.name.as_str(), row.seat.number.get(), &*row.group)).collect();
    assert_eq!(seen, [("ana", 1, "G1"), ("eva", 3, ""), ("luis", 2, "")]);
    let ana = store.person_row(&"ana".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((&*ana.person.name, &*ana.email), ("Ñandú ana", "ana@upv.es"));
    assert_eq!((ana.groups, ana.person.role), (vec!["G1".to_owned()], Role::Alumno));
    let code = store.credentials(id(&store, "ana").await).await.unwrap().code.unwrap();
    assert_eq!(code.hash, "hash of ana");

    // Again, with other codes: nobody's changes.
    people[0].code.hash = "another".into();
    people[0].group = None;
    assert_eq!(enrol(&store, &aso, &people).await, (vec![Same, Same, Same], vec![]));
    let code = store.credentials(id(&store, "ana").await).await.unwrap().code.unwrap();
    assert_eq!(code.hash, "hash of ana");
    people[1].name = "Luis Gil".into();
    people[2].idnumber = Some("7".into());
    assert_eq!(enrol(&store, &aso, &people).await.0, [Same, Changed, Changed]);
    people[2].idnumber = None;
    assert_eq!(enrol(&store, &aso, &people).await.0, [Same, Same, Same], "what is not said stays");
    people[2].idnumber = Some(String::new());
    assert_eq!(enrol(&store, &aso, &people).await.0, [Same, Same, Changed], "what is empty goes");
}

#[tokio::test]
async fn two_forms_of_one_name_are_one_name() {
    use Enrolment::*;
    let (_folder, store) = empty().await;
    let aso = course(&store, "aso-2026").await;
    let mut people = list(&["ana"]);
    (people[0].name, people[0].group) = ("Jose\u{301} Nun\u{303}ez".into(), Some("Mie\u{301}rcoles".into()));
    assert_eq!(enrol(&store, &aso, &people).await.0, [New]);
    (people[0].name, people[0].group) = ("José Núñez".into(), Some("Miércoles".into()));
    people[0].name = "José Nuñez".into();
    assert_eq!(enrol(&store, &aso, &people).await.0, [Same]);
    people[0].name = "Jose Nuñez".into();
    assert_eq!(enrol(&store, &aso, &people).await.0, [Changed]);
}

#[tokio::test]
async fn what_the_campus_calls_somebody_is_theirs_for_good() {
    use Enrolment::*;
    let (_folder, store) = empty().await;
    let aso = course(&store, "aso-2026").await;
    let mut people = list(&["jose-nunez", "ana"]);
    assert_eq!(enrol(&store, &aso, &people).await.0, [New, New]);
    let name = |text: &str| text.parse::<CampusName>().unwrap();
    people[0].campus = Some(name("jose.nunez"));
    assert_eq!(enrol(&store, &aso, &people).await.0, [Changed, Same]);
    assert_eq!(enrol(&store, &aso, &people).await.0, [Same, Same]);
    people[0].campus = None;
    assert_eq!(enrol(&store, &aso, &people).await.0, [Same, Same], "either is the same person");
    let typed = async |text: &str| {
        store.person_typed(&name(text)).await.unwrap().map(|person| person.login.to_string())
    };
    assert_eq!(typed("jose.nunez").await.as_deref(), Some("jose-nunez"));
    assert_eq!(typed("jose-nunez").await.as_deref(), Some("jose-nunez"));
    for none in ["jose.nune", "ana@uni.es", "jose.nunez@uni.es"] {
        assert_eq!(typed(none).await, None);
    }
    drop(store.add_key(id(&store, "jose-nunez").await, key("AAA"), NOW).await.unwrap());
    let fingerprint = key("AAA").fingerprint;
    assert!(store.key_of(&name("jose.nunez"), &fingerprint).await.unwrap().is_some());
    assert!(store.key_of(&name("ana"), &fingerprint).await.unwrap().is_none());
    // The campus calls nobody else so.
    people[0].campus = Some(name("jose-nunez@uni.es"));
    let plan = store.enrol(intake(&aso), &people, |_| false).await.unwrap().apart().0;
    assert_eq!(plan.people[0].what, Another);
    let row = store.person_row(&"jose-nunez".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(row.campus, Some(name("jose.nunez")));
}

#[tokio::test]
async fn who_is_known_keeps_what_opens_their_door() {
    use Enrolment::*;
    let (_folder, store, aso, alumno1, _) = one().await;
    drop(store.add_key(alumno1.id, key("AAA"), NOW).await.unwrap());
    store.set_password(alumno1.id, "$argon2id$").await.unwrap();
    let boss = NewPerson { role: Role::Profesor, ..person("profesor", None) };
    drop(store.add_person(boss, NOW).await.unwrap());
    let people = list(&["alumno1", "profesor"]);
    assert_eq!(enrol(&store, &aso, &people).await, (vec![Changed, Staff], vec![]));
    assert_eq!(enrol(&store, &aso, &people).await.0, [Same, Staff]);
    let red = course(&store, "red-2026").await;
    assert_eq!(enrol(&store, &red, &people).await.0, [Seated, Staff]);
    assert_eq!(seats(&store, "alumno1").await, ["alumno1", "alumno1-red-2026"]);
    assert!(seats(&store, "profesor").await.is_empty());
    let credentials = store.credentials(alumno1.id).await.unwrap();
    assert_eq!((credentials.password.as_deref(), credentials.code), (Some("$argon2id$"), None));
    assert_eq!(store.keys(alumno1.id).await.unwrap().len(), 1);
    let boss = store.person_row(&"profesor".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((&*boss.email, boss.person.role), ("", Role::Profesor));
}

#[tokio::test]
async fn who_is_not_in_the_list_any_more_is_archived_and_comes_back() {
    use Enrolment::*;
    let (_folder, store) = empty().await;
    let aso = course(&store, "aso-2026").await;
    add(&store, "byhand", Some(aso.id)).await;
    enrol(&store, &aso, &list(&["ana", "luis"])).await;
    let ana = id(&store, "ana").await;
    let seat = store.seats_of(ana).await.unwrap().remove(0);
    let web1 = ready(&store, seat.id, "web1").await;
    drop(store.set_phase(web1.id, puerta_lab::model::Phase::Ready).await.unwrap());
    let new = NewPublication {
        vm: web1.id,
        vm_port: 80,
        protocol: Protocol::Tcp,
        port: None,
        sources: None,
        person: Some(ana),
        publisher: "ana".into(),
    };
    let range = PortRange { first: 50_000, last: 65_000 };
    let port = store.publish(new, range, ROOMY, NOW).await.unwrap().apart().0.port;

    assert_eq!(enrol(&store, &aso, &list(&["luis"])).await, (vec![Same], vec!["ana".to_owned()]));
    let actor = store.actor(ana).await.unwrap().unwrap();
    assert!(actor.suspended && actor.seats.is_empty() && actor.courses.is_empty());
    assert!(store.is_shut(seat.id).await.unwrap());
    assert!(store.publications_in_force().await.unwrap().is_empty());
    assert_eq!(store.vms_of_shut_seats().await.unwrap()[0].id, web1.id);
    assert!(store.keys_of_seat(seat.id).await.unwrap().is_empty());
    let row = store.seat_row(seat.id).await.unwrap().unwrap();
    assert_eq!((row.archived, row.machines), (Some(NOW), 1));
    assert!(store.person_row(&"ana".parse().unwrap()).await.unwrap().unwrap().archived);
    assert!(
        !store.actor(id(&store, "byhand").await).await.unwrap().unwrap().suspended,
        "no row, never archived"
    );
    assert_eq!(enrol(&store, &aso, &list(&["luis"])).await, (vec![Same], vec![]), "once");

    assert_eq!(enrol(&store, &aso, &list(&["luis", "ana"])).await, (vec![Same, Back], vec![]));
    assert_eq!(store.seats_of(ana).await.unwrap(), [seat.clone()], "the same number");
    assert_eq!(store.publications_in_force().await.unwrap()[0].port, port);
    assert!(!store.is_shut(seat.id).await.unwrap());
    assert!(!store.actor(ana).await.unwrap().unwrap().suspended);
}

#[tokio::test]
async fn what_goes_is_looked_at_before_it_goes() {
    let (_folder, store) = empty().await;
    let aso = course(&store, "aso-2026").await;
    enrol(&store, &aso, &list(&["ana", "luis", "eva"])).await;
    let ana = id(&store, "ana").await;
    let own = store.seats_of(ana).await.unwrap().remove(0);
    let web1 = ready(&store, own.id, "web1").await;
    let seat = team(&store, &aso, &[ana]).await.unwrap();
    ready(&store, seat.id, "db").await;
    let names = |vms: &[Vm]| vms.iter().map(|vm| vm.name.to_string()).collect::<Vec<_>>();

    // Refused: nobody went.
    let plan = store.enrol(intake(&aso), &list(&["luis"]), |plan| plan.archived.len() < 2).await.unwrap();
    let plan = plan.apart().0;
    assert!(!plan.taken);
    assert_eq!(
        (plan.archived.len(), plan.class, names(&plan.shut)),
        (2, 3, vec!["web1".into(), "db".into()])
    );
    assert!(!store.is_shut(own.id).await.unwrap());
    // Adding archives nobody.
    let adding = Intake { add: true, ..intake(&aso) };
    let plan = store.enrol(adding, &list(&["iu"]), |_| true).await.unwrap().apart().0;
    assert_eq!((plan.archived.len(), plan.shut.len()), (0, 0));
    assert!(!store.is_shut(own.id).await.unwrap());

    // Gone, stopped and back: it is known what archiving stopped until it runs again.
    enrol(&store, &aso, &list(&["luis"])).await;
    store.lay_to_rest(web1.id).await.unwrap();
    assert!(store.resting().await.unwrap().is_empty(), "nothing of a shut seat is to be started");
    let start = Intake { start: true, ..intake(&aso) };
    let back = list(&["luis", "ana"]);
    let trial = store.enrol(start, &back, |_| false).await.unwrap().apart().0;
    assert_eq!(names(&trial.resting), ["web1"]);
    drop(store.enrol(intake(&aso), &back, |_| true).await.unwrap());
    let resting = async || {
        store.resting().await.unwrap().into_iter().map(|(vm, waking)| (vm.id, waking)).collect::<Vec<_>>()
    };
    assert_eq!(resting().await, [(web1.id, false)]);
    let (plan, what) = store.enrol(start, &back, |_| true).await.unwrap().apart();
    assert!(plan.people.iter().all(|entry| entry.what == Enrolment::Same) && what.seats);
    assert_eq!(resting().await, [(web1.id, true)]);
    store.forget_rest(web1.id).await.unwrap();
    assert!(store.resting().await.unwrap().is_empty());
}

#[tokio::test]
async fn archived_in_one_course_is_not_archived_in_another() {
    let (_folder, store) = empty().await;
    let (aso, red) = (course(&store, "aso-2026").await, course(&store, "red-2026").await);
    enrol(&store, &aso, &list(&["ana", "luis"])).await;
    enrol(&store, &red, &list(&["ana"])).await;
    let ana = id(&store, "ana").await;
    let seat = team(&store, &red, &[ana]).await.unwrap();
    enrol(&store, &aso, &list(&["luis"])).await;
    let actor = store.actor(ana).await.unwrap().unwrap();
    assert!(!actor.suspended);
    assert_eq!((&actor.courses, &actor.teams), (&vec![red.name.clone()], &vec![seat.id]));
    drop(store.add_key(ana, key("AAA"), NOW).await.unwrap());
    let by_key = async || {
        let found = store.key_of(&"ana".parse().unwrap(), &key("AAA").fingerprint).await.unwrap().unwrap();
        (found.person, found.actor)
    };
    assert_eq!(by_key().await, (ana, actor), "who comes in by key is judged as who is in");
    assert_eq!(seats(&store, "ana").await, ["ana-red-2026", "equipo3"]);
    let without = store.without_key(aso.id).await.unwrap();
    let names: Vec<_> = without.iter().map(|row| row.person.login.as_str()).collect();
    assert_eq!(names, ["luis"]);
    enrol(&store, &red, &list(&["luis"])).await;
    let (_, actor) = by_key().await;
    assert!(actor.suspended, "out of every list");
    assert_eq!(Some(actor), store.actor(ana).await.unwrap());
}

#[tokio::test]
async fn a_list_that_does_not_fit_changes_nothing() {
    let (_folder, store, aso, ..) = one().await;
    let fill = sqlx::query(
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 8190)
         INSERT INTO seats (name, course, year, version, number, created)
         SELECT 's' || i, 1, 2026, 0, i, 0 FROM n",
    );
    fill.execute(&store.writer).await.unwrap();
    sqlx::query("UPDATE places SET last_seat = 8190").execute(&store.writer).await.unwrap();
    let full = store.enrol(intake(&aso), &list(&["ana", "luis"]), |_| true).await;
    assert!(matches!(full, Err(StoreError::PlaceFull { .. })), "{full:?}");
    assert_eq!(store.persons().await.unwrap().len(), 1);
    let gone = store.enrol(Intake { course: CourseId(9), ..intake(&aso) }, &list(&["ana"]), |_| true).await;
    assert!(matches!(gone, Err(StoreError::Gone)));
    assert_eq!(store.enrol(intake(&aso), &list(&["ana"]), |_| true).await.unwrap().apart().0.people.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_lists_at_once_come_one_after_the_other() {
    let (_folder, store) = empty().await;
    let aso = course(&store, "aso-2026").await;
    let logins: Vec<String> = (0..50).map(|n| format!("a{n}")).collect();
    let logins: Vec<&str> = logins.iter().map(String::as_str).collect();
    let both = [list(&logins), list(&logins)].map(|list| {
        let store = store.clone();
        let intake = intake(&aso);
        tokio::spawn(async move { store.enrol(intake, &list, |_| true).await.unwrap().apart().0 })
    });
    let mut new = 0;
    for one in both {
        new += one.await.unwrap().people.iter().filter(|entry| entry.what == Enrolment::New).count();
    }
    assert_eq!((new, store.persons().await.unwrap().len()), (50, 50));
}

async fn team(store: &Store, course: &Course, members: &[PersonId]) -> Result<Seat> {
    store.create_team(course.id, &"equipo3".parse().unwrap(), members, NOW).await.map(|made| made.apart().0)
}

#[tokio::test]
async fn a_team_has_a_seat_and_members_of_its_own() {
    let (_folder, store) = empty().await;
    let aso = course(&store, "aso-2026").await;
    enrol(&store, &aso, &list(&["ana", "luis", "eva"])).await;
    let (ana, luis, eva) = (id(&store, "ana").await, id(&store, "luis").await, id(&store, "eva").await);
    let seat = team(&store, &aso, &[ana, luis]).await.unwrap();
    assert_eq!((seat.name.as_str(), seat.number.get()), ("equipo3", 4));
    assert!(matches!(team(&store, &aso, &[]).await, Err(StoreError::Taken("seat"))));
    let named = store.create_team(aso.id, &"ana".parse().unwrap(), &[], NOW).await;
    assert!(matches!(named, Err(StoreError::Taken("login"))));
    assert_eq!(seats(&store, "ana").await, ["ana", "equipo3"]);
    let again = store.add_members(seat.id, &[eva, ana]).await;
    assert!(matches!(again, Err(StoreError::Taken("member"))));
    assert_eq!(seats(&store, "eva").await, ["eva"], "all or none");
    drop(store.add_members(seat.id, &[eva]).await.unwrap());
    let own = store.seats_of(ana).await.unwrap().remove(0);
    assert!(matches!(store.add_members(own.id, &[eva]).await, Err(StoreError::NotATeam)));
    assert!(matches!(store.drop_member(own.id, ana).await, Err(StoreError::NotATeam)));
    for member in [luis, eva] {
        drop(store.drop_member(seat.id, member).await.unwrap());
    }
    assert!(matches!(store.drop_member(seat.id, luis).await, Err(StoreError::Gone)));
    ready(&store, seat.id, "web1").await;
    assert!(
        matches!(store.drop_member(seat.id, ana).await, Err(StoreError::Holds(held)) if held.total() == 1)
    );
    assert_eq!(seats(&store, "ana").await, ["ana", "equipo3"]);
    // A list does not touch a team, and a team's name is a name.
    let names: Vec<SeatName> = store.seats().await.unwrap().into_iter().map(|row| row.seat.name).collect();
    assert_eq!(names.len(), 4);
    assert_eq!(enrol(&store, &aso, &list(&["ana", "luis", "eva", "equipo3"])).await.1, Vec::<String>::new());
    assert_eq!(seats(&store, "equipo3").await, ["equipo3-aso-2026"]);
}

#[tokio::test]
async fn who_is_archived_is_in_no_team_of_the_course() {
    let (_folder, store) = empty().await;
    let aso = course(&store, "aso-2026").await;
    enrol(&store, &aso, &list(&["ana", "luis", "eva"])).await;
    let (ana, luis) = (id(&store, "ana").await, id(&store, "luis").await);
    for (person, word) in [(ana, "AAA"), (luis, "BBB")] {
        drop(store.add_key(person, key(word), NOW).await.unwrap());
    }
    let seat = team(&store, &aso, &[ana, luis]).await.unwrap();
    let keys = async || store.keys_of_seat(seat.id).await.unwrap().len();
    assert_eq!(keys().await, 2);
    let gone = store.enrol(intake(&aso), &list(&["luis", "eva"]), |_| true).await.unwrap().apart().1;
    assert!(store.actor(ana).await.unwrap().unwrap().suspended);
    assert_eq!(store.actor(luis).await.unwrap().unwrap().seats.len(), 2);
    assert!(!store.is_shut(seat.id).await.unwrap());
    assert_eq!(keys().await, 1);
    assert_eq!(gone.keys, [seat.id], "her key leaves the team's machines");
    assert!(gone.people && gone.seats && gone.publications);
    let other = store.create_team(aso.id, &"equipo4".parse().unwrap(), &[ana], NOW).await;
    assert!(matches!(other, Err(StoreError::Archived)));
    // Without the last of them the team is shut as well.
    enrol(&store, &aso, &list(&["eva"])).await;
    assert!(store.is_shut(seat.id).await.unwrap());
    assert_eq!(store.shut_seats().await.unwrap().len(), 3);
    enrol(&store, &aso, &list(&["eva", "ana"])).await;
    assert!(!store.is_shut(seat.id).await.unwrap());
    assert_eq!(store.members(seat.id).await.unwrap().len(), 2, "nobody was dropped");
}
