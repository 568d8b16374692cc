//! What a machine may use when somebody asks for it.

use crate::app::ctx::Ctx;
use crate::app::error::{Error, Kind, Result};
use puerta_lab::model::Limits;

/// Limits that somebody asks for.
pub(super) struct Asked {
    pub(super) cpus: Option<u32>,
    pub(super) memory_mib: Option<u32>,
    pub(super) disk_mib: Option<u32>,
}

/// What was asked for, else `default`; what nobody asked for is never more than the lab allows.
pub(super) fn limits(ctx: &Ctx<'_>, asked: &Asked, default: Limits) -> Result<Limits> {
    let max = &ctx.app.config.machine.max;
    let pick = |what: &'static str, asked: Option<u32>, default: u32, max: u32| match asked {
        Some(wanted) if wanted == 0 || wanted > max => {
            Err(Error::new(Kind::Limited, "error-limits").with("what", what).with("max", max))
        }
        wanted => Ok(wanted.unwrap_or(default.min(max))),
    };
    Ok(Limits {
        cpus: pick("cpus", asked.cpus, default.cpus, max.cpus)?,
        memory_mib: pick("memory", asked.memory_mib, default.memory_mib, max.memory_mib)?,
        disk_mib: pick("disk", asked.disk_mib, default.disk_mib, max.disk_mib)?,
        processes: default.processes,
    })
}
