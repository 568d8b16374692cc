//! The list of destinations that a direct-tcpip must refuse (LESSONS, section 2), and the few
//! that it may take.

use super::*;
use proptest::prelude::*;

const DOMAIN: &str = "virtuales";

fn parse(host: &str) -> Result<Destination, Refusal> {
    Destination::parse(host, 22, DOMAIN)
}

fn name(text: &str) -> Result<Destination, Refusal> {
    Ok(Destination::Name(VmRef::parse(text, "").unwrap(), 22))
}

#[test]
fn names_and_what_is_forgiven_in_them() {
    for host in ["web1", "WEB1", "Web1.", "web1.virtuales", "web1.Virtuales."] {
        assert_eq!(parse(host), name("web1"), "{host}");
    }
    for host in ["web1.alumno1", "web1.ALUMNO1.", "web1.alumno1.virtuales", "web1.alumno1.virtuales."] {
        assert_eq!(parse(host), name("web1.alumno1"), "{host}");
    }
    // Machine `example` of seat `org`: looked up in the store, never in DNS.
    assert_eq!(parse("example.org"), name("example.org"));
}

#[test]
fn addresses_have_one_spelling() {
    let taken = parse("10.48.15.195");
    let address = Ipv4Addr::new(10, 48, 15, 195);
    assert_eq!(taken, Ok(Destination::Address(address, 22)));
    for host in [
        "10.48.15.195.",
        "010.48.15.195",
        "10.048.15.195",
        "10.48.15.0195",
        "10.1",
        "10.0.1",
        "10",
        "10.48.4035",
        "012.060.017.0303",
        "0xa.48.15.195",
        "0x0a.0x30.0x0f.0xc3",
        "0x0a300fc3",
        "0X0A300FC3",
        "170921923",
        "01206007703",
        "10.48.15.195.0",
        "10..48.15.195",
        "10.48.15.256",
        "10.48.15.",
        "10.48.15",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "0177.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "127.0.0.1.",
        "127.00.0.1",
        "127.0.0.01",
        "0",
        "00",
        "0x0",
        "0.0",
        "::",
        "::1",
        "[::1]",
        "[::1]:22",
        "0:0:0:0:0:0:0:1",
        "::ffff:10.48.15.195",
        "::ffff:0a30:0fc3",
        "[::ffff:10.48.15.195]",
        "::10.48.15.195",
        "0:0:0:0:0:ffff:a30:fc3",
        "64:ff9b::10.48.15.195",
        "2002:0a30:0fc3::1",
        "::ffff:127.0.0.1",
        "::FFFF:7f00:1",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
        "fd00::1",
        "2001:db8::1",
        "10.48.15.195:22",
        "web1:22",
        "10.48.15.195%eth0",
        "1e3",
        "10e1",
    ] {
        assert_eq!(parse(host), Err(Refusal::AddressSpelling), "{host}");
    }
}

#[test]
fn addresses_outside_the_lab() {
    for host in [
        "127.0.0.1",
        "127.255.255.254",
        "127.1.2.3",
        "0.0.0.0",
        "169.254.169.254",
        "169.254.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
        "192.168.1.1",
        "172.16.0.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "240.0.0.1",
    ] {
        assert_eq!(parse(host), Err(Refusal::OutsideLab), "{host}");
    }
}

#[test]
fn no_names() {
    assert_eq!(parse(""), Err(Refusal::Empty));
    for long in [256, 300, 100_000] {
        assert_eq!(parse(&"a".repeat(long)), Err(Refusal::TooLong));
    }
    for host in [
        " ",
        "web1 ",
        " web1",
        "web 1",
        "web1\n",
        "web1\r\n",
        "web1\t",
        "web1\0",
        "\0",
        "web1\0.alumno1",
        "web\u{1b}[2J",
        "\u{7f}",
        "web1/",
        "/web1",
        "../web1",
        "web1/22",
        "/run/incus/unix.socket",
        "\\web1",
        "web1@alumno1",
        "root@web1",
        "web1;id",
        "$(id)",
        "`id`",
        "web1&",
        "web1|",
        "*",
        "web*",
        "web1?",
        "web1#",
        "web1,web2",
        "'web1'",
        "\"web1\"",
        "wéb1",
        "web１",
        "１０.48.15.195",
        "10。48。15。195",
        "web1\u{200b}",
        "ｗeb1",
        "\u{212a}eb1",
        "web1\u{ad}",
        "１",
    ] {
        assert_eq!(parse(host), Err(Refusal::Characters), "{host:?}");
    }
    for host in [
        ".",
        "..",
        "...",
        ".web1",
        "web1..",
        "web1..alumno1",
        ".virtuales",
        "..virtuales",
        "-web1",
        "-oProxyCommand",
        "_web1",
        "web1-",
        "web_1",
        "web1.alumno1.otra",
        "web1.-alumno1",
        "web1.1",
        "10.48.15.195.virtuales",
        "10.virtuales",
        "1web",
        "4294967296z",
        "10.1.alumno1",
        "web1.alumno1.virtuales.virtuales",
        "web1.alumno1..virtuales",
        "www.example.org",
        "metadata.google.internal",
        &"a".repeat(41),
        &"a".repeat(255),
    ] {
        assert_eq!(parse(host), Err(Refusal::NotAName), "{host}");
    }
    for host in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "localhost.virtuales",
        "localhost.localdomain",
        "localhost.alumno1.virtuales",
    ] {
        assert_eq!(parse(host), Err(Refusal::Localhost), "{host}");
    }
}

#[test]
fn ports() {
    for port in [0, 65_536, 65_558, 131_072, u32::MAX] {
        for host in ["web1", "10.48.15.195"] {
            let parsed = Destination::parse(host, port, DOMAIN);
            assert_eq!(parsed, Err(Refusal::Port), "{host} {port}");
        }
    }
    for port in [1, 22, 65_535] {
        let parsed = Destination::parse("web1", port, DOMAIN).unwrap();
        assert_eq!(u32::from(parsed.port()), port);
    }
}

#[test]
fn codes_are_words_of_their_own() {
    let mut codes: Vec<_> = Refusal::ALL.map(Refusal::code).to_vec();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Refusal::ALL.len());
    assert_eq!(Refusal::NotAName.to_string(), "not-a-name");
}

/// Texts that look like addresses and names more often than chance would have it.
fn lookalike() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[0-9]{1,4}",
        "0x[0-9a-fA-F]{1,8}",
        "0[0-7]{1,4}",
        "[a-z][a-z0-9-]{0,8}",
        Just("10".to_owned()),
        Just("virtuales".to_owned()),
        Just("::ffff".to_owned()),
        Just(String::new()),
    ];
    let joint = prop_oneof![8 => Just("."), 1 => Just(":"), 1 => Just("")];
    prop::collection::vec((piece, joint), 0..6)
        .prop_map(|pieces| pieces.into_iter().flat_map(|(a, b)| [a, b.to_owned()]).collect())
}

proptest! {
    #[test]
    fn every_address_of_the_lab_parses_to_itself(low in 0u32..1 << 24, port in 1u32..65_536) {
        let address = Ipv4Addr::from(0x0a00_0000 | low);
        let parsed = Destination::parse(&address.to_string(), port, DOMAIN);
        prop_assert_eq!(parsed, Ok(Destination::Address(address, port as u16)));
    }

    #[test]
    fn every_address_elsewhere_is_outside(number: u32) {
        let address = Ipv4Addr::from(number);
        prop_assume!(address.octets()[0] != 10);
        prop_assert_eq!(parse(&address.to_string()), Err(Refusal::OutsideLab));
    }

    #[test]
    fn only_the_canonical_quad_is_an_address(host in lookalike()) {
        match parse(&host) {
            Ok(Destination::Address(address, _)) => {
                prop_assert_eq!(address.octets()[0], 10);
                prop_assert_eq!(address.to_string(), host);
            }
            Ok(Destination::Name(name, _)) => {
                // What a name says is what was typed, but for case, dot and domain.
                let typed = host.to_ascii_lowercase();
                prop_assert!(typed.starts_with(&name.to_string()), "{} is not {}", name, typed);
                let rest = &typed[name.to_string().len()..];
                prop_assert!(["", ".", ".virtuales", ".virtuales."].contains(&rest), "{}", typed);
            }
            Err(_) => {}
        }
    }

    #[test]
    fn no_ipv6_in_any_spelling(number: u128) {
        let address = std::net::Ipv6Addr::from(number);
        for host in [address.to_string(), format!("[{address}]")] {
            prop_assert_eq!(parse(&host), Err(Refusal::AddressSpelling));
        }
    }

    #[test]
    fn arbitrary_text_never_panics(host in any::<String>(), port: u32, domain in any::<String>()) {
        if let Ok(Destination::Address(address, _)) = Destination::parse(&host, port, &domain) {
            prop_assert_eq!(address.to_string(), host);
        }
    }
}
