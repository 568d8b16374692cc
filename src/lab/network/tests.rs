//! The allocator of ports as a property, and the words of egress both ways.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn flow() -> impl Strategy<Value = Flow> {
    let ports = (prop_oneof![Just(Protocol::Tcp), Just(Protocol::Udp)], 1u16.., 1u16..);
    let ports = prop::option::of(ports.prop_map(|(protocol, a, b)| (protocol, a.min(b), a.max(b))));
    (any::<u32>(), 0u8..=32, ports).prop_map(|(address, length, ports)| Flow {
        network: Ipv4Net::new_assert(address.into(), length).trunc(),
        ports,
    })
}

fn egress() -> impl Strategy<Value = Egress> {
    let only = prop::collection::btree_set(flow(), 1..8);
    let only = only.prop_map(|flows| Egress::Only(flows.into_iter().collect()));
    prop_oneof![Just(Egress::Allow), Just(Egress::Deny), only]
}

fn range() -> impl Strategy<Value = PortRange> {
    (any::<u16>(), 0u16..40).prop_map(|(first, more)| PortRange { first, last: first.saturating_add(more) })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(flow in flow(), egress in egress()) {
        prop_assert_eq!(flow.to_string().parse(), Ok(flow));
        prop_assert_eq!(egress.to_string().parse(), Ok(egress));
    }

    #[test]
    fn whatever_is_read_prints_as_something_that_means_the_same(text in "[0-9./:,udp-]{0,24}") {
        if let Ok(egress) = text.parse::<Egress>() {
            prop_assert_eq!(egress.to_string().parse(), Ok(egress));
        }
    }

    #[test]
    fn a_given_port_is_free_and_of_the_range_and_there_is_one_while_one_is_free(
        range in range(), taken in prop::collection::btree_set(any::<u16>(), 0..60),
        near in prop::collection::btree_set(0u16..40, 0..40), last in prop::option::of(0u16..42),
    ) {
        let last = last.map(|more| range.first.saturating_sub(1).saturating_add(more));
        let near = near.into_iter().map(|more| range.first.saturating_add(more));
        let taken: BTreeSet<u16> = taken.into_iter().chain(near).collect();
        let list: Vec<u16> = taken.iter().copied().collect();
        let free = (range.first..=range.last).filter(|port| !taken.contains(port)).count();
        match range.next_free(&list, last) {
            Some(port) => prop_assert!(range.contains(port) && !taken.contains(&port)),
            None => prop_assert_eq!(free, 0),
        }
    }

    #[test]
    fn the_range_is_given_out_exactly_and_then_no_more(
        range in range(), last in prop::option::of(any::<u16>()),
    ) {
        let mut last = last;
        let mut taken = BTreeSet::new();
        for _ in 0..range.count() {
            let list: Vec<u16> = taken.iter().copied().collect();
            let port = range.next_free(&list, last);
            prop_assert!(port.is_some_and(|port| taken.insert(port)));
            last = port;
        }
        let list: Vec<u16> = taken.iter().copied().collect();
        prop_assert_eq!(range.next_free(&list, last), None);
    }

    #[test]
    fn a_port_that_was_given_up_rests_while_another_is_free(range in range(), rounds in 2usize..50) {
        // Each is given up at once: the range is walked round, and none comes back before its turn.
        let mut last = None;
        let mut given = Vec::new();
        for _ in 0..rounds {
            last = range.next_free(&[], last);
            given.extend(last);
        }
        for window in given.windows(range.count().min(rounds)) {
            let different: BTreeSet<_> = window.iter().collect();
            prop_assert_eq!(different.len(), window.len());
        }
    }
}

#[test]
fn words_of_egress() {
    for (text, printed) in [
        ("allow", "allow"),
        ("deny", "deny"),
        ("192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("192.0.2.7:443,192.0.2.7:443/tcp", "192.0.2.7/32:443"),
        ("198.51.100.0/24:53/udp,192.0.2.0/24:5432-5433", "192.0.2.0/24:5432-5433,198.51.100.0/24:53/udp"),
    ] {
        assert_eq!(text.parse::<Egress>().map(|egress| egress.to_string()), Ok(printed.to_owned()));
    }
    for text in ["", ",", "some", "Allow", "192.0.2.0/33", "192.0.2", "::1", "192.0.2.7:0", "192.0.2.7:2-1"] {
        let FlowError(word) = text.parse::<Egress>().unwrap_err();
        assert!(text.contains(&word), "{text}: {word}");
    }
    for text in ["192.0.2.7:+1", "192.0.2.7:80/sctp", "192.0.2.7:", "192.0.2.7:65536", " 192.0.2.7"] {
        assert!(text.parse::<Flow>().is_err(), "{text}");
    }
}

#[test]
fn the_last_port_of_a_range_rests_and_is_found() {
    let end = PortRange { first: 65_526, last: 65_535 };
    assert_eq!(end.next_free(&[], Some(65_535)), Some(65_526));
    let ten = PortRange { first: 100, last: 109 };
    let taken: Vec<u16> = (100..109).collect();
    assert_eq!(ten.next_free(&taken, Some(109)), Some(109), "the only one that is free");
}

#[test]
fn a_service_is_a_port_and_what_it_carries() {
    for (text, shown) in [("80", "80"), ("80/tcp", "80"), ("53/udp", "53/udp"), ("65535", "65535")] {
        assert_eq!(text.parse::<Service>().unwrap().to_string(), shown);
    }
    for text in ["", "0", "65536", "+80", "80/", "80/sctp", "/udp", "80 ", "-1"] {
        assert_eq!(text.parse::<Service>(), Err(()), "{text}");
    }
}
