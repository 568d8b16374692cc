//! What a seat may hold, and whether one more fits. The numbers come from the registry or from
//! configuration, the counts from the store in the same transaction that adds (so that a race cannot
//! pass).

use crate::model::Limits;
use serde::Serialize;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Quota {
    /// Machines.
    Machines,
    /// Machines that run at once.
    Running,
    /// Memory of all machines, MiB.
    Memory,
    /// CPU cores of all machines.
    Cpus,
    /// Disk of all machines, MiB.
    Disk,
    /// Backups.
    Backups,
    /// Published ports.
    Publications,
}

impl Quota {
    /// Every one, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Machines,
        Self::Running,
        Self::Memory,
        Self::Cpus,
        Self::Disk,
        Self::Backups,
        Self::Publications,
    ];

    /// Its word, as in `quota set WORD`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Machines => "machines",
            Self::Running => "running",
            Self::Memory => "memory",
            Self::Cpus => "cpus",
            Self::Disk => "disk",
            Self::Backups => "backups",
            Self::Publications => "publications",
        }
    }

    /// Whether its numbers are MiB.
    pub fn is_size(self) -> bool {
        matches!(self, Self::Memory | Self::Disk)
    }
}

impl std::str::FromStr for Quota {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|quota| quota.as_str() == text).ok_or(())
    }
}

/// MiB: `512`, `512M`, `1G`, `2T`, with `B` or `iB` behind the letter when somebody writes it; never 0.
pub fn size_mib(text: &str) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    let letters = lower.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = lower.get(..lower.len() - letters.len())?;
    let unit: u32 = match letters {
        "" | "m" | "mb" | "mib" => 1,
        "g" | "gb" | "gib" => 1024,
        "t" | "tb" | "tib" => 1024 * 1024,
        _ => return None,
    };
    digits.parse::<u32>().ok()?.checked_mul(unit).filter(|mib| *mib > 0)
}

/// What a seat may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Quotas {
    /// Machines a seat.
    pub machines: u32,
    /// Machines of a seat that run at once.
    pub running: u32,
    /// Memory of all machines of a seat, MiB.
    pub memory_mib: u32,
    /// CPU cores of all machines of a seat.
    pub cpus: u32,
    /// Disk of all machines of a seat, MiB.
    pub disk_mib: u32,
    /// Backups a seat.
    pub backups: u32,
    /// Published ports a seat.
    pub publications: u32,
}

/// What a seat holds now. Whether its machines run is not in it: that is the engine's to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Machines, also those being made.
    pub machines: u32,
    /// Their memory limits added up, MiB.
    pub memory_mib: u32,
    /// Their CPU limits added up.
    pub cpus: u32,
    /// Their disk limits added up, MiB.
    pub disk_mib: u32,
    /// Backups, also those being made.
    pub backups: u32,
    /// Published ports.
    pub publications: u32,
}

/// A quota that one more would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("quota {name}: {used} of {limit} used, {wanted} more wanted", name = quota.as_str())]
pub struct QuotaExceeded {
    /// Which.
    pub quota: Quota,
    /// The limit (memory and disk in MiB).
    pub limit: u32,
    /// What is in use.
    pub used: u32,
    /// What was asked for on top.
    pub wanted: u32,
}

impl Quotas {
    /// The number of one of them.
    pub fn limit(&self, quota: Quota) -> u32 {
        match quota {
            Quota::Machines => self.machines,
            Quota::Running => self.running,
            Quota::Memory => self.memory_mib,
            Quota::Cpus => self.cpus,
            Quota::Disk => self.disk_mib,
            Quota::Backups => self.backups,
            Quota::Publications => self.publications,
        }
    }

    /// The same with another number for one of them.
    #[must_use]
    pub fn with(mut self, quota: Quota, value: u32) -> Self {
        *match quota {
            Quota::Machines => &mut self.machines,
            Quota::Running => &mut self.running,
            Quota::Memory => &mut self.memory_mib,
            Quota::Cpus => &mut self.cpus,
            Quota::Disk => &mut self.disk_mib,
            Quota::Backups => &mut self.backups,
            Quota::Publications => &mut self.publications,
        } = value;
        self
    }

    /// Does one more machine with these limits fit?
    pub fn machine(&self, usage: Usage, limits: Limits) -> Result<(), QuotaExceeded> {
        self.fits(Quota::Machines, usage.machines, 1)?;
        self.fits(Quota::Memory, usage.memory_mib, limits.memory_mib)?;
        self.fits(Quota::Cpus, usage.cpus, limits.cpus)?;
        self.fits(Quota::Disk, usage.disk_mib, limits.disk_mib)
    }

    /// Does a machine of the seat fit with other limits? What does not grow is not judged: it is held already.
    pub fn larger(&self, usage: Usage, old: Limits, new: Limits) -> Result<(), QuotaExceeded> {
        let grows = |quota, used, old: u32, new: u32| match new.saturating_sub(old) {
            0 => Ok(()),
            more => self.fits(quota, used, more),
        };
        grows(Quota::Memory, usage.memory_mib, old.memory_mib, new.memory_mib)?;
        grows(Quota::Cpus, usage.cpus, old.cpus, new.cpus)?;
        grows(Quota::Disk, usage.disk_mib, old.disk_mib, new.disk_mib)
    }

    /// May one more machine run beside `running` of the seat's?
    pub fn run(&self, running: u32) -> Result<(), QuotaExceeded> {
        self.fits(Quota::Running, running, 1)
    }

    /// Does one more backup fit, when `freed` old ones go away with it?
    pub fn backup(&self, usage: Usage, freed: u32) -> Result<(), QuotaExceeded> {
        self.fits(Quota::Backups, usage.backups.saturating_sub(freed), 1)
    }

    /// Does one more published port fit?
    pub fn publication(&self, usage: Usage) -> Result<(), QuotaExceeded> {
        self.fits(Quota::Publications, usage.publications, 1)
    }

    fn fits(&self, quota: Quota, used: u32, wanted: u32) -> Result<(), QuotaExceeded> {
        let limit = self.limit(quota);
        if used.saturating_add(wanted) <= limit {
            Ok(())
        } else {
            Err(QuotaExceeded { quota, limit, used, wanted })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same number for all of them.
    fn all(limit: u32) -> Quotas {
        Quotas {
            machines: limit,
            running: limit,
            memory_mib: limit,
            cpus: limit,
            disk_mib: limit,
            backups: limit,
            publications: limit,
        }
    }

    fn limits(cpus: u32, memory_mib: u32, disk_mib: u32) -> Limits {
        Limits { cpus, memory_mib, disk_mib, processes: 1 }
    }

    #[test]
    fn only_what_grows_is_judged() {
        let usage = Usage { machines: 1, memory_mib: 10, cpus: 2, disk_mib: 10, ..Usage::default() };
        let old = limits(2, 10, 10);
        // More is held than the quota has by now: the same again is as it was.
        assert_eq!(all(1).larger(usage, old, old), Ok(()));
        assert_eq!(all(1).larger(usage, old, limits(1, 5, 10)), Ok(()));
        assert_eq!(all(12).larger(usage, old, limits(2, 12, 10)), Ok(()));
        let full = all(11).larger(usage, old, limits(2, 12, 10)).unwrap_err();
        assert_eq!((full.quota, full.used, full.wanted), (Quota::Memory, 10, 2));
    }

    #[test]
    fn the_last_one_fits_and_the_next_names_its_quota() {
        let quotas = Quotas {
            machines: 2,
            running: 1,
            memory_mib: 1024,
            cpus: 3,
            disk_mib: 100,
            backups: 3,
            publications: 1,
        };
        let none = Usage::default();
        let broken = |usage, limits| quotas.machine(usage, limits).unwrap_err().quota;
        assert!(
            quotas
                .machine(
                    Usage { machines: 1, memory_mib: 512, cpus: 1, disk_mib: 50, ..none },
                    limits(2, 512, 50)
                )
                .is_ok()
        );
        assert_eq!(broken(Usage { machines: 2, ..none }, limits(1, 1, 1)), Quota::Machines);
        assert_eq!(broken(Usage { memory_mib: 513, ..none }, limits(1, 512, 1)), Quota::Memory);
        assert_eq!(broken(Usage { cpus: 2, ..none }, limits(2, 1, 1)), Quota::Cpus);
        assert_eq!(broken(Usage { disk_mib: 51, ..none }, limits(1, 1, 50)), Quota::Disk);
        assert!(quotas.run(0).is_ok());
        assert_eq!(quotas.run(1).unwrap_err().quota, Quota::Running);
        let full = Usage { backups: 3, publications: 1, ..none };
        assert!(quotas.backup(full, 1).is_ok());
        assert_eq!(quotas.backup(full, 0).unwrap_err().used, 3);
        assert!(quotas.publication(none).is_ok());
        assert_eq!(quotas.publication(full).unwrap_err().quota, Quota::Publications);
    }

    #[test]
    fn each_has_its_word_and_its_number() {
        for (number, quota) in (1..).zip(Quota::ALL) {
            assert_eq!(quota.as_str().parse(), Ok(quota));
            let changed = all(0).with(quota, number);
            assert_eq!(
                Quota::ALL.map(|other| changed.limit(other)),
                Quota::ALL.map(|other| if other == quota { number } else { 0 })
            );
        }
        assert_eq!("cpu".parse::<Quota>(), Err(()));
    }

    proptest! {
        #[test]
        fn what_fits_stays_within_and_what_does_not_would_break(
            limit: (u32, u32, u32), used: (u32, u32, u32), wanted: u32, freed: u32,
        ) {
            let quotas = all(u32::MAX).with(Quota::Machines, limit.0).with(Quota::Memory, limit.1)
                .with(Quota::Backups, limit.2).with(Quota::Publications, limit.0);
            let usage = Usage {
                machines: used.0, memory_mib: used.1, backups: used.2, publications: used.0, cpus: 0, disk_mib: 0,
            };
            // In wider numbers, where nothing saturates.
            let wide = u64::from;
            let one_more = wide(used.0) < wide(limit.0);
            let memory = wide(used.1) + wide(wanted) <= wide(limit.1);
            match quotas.machine(usage, limits(1, wanted, 1)) {
                Ok(()) => prop_assert!(one_more && memory),
                Err(broken) => prop_assert_eq!(
                    (broken.quota, broken.wanted),
                    if one_more { (Quota::Memory, wanted) } else { (Quota::Machines, 1) }
                ),
            }
            let left = wide(used.2).saturating_sub(wide(freed));
            prop_assert_eq!(quotas.backup(usage, freed).is_ok(), left < wide(limit.2));
            prop_assert_eq!(quotas.publication(usage).is_ok(), one_more);
        }

        #[test]
        fn one_by_one_never_passes_the_limit(limit in 0u32..70, memory in 0u32..4096, each in 1u32..512) {
            let quotas = all(u32::MAX).with(Quota::Machines, limit).with(Quota::Memory, memory);
            let mut usage = Usage::default();
            while quotas.machine(usage, limits(1, each, 1)).is_ok() {
                usage.machines += 1;
                usage.memory_mib += each;
            }
            prop_assert_eq!(usage.machines, limit.min(memory / each));
        }
    }
}
