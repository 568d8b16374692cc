//! What a seat may hold, and whether one more fits. The numbers come from configuration, the
//! counts from the store in the same transaction that adds (so that a race cannot pass).

use serde::Serialize;

/// What a seat may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Quotas {
    /// Machines a seat.
    pub machines: u32,
    /// Memory of all machines of a seat, MiB.
    pub memory_mib: u32,
    /// Backups a seat.
    pub backups: u32,
    /// Published ports a seat.
    pub publications: u32,
}

/// What a seat holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Machines, also those being made.
    pub machines: u32,
    /// Their memory limits added up, MiB.
    pub memory_mib: u32,
    /// Finished backups.
    pub backups: u32,
    /// Published ports.
    pub publications: u32,
}

/// A quota that one more would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("quota {name}: {used} of {limit} used, {wanted} more wanted")]
pub struct QuotaExceeded {
    /// `machines`, `memory`, `backups` or `publications`.
    pub name: &'static str,
    /// The limit (memory in MiB).
    pub limit: u32,
    /// What is in use.
    pub used: u32,
    /// What was asked for on top.
    pub wanted: u32,
}

impl Quotas {
    /// Does one more machine with `memory_mib` fit?
    pub fn machine(&self, usage: Usage, memory_mib: u32) -> Result<(), QuotaExceeded> {
        fits("machines", self.machines, usage.machines, 1)?;
        fits("memory", self.memory_mib, usage.memory_mib, memory_mib)
    }

    /// Does one more backup fit, when `freed` old ones go away with it?
    pub fn backup(&self, usage: Usage, freed: u32) -> Result<(), QuotaExceeded> {
        fits("backups", self.backups, usage.backups.saturating_sub(freed), 1)
    }

    /// Does one more published port fit?
    pub fn publication(&self, usage: Usage) -> Result<(), QuotaExceeded> {
        fits("publications", self.publications, usage.publications, 1)
    }
}

fn fits(name: &'static str, limit: u32, used: u32, wanted: u32) -> Result<(), QuotaExceeded> {
    if used.saturating_add(wanted) <= limit {
        Ok(())
    } else {
        Err(QuotaExceeded { name, limit, used, wanted })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_one_fits_and_the_next_names_its_quota() {
        let quotas = Quotas { machines: 2, memory_mib: 1024, backups: 3, publications: 1 };
        let usage = |machines, memory_mib, backups| Usage { machines, memory_mib, backups, publications: 0 };
        assert!(quotas.machine(usage(1, 512, 0), 512).is_ok());
        assert_eq!(quotas.machine(usage(2, 0, 0), 1).unwrap_err().name, "machines");
        assert_eq!(quotas.machine(usage(1, 513, 0), 512).unwrap_err().name, "memory");
        assert!(quotas.backup(usage(0, 0, 3), 1).is_ok());
        assert_eq!(quotas.backup(usage(0, 0, 3), 0).unwrap_err().used, 3);
        assert!(quotas.publication(Usage::default()).is_ok());
        let full = Usage { publications: 1, ..Usage::default() };
        assert_eq!(quotas.publication(full).unwrap_err().name, "publications");
    }

    proptest! {
        #[test]
        fn what_fits_stays_within_and_what_does_not_would_break(
            limit: (u32, u32, u32), used: (u32, u32, u32), wanted: u32, freed: u32,
        ) {
            let quotas =
                Quotas { machines: limit.0, memory_mib: limit.1, backups: limit.2, publications: limit.0 };
            let usage =
                Usage { machines: used.0, memory_mib: used.1, backups: used.2, publications: used.0 };
            // In wider numbers, where nothing saturates.
            let wide = u64::from;
            let one_more = wide(used.0) < wide(limit.0);
            let memory = wide(used.1) + wide(wanted) <= wide(limit.1);
            match quotas.machine(usage, wanted) {
                Ok(()) => prop_assert!(one_more && memory),
                Err(broken) => prop_assert_eq!(
                    (broken.name, broken.wanted),
                    if one_more { ("memory", wanted) } else { ("machines", 1) }
                ),
            }
            let left = wide(used.2).saturating_sub(wide(freed));
            prop_assert_eq!(quotas.backup(usage, freed).is_ok(), left < wide(limit.2));
            prop_assert_eq!(quotas.publication(usage).is_ok(), one_more);
        }

        #[test]
        fn one_by_one_never_passes_the_limit(limit in 0u32..70, memory in 0u32..4096, each in 1u32..512) {
            let quotas = Quotas { machines: limit, memory_mib: memory, backups: limit, publications: limit };
            let mut usage = Usage::default();
            while quotas.machine(usage, each).is_ok() {
                usage.machines += 1;
                usage.memory_mib += each;
            }
            prop_assert_eq!(usage.machines, limit.min(memory / each));
        }
    }
}
