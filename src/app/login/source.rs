//! What of an address is counted as one.

use std::net::{IpAddr, Ipv6Addr};

/// Where somebody comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// What is counted as one: an address of IPv4, a /64 of IPv6, since a host has a whole one.
    pub place: IpAddr,
    /// What one attacker may have many places of: a /24, a /48.
    pub net: IpAddr,
}

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                Self { place: v4.into(), net: [a, b, c, 0].into() }
            }
            IpAddr::V6(v6) => {
                let cut = |keep: u32| Ipv6Addr::from(u128::from(v6) >> (128 - keep) << (128 - keep)).into();
                Self { place: cut(64), net: cut(48) }
            }
        }
    }
}
