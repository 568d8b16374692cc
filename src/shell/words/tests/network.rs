//! Words of the network and of people.

use super::*;

#[test]
fn ports_egress_and_the_firewall() {
    use crate::app::command::{EgressCommand, EgressPlace, FirewallCommand, PortCommand, Whose};
    use puerta_lab::network::{Egress, Protocol};
    let publish = |protocol, port, sources: Option<&[&str]>| {
        Run(Command::Port(PortCommand::Publish {
            vm: vm("web1"),
            vm_port: 80,
            protocol,
            port,
            sources: sources.map(|nets| nets.iter().map(|net| net.parse().unwrap()).collect()),
        }))
    };
    assert_eq!(what("port publish web1 80"), publish(Protocol::Tcp, None, None));
    assert_eq!(what("port publish --udp web1 80 --port 50012"), publish(Protocol::Udp, Some(50_012), None));
    assert_eq!(
        what("port publish web1 80 --from 192.0.2.7,198.51.100.9/24"),
        publish(Protocol::Tcp, None, Some(&["192.0.2.7/32", "198.51.100.0/24"]))
    );
    assert_eq!(what("port unpublish 50012"), Run(Command::Port(PortCommand::Unpublish(50_012))));
    let list = PortCommand::List(Whose::Seat(name("alumno1")));
    assert_eq!(what("port list --seat alumno1"), Run(Command::Port(list)));
    let set = |egress: &str, place| {
        Run(Command::Egress(EgressCommand::Set { egress: egress.parse().unwrap(), place }))
    };
    assert_eq!(
        what("egress set deny --course aso-2026"),
        Run(Command::Egress(EgressCommand::Set {
            egress: Egress::Deny,
            place: EgressPlace::Course(name("aso-2026"))
        }))
    );
    let flows = "192.0.2.0/24:443,192.0.2.7:53/udp";
    let seat = EgressPlace::Seat(name("alumno1"));
    assert_eq!(what(&format!("egress set {flows} --seat alumno1")), set(flows, seat));
    assert_eq!(what("firewall check"), Run(Command::Firewall(FirewallCommand::Check)));
    for (line, id) in [
        ("port publish web1", "error-missing"),
        ("message alumno1", "error-missing"),
        ("message alumno1 '' ' '", "error-missing"),
        ("port publish web1 80 81", "error-extra"),
        ("port publish web1 -1", "error-value"),
        ("port publish web1 80 --port", "error-value-missing"),
        ("port publish Web_1 80", "error-name-characters"),
        ("port unpublish 70000", "error-value"),
        ("egress set deny", "error-egress-place"),
        ("egress set deny --seat alumno1 --course aso-2026", "error-egress-place"),
        ("egress set --seat alumno1", "error-missing"),
        ("firewall", "error-missing-verb"),
    ] {
        assert_eq!(wrong(line).id, id, "{line}");
    }
}

#[test]
fn persons() {
    let add = |course: Option<&str>, full_name: Option<&str>, role, key: Option<&str>| {
        Command::Person(PersonCommand::Add {
            login: name("alumno1"),
            course: course.map(name),
            name: full_name.map(Into::into),
            role,
            key: key.map(Into::into),
        })
    };
    assert_eq!(
        what("person add alumno1 --course aso-2026 --name 'Ana Pérez'"),
        Run(add(Some("aso-2026"), Some("Ana Pérez"), Role::Alumno, None))
    );
    let What::NeedsInput(target) = what("person add alumno1 --role profesor --key -") else {
        panic!("no key wanted");
    };
    assert_eq!(
        target.clone().with(b"ssh-ed25519 AAAA x\r\n".to_vec()),
        Ok(add(None, None, Role::Profesor, Some("ssh-ed25519 AAAA x")))
    );
    let id = |text: &[u8]| target.clone().with(text.to_vec()).unwrap_err().id;
    assert_eq!(id(b" \n"), "error-key-empty");
    assert_eq!(id(b"\xff"), "error-not-utf8");
    assert_eq!(id(&[b'a'; MAX_LINE + 1]), "error-line-long");
    assert_eq!(
        what("person suspend alumno1 --resume"),
        Run(Command::Person(PersonCommand::Suspend { login: name("alumno1"), resume: true }))
    );
}
