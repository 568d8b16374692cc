//! Files that are read, refused with every error, and shown as they are read.

use super::*;

#[test]
fn an_empty_file_is_the_defaults() {
    let config = Config::parse("").unwrap();
    assert_eq!(config.ssh.login_grace, Duration::from_secs(60));
    assert_eq!(config.backup.keep, 3);
    assert_eq!(config.backup.dir, Path::new("/var/lib/puerta/backups"));
}

#[test]
fn every_error_at_once_each_with_its_line() {
    let text = "language = \"fr\"\ncolour = 1\n[ssh]\nlisten = [\"nowhere\"]\nlogin_grace_s = 1\n\
                [engine]\ndriver = 3\nplacement = \"best\"\n[machina]\n[backup]\nkeep = \"many\"\n";
    let errors = Config::parse(text).unwrap_err();
    let lines: Vec<_> = errors.iter().map(|error| error.line.unwrap()).collect();
    assert_eq!(lines, [1, 2, 4, 5, 7, 8, 9, 11], "{errors:#?}");
    assert!(errors[1].to_string().contains("unknown key `colour`"), "{}", errors[1]);
}

/// Line and message of each.
fn complaints(text: &str) -> Vec<(Option<usize>, String)> {
    let errors = Config::parse(text).unwrap_err();
    errors.into_iter().map(|error| (error.line, error.message)).collect()
}

#[test]
fn what_was_written_is_blamed() {
    for (text, line, words) in [
        ("language = \"fr\"\n", 1, "`language = \"fr\"` must be"),
        ("\nstate_dir = \"var\"\n", 2, "`state_dir = \"var\"` must be"),
        ("[machine]\ncpus = 60\n", 2, "is less than `machine.cpus`, 60"),
        (
            "[firewall]\noutside = [\"pub\"]\ninside = \"lan\"\nfirst_port = 65100\n",
            4,
            "`firewall.first_port`, 65100",
        ),
        ("[firewall]\nbackend = \"nftables\"\ninside = \"lan\"\n", 2, "`firewall.outside`"),
        ("[firewall]\ninside = \"lan\"\n", 2, "`firewall.outside`"),
        (
            "[ssh]\nstate_dir = \"/var/lib/puerta\"\n",
            2,
            "`ssh.state_dir`: it stands before the first section",
        ),
        ("listen = [\"[::]:22\"]\n", 1, "`listen`: it stands in `[ssh]`"),
        ("backup = \"/srv\"\n", 1, "`backup`: it is a section, `[backup]`"),
        ("[ssh]\nlisten = [\n  \"here\"]\n", 2, "`ssh.listen = […` `here` is not ADDRESS:PORT"),
        ("[ssh]\nlogin_grace_s = -5\n", 2, "`ssh.login_grace_s = -5` must be a whole number"),
    ] {
        let said = complaints(text);
        assert_eq!(said.len(), 1, "one mistake is one line: {text} {said:#?}");
        assert_eq!(said[0].0, Some(line), "{text} {said:#?}");
        assert!(said[0].1.contains(words), "{text} {said:#?}");
    }
}

#[test]
fn the_firewall_wants_its_two_sides_and_reads_back_the_same() {
    assert_eq!(Config::parse("").unwrap().firewall.driver, Driver::Off);
    let text = "[firewall]\noutside = [\"pub\"]\ninside = \"lan\"\nadmission = [\"192.0.2.7/24\", \"2001:db8::/32\"]\n\
                egress = \"192.0.2.0/24:443,198.51.100.1\"\ndns = [\"192.0.2.53\"]\nmachine_services = [\"123/udp\"]\n";
    let config = Config::parse(text).unwrap();
    assert_eq!(config.firewall.driver, Driver::Nftables);
    let shown = config.to_string();
    assert_eq!(Config::parse(&shown).unwrap().to_string(), shown);
    let text = "[firewall]\nbackend = \"pf\"\noutside = [\"a b\"]\ninside = \"\"\ncampus = [\"::1\"]\negress = \"some\"\nlast_port = 2000\n";
    let errors = Config::parse(text).unwrap_err();
    let lines: Vec<_> = errors.iter().map(|error| error.line.unwrap()).collect();
    assert_eq!(lines, [2, 3, 5, 6, 7], "{errors:#?}");
}

#[test]
fn the_door_is_not_behind_a_published_port() {
    let ports = "first_port = 50100\nlast_port = 50200\n";
    let listen = |address: &str, wall: &str| {
        Config::parse(&format!("[ssh]\nlisten = [\"[::]:22\", \"{address}\"]\n[firewall]\n{wall}{ports}"))
    };
    let parse = |port: u16, wall: &str| listen(&format!("0.0.0.0:{port}"), wall);
    let wall = "outside = [\"pub\"]\ninside = \"lan\"\n";
    for port in [50_100, 50_200] {
        let errors = parse(port, wall).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:#?}");
        assert_eq!(errors[0].line, Some(2));
        assert!(errors[0].message.contains(&format!("`0.0.0.0:{port}`")), "{}", errors[0]);
        parse(port, "backend = \"off\"\n").unwrap();
    }
    parse(50_099, wall).unwrap();
    parse(50_201, wall).unwrap();
    for loopback in ["127.0.0.1:50100", "[::1]:50100", "[::ffff:127.0.0.1]:50100"] {
        listen(loopback, wall).unwrap();
    }
}

#[test]
fn the_audit_is_kept_for_ever_unless_somebody_says_otherwise() {
    let audit = Config::parse("").unwrap().audit_log;
    assert_eq!((audit.sign_every, audit.keep_days), (Duration::from_secs(60), None));
    assert_eq!((audit.copy, audit.syslog), (None, None));
    let text = "[audit]\nsign_every_s = 5\nkeep_days = 400\nacts_per_person_s = 20\ncopy = \"/srv/log/puerta.jsonl\"\nsyslog = \"/dev/log\"\n";
    let config = Config::parse(text).unwrap();
    assert_eq!(config.audit_log.keep_days, Some(400));
    let shown = config.to_string();
    assert_eq!(Config::parse(&shown).unwrap().to_string(), shown);
    assert!(shown.contains(text), "{shown}");
    let errors = Config::parse("[audit]\ncopy = \"log\"\nsign_every_s = 0\nkeep = 3\n").unwrap_err();
    let lines: Vec<_> = errors.iter().map(|error| error.line.unwrap()).collect();
    assert_eq!(lines, [2, 3, 4], "{errors:#?}");
}

#[test]
fn broken_toml_names_its_line() {
    let errors = Config::parse("language = \"es\"\n[ssh\n").unwrap_err();
    assert_eq!(errors[0].line, Some(2));
}

#[test]
fn what_show_prints_is_read_back_the_same() {
    let text = "[engine]\nplacement = \"least-load\"\nservers = [\"https://10.0.0.65:8443\"]\nserver_certificate = \"/a\"\n\
                client_certificate = \"/b\"\nclient_key = \"/c\"\n[policy]\ndir = \"/etc/puerta \\\"policy\\\"\"\n";
    let config = Config::parse(text).unwrap();
    let shown = config.to_string();
    assert_eq!(Config::parse(&shown).unwrap().to_string(), shown);
    assert!(shown.contains("https://10.0.0.65:8443"));
}

#[test]
fn the_public_name_is_one_word_in_anybodys_shell() {
    let public = |text: &str| {
        Config::parse(&format!("[ssh]\n{text}\n")).map(|config| {
            let shown = config.to_string();
            assert_eq!(Config::parse(&shown).unwrap().to_string(), shown);
            (config.ssh.public_name, config.ssh.public_port)
        })
    };
    let given = |name: &str| public(&format!("public_name = \"{name}\"\nlisten = [\"0.0.0.0:2022\"]"));
    assert_eq!(given("puerta.uni.example"), Ok(("puerta.uni.example".into(), 2022)));
    assert_eq!(given("192.0.2.7:22"), Ok(("192.0.2.7".into(), 22)));
    assert_eq!(public("").unwrap().1, 22);
    for wrong in ["", "a b", "$(id)", "puerta:0", "puerta:x", "-oProxyCommand=x", "puerta:70000", ":22"] {
        assert!(given(wrong).is_err(), "{wrong}");
    }
}
