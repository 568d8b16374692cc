//! One contract for every firewall: the same packets pass and the same are dropped, the same drift is
//! mended, and nothing of others is touched.
//!
//! Wants root: each test makes its own network namespaces (a client outside, puerta, two machines and a
//! node), none with a route out, and the thread of the test lives in puerta's. Another backend is another
//! [`Subject`], a line of `conformance!` and a place in [`subjects`].
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

#[path = "firewall/crash.rs"]
mod crash;
#[path = "firewall/drift.rs"]
mod drift;
#[path = "firewall/egress.rs"]
mod egress;
#[path = "firewall/faults.rs"]
mod faults;
#[path = "firewall/house.rs"]
mod house;
#[path = "firewall/inside.rs"]
mod inside;
#[path = "firewall/iptables.rs"]
mod iptables;
#[path = "firewall/nft.rs"]
mod nft;
#[path = "firewall/place.rs"]
mod place;
#[path = "firewall/publish.rs"]
mod publish;
#[path = "firewall/traffic.rs"]
mod traffic;

use puerta_firewall::Backend;

/// Set in a test that another one, or its own first run, started as a child.
pub(crate) const CHILD: &str = "PUERTA_TEST_CHILD";

/// A backend, and what its own tool needs to be told to meddle with it.
pub(crate) trait Subject: Sync {
    fn backend(&self) -> Box<dyn Backend>;
    /// Shell commands that somebody else might type, each with what it does; each must be mended. There is a
    /// publication of TCP port 50001 to 10.0.0.66:80 for 203.0.113.0/24 only.
    fn meddling(&self) -> Vec<(&'static str, &'static str)>;
    /// Shell commands that make rules of others in which forwarding drops, and one that prints them.
    fn foreign(&self) -> (&'static str, &'static str);
    /// Is there a whole ruleset now, whichever?
    fn is_whole(&self) -> bool;
}

macro_rules! conformance {
    ($name:ident, $subject:expr) => {
        mod $name {
            conformance! { @ $subject,
                publish::a_machine_sees_the_clients_own_address,
                publish::udp_is_carried,
                publish::named_networks_and_nobody_else,
                publish::the_campus_is_who_may_when_nothing_is_said,
                publish::admission_comes_before_everything,
                publish::what_is_taken_back_ends_at_once,
                publish::a_narrower_circle_ends_what_is_outside_it,
                publish::a_port_that_leads_elsewhere_ends_what_led_there,
                publish::a_number_given_anew_wakes_nothing_old,
                publish::a_machine_takes_nobodys_number,
                publish::what_icmp_says_is_judged_too,
                publish::what_is_not_published_is_not_there,
                publish::no_route_leads_around_the_ports,
                publish::puertas_own_connections_go_out,
                publish::one_publication_is_a_small_change,
                publish::nonsense_is_refused_and_nothing_is_touched,
                egress::a_machine_leaves_as_puerta,
                egress::the_default_denies,
                egress::a_list_is_all_there_is,
                egress::a_seats_word_before_the_default,
                egress::a_change_bites_what_is_open,
                egress::names_are_asked_of_the_configured_servers_only,
                egress::nodes_are_not_machines,
                inside::puertas_services_are_closed_but_the_configured,
                inside::machines_do_not_meet_through_puerta,
                inside::another_interface_is_no_way_around,
                inside::a_forged_source_goes_nowhere,
                inside::ipv6_ends_at_puerta,
                inside::puerta_reaches_its_machines,
                drift::whatever_somebody_does_is_mended,
                drift::any_state_may_follow_any_other,
                drift::what_others_drop_is_said_and_not_touched,
                drift::a_second_puerta_touches_nothing,
                drift::what_is_left_by_another_configuration_is_replaced,
                drift::a_look_changes_nothing,
                drift::what_is_removed_is_gone,
                traffic::connections_and_bytes_are_counted,
                traffic::counters_outlive_changes_of_others,
                traffic::fifteen_thousand_load_in_seconds,
                faults::what_cannot_be_written_leaves_what_was,
                faults::without_permission_it_says_so,
                crash::killed_while_writing_it_is_old_or_new,
            }
        }
    };
    (@ $subject:expr, $($module:ident :: $case:ident),+ $(,)?) => {
        $(
            #[test]
            fn $case() {
                crate::$module::$case(&$subject);
            }
        )+
    };
}

conformance!(nftables, crate::nft::Nft);
conformance!(iptables_nft, crate::iptables::Tables(puerta_firewall::iptables::Flavour::Nft));
conformance!(iptables_legacy, crate::iptables::Tables(puerta_firewall::iptables::Flavour::Legacy));
