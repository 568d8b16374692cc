//! What a process of puerta may do beyond its user: one capability each, for good. Capabilities are a
//! thread's (capabilities(7)): to be called before there is a second one.

use rustix::io::{self, Errno};
use rustix::process::geteuid;
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set,
    configure_capability_in_ambient_set, remove_capability_from_bounding_set, set_capabilities,
    set_no_new_privs,
};

/// The process that speaks SSH: a port below 1024, and no program to run with it. Root goes on entering
/// folders of others (a lab in somebody's home): every file of the host is root's without that already.
pub(super) fn for_door() -> io::Result<()> {
    let mut kept = CapabilitySet::NET_BIND_SERVICE;
    kept.set(CapabilitySet::DAC_OVERRIDE, geteuid().is_root());
    kept &= capabilities(None)?.permitted;
    bound(kept)?;
    set(kept, CapabilitySet::empty())
}

/// The process that changes the firewall: that, and so may the programs it runs. Those of
/// iptables open a raw socket as well, to ask about sets. The error says what is missing.
pub(super) fn for_firewall(raw: bool) -> Result<(), String> {
    let mut kept = CapabilitySet::NET_ADMIN;
    kept.set(CapabilitySet::NET_RAW, raw);
    let keep = || {
        let missing = kept - capabilities(None)?.permitted;
        if missing.is_empty() {
            bound(kept)?;
            set(kept, kept)?;
        }
        io::Result::Ok(missing)
    };
    match keep() {
        Ok(missing) if missing.is_empty() => Ok(()),
        Ok(missing) => {
            let names = missing.iter_names().map(|(name, _)| format!("CAP_{name}")).collect::<Vec<_>>();
            Err(format!("puerta was started without {}", names.join(" and ")))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Nothing else can come back. Without CAP_SETPCAP the bounding set stays as it is, and
/// `no_new_privs` alone sees to it: execve(2) gives nothing that the process did not have.
fn bound(kept: CapabilitySet) -> io::Result<()> {
    set_no_new_privs(true)?;
    if !capabilities(None)?.effective.contains(CapabilitySet::SETPCAP) {
        return Ok(());
    }
    let others = (0..64).map(|bit| CapabilitySet::from_bits_retain(1 << bit));
    for capability in others.filter(|capability| !kept.contains(*capability)) {
        match remove_capability_from_bounding_set(capability) {
            // The first one that this kernel does not know.
            Err(Errno::INVAL) => break,
            result => result?,
        }
    }
    Ok(())
}

/// `inherited` is what programs that are run get, whoever runs them.
fn set(kept: CapabilitySet, inherited: CapabilitySet) -> io::Result<()> {
    clear_ambient_capability_set()?;
    set_capabilities(None, CapabilitySets { effective: kept, permitted: kept, inheritable: inherited })?;
    inherited.iter().try_for_each(|capability| configure_capability_in_ambient_set(capability, true))
}
