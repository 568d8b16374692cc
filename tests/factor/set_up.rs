//! `totp add|codes|remove` at a terminal.

use crate::support::House;
use crate::support::factor::Telephone;
use crate::support::pty::Pty;
use crate::{ASKED, at_terminal, english, proved};

#[test]
fn it_is_set_up_at_a_terminal_and_counts_once_confirmed() {
    let house = House::new("");
    for words in [&["totp", "add"][..], &["totp", "remove"], &["totp", "codes", "--json"]] {
        let said = house.run("profesor", words);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains("ssh -t"), "{said:?}");
    }
    let begin = || {
        let mut ssh = english(house.ssh("profesor"));
        ssh.arg("-tt").arg(House::at("profesor")).args(["totp", "add"]);
        let mut terminal = Pty::new(&ssh);
        let shown = terminal.until("otpauth://totp/puerta:profesor?secret=");
        let secret = terminal.until("&issuer=puerta").replace("&issuer=puerta", "");
        let telephone = Telephone::of(&secret);
        let key = terminal.until(ASKED);
        (terminal, telephone, shown + &key, secret)
    };
    // Given up before it was confirmed: there is none.
    let (mut terminal, ..) = begin();
    terminal.send("\u{3}");
    terminal.until("Nothing was done");
    assert_eq!(terminal.end().code, 1);
    // Three wrong codes: none.
    let (mut terminal, telephone, _, first) = begin();
    for again in [true, true, false] {
        terminal.send(&format!("{}\r", telephone.wrong()));
        terminal.until("that code is not right");
        if again {
            terminal.until(ASKED);
        }
    }
    assert_eq!(terminal.end().code, 1);
    assert!(house.ok("profesor", &["whoami", "--json"]).contains("\"second_factor\":null"));

    let (mut terminal, telephone, shown, secret) = begin();
    assert_ne!(first, secret);
    let groups: Vec<_> = (0..8).map(|n| &secret[n * 4..n * 4 + 4]).collect();
    assert!(shown.contains(&groups.join(" ")) && shown.contains("████ ▄▄▄▄▄ █"), "{shown}");
    let lines = shown.lines().filter(|line| line.contains("\u{1b}[97;40m"));
    assert!(lines.clone().count() >= 18 && lines.clone().all(|line| line.trim_end().ends_with("\u{1b}[0m")));
    terminal.send(&format!("{}\r", telephone.wrong()));
    terminal.until("that code is not right");
    terminal.until(ASKED);
    terminal.send(&format!("{}\r", telephone.shows(-1)));
    terminal.until("leave and come in again");
    assert_eq!(terminal.end().code, 0);

    // Whoever has one sets up no other, and it shows to a professor.
    let mut again = at_terminal(&house, "profesor", &telephone.shows(0), &["totp", "add"]);
    again.until("you have a second factor already");
    assert_eq!(again.end().code, 1);
    assert!(proved(&house.run_with("profesor", &telephone.shows(1), &["whoami", "--json"])));
    // Nothing secret was written down anywhere but in the registry.
    house.nowhere_written(&[first, secret]);
    let database = std::fs::metadata(house.dir.join("state/puerta.sqlite")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&database.permissions()) & 0o777, 0o600);
}

#[test]
fn new_codes_and_no_more_want_a_code() {
    let house = House::new("");
    let mut telephone = house.add_factor("profesor");
    let old = telephone.next_of_paper();
    let mut codes = at_terminal(&house, "profesor", &telephone.next_of_paper(), &["totp", "codes"]);
    codes.until(ASKED);
    codes.send(&format!("{}\r", telephone.wrong()));
    codes.until("that code is not right");
    assert_eq!(codes.end().code, 1);
    let words = ["totp", "codes", "--json"];
    let mut codes = at_terminal(&house, "profesor", &telephone.next_of_paper(), &words);
    codes.until(ASKED);
    codes.send(&format!("{}\r", telephone.next_of_paper()));
    codes.until("\n");
    let said = codes.until("}");
    assert_eq!(codes.end().code, 0);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let new: Vec<&str> =
        said["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
    assert_eq!(new.len(), 10, "{said}");
    assert_eq!(house.run_with("profesor", &old, &["whoami"]).code, 255);

    let mut remove = at_terminal(&house, "profesor", new[0], &["totp", "remove"]);
    remove.until(ASKED);
    remove.send("\r");
    remove.until("that code is not right");
    assert_eq!(remove.end().code, 1);
    let mut remove = at_terminal(&house, "profesor", new[1], &["totp", "remove"]);
    remove.until(ASKED);
    remove.send(&format!("{}\r", new[2]));
    remove.until("is removed");
    assert_eq!(remove.end().code, 0);
    assert!(house.ok("profesor", &["whoami", "--json"]).contains("\"second_factor\":null"));
    let mut none = english(house.ssh("profesor"));
    none.arg("-tt").arg(House::at("profesor")).args(["totp", "remove"]);
    let mut none = Pty::new(&none);
    none.until("you have no second factor");
    assert_eq!(none.end().code, 1);
}
