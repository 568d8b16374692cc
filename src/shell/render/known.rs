//! Files of a client's: `known_hosts` (sshd(8)) and `ssh_config` (ssh_config(5)). What stands in them are names of the
//! registry, keys that were read, and the technician's configuration; sentences are comments.

use crate::app::reply::{ConfigView, DOOR, KnownHost, KnownReply};
use crate::shell::lang::Lang;
use crate::shell::text::text;

pub(super) fn reply(reply: &KnownReply, lang: Lang) -> String {
    match reply {
        KnownReply::Hosts(hosts) => hosts.iter().map(|host| lines(host, lang)).collect(),
        KnownReply::Config(view) => config(view, lang),
    }
}

fn comment(lang: Lang, id: &str, args: &[(&str, &str)]) -> String {
    text(lang, id, args).lines().map(|line| format!("# {line}\n")).collect()
}

fn lines(host: &KnownHost, lang: Lang) -> String {
    if host.keys.is_empty() {
        return comment(lang, "known-hosts-none", &[("vm", &host.vm)]);
    }
    let names = host.names.join(",");
    host.keys.iter().map(|key| format!("{names} {}\n", key.line)).collect()
}

fn config(view: &ConfigView, lang: Lang) -> String {
    let ConfigView { host, port, login, hosts, file } = view;
    let mut text = comment(lang, "ssh-config-about", &[("login", login), ("host", host)]);
    text += &comment(lang, if *file { "ssh-config-file" } else { "ssh-config-asks" }, &[]);
    text += &format!(
        "\nHost {DOOR}\n    HostName {host}\n    Port {port}\n    User {login}\n    ProxyJump none\n"
    );
    if !file {
        // So that what is asked beside comes in by the same connection.
        text += "    ControlMaster auto\n    ControlPath ~/.ssh/puerta-%C\n    ControlPersist 60\n";
    }
    if hosts.is_empty() {
        return text;
    }
    text += &format!("\nHost {}\n    User root\n    ProxyJump {DOOR}\n", hosts.join(" "));
    text += &match file {
        true => "    UserKnownHostsFile ~/.ssh/known_hosts.puerta\n".to_owned(),
        // Without what a person may have under `Host puerta` for their own sessions.
        false => format!(
            "    KnownHostsCommand /usr/bin/ssh -T -o RemoteCommand=none {DOOR} known-hosts %H\n    \
             UserKnownHostsFile /dev/null\n"
        ),
    };
    text + "    StrictHostKeyChecking yes\n"
}
