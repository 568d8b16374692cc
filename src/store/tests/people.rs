//! Courses, persons, seats.

use super::*;
use puerta_lab::lang::Lang;
use puerta_lab::names::{Login, SeatName};
use puerta_lab::plan::PlanError;

fn login(text: &str) -> Login {
    text.parse().unwrap()
}

/// Gives away seats of a course but for the last ones, as a big school would.
async fn fill(store: &Store, course: &Course, from: u16, to: u16) {
    let filled = sqlx::query(
        "WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
         INSERT INTO seats (name, course, year, version, number, created)
         SELECT 'lleno' || $4 || '-' || i, $4, $3, $5, i, 0 FROM n",
    )
    .bind(i64::from(from))
    .bind(i64::from(to))
    .bind(i64::from(course.edition.year))
    .bind(course.id.0)
    .bind(i64::from(course.edition.version));
    filled.execute(&store.writer).await.unwrap();
    let last = "INSERT INTO places (year, version, last_seat) VALUES ($1, $2, $3)
                ON CONFLICT (year, version) DO UPDATE SET last_seat = MAX(last_seat, excluded.last_seat)";
    let last = sqlx::query(last).bind(i64::from(course.edition.year)).bind(i64::from(course.edition.version));
    last.bind(i64::from(to)).execute(&store.writer).await.unwrap();
}

#[tokio::test]
async fn courses_share_a_place() {
    let (_folder, store) = empty().await;
    let make = |name: &str, year, version| {
        let (store, name) = (store.clone(), name.parse().unwrap());
        async move { store.create_course(&name, year, version, PLAN, NOW).await }
    };
    let place = |course: &Course| (course.edition.year, course.edition.version);
    let aso = make("aso-2026", 2026, None).await.unwrap();
    assert_eq!(place(&aso), (2026, 0));
    let same = make("aso-2026", 2027, None).await.unwrap_err();
    assert!(matches!(same, StoreError::Taken("course")));
    for (name, version, where_) in [("red-2026", Some(0), 0), ("bd-2026", None, 0), ("so-2026", Some(1), 1)] {
        assert_eq!(place(&make(name, 2026, version).await.unwrap()), (2026, where_), "{name}");
    }
    let year = make("old", 2019, None).await.unwrap_err();
    assert!(matches!(year, StoreError::Plan(PlanError::Year { .. })));
    let version = make("odd", 2026, Some(2)).await.unwrap_err();
    assert!(matches!(version, StoreError::Plan(PlanError::Version(2))));
    assert_eq!(store.course(&aso.name).await.unwrap(), Some(aso.clone()));
    assert_eq!(store.course(&"no".parse().unwrap()).await.unwrap(), None);

    // Numbers are the place's, whoever gives them.
    let bd = store.course(&"bd-2026".parse().unwrap()).await.unwrap().unwrap();
    let mut numbers = Vec::new();
    for (login, course) in [("alumno1", aso.id), ("alumno2", bd.id), ("alumno3", aso.id)] {
        numbers.push(add(&store, login, Some(course)).await.1.unwrap().number.get());
    }
    assert_eq!(numbers, [1, 2, 3]);
    let names: Vec<_> = store.courses().await.unwrap();
    let names: Vec<_> = names.iter().map(|(c, n)| (c.name.as_str(), *n)).collect();
    assert_eq!(names, [("aso-2026", 2), ("bd-2026", 1), ("red-2026", 0), ("so-2026", 0)]);
    let close = sqlx::query("UPDATE courses SET closed = 1 WHERE id = $1").bind(aso.id.0);
    close.execute(&store.writer).await.unwrap();
    let closed = store.add_person(person("alumno4", Some(aso.id)), NOW).await;
    assert!(matches!(closed, Err(StoreError::NotOpen { .. })));
}

#[tokio::test]
async fn seats_that_are_there_keep_their_numbers_and_removed_ones_rest() {
    let folder = Folder::new();
    let mut old = database::earlier(&folder.file(), 1).await.unwrap();
    for statement in [
        // A closed course and the one that had its place after it; one that is empty.
        "INSERT INTO courses (name, year, version, last_seat, created, closed) VALUES
            ('aso-2026', 2026, 0, 7, 1, 2), ('bd-2026', 2026, 0, 9, 3, NULL), ('red-2026', 2026, 1, 0, 1, NULL)",
        "INSERT INTO seats (name, course, year, version, number, created) VALUES ('ana', 2, 2026, 0, 4, 3)",
    ] {
        sqlx::query(statement).execute(&mut old).await.unwrap();
    }
    old.close().await.unwrap();
    let store = Store::open(&folder.file()).await.unwrap();
    let seat = store.seat_by_name(&"ana".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((seat.number.get(), seat.edition.version), (4, 0));
    for (course, wanted) in [("bd-2026", 10), ("red-2026", 1)] {
        let course = store.course(&course.parse().unwrap()).await.unwrap().unwrap();
        let (_, seat) = add(&store, &format!("de-{}", course.name), Some(course.id)).await;
        assert_eq!(seat.unwrap().number.get(), wanted, "{}", course.name);
    }
    let new = course(&store, "so-2026").await;
    assert_eq!(add(&store, "luis", Some(new.id)).await.1.unwrap().number.get(), 11);
}

#[tokio::test]
async fn a_full_place_says_which_has_room() {
    let (_folder, store) = empty().await;
    let make = |name: &str, year, version| {
        let (store, name) = (store.clone(), name.parse().unwrap());
        async move { store.create_course(&name, year, version, PLAN, NOW).await }
    };
    let full = |error: StoreError| match error {
        StoreError::PlaceFull { place, free } => {
            ((place.year, place.version), free.map(|free| (free.year, free.version)))
        }
        other => panic!("{other}"),
    };
    let aso = make("aso-2026", 2026, None).await.unwrap();
    fill(&store, &aso, 1, 8191).await;
    assert_eq!(full(make("bd-2026", 2026, Some(0)).await.unwrap_err()), ((2026, 0), Some((2026, 1))));
    let nobody = store.add_person(person("alumno1", Some(aso.id)), NOW).await.map(|_| ()).unwrap_err();
    assert_eq!(full(nobody), ((2026, 0), Some((2026, 1))));
    let red = make("red-2026", 2026, None).await.unwrap();
    assert_eq!(red.edition.version, 1, "the year's first with room");
    fill(&store, &red, 1, 8191).await;
    assert_eq!(full(make("bd-2026", 2026, None).await.unwrap_err()), ((2026, 0), Some((2027, 0))));
    let nobody = store.add_person(person("alumno1", Some(red.id)), NOW).await.map(|_| ()).unwrap_err();
    assert_eq!(full(nobody), ((2026, 1), None), "of its year none");
}

#[tokio::test]
async fn a_person_comes_with_seat_key_and_code() {
    let (_folder, store) = empty().await;
    let aso = course(&store, "aso-2026").await;
    let code = NewCode { hash: "h1".into(), expires: at(1000) };
    let new =
        NewPerson { key: Some(key("AAA")), code: Some(code.clone()), ..person("alumno1", Some(aso.id)) };
    let (alumno, seat) = store.add_person(new.clone(), NOW).await.unwrap().apart().0;
    let seat = seat.unwrap();
    assert_eq!((seat.name.as_str(), seat.number.get()), ("alumno1", 1));
    assert_eq!((&seat.course_name, seat.edition), (&aso.name, aso.edition));
    assert_eq!((alumno.name.as_str(), alumno.suspended), ("Ñandú alumno1", false));
    let found = store.person_by_login(&alumno.login).await.unwrap();
    assert_eq!(found, Some(alumno.clone()));
    assert_eq!(store.person(alumno.id).await.unwrap(), Some(alumno.clone()));
    assert_eq!(store.keys(alumno.id).await.unwrap().len(), 1);
    let credentials = store.credentials(alumno.id).await.unwrap();
    assert_eq!((credentials.password, credentials.code), (None, Some(code)));
    let again = store.add_person(new, NOW).await.unwrap_err();
    assert!(matches!(again, StoreError::Taken("login")));
    let bare = store.add_person(person("alumno1", None), NOW).await;
    assert!(matches!(bare, Err(StoreError::Taken("login"))));
    let nowhere = store.add_person(person("alumno2", Some(CourseId(99))), NOW);
    assert!(matches!(nowhere.await, Err(StoreError::Gone)));
    assert_eq!(store.persons().await.unwrap().len(), 1, "all or nothing");
}

#[tokio::test]
async fn a_second_course_gives_only_a_second_seat() {
    let (_folder, store, _, alumno, first) = one().await;
    drop(store.add_key(alumno.id, key("AAA"), NOW).await.unwrap());
    let red = course(&store, "red-2026").await;
    let new = |course: &Course, word| NewPerson {
        name: "Otra".into(),
        role: Role::Admin,
        key: Some(key(word)),
        code: Some(NewCode { hash: "h".into(), expires: NOW }),
        ..person("alumno1", Some(course.id))
    };
    let (same, seat) = store.add_person(new(&red, "BBB"), NOW).await.unwrap().apart().0;
    assert_eq!(same, alumno);
    assert_eq!(seat.unwrap().name.as_str(), "alumno1-red-2026");
    let again = store.add_person(new(&red, "BBB"), NOW).await;
    assert!(matches!(again, Err(StoreError::Taken("login"))));
    assert_eq!(store.keys(alumno.id).await.unwrap().len(), 1);
    let seats = store.seats_of(alumno.id).await.unwrap();
    let names: Vec<_> = seats.iter().map(|seat| seat.name.as_str()).collect();
    assert_eq!(names, ["alumno1", "alumno1-red-2026"]);
    assert_eq!(seats[0], first);
    let row = store.person_row(&alumno.login).await.unwrap().unwrap();
    assert_eq!((row.keys, row.password), (1, false));
    assert_eq!(row.seats.len(), 2);
    assert_eq!(row.person.role, Role::Alumno);
    assert_eq!(store.credentials(alumno.id).await.unwrap().code, None);
    let actor = store.actor(alumno.id).await.unwrap().unwrap();
    assert_eq!(actor.seats, [seats[0].id, seats[1].id]);
}

#[tokio::test]
async fn rows_of_persons_are_whole_and_in_order() {
    let (_folder, store, course, alumno1, _) = one().await;
    add(&store, "profesor", None).await;
    let (alumno10, _) = add(&store, "alumno10", Some(course.id)).await;
    drop(store.add_key(alumno10.id, key("AAA"), NOW).await.unwrap());
    drop(store.add_key(alumno10.id, key("BBB"), NOW).await.unwrap());
    store.set_password(alumno1.id, "$argon2id$").await.unwrap();
    let rows = store.persons().await.unwrap();
    let seen: Vec<_> =
        rows.iter().map(|r| (r.person.login.as_str(), r.seats.len(), r.keys, r.password)).collect();
    assert_eq!(seen, [("alumno1", 1, 0, true), ("alumno10", 1, 2, false), ("profesor", 0, 0, false)]);
    for row in rows {
        let alone = store.person_row(&row.person.login).await.unwrap();
        assert_eq!(alone, Some(row));
    }
    assert_eq!(store.person_row(&login("nadie")).await.unwrap(), None);
}

#[tokio::test]
async fn suspended_shows_in_the_actor() {
    let (_folder, store, _, alumno, seat) = one().await;
    drop(store.set_suspended(alumno.id, true).await.unwrap());
    let actor = store.actor(alumno.id).await.unwrap().unwrap();
    assert!(actor.suspended);
    assert_eq!((actor.person, actor.login.as_str()), (Some(alumno.id), "alumno1"));
    assert_eq!((actor.role, actor.seats), (Role::Alumno, vec![seat.id]));
    drop(store.set_suspended(alumno.id, false).await.unwrap());
    assert!(!store.actor(alumno.id).await.unwrap().unwrap().suspended);
    let nobody = puerta_lab::model::PersonId(99);
    assert_eq!(store.actor(nobody).await.unwrap(), None);
    let gone = store.set_suspended(nobody, true).await;
    assert!(matches!(gone, Err(StoreError::Gone)));
}

#[tokio::test]
async fn removal_waits_for_machines_and_backups_and_leaves_nothing() {
    let (_folder, store, course, alumno, seat) = one().await;
    drop(store.add_key(alumno.id, key("AAA"), NOW).await.unwrap());
    store.set_password(alumno.id, "hash").await.unwrap();
    let web1 = ready(&store, seat.id, "web1").await;
    let kept = back_up(&store, &web1, "web1-20261123-041036", NOW).await;
    let held = store.remove_person(alumno.id, None, NOW).await.unwrap_err();
    assert!(matches!(held, StoreError::Holds(Holding { machines: 1, backups: 1 })), "{held}");
    drop(store.delete_vm(web1.id).await.unwrap());
    let held = store.remove_person(alumno.id, None, NOW).await.unwrap_err();
    assert!(matches!(held, StoreError::Holds(Holding { machines: 0, backups: 1 })), "{held}");
    assert_eq!(store.keys(alumno.id).await.unwrap().len(), 1);
    store.delete_backup(kept.id).await.unwrap();
    drop(store.remove_person(alumno.id, None, NOW).await.unwrap());
    assert_eq!(store.person(alumno.id).await.unwrap(), None);
    assert_eq!(store.seat(seat.id).await.unwrap(), None);
    assert_eq!(store.keys(alumno.id).await.unwrap(), []);
    let nothing = store.credentials(alumno.id).await.unwrap();
    assert_eq!(nothing, Credentials::default());
    let again = store.remove_person(alumno.id, None, NOW).await;
    assert!(matches!(again, Err(StoreError::Gone)));
    assert_eq!(store.jobs(10).await.unwrap().len(), 2, "jobs stay");

    let (back, new_seat) = add(&store, "alumno1", Some(course.id)).await;
    assert!(back.id > alumno.id);
    let new_seat = new_seat.unwrap();
    assert_eq!((new_seat.name.as_str(), new_seat.number.get()), ("alumno1", 2));
}

#[tokio::test]
async fn what_is_written_of_a_person_is_put_right() {
    let (_folder, store, course, alumno, _) = one().await;
    let (other, _) = add(&store, "alumno2", Some(course.id)).await;
    let campus = Some(Some("jose.nunez@uni.es".parse().unwrap()));
    let all = PersonEdit {
        name: Some("José".into()),
        email: Some("j@uni.es".into()),
        idnumber: Some("7".into()),
        campus: campus.clone(),
    };
    assert!(store.edit_person(alumno.id, all).await.unwrap().apart().1.people);
    let row = async || store.person_row(&alumno.login).await.unwrap().unwrap();
    let now = row().await;
    assert_eq!((&*now.person.name, &*now.email, &*now.idnumber), ("José", "j@uni.es", "7"));
    assert_eq!(now.campus, campus.clone().flatten());
    // What is not said stays.
    drop(
        store
            .edit_person(alumno.id, PersonEdit { email: Some(String::new()), ..PersonEdit::default() })
            .await
            .unwrap(),
    );
    let now = row().await;
    assert_eq!((&*now.person.name, &*now.email), ("José", ""));
    assert_eq!(now.campus, campus.clone().flatten());
    let taken = store.edit_person(other.id, PersonEdit { campus, ..PersonEdit::default() }).await;
    assert!(matches!(taken, Err(StoreError::Taken("campus"))));
    drop(
        store
            .edit_person(alumno.id, PersonEdit { campus: Some(None), ..PersonEdit::default() })
            .await
            .unwrap(),
    );
    assert_eq!(row().await.campus, None);
    let gone = store.edit_person(puerta_lab::model::PersonId(99), PersonEdit::default()).await;
    assert!(matches!(gone, Err(StoreError::Gone)));
}

#[tokio::test]
async fn a_seat_with_other_members_stays_with_them() {
    let (_folder, store, course, alumno1, team) = one().await;
    let (alumno2, own) = add(&store, "alumno2", Some(course.id)).await;
    let join =
        sqlx::query("INSERT INTO members (seat, person) VALUES ($1, $2)").bind(team.id.0).bind(alumno2.id.0);
    join.execute(&store.writer).await.unwrap();
    drop(store.add_key(alumno2.id, key("BBB"), NOW).await.unwrap());
    drop(store.add_key(alumno1.id, key("AAA"), NOW).await.unwrap());
    drop(store.add_key(alumno1.id, key("BBB"), NOW).await.unwrap());
    let lines = |keys: Vec<puerta_lab::model::AuthorizedKey>| -> Vec<_> {
        keys.into_iter().map(|key| (key.person, key.fingerprint)).collect()
    };
    let keys = lines(store.keys_of_seat(team.id).await.unwrap());
    let wanted = [(alumno1.id, "AAA"), (alumno1.id, "BBB"), (alumno2.id, "BBB")];
    assert_eq!(keys, wanted.map(|(who, word)| (who, format!("SHA256:{word}"))));
    assert_eq!(store.members(team.id).await.unwrap(), [alumno1.clone(), alumno2.clone()]);
    create(&store, team.id, "web1").await;
    let rows = store.seats().await.unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].members, [alumno1.login.clone(), alumno2.login.clone()]);
    assert_eq!((rows[0].machines, rows[1].machines), (1, 0));
    drop(store.remove_person(alumno1.id, None, NOW).await.unwrap());
    assert_eq!(store.members(team.id).await.unwrap(), [alumno2.clone()]);
    let own = own.unwrap();
    let name: SeatName = "alumno2".parse().unwrap();
    assert_eq!(store.seat_by_name(&name).await.unwrap(), Some(own));

    // The login comes back, its old seat's name does not.
    let (_, seat) = add(&store, "alumno1", Some(course.id)).await;
    assert_eq!(seat.unwrap().name.as_str(), "alumno1-aso-2026");
}

#[tokio::test]
async fn numbers_rest_until_all_were_given() {
    let (_folder, store, course, ..) = one().await;
    let last = sqlx::query("UPDATE places SET last_seat = 8190");
    last.execute(&store.writer).await.unwrap();
    let (_, seat) = add(&store, "a", Some(course.id)).await;
    assert_eq!(seat.unwrap().number.get(), 8191);
    for (name, wanted) in [("b", 2), ("c", 3)] {
        let (_, seat) = add(&store, name, Some(course.id)).await;
        assert_eq!(seat.unwrap().number.get(), wanted);
    }
    fill(&store, &course, 4, 8190).await;
    let full = store.add_person(person("d", Some(course.id)), NOW).await;
    assert!(matches!(full, Err(StoreError::PlaceFull { .. })));
    assert_eq!(store.person_by_login(&login("d")).await.unwrap(), None);
    let free = sqlx::query("DELETE FROM seats WHERE number = 4000");
    free.execute(&store.writer).await.unwrap();
    let (_, seat) = add(&store, "d", Some(course.id)).await;
    assert_eq!(seat.unwrap().number.get(), 4000);
}

#[tokio::test]
async fn a_language_is_ones_own_and_can_be_another() {
    let (_folder, store, _, alumno, _) = one().await;
    assert_eq!(store.lang(alumno.id).await.unwrap(), None);
    for lang in [Lang::En, Lang::Es] {
        store.set_lang(alumno.id, lang).await.unwrap();
        assert_eq!(store.lang(alumno.id).await.unwrap(), Some(lang));
    }
    let nobody = puerta_lab::model::PersonId(99);
    assert_eq!(store.lang(nobody).await.unwrap(), None);
}
