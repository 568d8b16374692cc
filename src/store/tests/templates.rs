//! Versions of templates, and what seats may hold: precedence and races.

use super::*;
use crate::{NewTemplate, Origin, Scope};
use puerta_lab::names::TemplateRef;
use puerta_lab::quota::Quota;

fn new(name: &str, course: CourseId) -> NewTemplate {
    NewTemplate {
        name: name.parse().unwrap(),
        course,
        description: "Ñandú".into(),
        publisher: "profesor".into(),
        limits: Limits { cpus: 2, memory_mib: 512, disk_mib: 4096, processes: 1 },
        ports: vec!["80".parse().unwrap(), "53/udp".parse().unwrap()],
    }
}

fn reference(text: &str) -> TemplateRef {
    text.parse().unwrap()
}

/// The next version of `tomcat`, whole.
async fn published(store: &Store, vm: &Vm, course: CourseId) -> Template {
    let new = new("tomcat", course);
    let (made, job) = store.begin_template(JobKind::new("publish"), new, vm.id, None, NOW).await.unwrap();
    store.finish_template(job.id, 77, at(1)).await.unwrap();
    made
}

fn from(seat: SeatId, name: &str, template: &str) -> NewVm {
    NewVm { template: reference(template), ..vm(seat, name) }
}

#[tokio::test]
async fn a_version_is_offered_from_its_jobs_end_to_its_retirement() {
    let (_folder, store, course, _, seat) = one().await;
    let web1 = ready(&store, seat.id, "web1").await;
    let (made, job) = store
        .begin_template(JobKind::new("publish"), new("tomcat", course.id), web1.id, None, NOW)
        .await
        .unwrap();
    assert_eq!((made.version, made.job, &*made.source), (1, Some(job.id), "web1.alumno1"));
    assert_eq!(
        (job.kind, store.template_of_job(job.id).await.unwrap()),
        (JobKind::new("publish"), Some(made))
    );
    // It has the machine, and is not there yet.
    let busy =
        store.begin_template(JobKind::new("publish"), new("other", course.id), web1.id, None, NOW).await;
    assert!(matches!(busy, Err(StoreError::Busy { ref kind, .. }) if *kind == JobKind::new("publish")));
    let create = |name, template| {
        store.create_vm(JobKind::new("create"), from(seat.id, name, template), PLAN, ROOMY, NOW)
    };
    assert!(matches!(create("web2", "tomcat:1").await, Err(StoreError::NotOffered)));
    assert!(
        store
            .retire_templates(&reference("tomcat"), Some(course.id), NOW)
            .await
            .unwrap()
            .apart()
            .0
            .is_empty()
    );
    store.finish_template(job.id, 77, at(1)).await.unwrap();
    let found = store.templates().await.unwrap().pop().unwrap();
    assert_eq!(
        (found.size, found.job, found.offered(), &found.ports),
        (77, None, true, &new("x", course.id).ports)
    );
    let (web2, _) = create("web2", "tomcat:1").await.unwrap();
    assert_eq!(store.vm(web2.id).await.unwrap().unwrap().template, reference("tomcat:1"));
    assert!(matches!(create("web3", "tomcat:2").await, Err(StoreError::NotOffered)));

    // Retired, it stays while it is in use.
    let second = published(&store, &web1, course.id).await;
    assert_eq!(second.version, 2);
    let retired =
        store.retire_templates(&reference("tomcat"), Some(course.id), at(2)).await.unwrap().apart().0;
    assert_eq!(retired.iter().map(|one| (one.version, one.machines)).collect::<Vec<_>>(), [(1, 1), (2, 0)]);
    assert!(matches!(create("web3", "tomcat:1").await, Err(StoreError::NotOffered)));
    let unneeded = store.unneeded_templates().await.unwrap();
    assert_eq!(unneeded.iter().map(|one| one.version).collect::<Vec<_>>(), [2]);
    store.template_removed(&unneeded[0], at(3)).await.unwrap();
    assert!(store.unneeded_templates().await.unwrap().is_empty());
    drop(store.delete_vm(web2.id).await.unwrap());
    assert_eq!(store.unneeded_templates().await.unwrap()[0].version, 1);
    // A number never comes to mean another image.
    assert_eq!(published(&store, &web1, course.id).await.version, 3);
}

#[tokio::test]
async fn a_version_that_was_not_made_is_forgotten_and_one_that_was_is_not() {
    let (_folder, store, course, _, seat) = one().await;
    let web1 = ready(&store, seat.id, "web1").await;
    let (_, job) = store
        .begin_template(JobKind::new("publish"), new("tomcat", course.id), web1.id, None, NOW)
        .await
        .unwrap();
    drop(store.finish_job(job.id, &JobState::Undone("x".into()), at(1)).await.unwrap());
    store.forget_template(job.id).await.unwrap();
    assert!(store.templates().await.unwrap().is_empty());
    let (_, job) = store
        .begin_template(JobKind::new("publish"), new("tomcat", course.id), web1.id, None, NOW)
        .await
        .unwrap();
    store.finish_template(job.id, 77, at(1)).await.unwrap();
    store.forget_template(job.id).await.unwrap();
    assert_eq!(store.templates().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_version_of_one_course_changes_nothing_for_another() {
    let (_folder, store, aso, _, seat) = one().await;
    let red = course(&store, "red-2026").await;
    let (_, other) = add(&store, "bea", Some(red.id)).await;
    let other = other.unwrap();
    let web1 = ready(&store, seat.id, "web1").await;
    let one = published(&store, &web1, aso.id).await;
    let two = published(&store, &web1, red.id).await;
    assert_eq!((one.version, two.version, two.course_name), (1, 2, Some(red.name.clone())));
    let create = |seat, name, template| {
        store.create_vm(JobKind::new("create"), from(seat, name, template), PLAN, ROOMY, NOW)
    };
    assert!(matches!(create(seat.id, "a", "tomcat:2").await, Err(StoreError::NotOffered)));
    assert!(matches!(create(other.id, "a", "tomcat:1").await, Err(StoreError::NotOffered)));
    create(seat.id, "a", "tomcat:1").await.unwrap();
    create(other.id, "a", "tomcat:2").await.unwrap();
    // Retired for one, by name or by number, it stays the other's.
    for wanted in ["tomcat", "tomcat:2"] {
        let none = store.retire_templates(&reference(wanted), None, NOW).await.unwrap().apart().0;
        assert!(none.is_empty(), "{none:?}");
    }
    let gone = store.retire_templates(&reference("tomcat"), Some(aso.id), at(2)).await.unwrap().apart().0;
    assert_eq!(gone.iter().map(|one| one.version).collect::<Vec<_>>(), [1]);
    create(other.id, "b", "tomcat:2").await.unwrap();
    // Not in a course that is closed.
    let closed =
        crate::Turn { course: red.id, to: puerta_lab::model::CourseState::Closed(NOW), start: false };
    drop(store.turn_course(closed, |_| true).await.unwrap());
    let new = new("tomcat", red.id);
    let refused = store.begin_template(JobKind::new("publish"), new, web1.id, None, NOW).await;
    assert!(matches!(refused, Err(StoreError::NotOpen { .. })), "{refused:?}");
}

#[tokio::test]
async fn the_seats_quota_comes_before_its_courses_and_that_before_the_roles() {
    let (_folder, store, course, _, seat) = one().await;
    let holds = || async {
        let effective = store.quotas_of(seat.id, ROOMY).await.unwrap();
        (effective.quotas.machines, effective.origin(Quota::Machines))
    };
    let set = |scope, value| store.set_quota(scope, Quota::Machines, value);
    assert_eq!(holds().await, (63, Origin::Default));
    let scopes =
        [Scope::Role(Role::Alumno), Scope::Course(course.id), Scope::Seat(seat.id)].into_iter().zip(5..);
    for ((scope, value), origin) in scopes.clone().zip([Origin::Role, Origin::Course, Origin::Seat]) {
        assert_eq!(set(scope, Some(value)).await.unwrap(), None);
        assert_eq!(holds().await, (value, origin));
    }
    // The highest role is the one that counts, and the other's number is nobody's.
    set(Scope::Role(Role::Profesor), Some(40)).await.unwrap();
    assert_eq!(set(Scope::Seat(seat.id), None).await.unwrap(), Some(7));
    assert_eq!(holds().await, (6, Origin::Course));
    set(Scope::Course(course.id), None).await.unwrap();
    assert_eq!(holds().await, (5, Origin::Role));
    let teacher = NewPerson { role: Role::Profesor, ..person("ana", Some(course.id)) };
    let (_, own) = store.add_person(teacher, NOW).await.unwrap().apart().0;
    let effective = store.quotas_of(own.unwrap().id, ROOMY).await.unwrap();
    assert_eq!(effective.quotas, ROOMY.with(Quota::Machines, 40));
    assert!(matches!(store.quotas_of(SeatId(99), ROOMY).await, Err(StoreError::Gone)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_set_holds_when_ten_race() {
    let (_folder, store, course, _, seat) = one().await;
    store.set_quota(Scope::Course(course.id), Quota::Cpus, Some(4)).await.unwrap();
    store.set_quota(Scope::Seat(seat.id), Quota::Backups, Some(2)).await.unwrap();
    let mut racing = tokio::task::JoinSet::new();
    for n in 0..10 {
        let (store, new) = (store.clone(), vm(seat.id, &format!("web{n}")));
        racing.spawn(async move { store.create_vm(JobKind::new("create"), new, PLAN, ROOMY, NOW).await });
    }
    let ends = racing.join_all().await;
    assert_eq!(ends.iter().filter(|end| end.is_ok()).count(), 4, "{ends:?}");
    let lost = ends.iter().filter_map(|end| end.as_ref().err());
    assert!(lost.into_iter().all(|error| matches!(error, StoreError::Quota(q) if q.quota == Quota::Cpus)));
    // A backup that is being made is counted; one that `keep` will let go makes room.
    let mut racing = tokio::task::JoinSet::new();
    for (vm, job) in ends.into_iter().flatten() {
        drop(store.finish_job(job.id, &JobState::Done, NOW).await.unwrap());
        let store = store.clone();
        racing.spawn(async move {
            store.start_backup(JobKind::new("backup"), (vm.id, None), 3, None, ROOMY, NOW).await
        });
    }
    let ends = racing.join_all().await;
    let won: Vec<_> = ends.iter().flatten().map(|(job, _)| job).collect();
    assert_eq!(won.len(), 2, "{ends:?}");
    drop(store.finish_job(won[0].id, &JobState::Failed("x".into()), NOW).await.unwrap());
    let backup = NewBackup {
        name: "b".parse().unwrap(),
        vm: won[1].vm,
        note: String::new(),
        size: 1,
        sha256: "ab".into(),
        took_ms: 1,
    };
    store.finish_backup(won[1].id, backup, NOW).await.unwrap();
    store.start_backup(JobKind::new("backup"), (won[1].vm, None), 1, None, ROOMY, NOW).await.unwrap();
    // What is there stays when a quota goes below it.
    store.set_quota(Scope::Seat(seat.id), Quota::Machines, Some(1)).await.unwrap();
    assert_eq!(store.vms().await.unwrap().len(), 4);
}
