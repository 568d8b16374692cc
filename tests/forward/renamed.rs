//! A machine gets another name while somebody is in it.

use super::*;

#[test]
fn another_name_cuts_nothing_and_is_the_only_one_from_then_on() {
    let house = House::new("");
    let address = vm_up(&house, "alumno1", "web1");
    vm_up(&house, "alumno1", "db1");
    house.ok("alumno1", &["vm", "backup", "web1"]);
    let mut open = Tunnel::new(&house, "alumno1", &format!("web1:{ECHO}"));
    open.echoes("before");
    let no = |login: &str, words: &[&str], id: &str| {
        let said = house.run(login, &[words, &["--json"]].concat());
        let error: Value = serde_json::from_str(&said.err).unwrap();
        assert_eq!((said.code, error["error"]["id"].as_str()), (1, Some(id)), "{login} {words:?}: {said:?}");
    };
    no("alumno1", &["vm", "rename", "web1", "db1"], "error-vm-exists");
    no("alumno2", &["vm", "rename", "web1.alumno1", "mine"], "error-no-vm");
    let said = house.ok("alumno1", &["vm", "rename", "web1", "web2", "--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["was"], &said["vm"]["name"]), (&"web1".into(), &"web2".into()));
    assert_eq!((&said["vm"]["address"], &said["vm"]["state"]), (&(&*address).into(), &"running".into()));

    open.echoes("after");
    let list = house.ok("alumno1", &["vm", "list"]);
    assert!(list.contains("web2") && !list.contains("web1"), "{list}");
    for name in ["web2", "web2.alumno1", &address] {
        Tunnel::new(&house, "alumno1", &format!("{name}:{ECHO}")).echoes("hola");
    }
    refused(&house, "alumno1", &format!("web1:{ECHO}"));
    no("alumno1", &["vm", "show", "web1"], "error-no-vm");
    house.ok("alumno1", &["vm", "restore", "web2", "--yes"]);
    house.ok("profesor", &["vm", "rename", "web2.alumno1", "web3"]);
    house.ok("alumno1", &["vm", "show", "web3"]);
    let audit = house.audit();
    let renamed = audit.iter().filter(|line| line["action"] == "vm-rename" && line["phase"] == "finish");
    let renamed: Vec<_> =
        renamed.map(|line| (&line["vm"], &line["outcome"], &line["detail"]["words"])).collect();
    let done = (&"web1.alumno1".into(), &"done".into(), &"vm rename web1 web2 --json".into());
    assert!(renamed.contains(&done), "{renamed:#?}");
}
