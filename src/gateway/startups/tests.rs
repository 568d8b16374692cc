use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn startups(strangers: usize, of_source: usize) -> Startups {
    let caps = Caps { strangers, of_source, connections: 4000 };
    Startups::new(caps, vec!["192.0.2.0/24".parse().unwrap()])
}

fn many(startups: &Startups, address: &str, count: usize) -> Vec<Place> {
    (0..count).map(|_| startups.admit(ip(address)).unwrap()).collect()
}

/// Those who still have their places.
fn left(places: &[Place]) -> usize {
    places.iter().filter(|(_, stranger)| stranger.ending.reason().is_none()).count()
}

#[test]
fn connections_are_counted_and_come_back() {
    let startups = Startups::new(Caps { strangers: 9, of_source: 9, connections: 2 }, Vec::new());
    let (here, in_now) = startups.admit(ip("198.51.100.1")).unwrap();
    let _other = startups.admit(ip("198.51.100.1")).unwrap();
    in_now.came_in();
    assert_eq!(startups.admit(ip("198.51.100.2")).unwrap_err(), Refusal::Full);
    drop(here);
    assert!(startups.admit(ip("198.51.100.2")).is_ok());
}

/// Two addresses that hold every place: whoever comes has one of theirs, and they get no more.
#[test]
fn who_holds_most_gives_way() {
    let startups = startups(200, 100);
    let (one, two) = (many(&startups, "203.0.113.2", 100), many(&startups, "198.51.100.3", 100));
    let people = many(&startups, "198.18.0.4", 30);
    assert_eq!((left(&people), left(&one) + left(&two)), (30, 170));
    let again = many(&startups, "203.0.113.2", 100);
    assert_eq!(left(&people), 30, "nobody who holds little gives way to who holds much");
    assert!(left(&one) + left(&again) <= 100);
}

/// Many addresses of one network are one when it comes to who gives way.
#[test]
fn many_addresses_of_one_network_are_one() {
    for net in ["2001:db8:1:{}::1", "203.0.113.{}"] {
        let startups = startups(50, 10);
        let address = |n: usize| ip(&net.replace("{}", &n.to_string()));
        let people = many(&startups, "198.51.100.7", 3);
        let flood: Vec<_> = (0..250).map(|n| startups.admit(address(n)).unwrap()).collect();
        assert_eq!((left(&people), left(&flood)), (3, 47), "{net}");
    }
}

#[test]
fn who_talks_goes_after_who_stands_silent() {
    let startups = startups(3, 3);
    let places = many(&startups, "203.0.113.2", 3);
    places[0].1.speaks();
    let _more = many(&startups, "203.0.113.2", 2);
    let gone: Vec<_> = places.iter().map(|(_, one)| one.ending.reason().is_some()).collect();
    assert_eq!(gone, [false, true, true]);
}

/// The campus, and a place where somebody came in, have places that no stranger takes.
#[test]
fn known_places_keep_their_places() {
    let startups = startups(10, 10);
    let home = startups.admit(ip("198.51.100.9")).unwrap();
    home.1.came_in();
    let (campus, home) = (many(&startups, "192.0.2.5", 5), many(&startups, "198.51.100.9", 5));
    let _flood: Vec<_> = (0..=255).map(|n| startups.admit(ip(&format!("10.9.{n}.1"))).unwrap()).collect();
    assert_eq!((left(&campus), left(&home)), (5, 5));
    // Nor does one classroom take the other's, and no other network's.
    let class = many(&startups, "192.0.2.6", 30);
    assert_eq!((left(&campus) + left(&class), left(&home)), (5, 5));
    assert!(left(&campus) >= 2, "{}", left(&campus));
}

/// A penalty narrows what a place holds. From an unknown one the rest are refused with the time it
/// takes; from a known one the newcomer is let in, and one of its own gives way.
#[test]
fn a_penalty_narrows_and_a_right_key_still_comes_in() {
    let startups = startups(200, 100);
    let (unknown, known) = ("203.0.113.2", "192.0.2.2");
    for address in [unknown, known] {
        for _ in 0..21 {
            drop(startups.admit(ip(address)).unwrap());
        }
        let _many = many(&startups, address, 25);
        let more = startups.admit(ip(address));
        if address == known {
            assert!(more.is_ok());
            // Nobody who is typing there gave way.
            assert_eq!(lock(&startups.door).standing(|one| one.known), 26);
        } else {
            assert!(matches!(more.unwrap_err(), Refusal::Penalty(left) if left.as_secs() <= 10), "{address}");
        }
        let penalty = lock(&startups.door).past.penalty(ip(address), Instant::now());
        assert!(penalty.is_some(), "{address}");
    }
    // Those 25 went away as well; a place beside it knows nothing of all this.
    assert_eq!(many(&startups, "203.0.113.3", 100).len(), 100);
}

/// Who lost their place to another did not give up.
#[test]
fn who_gave_way_has_no_penalty() {
    let startups = startups(10, 10);
    for _ in 0..20 {
        let _places = many(&startups, "203.0.113.2", 1);
    }
    let mut kept = Vec::new();
    for _ in 0..200 {
        kept.push(startups.admit(ip("203.0.113.2")).unwrap());
    }
    // Ten stand there still.
    let _standing = kept.split_off(190);
    drop(kept);
    assert!(lock(&startups.door).past.penalty(ip("203.0.113.2"), Instant::now()).is_none());
}

/// Nor did who was told that we cannot look.
#[test]
fn who_was_failed_by_us_has_no_penalty() {
    let startups = startups(200, 100);
    for (address, why) in [("203.0.113.2", Reason::RegistryAway), ("203.0.113.3", Reason::Unwritten)] {
        for (_, stranger) in many(&startups, address, 100) {
            stranger.ending.end(why);
        }
        assert!(lock(&startups.door).past.penalty(ip(address), Instant::now()).is_none(), "{why:?}");
    }
}

#[test]
fn an_ipv6_host_is_its_network() {
    let place = |text: &str| Source::from(ip(text)).place;
    assert_eq!(place("2001:db8::1"), place("2001:db8::2:3:4:5"));
    assert_eq!(place("::ffff:192.0.2.1"), place("192.0.2.1"));
    assert_ne!(place("2001:db8:0:1::1"), place("2001:db8::1"));
}
