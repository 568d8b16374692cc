//! A gateway between a client and the lab, in namespaces without a way out.

use std::process::{Command, Stdio};

/// Nobody of this host.
pub(crate) const USER: &str = "61234";
/// The first year of the address plan, seat 1, slot 2.
pub(crate) const MACHINE: &str = "10.0.0.66";

/// A few lines of shell that must succeed.
pub(crate) fn sh(script: &str) {
    let output = Command::new("sh").args(["-ec", script]).output().unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// A gateway between a client and the lab.
pub(crate) struct World {
    pub(crate) name: String,
}

impl World {
    pub(crate) fn new(name: &str) -> Self {
        let world = Self { name: format!("ph-{name}-{}", std::process::id()) };
        world.sweep();
        let [gate, client, machine] = ["", "c", "m"].map(|part| world.part(part));
        sh(&format!(
            "for n in {gate} {client} {machine}; do ip netns add $n; ip -n $n link set lo up; done
             ip -n {gate} link add pub type veth peer name eth0 netns {client}
             ip -n {gate} link add lan type veth peer name eth0 netns {machine}
             for l in pub lan; do ip -n {gate} link set $l up; done
             ip -n {gate} addr add 192.0.2.1/24 dev pub; ip -n {gate} addr add 10.0.0.1/8 dev lan
             ip -n {client} link set eth0 up; ip -n {client} addr add 192.0.2.7/24 dev eth0
             ip -n {machine} link set eth0 up; ip -n {machine} addr add {MACHINE}/8 dev eth0
             ip -n {machine} route add default via 10.0.0.1
             ip netns exec {gate} sysctl -qw net.ipv4.ip_forward=1"
        ));
        world
    }

    fn part(&self, part: &str) -> String {
        format!("{}{part}", self.name)
    }

    fn sweep(&self) {
        for part in ["", "c", "m"] {
            let _ =
                Command::new("ip").args(["netns", "del", &self.part(part)]).stderr(Stdio::null()).status();
        }
    }

    /// The same command inside one of them.
    pub(crate) fn inside(&self, part: &str, command: &Command) -> Command {
        let mut inside = Command::new("ip");
        inside.args(["netns", "exec", &self.part(part)]).arg(command.get_program()).args(command.get_args());
        inside
    }

    /// What starts a program in the gateway as `USER` with these capabilities, as the unit's
    /// `AmbientCapabilities` and `CapabilityBoundingSet` do.
    pub(crate) fn as_user(&self, capabilities: &str) -> Vec<String> {
        let mut words: Vec<String> = ["ip", "netns", "exec", &self.name, "setpriv"].map(str::to_owned).into();
        words.extend(["--reuid", USER, "--regid", USER, "--clear-groups"].map(str::to_owned));
        for set in ["--inh-caps", "--bounding-set", "--ambient-caps"] {
            words.extend([set.to_owned(), format!("-all,{capabilities}")]);
        }
        words
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.sweep();
    }
}
