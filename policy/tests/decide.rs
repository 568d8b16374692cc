//! Decisions: default deny, `forbid` wins, and nothing fails open.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod lab;

use lab::*;
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, Person, PersonId, Role, SeatId, Timestamp};
use puerta_policy::decide::{Context, Decision, Denial, Forward, Lab, Own, Permit, Policy};
use std::net::{Ipv4Addr, SocketAddrV4};

fn built_in() -> Policy {
    Policy::built_in().unwrap()
}

fn denied<T>(decision: Decision<T>) -> Vec<String> {
    match decision {
        Decision::Allow(permit) => panic!("allowed by {:?}", permit.policies()),
        Decision::Deny(denial) => denial.policies,
    }
}

fn allowed<T>(decision: Decision<T>) -> Permit<T> {
    decision.into_result().unwrap()
}

#[test]
fn a_permit_says_what_was_judged_and_by_which_policies() {
    let permit = allowed(built_in().decide(&actor(Role::Alumno), Action::VmStop, vm(OWN), NOW));
    assert_eq!(permit.action(), Action::VmStop);
    assert_eq!(permit.policies(), ["students-own-machines"]);
    assert_eq!(permit.target(), &vm(OWN));
    assert_eq!(permit.into_target(), vm(OWN));
}

#[test]
fn several_policies_are_all_named_in_order() {
    let admin = actor(Role::Admin);
    let target = person(20, Role::Alumno);
    let permit = allowed(built_in().decide(&admin, Action::PersonRemove, target, NOW));
    assert_eq!(permit.policies(), ["admins-staff", "professors-students"]);
}

#[test]
fn the_address_comes_out_of_the_permit() {
    let target = Forward { vm: vm(OWN), port: 8080 };
    let permit = allowed(built_in().decide(&actor(Role::Alumno), Action::VmForward, target, NOW));
    let address = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 66), 8080);
    assert_eq!(permit.address(), address);
}

#[test]
fn what_nothing_allows_is_denied_by_no_policy() {
    let student = actor(Role::Alumno);
    let denial = built_in().decide(&student, Action::VmView, vm(OTHER), NOW);
    let expected = Denial { action: Action::VmView, policies: vec![] };
    assert_eq!(denial.into_result().unwrap_err(), expected);
    // A member of nothing, and seats whose numbers begin alike.
    for seats in [vec![], vec![SeatId(11), SeatId(10)], vec![SeatId(-1)]] {
        let student = Actor { seats, ..actor(Role::Alumno) };
        assert!(denied(built_in().decide(&student, Action::VmView, vm(OWN), NOW)).is_empty());
    }
}

#[test]
fn a_member_of_several_seats_is_a_member_of_each() {
    let seats = vec![SeatId(OWN), SeatId(7), SeatId(OTHER)];
    let student = Actor { seats, ..actor(Role::Alumno) };
    for seat in [OWN, OTHER] {
        let _ = allowed(built_in().decide(&student, Action::VmStart, vm(seat), NOW));
    }
    assert!(denied(built_in().decide(&student, Action::VmStart, vm(3), NOW)).is_empty());
}

#[test]
fn a_forbid_wins_and_is_named_alone() {
    let student = Actor { suspended: true, ..actor(Role::Alumno) };
    let target = Forward { vm: vm(OWN), port: 0 };
    let policies = denied(built_in().decide(&student, Action::VmForward, target, NOW));
    assert_eq!(policies, ["not-a-port", "suspended"]);

    let policy = policy_with(r#"@id("closed") forbid (principal, action, resource);"#);
    assert_eq!(denied(policy.decide(&Actor::itself(), Action::Login, Lab, NOW)), ["closed"]);
}

#[test]
fn accounts_are_told_apart() {
    let student = actor(Role::Alumno);
    let _ = allowed(built_in().decide(&student, Action::KeyAdd, Own(PersonId(10)), NOW));
    for other in [1, 100, -10] {
        let decision = built_in().decide(&student, Action::KeyAdd, Own(PersonId(other)), NOW);
        assert!(denied(decision).is_empty());
    }
}

#[test]
fn facts_that_contradict_each_other_are_an_error_and_no_permit() {
    let admin = actor(Role::Admin);
    let oneself = oneself(&admin);
    assert_eq!(
        denied(built_in().decide(&admin, Action::PersonRemove, oneself.clone(), NOW)),
        ["not-oneself"]
    );
    for differs in [
        Person { role: Role::Alumno, ..oneself.clone() },
        Person { suspended: true, ..oneself.clone() },
        Person { login: "other".parse().unwrap(), ..oneself },
    ] {
        let policies = denied(built_in().decide(&admin, Action::PersonView, differs, NOW));
        assert_eq!(policies, ["error:entities"]);
    }
}

#[test]
fn a_clock_out_of_bounds_is_an_error_and_no_permit() {
    for now in [-1, i64::MIN, i64::MAX, 253_402_300_800_000] {
        let context = Context { now: Timestamp(now), ..NOW };
        let policies = denied(built_in().decide(&Actor::itself(), Action::Login, Lab, context));
        assert_eq!(policies, ["error:clock"]);
    }
    for now in [0, 253_402_300_799_999] {
        let context = Context { now: Timestamp(now), ..NOW };
        let _ = allowed(built_in().decide(&Actor::itself(), Action::Login, Lab, context));
    }
}

/// Cedar leaves out a policy that fails; a `forbid` that is left out forbids nothing.
#[test]
fn a_policy_that_fails_denies() {
    let policy = policy_with(
        r#"@id("overflows") forbid (principal, action == Puerta::Action::"vm-forward", resource)
           when { context.port * 9223372036854775807 < 0 };"#,
    );
    let target = |port| Forward { vm: vm(OWN), port };
    let professor = actor(Role::Profesor);
    let policies = denied(policy.decide(&professor, Action::VmForward, target(22), NOW));
    assert_eq!(policies, ["error:policy:overflows"]);
    let policies = denied(policy.decide(&professor, Action::VmForward, target(0), NOW));
    assert_eq!(policies, ["not-a-port"]);
    let policies = denied(policy.decide(&actor(Role::Alumno), Action::VmForward, target(2), NOW));
    assert_eq!(policies, ["error:policy:overflows"]);
}

#[test]
fn policies_see_the_time_the_place_and_the_names() {
    let policy = policy_with(
        r#"
        @id("campus") forbid (principal, action == Puerta::Action::"login", resource)
        when { context has source } unless { context.source.isInRange(ip("192.0.2.0/24")) };
        @id("exam") forbid (principal, action == Puerta::Action::"vm-start", resource)
        when { context.now >= datetime("2026-11-23T04:10:36Z") && resource.name == "web1"
            && resource.seat.name == "alumno1" && resource.template like "debian-*" };
        @id("by-name") forbid (principal, action == Puerta::Action::"whoami", resource)
        when { principal.login == "somebody" };
        @id("not-created") forbid (principal, action == Puerta::Action::"vm-create", resource)
        when { resource.name == "alumno2" };
        @id("kept") forbid (principal, action == Puerta::Action::"backup-delete", resource)
        when { resource.vm == "web1" && resource.seat.name == "alumno1" };
        "#,
    );
    let professor = actor(Role::Profesor);
    let from = |source: &str| Context { source: Some(source.parse().unwrap()), ..NOW };
    for (source, closed) in [
        ("192.0.2.7", false),
        ("::ffff:192.0.2.7", false),
        ("198.51.100.7", true),
        ("::ffff:198.51.100.7", true),
        ("2001:db8::1", true),
        ("::1", true),
        ("::192.0.2.7", true),
    ] {
        let decision = policy.decide(&professor, Action::Login, Lab, from(source));
        let (_, policies) = answer(&decision);
        let expected = if closed { "campus" } else { "everyone-comes-in" };
        assert_eq!(policies, [expected], "{source}");
    }
    let _ = allowed(policy.decide(&professor, Action::Login, Lab, NOW));

    let before = Context { now: Timestamp(NOW.now.0 - 1), ..NOW };
    let _ = allowed(policy.decide(&professor, Action::VmStart, vm(OWN), before));
    let _ = allowed(policy.decide(&professor, Action::VmStart, vm(OTHER), NOW));
    assert_eq!(denied(policy.decide(&professor, Action::VmStart, vm(OWN), NOW)), ["exam"]);
    assert_eq!(denied(policy.decide(&professor, Action::Whoami, Lab, NOW)), ["by-name"]);
    assert_eq!(denied(policy.decide(&professor, Action::VmCreate, seat(OTHER), NOW)), ["not-created"]);
    assert_eq!(denied(policy.decide(&professor, Action::BackupDelete, backup(OWN), NOW)), ["kept"]);
}

#[test]
fn the_permit_to_create_follows_the_machine_into_its_seat_only() {
    let student = actor(Role::Alumno);
    let create = || allowed(built_in().decide(&student, Action::VmCreate, seat(OWN), NOW));
    let made = create().machine(vm(OWN)).unwrap();
    assert_eq!((made.action(), made.target()), (Action::VmCreate, &vm(OWN)));
    assert_eq!(made.policies(), ["students-own-seats"]);
    assert!(create().machine(vm(OTHER)).is_none());
}

#[test]
fn a_policy_goes_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Policy>();
    shared::<Permit<Forward>>();
}
