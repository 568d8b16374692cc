use super::*;
use crate::incus::tarball::{held, image_of_backup, next};
use crate::ustar::tests::{archive, entry};
use proptest::prelude::*;

const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 66);
const TEMPLATE: Extent = Extent::Template(ADDRESS);

/// A plain file of a machine, as an archive of Incus' has it.
fn file(path: &str, content: &str) -> Vec<u8> {
    entry(&format!("backup/container/rootfs/{path}"), b'0', "", content)
}

fn dir(path: &str) -> Vec<u8> {
    entry(&format!("backup/container/rootfs/{path}"), b'5', "", "")
}

fn link(path: &str, target: &str) -> Vec<u8> {
    entry(&format!("backup/container/rootfs/{path}"), b'2', target, "")
}

fn hard(path: &str, target: &str) -> Vec<u8> {
    let target = format!("backup/container/rootfs/{target}");
    entry(&format!("backup/container/rootfs/{path}"), b'1', &target, "")
}

fn whole(entries: &[Vec<u8>]) -> Vec<u8> {
    let index = "config:\n  container:\n    architecture: x86_64\n";
    let head =
        [entry("backup/index.yaml", b'0', "", index), entry("backup/container", b'5', "", ""), dir("")];
    archive(&[&head, entries].concat())
}

fn image(raw: &[u8], cleaning: Option<&Cleaning>) -> Vec<u8> {
    let mut out = Vec::new();
    image_of_backup(&mut &raw[..], &mut out, |_| b"ours".to_vec(), cleaning).unwrap();
    out
}

fn cleaned(entries: &[Vec<u8>], extent: Extent) -> Vec<u8> {
    let raw = whole(entries);
    image(&raw, Some(&survey(&mut &raw[..], extent).unwrap()))
}

/// Kinds, names and contents of what is left in the file system.
fn left(entries: &[Vec<u8>]) -> Vec<(u8, String, String)> {
    left_of(entries, TEMPLATE)
}

fn left_of(entries: &[Vec<u8>], extent: Extent) -> Vec<(u8, String, String)> {
    let raw = cleaned(entries, extent);
    let mut from = &raw[..];
    let mut found = Vec::new();
    while let Some(member) = next(&mut from).unwrap() {
        let content = String::from_utf8(held(&mut from, member.entry.size).unwrap()).unwrap();
        let name = String::from_utf8(member.entry.name).unwrap();
        if let Some(name) = name.strip_prefix("rootfs/").filter(|name| !name.is_empty()) {
            found.push((member.entry.kind, name.to_owned(), content));
        }
    }
    found
}

fn names(entries: &[Vec<u8>]) -> Vec<String> {
    left(entries).into_iter().map(|(_, name, _)| name).collect()
}

#[test]
fn what_makes_it_this_machine_goes_and_what_looks_like_it_stays() {
    for gone in [
        "etc/ssh/ssh_host_rsa_key",
        "etc/ssh/ssh_host_ed25519_key.pub",
        "./etc/ssh/ssh_host_ecdsa_key",
        "etc//ssh/./ssh_host_ecdsa_key",
        "etc/dropbear/dropbear_ed25519_host_key",
        "etc/hostname",
        "var/lib/dbus/machine-id",
        "var/lib/systemd/random-seed",
        "var/lib/systemd/credential.secret",
        "var/lib/dhcp/dhclient.eth0.leases",
        "var/lib/NetworkManager/x.lease",
        "root/.bash_history",
        "root/.python_history",
        "home/ana/.ash_history",
        "root/.ssh/authorized_keys",
        "root/.ssh/authorized_keys.puerta",
        "home/ana/.ssh/authorized_keys",
        "home/ana/.ssh/authorized_keys2",
        "root/.ssh/known_hosts",
        "srv/git/.ssh/authorized_keys",
        "tmp/x",
        "tmp/.X11/y",
        "var/tmp/x",
        "var/log/journal/0123/system.journal",
        "var/cache/apt/archives/x.deb",
    ] {
        let passwd = file("etc/passwd", "root:*:0:0::/root:/bin/sh\ngit:x:9:9::/srv/git/:/bin/sh\n");
        assert_eq!(names(&[passwd, file(gone, "secret")]), ["etc/passwd"], "{gone}");
    }
    for stays in [
        "etc/ssh/sshd_config",
        "etc/ssh/moduli",
        "etc/ssh/old/ssh_host_rsa_key",
        "usr/share/etc/ssh/ssh_host_rsa_key",
        "etc/dropbear/config",
        "etc/machine-id.dpkg-old",
        "etc/hosts",
        "etc/resolv.conf",
        "etc/shadow",
        "root/.ssh/id_ed25519",
        "root/.ssh/config",
        "root/.bashrc",
        "root/history",
        "home/.bash_history",
        "home/ana/web/.ssh/authorized_keys",
        "srv/other/.ssh/authorized_keys",
        "var/log/syslog",
        "var/log/journal.txt",
        "var/cache/apt/archives/lock",
        "tmpfile",
        "srv/tmp/x",
        "var/lib/dhcp/README",
        "backup/container/rootfs/etc/ssh/ssh_host_rsa_key",
        "rootfs/etc/ssh/ssh_host_rsa_key",
    ] {
        assert_eq!(left(&[file(stays, "x")]), [(b'0', stays.to_owned(), "x".to_owned())]);
    }
    for folder in
        ["tmp/", "var/tmp", "var/log/journal/", "etc/ssh", "root/.ssh", "home/ana", "etc/ssh/ssh_host_d"]
    {
        assert_eq!(names(&[dir(folder)]), [folder]);
    }
}

#[test]
fn no_hard_link_brings_it_back() {
    let key = || file("etc/ssh/ssh_host_rsa_key", "secret");
    assert!(names(&[key(), hard("srv/copy", "etc/ssh/ssh_host_rsa_key")]).is_empty());
    // The innocent name has the content, and the other is the link.
    let all = [file("a/first", "secret"), hard("etc/ssh/ssh_host_rsa_key", "a/first"), hard("z", "a/first")];
    assert!(names(&all).is_empty());
    let chain = [file("a", "secret"), hard("b", "a"), hard("root/.ssh/authorized_keys", "b")];
    assert!(names(&chain).is_empty());
    assert_eq!(names(&[file("a", "x"), hard("b", "a")]), ["a", "b"]);
    // Rubbish that somebody uses under another name is none; the other way round it would have no content.
    assert_eq!(names(&[file("tmp/a", "x"), hard("srv/a", "tmp/a")]), ["tmp/a", "srv/a"]);
    assert!(names(&[file("tmp/a", "x"), hard("tmp/b", "tmp/a")]).is_empty());
}

#[test]
fn no_symbolic_link_brings_it_back() {
    for (from, to, real) in [
        ("etc/ssh", "/srv/ssh", "srv/ssh/ssh_host_rsa_key"),
        ("etc/ssh", "../srv/./ssh", "srv/ssh/ssh_host_rsa_key"),
        ("etc/ssh", "../../../srv/ssh/", "srv/ssh/ssh_host_rsa_key"),
        ("home", "data/people", "data/people/ana/.ssh/authorized_keys"),
        ("root", "/home/admin", "home/admin/.ssh/known_hosts"),
        ("root", "/", ".bash_history"),
        ("etc/ssh/ssh_host_rsa_key", "/srv/keys/rsa", "srv/keys/rsa"),
    ] {
        for order in [[0, 1], [1, 0]] {
            let entries = [link(from, to), file(real, "secret")];
            let found = left(&order.map(|at| entries[at].clone()));
            assert!(found.iter().all(|(kind, ..)| *kind == b'2'), "{from} -> {to}: {found:?}");
        }
    }
    // Through two of them.
    let two = [link("etc/ssh", "/data/ssh"), link("data", "srv"), file("srv/ssh/ssh_host_rsa_key", "secret")];
    assert_eq!(names(&two), ["etc/ssh", "data"]);
    // A link that goes is not what it leads to, where that is no plain file or rubbish by another name.
    let null = entry("backup/container/rootfs/dev/null", b'3', "", "");
    assert_eq!(names(&[null, link("root/.bash_history", "/dev/null")]), ["dev/null"]);
    assert_eq!(names(&[link("tmp", "/srv/work"), file("srv/work/x", "x")]), ["tmp", "srv/work/x"]);
    assert_eq!(names(&[link("a/loop", ".."), file("a/x", "x")]), ["a/loop", "a/x"]);
}

#[test]
fn the_old_address_goes_from_the_network_and_nothing_else_does() {
    let folder = "etc/network/interfaces.d";
    let all = [
        file(&format!("{folder}/eth0"), "address 10.0.0.66/32\n"),
        file(&format!("{folder}/other"), "address 10.0.0.166\nup 10.0.0.660\n"),
        file("etc/systemd/network/10.network", "[Network]\nAddress=10.0.0.66"),
        file("etc/netplan/lo.yaml", "lo"),
        file("etc/network/interfaces", "address 10.0.0.66"),
        file("etc/hosts", "10.0.0.66 web1"),
    ];
    let stay = [&*format!("{folder}/other"), "etc/netplan/lo.yaml", "etc/network/interfaces", "etc/hosts"];
    assert_eq!(names(&all), stay);
}

#[test]
fn systemd_finds_an_empty_machine_id_and_ssh_makes_its_keys() {
    for id in [file("etc/machine-id", "0123"), link("etc/machine-id", "/run/id")] {
        assert_eq!(left(&[id]), [(b'0', "etc/machine-id".to_owned(), String::new())]);
    }
    assert!(left(&[link("etc", "/srv"), file("etc/machine-id", "1")]).iter().all(|(kind, ..)| *kind == b'2'));
    let ssh = [file("usr/bin/ssh-keygen", "x"), file("usr/lib/systemd/system/ssh.service", "x")];
    let added = &names(&ssh)[2..];
    let unit = "etc/systemd/system/puerta-host-keys.service";
    let dropped_in = "etc/systemd/system/ssh.service.d";
    let conf = format!("{dropped_in}/puerta-host-keys.conf");
    assert_eq!(added, [unit, dropped_in, &conf]);
    // Once, also in a template of a machine of a template; and never through a link.
    for there in [file(&conf, "x"), file(unit, "x")] {
        assert_eq!(names(&[&ssh[..], &[there]].concat()).len(), 3);
    }
    for place in ["etc", "etc/systemd", "etc/systemd/system", dropped_in] {
        assert_eq!(names(&[&ssh[..], &[link(place, "../../../root")]].concat()).len(), 3, "{place}");
    }
    assert_eq!(names(&ssh[1..]).len(), 1, "nothing makes keys there");
}

#[test]
fn an_archive_that_leads_out_of_itself_is_refused() {
    for wrong in [
        file("etc/../../x", "x"),
        hard("a", "../../container/backup.yaml"),
        entry("etc/passwd", b'0', "", "x"),
        entry("backup/container/rootfs", b'2', "/", ""),
    ] {
        assert!(survey(&mut &whole(&[wrong])[..], TEMPLATE).is_err());
    }
    let raw = whole(&[file("a", "x")]);
    assert!(survey(&mut &raw[..raw.len() - 1024], TEMPLATE).is_err());
}

proptest! {
    /// Names that no rule is about, and some that one is: what goes leaves the rest as it was, byte for byte.
    #[test]
    fn everything_else_passes_unchanged(
        files in prop::collection::vec(
            ("(srv|opt|etc/app|home/ana|usr/lib)(/[a-z]{1,6}){1,4}", "[ -~]{0,600}", 0..4_u8), 0..20,
        ),
        secrets in prop::collection::vec((0..20_usize, 0..4_usize), 0..6),
    ) {
        let rest: Vec<Vec<u8>> = files
            .iter()
            .map(|(path, content, kind)| match kind {
                0 => dir(path),
                1 => link(path, "nowhere/else"),
                2 => hard(path, "opt/first"),
                _ => file(path, content),
            })
            .collect();
        let mut mixed = rest.clone();
        for (at, which) in secrets {
            let name = ["etc/ssh/ssh_host_rsa_key", "root/.bash_history", "tmp/x", "root/.ssh/authorized_keys"][which];
            mixed.insert(at.min(mixed.len()), file(name, "secret"));
        }
        prop_assert_eq!(cleaned(&mixed, TEMPLATE), image(&whole(&rest), None));
    }

    #[test]
    fn any_bytes_are_surveyed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = survey(&mut &bytes[..], TEMPLATE);
    }
}

#[test]
fn a_copy_is_another_machine_with_what_people_have_in_it() {
    let entries = [
        dir("etc"),
        file("etc/hostname", "web1"),
        file("etc/machine-id", "0123"),
        file("etc/ssh/ssh_host_ed25519_key", "secret"),
        file("etc/netplan/10.yaml", "addresses: [10.0.0.66/32]"),
        file("etc/netplan/20.yaml", "addresses: [10.0.0.67/32]"),
        file("root/.ssh/authorized_keys", "ssh-ed25519 A"),
        file("root/.bash_history", "ls"),
        file("tmp/x", "y"),
    ];
    let names = |extent| left_of(&entries, extent).into_iter().map(|(_, name, _)| name).collect::<Vec<_>>();
    let people = ["root/.ssh/authorized_keys", "root/.bash_history", "tmp/x"];
    let copy = names(Extent::Machine(Some(ADDRESS)));
    assert_eq!(copy, [&["etc", "etc/netplan/20.yaml"], &people[..], &["etc/machine-id"]].concat());
    // The id that comes is an empty one.
    assert!(left_of(&entries, Extent::Machine(None)).contains(&(b'0', "etc/machine-id".into(), "".into())));
    assert!(names(Extent::Machine(None)).contains(&"etc/netplan/10.yaml".to_owned()));
    // The same machine at another address is still known by what it was known by.
    let mut moved = names(Extent::Address(ADDRESS));
    moved.insert(4, "etc/netplan/10.yaml".into());
    assert_eq!(moved, names(Extent::Address(Ipv4Addr::UNSPECIFIED)));
}
