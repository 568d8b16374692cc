//! `[machine]`, `[quota]`, `[backup]` and `[console]`: what a machine gets, and what is kept of it.

use super::MIB;
use super::reader::Reader;
use puerta_lab::model::Limits;
use puerta_lab::quota::Quotas;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `[machine]`: what a new machine gets, and the most that may be asked for.
#[derive(Debug, Clone)]
pub struct Machine {
    /// When nothing is asked for.
    pub default: Limits,
    /// The most of each (memory is bounded by the quota).
    pub max: Limits,
    /// How long a machine may take to shut down before it is forced.
    pub stop_grace: Duration,
}

/// `[backup]`.
#[derive(Debug, Clone)]
pub struct Backup {
    /// Where archives are kept.
    pub dir: PathBuf,
    /// Newest ones kept of each machine.
    pub keep: usize,
    /// Largest archive, bytes.
    pub max_bytes: u64,
    /// Largest unpacked content, bytes.
    pub max_unpacked_bytes: u64,
    /// Longest time for one backup or restore.
    pub deadline: Duration,
}

/// `[console]`.
#[derive(Debug, Clone)]
pub struct Console {
    /// Every console is recorded; otherwise only those that policy says.
    pub record: bool,
    /// Longest recording, bytes; the console ends there.
    pub max_bytes: u64,
    /// How long recordings are kept.
    pub keep: Duration,
}

/// Reads `[machine]`.
pub(super) fn read(r: &mut Reader) -> Machine {
    let mut number = |key, default, low, high| r.integer("machine", key, default, low, high) as u32;
    let default = Limits {
        cpus: number("cpus", 1, 1, 256),
        memory_mib: number("memory_mib", 256, 16, 1 << 20),
        disk_mib: number("disk_mib", 4096, 64, 1 << 24),
        processes: number("processes", 500, 10, 100_000),
    };
    let max = Limits {
        cpus: number("max_cpus", 2, 1, 256),
        memory_mib: number("max_memory_mib", 2048, 16, 1 << 20),
        disk_mib: number("max_disk_mib", 20_480, 64, 1 << 24),
        processes: default.processes,
    };
    for (key, of, least, most) in [
        ("max_cpus", "cpus", default.cpus, max.cpus),
        ("max_memory_mib", "memory_mib", default.memory_mib, max.memory_mib),
        ("max_disk_mib", "disk_mib", default.disk_mib, max.disk_mib),
    ] {
        if most < least {
            let what = format!("`machine.{key}`, {most}, is less than `machine.{of}`, {least}");
            r.clash(&[("machine", key), ("machine", of)], what);
        }
    }
    Machine { default, max, stop_grace: r.seconds("machine", "stop_grace_s", 10, 0, 600) }
}

/// Reads `[quota]`. Where only the number of machines is said, the rest leaves room for as many.
pub(super) fn quotas(r: &mut Reader) -> Quotas {
    let machines = r.integer("quota", "machines", 8, 0, 63);
    Quotas {
        machines: machines as u32,
        running: r.integer("quota", "running", machines, 0, 63) as u32,
        memory_mib: r.integer("quota", "memory_mib", 4096, 0, 16 << 20) as u32,
        cpus: r.integer("quota", "cpus", 2 * machines, 0, 16_384) as u32,
        disk_mib: r.integer("quota", "disk_mib", 8192 * machines, 0, 1 << 30) as u32,
        backups: r.integer("quota", "backups", 20, 0, 10_000) as u32,
        publications: r.integer("quota", "publications", 4, 0, 64_512) as u32,
    }
}

/// Reads `[backup]`.
pub(super) fn backup(r: &mut Reader, state_dir: &Path) -> Backup {
    let written = r.optional("backup", "dir").map(PathBuf::from);
    if written.as_ref().is_some_and(|dir| !dir.is_absolute()) {
        r.wrong("backup", "dir", "must be an absolute path");
    }
    let dir = written.unwrap_or_else(|| state_dir.join("backups"));
    Backup {
        dir,
        keep: r.integer("backup", "keep", 3, 1, 1000) as usize,
        max_bytes: MIB * r.integer("backup", "max_mib", 8192, 1, 1 << 24),
        max_unpacked_bytes: MIB * r.integer("backup", "max_unpacked_mib", 32_768, 1, 1 << 26),
        deadline: r.seconds("backup", "deadline_s", 1800, 10, 86_400),
    }
}

/// Reads `[console]`.
pub(super) fn console(r: &mut Reader) -> Console {
    Console {
        record: r.boolean("console", "record", false),
        max_bytes: MIB * r.integer("console", "max_mib", 64, 1, 1 << 16),
        keep: Duration::from_secs(86_400 * r.integer("console", "keep_days", 30, 1, 3650)),
    }
}
