//! Rules in the language of `iptables-restore`, in both flavours (`nft`, `legacy`), with sets of `ipset`.
//! What differs from nftables: docs/adr/0005-iptables-backend.md.

mod chains;
mod parse;
mod render;
mod rows;
mod script;
mod seen;
#[cfg(test)]
mod tests;

use super::plan::digest;
use super::run::run;
use super::{Backend, Desired, Observed, Plan, Result, Ruleset, Site, Stamp, Step};
use seen::Seen;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// Which of the two programs that are called iptables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// Rules that the kernel's nf_tables carries out.
    Nft,
    /// Rules that its ip_tables carries out.
    Legacy,
}

/// IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Four,
    Six,
}

impl Family {
    /// Where we have rules.
    fn tables(self) -> &'static [&'static str] {
        match self {
            Self::Four => &["filter", "mangle", "nat"],
            Self::Six => &["filter"],
        }
    }
}

impl Flavour {
    fn restore(self, family: Family) -> &'static str {
        match (self, family) {
            (Self::Nft, Family::Four) => "iptables-nft-restore",
            (Self::Nft, Family::Six) => "ip6tables-nft-restore",
            (Self::Legacy, Family::Four) => "iptables-legacy-restore",
            (Self::Legacy, Family::Six) => "ip6tables-legacy-restore",
        }
    }

    /// Begins the generations of its sets.
    fn letter(self) -> char {
        match self {
            Self::Nft => 'n',
            Self::Legacy => 'l',
        }
    }

    /// A kernel can carry out both at once.
    fn other(self) -> Self {
        match self {
            Self::Nft => Self::Legacy,
            Self::Legacy => Self::Nft,
        }
    }

    fn save(self, family: Family) -> &'static str {
        match (self, family) {
            (Self::Nft, Family::Four) => "iptables-nft-save",
            (Self::Nft, Family::Six) => "ip6tables-nft-save",
            (Self::Legacy, Family::Four) => "iptables-legacy-save",
            (Self::Legacy, Family::Six) => "ip6tables-legacy-save",
        }
    }
}

/// The backend. It remembers what its last look saw, because what is to be taken away has to be named;
/// nothing else is kept between calls.
#[derive(Debug)]
pub struct Iptables {
    flavour: Flavour,
    seen: Mutex<Seen>,
}

impl Iptables {
    /// In this flavour.
    pub fn new(flavour: Flavour) -> Self {
        Self { flavour, seen: Mutex::default() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the three programs print: IPv4, IPv6, sets.
    fn printed(&self, arguments: &[&str]) -> Result<[String; 3]> {
        let of = |family| {
            let program = self.flavour.save(family);
            match self.flavour {
                Flavour::Nft => print(program, arguments),
                // Only root may read which tables there are; ours may be asked for by name.
                Flavour::Legacy => family
                    .tables()
                    .iter()
                    .map(|table| print(program, &[arguments, &["-t", table]].concat()))
                    .collect(),
            }
        };
        Ok([of(Family::Four)?, of(Family::Six)?, print("ipset", &["save"])?])
    }

    /// What drops in tables of the other flavour, where its program is there and may look.
    fn elsewhere(&self) -> Vec<String> {
        let programs = [Family::Four, Family::Six].map(|family| self.flavour.other().save(family));
        let of =
            |program| seen::drops(program, &parse::tables(&print(program, &[]).unwrap_or_default()), None);
        programs.into_iter().flat_map(of).collect()
    }
}

fn print(program: &'static str, arguments: &[&str]) -> Result<String> {
    let arguments = arguments.iter().map(ToString::to_string).collect();
    run(&Step { program, arguments, input: String::new() })
}

impl Backend for Iptables {
    fn render(&self, site: &Site, desired: &Desired) -> Ruleset {
        render::render(site, desired)
    }

    fn script(&self, desired: &Desired, wanted: &Ruleset, plan: &Plan) -> Vec<Step> {
        match plan {
            Plan::Nothing => Vec::new(),
            Plan::Members(changes) => script::members(self.flavour, &self.seen(), changes),
            Plan::Whole(_) => script::whole(self.flavour, &self.seen(), &desired.owner, wanted),
        }
    }

    fn stamp(&self, desired: &Desired, stamp: &Stamp) -> Vec<Step> {
        let digests = format!(" {} {}", stamp.wanted, stamp.listed);
        script::stamp(self.flavour, &self.seen(), &desired.owner, &digests)
    }

    fn probe(&self, wanted: &Ruleset) -> Vec<Step> {
        // Begins as no generation does; of its own, should another puerta begin now, or another thread of this one.
        static PROBES: AtomicU64 = AtomicU64::new(0);
        let count = PROBES.fetch_add(1, Ordering::Relaxed);
        let begun = format!("{} {count} {:?}", std::process::id(), SystemTime::now());
        script::probe(self.flavour, &format!("t{}", &digest(&begun)[..5]), wanted)
    }

    fn observe(&self) -> Result<Observed> {
        let [four, six, sets] = self.printed(&["-c"])?;
        let (mut observed, seen) =
            seen::look(self.flavour, parse::tables(&four), parse::tables(&six), &parse::sets(&sets));
        *self.seen() = seen;
        observed.foreign.extend(self.elsewhere());
        Ok(observed)
    }

    /// Without counters: the same twice when nobody changed anything.
    fn listing(&self) -> Result<String> {
        let [four, six, sets] = self.printed(&[])?;
        let is_ours = |line: &&str| line.contains(parse::OURS) || line.starts_with('*');
        let bare = |line: &str| line.split_once(" packets ").map_or(line, |(line, _)| line).to_owned() + "\n";
        Ok([six, four, sets].iter().flat_map(|text| text.lines()).filter(is_ours).map(bare).collect())
    }

    fn remove(&self) -> Vec<Step> {
        script::remove(self.flavour, &self.seen())
    }
}
