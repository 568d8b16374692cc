//! What Incus and LXC say when it is the machine's own content that is in the way. Each sentence was seen.

use super::error::clean;
use crate::Spoiled;

/// Where the file system of a machine begins, in the names of an archive and in those of the node.
const ROOT: &str = "/rootfs";
/// As much of a name as a person needs to find it.
const NAME: usize = 80;

/// Why no archive could be made: `Error adding "FILE" as "NAME" to tarball: ...`, or a walk that came to a name without
/// end.
pub(super) fn unsavable(text: &str) -> Option<Spoiled> {
    if let Some((_, rest)) = text.split_once("Error adding ") {
        let (_, rest) = quoted(rest)?;
        let (name, rest) = quoted(rest)?;
        let (file, (_, why)) = (inside(name), rest.split_once("archive/tar: ")?);
        return Some(match why.split_once("SCHILY.xattr.") {
            Some((_, record)) => {
                let name = record.split_once(" = ").map_or(record, |(name, _)| name);
                Spoiled::Attribute { file, name: short(name) }
            }
            None => Spoiled::File { file, why: clean(why) },
        });
    }
    let (_, rest) = text.split_once("Error walking file during export: ")?;
    let (name, why) = quoted(rest)?;
    why.contains("file name too long").then(|| Spoiled::Path(inside(name)))
}

/// Why it did not start, out of LXC's log of that start: its first program, or a folder that something is mounted on.
/// What else goes wrong there is the node's.
pub(super) fn unstartable(log: &str) -> Option<Spoiled> {
    /// What a file system says that is not as it should be.
    const CONTENT: [&str; 3] =
        ["Not a directory", "Too many levels of symbolic links", "No such file or directory"];
    let errors = || log.lines().filter(|line| line.contains(" ERROR "));
    let named = |what: &str| errors().find_map(|line| Some(quoted(&line[line.find(what)?..])?.0));
    if let Some(program) = named("Failed to exec \"") {
        return Some(Spoiled::Start(short(program)));
    }
    let content = errors().any(|line| CONTENT.iter().any(|sign| line.contains(sign)));
    let place =
        named("Failed to mount \"").filter(|_| content && log.contains("Failed to setup container"))?;
    Some(Spoiled::Start(short(&format!("/{}", place.trim_start_matches('/')))))
}

/// A text in Go's double quotes, as it stands there, and what comes after.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let (_, inner) = text.split_once('"')?;
    let mut escaped = false;
    let end = inner.find(|c| {
        let end = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        end
    })?;
    Some((&inner[..end], &inner[end + 1..]))
}

/// A file by its name inside the machine.
fn inside(name: &str) -> String {
    match name.split_once(ROOT) {
        Some((_, "")) => "/".into(),
        Some((_, inner)) => short(inner),
        None => short(name),
    }
}

fn short(name: &str) -> String {
    let name = clean(name);
    match name.char_indices().nth(NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_archive_can_hold() {
        let adding = |name: &str, why: &str| {
            format!(
                r#"Create backup: Backup create: Error adding "/var/lib/incus/storage-pools/default/containers/puerta_vm-68/rootfs{name}" as "backup/container/rootfs{name}" to tarball: Failed to write tar header: archive/tar: {why}"#
            )
        };
        let attribute = r#"cannot encode header: invalid PAX record: "SCHILY.xattr.user.a=b = 1""#;
        let seen = |file: &str| Some(Spoiled::Attribute { file: file.into(), name: "user.a=b".into() });
        assert_eq!(unsavable(&adding("/root/x", attribute)), seen("/root/x"));
        // A name that tries to be the end of itself, and one that is a line.
        assert_eq!(unsavable(&adding(r#"/a\" as \"b"#, attribute)), seen(r#"/a\" as \"b"#));
        assert_eq!(unsavable(&adding(r"/a\nb\\", attribute)), seen(r"/a\nb\\"));
        let other = Spoiled::File { file: "/x".into(), why: "write too long".into() };
        assert_eq!(unsavable(&adding("/x", "write too long")), Some(other));
        let long = format!("/root{}", "/ddddddddd".repeat(500));
        let walk = |why: &str| {
            format!(
                r#"Backup create: Error walking file during export: "/pool/puerta_vm-68/rootfs{long}": {why}"#
            )
        };
        let Some(Spoiled::Path(name)) = unsavable(&walk("file name too long")) else { panic!() };
        assert!(name.starts_with("/root/ddddddddd/") && name.chars().count() == NAME + 1, "{name}");
        for ours in [walk("input/output error"), "Error adding nonsense".into(), "anything".into()] {
            assert_eq!(unsavable(&ours), None, "{ours}");
        }
        let disk = r#"Error adding "/p/rootfs/x" as "backup/container/rootfs/x" to tarball: Failed to copy file content: read /p: input/output error"#;
        assert_eq!(unsavable(disk), None);
    }

    #[test]
    fn what_no_machine_starts_without() {
        let line = |what: &str| format!("lxc puerta_vm-68 20261129041848.130 ERROR    {what}\n");
        let exec = line(
            r#"start - ../src/lxc/start.c:start:2197 - No such file or directory - Failed to exec "/sbin/init""#,
        );
        let setup =
            line(r#"start - ../src/lxc/start.c:do_start:1272 - Failed to setup container "puerta_vm-68""#);
        let dev = line(
            r#"conf - ../src/lxc/conf.c:mount_autodev:1269 - Not a directory - Failed to mount tmpfs on "/usr/lib/x86_64-linux-gnu/lxc/rootfs""#,
        ) + &line(r#"conf - ../src/lxc/conf.c:lxc_setup:4402 - Failed to mount "/dev""#);
        let proc = line(
            r#"conf - ../src/lxc/conf.c:lxc_mount_auto_mounts:818 - Too many levels of symbolic links - Failed to mount "proc" on "/usr/lib/x86_64-linux-gnu/lxc/rootfs/proc" with flags 14"#,
        );
        let refused = line(
            r#"conf - ../src/lxc/conf.c:lxc_mount_auto_mounts:818 - Permission denied - Failed to mount "proc" on "/usr/lib/lxc/rootfs/proc" with flags 14"#,
        );
        let start = |file: &str| Some(Spoiled::Start(file.into()));
        assert_eq!(unstartable(&exec), start("/sbin/init"));
        assert_eq!(unstartable(&(proc + &setup)), start("/proc"));
        assert_eq!(unstartable(&(refused + &setup)), None);
        assert_eq!(unstartable(&setup), None);
        // What is mounted first is told by the place that LXC works in.
        assert_eq!(unstartable(&(dev + &setup)), start("/dev"));
        assert_eq!(
            unstartable(
                "lxc puerta_vm-68 20261129041847.957 WARN     cgfsng - No such file or directory - Failed to fchownat(34, memory.oom.group)"
            ),
            None
        );
    }
}
