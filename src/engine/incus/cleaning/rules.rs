//! Which names of a machine's file system go. Paths have no `/` in front and no `.`, `..` or empty part.

use std::collections::HashSet;
use std::net::Ipv4Addr;

/// Home folders that are neither `/root` nor in `/home`.
#[derive(Debug, Default)]
pub(super) struct Homes(HashSet<Vec<u8>>);

impl Homes {
    /// Those that an `/etc/passwd` names.
    pub(super) fn of_passwd(text: &[u8]) -> Self {
        let home = |line: &[u8]| {
            let home = line.split(|byte| *byte == b':').nth(5)?;
            let home = home.strip_prefix(b"/")?;
            Some(home.strip_suffix(b"/").unwrap_or(home).to_vec())
        };
        Self(text.split(|byte| *byte == b'\n').filter_map(home).collect())
    }
}

/// What makes a machine this one.
pub(super) fn of_machine(path: &[u8]) -> bool {
    let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    match parts.as_slice() {
        [b"etc", b"ssh", file] => file.starts_with(b"ssh_host_"),
        [b"etc", b"dropbear", file] => file.windows(8).any(|part| part == b"host_key"),
        [b"etc", b"machine-id" | b"hostname"] | [b"var", b"lib", b"dbus", b"machine-id"] => true,
        [b"var", b"lib", b"systemd", b"random-seed" | b"credential.secret"] => true,
        [b"var", b"lib", b"urandom", b"random-seed"] => true,
        [b"var", b"lib", b"dhcp" | b"dhcpcd" | b"NetworkManager", file] => {
            file.ends_with(b".leases") || file.ends_with(b".lease")
        }
        _ => false,
    }
}

/// In a home folder: keys that open, hosts that were visited, lines that were typed.
pub(super) fn of_person(path: &[u8], homes: &Homes) -> bool {
    let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    let inner = match parts.as_slice() {
        [folders @ .., b".ssh", b"authorized_keys" | b"authorized_keys2" | b"authorized_keys.puerta"] => {
            folders
        }
        [folders @ .., b".ssh", b"known_hosts" | b"known_hosts.old"] => folders,
        [folders @ .., file] if file.starts_with(b".") && file.ends_with(b"_history") => folders,
        _ => return false,
    };
    matches!(inner, [b"root"] | [b"home", _]) || homes.0.contains(&inner.join(&b'/'))
}

/// What nobody misses; only under its own name.
pub(super) fn rubbish(path: &[u8]) -> bool {
    let inside =
        |folder: &[u8]| path.strip_prefix(folder).is_some_and(|rest| rest.len() > 1 && rest[0] == b'/');
    inside(b"tmp")
        || inside(b"var/tmp")
        || inside(b"var/log/journal")
        || (inside(b"var/cache/apt/archives") && path.ends_with(b".deb"))
}

/// Whether it is a file of network configuration that may hold one machine's address.
pub(super) fn addressed(path: &[u8]) -> bool {
    let folders: [&[u8]; 4] = [
        b"etc/network/interfaces.d/",
        b"etc/netplan/",
        b"etc/systemd/network/",
        b"etc/NetworkManager/system-connections/",
    ];
    folders.iter().any(|folder| path.starts_with(folder))
}

/// Whether the address is written in it, and not only the beginning or end of another.
pub(super) fn has_address(content: &[u8], address: Ipv4Addr) -> bool {
    let address = address.to_string();
    let part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.');
    content.windows(address.len()).enumerate().any(|(at, window)| {
        let before = at.checked_sub(1).and_then(|at| content.get(at));
        window == address.as_bytes() && !part(before) && !part(content.get(at + address.len()))
    })
}
