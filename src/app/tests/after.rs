//! What follows from a change, in the machines that run.

use super::*;
use crate::app::command::PersonCommand;

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

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_member_who_is_removed_leaves_the_teams_machines() {
    let house = house("removed-member").await;
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
    };
    let watch = house.begin(create).await;
    house.end(watch).await.0.unwrap();
    let vm = house.vm().await.unwrap();
    let inside = || house.sim.authorized_keys(vm.vmid).unwrap();
    assert_eq!(inside(), ["ssh-ed25519 x", "ssh-ed25519 l"]);
    let remove = Command::Person(PersonCommand::Remove(luis.login));
    let teacher = Visitor { person: teacher.id, login: teacher.login, ..house.visitor.clone() };
    house.app.run(&teacher, remove, "words").await.unwrap();
    while inside() != ["ssh-ed25519 x"] {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
