//! "Same seat" by the rules is "same seat" by the plan: by the text for every pair, and by a kernel
//! for some of them.

use super::*;
use proptest::prelude::*;
use puerta_lab::plan::Vmid;
use std::collections::BTreeSet;
use std::process::{Command, Output};

/// The three look-ups of the text: their masks, and the pairs of the set each asks.
fn lookups(text: &str) -> Vec<(u32, BTreeSet<(u32, u32)>)> {
    let number = |word: &str| u32::from(word.parse::<Ipv4Addr>().unwrap());
    let rule = text.lines().find(|line| line.contains(" @second ")).unwrap();
    let parts: Vec<_> = rule.trim().strip_suffix(" accept").unwrap().split("ip saddr & ").skip(1).collect();
    let lookup = |part: &&str| {
        let (mask, rest) = part.trim().split_once(" . ip daddr & ").unwrap();
        let (other, set) = rest.split_once(" @").unwrap();
        assert_eq!(mask, other);
        let elements = text.split_once(&format!("set {set} {{")).unwrap().1;
        let elements = elements.split_once("elements = {").unwrap().1.split_once('}').unwrap().0;
        let pair = |pair: &str| {
            let (one, two) = pair.trim().split_once(" . ").unwrap();
            (number(one), number(two))
        };
        (number(mask), elements.split(',').map(pair).collect())
    };
    parts.iter().map(lookup).collect()
}

#[test]
fn the_text() {
    insta::assert_snapshot!(rules("eth0"));
}

#[test]
fn nothing_of_the_template_is_left() {
    let text = rules("lan0");
    for word in ["PARENT", "VERSION", "PROBE", "SECOND", "THIRD", "FOURTH"] {
        assert!(!text.contains(word), "{word}");
    }
    assert_eq!(text.matches("\"lan0\"").count(), 4);
    assert!(text.contains("udp dport 64001 reject with icmp type admin-prohibited"));
}

/// Neighbours more often than chance: equal but for a few bits.
fn pair() -> impl Strategy<Value = (u32, u32)> {
    let near = (0u32..1 << 24, 0u32..24, 0u32..64).prop_map(|(a, bit, slot)| (a, a ^ (1 << bit) ^ slot));
    prop_oneof![(0u32..1 << 24, 0u32..1 << 24), near, (0u32..1 << 24, 0u32..64).prop_map(|(a, s)| (a, a ^ s))]
}

#[test]
fn same_seat_by_the_text_is_same_seat_by_the_plan() {
    let lookups = lookups(&rules("eth0"));
    assert_eq!(lookups.iter().fold(0, |all, (mask, _)| all | mask), 0x00ff_ffc0);
    proptest!(ProptestConfig::with_cases(20_000), |((a, b) in pair())| {
        let (a, b) = (Vmid::from_stored(a).unwrap(), Vmid::from_stored(b).unwrap());
        let found = lookups.iter().all(|(mask, pairs)| {
            pairs.contains(&(u32::from(a.address()) & mask, u32::from(b.address()) & mask))
        });
        prop_assert_eq!(found, a.same_seat(b), "{} {}", a.address(), b.address());
    });
}

/// A network namespace without a way out, gone at the end.
struct Namespace(String);

impl Namespace {
    fn new(name: &str) -> Self {
        assert!(rustix::process::geteuid().is_root(), "this test makes a network namespace: run it as root");
        let name = format!("pnode-{}-{name}", std::process::id());
        assert!(Command::new("ip").args(["netns", "add", &name]).status().unwrap().success());
        Self(name)
    }

    fn run(&self, script: &str) -> Output {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0, "bash", "-c", script]).output().unwrap()
    }

    #[track_caller]
    fn well(&self, script: &str) -> String {
        let output = self.run(&format!("set -e; PATH=$PATH:/usr/sbin:/sbin; {script}"));
        assert!(output.status.success(), "{script}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn load(&self, text: &str) {
        let file = std::env::temp_dir().join(format!("{}.nft", self.0));
        std::fs::write(&file, text).unwrap();
        let loaded = self.run(&format!("PATH=$PATH:/usr/sbin:/sbin nft -f {}", file.display()));
        std::fs::remove_file(file).unwrap();
        assert!(loaded.status.success(), "{loaded:?}");
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.0]).status();
    }
}

/// The rule as the kernel understands it: the three look-ups are put where packets leave through a
/// cable, and datagrams from address to address are counted.
#[test]
fn same_seat_by_the_kernel_is_same_seat_by_the_plan() {
    let space = Namespace::new("seat");
    let rule = rules("eth0");
    let rule = rule
        .lines()
        .find(|line| line.contains(" @second "))
        .unwrap()
        .trim()
        .replace("accept", "counter accept");
    space.load(&rules("eth0"));
    // Twice: it replaces itself.
    space.load(&rules("eth0"));
    space.load(&format!(
        "table inet puerta_node {{ chain sent {{ type filter hook output priority 0; ip protocol udp {rule}\n }}\n}}"
    ));
    space.well("ip link set lo up; ip link add lan type veth peer name far; ip link set far up; ip link set lan up arp off");
    let mut before = 0;
    for bit in 0..24 {
        for a in [Ipv4Addr::new(10, 48, 15, 195), Ipv4Addr::new(10, 200, 255, 254)] {
            let b = Ipv4Addr::from(u32::from(a) ^ (1 << bit));
            space.well(&format!(
                "ip addr add {a}/32 dev lan; ip route add 10.0.0.0/8 dev lan; echo >/dev/udp/{b}/9; ip addr del {a}/32 dev lan"
            ));
            let listed = space.well("nft list chain inet puerta_node sent");
            let count = listed.split_once("counter packets ").unwrap().1;
            let count: u32 = count.split_once(' ').unwrap().0.parse().unwrap();
            let same = Vmid::from_address(a).unwrap().same_seat(Vmid::from_address(b).unwrap());
            assert_eq!(count - before, u32::from(same), "{a} {b}");
            before = count;
        }
    }
    assert_eq!(before, 12);
}
