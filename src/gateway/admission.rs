//! Which networks may reach the SSH port at all. The firewall says the same where there is one; here it
//! holds in any case.

use ipnet::IpNet;
use std::net::IpAddr;

/// The networks.
#[derive(Debug, Default)]
pub(super) struct Admission(Vec<IpNet>);

impl Admission {
    /// No networks: everybody is admitted.
    pub(super) fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// May this address knock? One that came in over IPv4 on a socket of IPv6 is an IPv4 address.
    pub(super) fn admits(&self, source: IpAddr) -> bool {
        let source = source.to_canonical();
        self.0.is_empty() || self.0.iter().any(|network| network.contains(&source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_of_both_families_and_nobody_else() {
        let admission =
            Admission::new(vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()]);
        let admits = |text: &str| admission.admits(text.parse().unwrap());
        assert!(admits("192.0.2.7") && admits("::ffff:192.0.2.7") && admits("2001:db8::1"));
        assert!(!admits("192.0.3.7") && !admits("127.0.0.1") && !admits("2001:db9::1") && !admits("::1"));
        assert!(Admission::default().admits("203.0.113.1".parse().unwrap()));
    }
}
