//! nftables, and how one meddles with it.

use crate::house::{House, desired, shell, site, tcp};
use crate::place::enter;
use crate::{CHILD, Subject};
use puerta_firewall::nftables::Nftables;
use puerta_firewall::reconcile::Reconciler;
use puerta_firewall::{Backend, Desired, Done, FirewallError, Plan, Why};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::thread;

pub(crate) struct Nft;

impl Subject for Nft {
    fn backend(&self) -> Box<dyn Backend> {
        Box::new(Nftables)
    }

    fn meddling(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            (
                "a rule goes",
                "nft delete rule inet puerta forward handle \
                 $(nft -a list chain inet puerta forward | sed -n 's/.*from_lab # handle //p')",
            ),
            ("a chain is emptied", "nft flush chain inet puerta from_lab"),
            ("a chain comes", "nft add chain inet puerta extra"),
            ("all rules go", "nft flush table inet puerta"),
            ("the table goes", "nft delete table inet puerta"),
            ("the table sleeps", "nft 'add table inet puerta { flags dormant; }'"),
            ("everything goes", "nft flush ruleset"),
            ("a rule comes", "nft insert rule inet puerta forward accept"),
            ("a policy changes", "nft 'chain inet puerta forward { policy drop; }'"),
            ("a collection comes", "nft 'add set inet puerta extra { type ipv4_addr; }'"),
            ("an element goes", "nft 'delete element inet puerta access { tcp . 50001 }'"),
            ("an element comes", "nft 'add element inet puerta access { tcp . 50009 : goto admitted }'"),
            (
                "an element changes",
                "nft 'delete element inet puerta access { tcp . 50001 }; \
                 add element inet puerta access { tcp . 50001 : goto admitted }'",
            ),
            ("a network comes", "nft 'add element inet puerta from { tcp . 50001 . 198.51.100.0/24 }'"),
            ("the members go", "nft flush set inet puerta from"),
            (
                "the stamp goes",
                "nft delete counter inet puerta \
                 $(nft list counters table inet puerta | sed -n 's/.*counter \\(stamp_[0-9a-f_]*\\).*/\\1/p')",
            ),
        ]
    }

    fn foreign(&self) -> (&'static str, &'static str) {
        (
            "nft 'table ip guest { chain FORWARD { type filter hook forward priority filter; policy drop; }; \
             chain input { type filter hook input priority filter; policy accept; tcp dport 4444 reject; }; }'; \
             nft 'table inet quiet { chain c { type filter hook forward priority filter; policy accept; tcp dport 9 accept; }; }'",
            "nft -a list table ip guest; nft -a list table inet quiet",
        )
    }

    fn is_whole(&self) -> bool {
        let text = shell("nft list table inet puerta");
        let chains =
            ["forward", "input", "arrive", "dstnat", "srcnat", "leave", "egress", "from_lab", "to_lab"];
        let element = text.contains("tcp . 50001") && text.contains("10.0.0.66");
        element && chains.iter().all(|chain| text.contains(&format!("chain {chain} {{")))
    }
}

/// Two that saw no table: one makes it, the other fails and touches nothing.
#[test]
fn of_two_that_begin_at_once_one_has_it() {
    let house = House::new(&Nft);
    let namespace = &house.puerta.namespace;
    for round in 0..4 {
        let start = Barrier::new(2);
        let begin = |owner: &str| {
            enter(namespace);
            let mut reconciler = Reconciler::new(site(), Box::new(Nftables)).unwrap();
            let desired = Desired { owner: owner.into(), ..desired() };
            start.wait();
            reconciler.reconcile(&desired).map(|_| (reconciler, desired))
        };
        let (one, other) = thread::scope(|scope| {
            let one = scope.spawn(|| begin("1111111111111111"));
            let other = scope.spawn(|| begin("2222222222222222"));
            (one.join().unwrap(), other.join().unwrap())
        });
        let Some((mut reconciler, desired)) = one.ok().xor(other.ok()) else { panic!("round {round}") };
        assert_eq!(reconciler.reconcile(&desired).unwrap().done, Done::Nothing, "round {round}");
        reconciler.remove().unwrap();
    }
}

/// The same, and no luck in it: the second writes long after it looked.
#[test]
fn who_comes_late_fails_whole() {
    let _house = House::new(&Nft);
    let write = |owner: &str| {
        let desired = Desired { owner: owner.into(), ..desired() };
        let wanted = Nftables.render(&site(), &desired);
        let steps = Nftables.script(&desired, &wanted, &Plan::Whole(Why::Absent));
        let [step] = &steps[..] else { panic!("one transaction") };
        let mut nft = Command::new(step.program)
            .args(&step.arguments)
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        nft.stdin.take().unwrap().write_all(step.input.as_bytes()).unwrap();
        nft.wait().unwrap().success()
    };
    assert!(write("1111111111111111"));
    let before = shell("nft list ruleset");
    assert!(!write("2222222222222222"));
    assert_eq!(shell("nft list ruleset"), before);
}

/// Even the short way, which looks at nothing.
#[test]
fn what_became_anothers_is_not_touched() {
    let mut house = House::new(&Nft);
    house.reconcile();
    shell("nft flush ruleset");
    let mut second = Reconciler::new(site(), Box::new(Nftables)).unwrap();
    let theirs = Desired { owner: "fedcba9876543210".into(), ..desired() };
    second.reconcile(&theirs).unwrap();
    let refused = house.reconciler.change(50_001, Some(&tcp("10.0.0.66:80", &[])));
    assert_eq!(refused.unwrap_err(), FirewallError::Foreign(theirs.owner.clone()));
    assert_eq!(second.reconcile(&theirs).unwrap().done, Done::Nothing);
}

/// Writes once, as whoever it is started.
fn writes_once() {
    let mut reconciler = Reconciler::new(site(), Box::new(Nftables)).unwrap();
    assert!(matches!(reconciler.reconcile(&desired()).unwrap().done, Done::Whole { .. }));
    assert_eq!(reconciler.reconcile(&desired()).unwrap().done, Done::Nothing);
}

#[test]
fn one_capability_is_enough() {
    if std::env::var_os(CHILD).is_some() {
        return writes_once();
    }
    let mut house = House::new(&Nft);
    let run = |capabilities: &str| {
        let only = format!("-all{capabilities}");
        let status = Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"])
            .args(["--inh-caps", &only, "--ambient-caps", &only, "--bounding-set", &only])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", thread::current().name().unwrap()])
            .env(CHILD, "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.unwrap().success()
    };
    assert!(!run(""));
    assert!(run(",+net_admin"));
    assert_eq!(house.reconcile().done, Done::Nothing);
}
