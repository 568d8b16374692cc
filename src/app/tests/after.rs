//! What follows from a change, in the machines that run.

use super::*;
use crate::app::command::PersonCommand;
use crate::app::reply::VmReply;
use puerta_lab::model::Person;

fn newcomer(login: &str, role: Role, course: puerta_lab::model::CourseId, key: &str) -> NewPerson {
    let key = NewKey {
        algorithm: "ssh-ed25519".into(),
        fingerprint: format!("SHA256:{key}"),
        comment: String::new(),
        line: format!("ssh-ed25519 {key}"),
    };
    let course = Some(course);
    NewPerson { login: login.parse().unwrap(), name: String::new(), role, course, key: Some(key), code: None }
}

/// A team's `web1`, with the keys of `alumno1` and `luis`, and a teacher.
async fn team(name: &str) -> (House, Vm, Visitor) {
    let house = house(name).await;
    let store = &house.app.store;
    let (course, _) = store.courses().await.unwrap().pop().unwrap();
    let add = async |login, role, key| {
        let new = newcomer(login, role, course.id, key);
        store.add_person(new, clock::now()).await.unwrap().apart().0.0
    };
    let (luis, teacher) = (add("luis", Role::Alumno, "l").await, add("profesor", Role::Profesor, "p").await);
    let members = [house.visitor.person, luis.id];
    drop(store.create_team(course.id, &"equipo3".parse().unwrap(), &members, clock::now()).await.unwrap());
    let create = VmCommand::Create {
        vm: VmRef::parse("web1.equipo3", "virtuales").unwrap(),
        template: Some("mini".parse().unwrap()),
        cpus: None,
        memory_mib: None,
        disk_mib: None,
        new_keys: false,
    };
    let watch = house.begin(create).await;
    house.end(watch).await.0.unwrap();
    let vm = house.vm().await.unwrap();
    let teacher = Visitor { person: teacher.id, login: teacher.login, ..house.visitor.clone() };
    assert_eq!(house.sim.authorized_keys(vm.vmid).unwrap(), ["ssh-ed25519 x", "ssh-ed25519 l"]);
    (house, vm, teacher)
}

/// A machine is made before its student has a key, and takes it as soon as it comes.
#[tokio::test(flavor = "multi_thread")]
async fn a_machine_is_there_before_its_people_have_a_key() {
    let house = house("keyless").await;
    let store = &house.app.store;
    let (course, _) = store.courses().await.unwrap().pop().unwrap();
    let eva = NewPerson { key: None, ..newcomer("eva", Role::Alumno, course.id, "") };
    let eva = store.add_person(eva, clock::now()).await.unwrap().apart().0.0;
    let teacher = newcomer("profesor", Role::Profesor, course.id, "p");
    let teacher = store.add_person(teacher, clock::now()).await.unwrap().apart().0.0;
    let visitor =
        |person: Person| Visitor { person: person.id, login: person.login, ..house.visitor.clone() };
    let create = VmCommand::Create {
        vm: VmRef::parse("web1.eva", "virtuales").unwrap(),
        template: Some("mini".parse().unwrap()),
        cpus: None,
        memory_mib: None,
        disk_mib: None,
        new_keys: false,
    };
    let begun = house.app.run(&visitor(teacher), Command::Vm(create), "words").await.unwrap();
    let Outcome::Job(watch) = begun else { panic!("a job is wanted") };
    let (made, _) = house.end(*watch).await;
    assert!(matches!(made, Ok(Reply::Vm(VmReply::Created { keyless: true, .. }))), "{made:?}");
    let vm = house.vm().await.unwrap();
    assert!(house.sim.authorized_keys(vm.vmid).unwrap().is_empty());
    let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEChAVP+Zb3wCMCRoMmuVtJWlW4TNqYcpoUb0v7sHt";
    let add = Command::Key(command::KeyCommand::Add { line: line.into() });
    house.app.run(&visitor(eva), add, "words").await.unwrap();
    while house.sim.authorized_keys(vm.vmid).unwrap() != [line] {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn remove_luis(house: &House, teacher: &Visitor) {
    let remove = Command::Person(PersonCommand::Remove { login: "luis".parse().unwrap(), all: None });
    house.app.run(teacher, remove, "words").await.unwrap();
}

async fn only_x(house: &House, vm: &Vm) {
    while house.sim.authorized_keys(vm.vmid).unwrap() != ["ssh-ed25519 x"] {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_member_who_is_removed_leaves_the_teams_machines() {
    let (house, vm, teacher) = team("removed-member").await;
    remove_luis(&house, &teacher).await;
    only_x(&house, &vm).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_a_job_kept_from_being_written_are_written_at_its_end() {
    let (house, vm, teacher) = team("removed-meanwhile").await;
    let stop = jobs::stop::Stop::GENTLY;
    let job = house.app.begin_job(&stop, &vm, None, None).await.unwrap();
    remove_luis(&house, &teacher).await;
    while house.app.owed.all() != [vm.id] {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    house.app.hand_owed().await;
    assert_eq!(house.app.owed.all(), [vm.id], "the machine is the job's");
    assert_eq!(house.sim.authorized_keys(vm.vmid).unwrap(), ["ssh-ed25519 x", "ssh-ed25519 l"]);
    let watch = house.app.launch(job, permit(&house.app, vm.clone()), stop);
    house.end(watch).await.0.unwrap();
    only_x(&house, &vm).await;
}
