//! The address plan: 24 bits inside 10.0.0.0/8, made of 4 bits of year, 1 of version,
//! 13 of seat number and 6 of slot (thesis of 2010, kept). The low 24 bits name a machine.

use ipnet::Ipv4Net;
use std::fmt;
use std::net::Ipv4Addr;

/// Why a place in the plan does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The year is not one of the sixteen that start at `first`.
    #[error("the year {year} does not fit the address plan ({first} to {last})")]
    Year {
        /// The year that was asked for.
        year: u16,
        /// First year of the plan (`network.first_year`).
        first: u16,
        /// Last year of the plan.
        last: u16,
    },
    /// A version is 0 or 1.
    #[error("a version is 0 or 1, not {0}")]
    Version(u8),
    /// Seat numbers are 1 to 8191.
    #[error("a seat number is 1 to 8191, not {0}")]
    Seat(u16),
    /// Slots are 0 and 2 to 63.
    #[error("a slot is 0 or 2 to 63, not {0}")]
    Slot(u8),
}

/// A place of the plan: academic year (2026 means 2026-27) and version (0 or 1). Courses share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Edition {
    /// First calendar year of the academic year.
    pub year: u16,
    /// 0 or 1.
    pub version: u8,
}

/// A seat's number in its place: 1 to 8191.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct SeatNumber(u16);

impl SeatNumber {
    /// The first.
    pub(crate) const FIRST: Self = Self(1);
    /// Highest seat number.
    pub const MAX: u16 = 8191;
    /// Checks the range. Number 0 is never given out: 10.0.0.0 is a network address.
    pub fn new(number: u16) -> Result<Self, PlanError> {
        if (1..=Self::MAX).contains(&number) { Ok(Self(number)) } else { Err(PlanError::Seat(number)) }
    }
    /// The number.
    pub fn get(self) -> u16 {
        self.0
    }
}

/// A machine's place in its seat: 2 to 63, then 0. Slot 1 belongs to the lab itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Slot(u8);

impl Slot {
    /// The first that is given out.
    pub(crate) const FIRST: Self = Self(2);
    /// Machines that fit in a seat.
    pub const COUNT: usize = 63;
    /// Checks the range.
    pub fn new(slot: u8) -> Result<Self, PlanError> {
        if slot != 1 && slot < 64 { Ok(Self(slot)) } else { Err(PlanError::Slot(slot)) }
    }
    /// Every slot in the order in which they are given out.
    pub fn all() -> impl Iterator<Item = Self> {
        (2..64).chain([0]).map(Self)
    }
    /// First slot that is not in `taken`.
    pub fn first_free(taken: &[Self]) -> Option<Self> {
        Self::all().find(|slot| !taken.contains(slot))
    }
    /// The number.
    pub fn get(self) -> u8 {
        self.0
    }
}

/// The low 24 bits of a machine's address; also its id in engines that want a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Vmid(u32);

impl Vmid {
    /// No machine's: seats have numbers from 1.
    pub(crate) const NOBODYS: Self = Self(0);

    /// The number, below 2^24.
    pub fn get(self) -> u32 {
        self.0
    }
    /// A number that was stored before; `None` when it is not 24 bits.
    pub fn from_stored(number: u32) -> Option<Self> {
        (number < 1 << 24).then_some(Self(number))
    }
    /// `10.x.y.z`.
    pub fn address(self) -> Ipv4Addr {
        Ipv4Addr::from(0x0a00_0000 | self.0)
    }
    /// The vmid of an address, or `None` outside 10.0.0.0/8.
    pub fn from_address(address: Ipv4Addr) -> Option<Self> {
        (address.octets()[0] == 10).then(|| Self(u32::from(address) & 0x00ff_ffff))
    }
    /// Same seat: the addresses differ only in the slot.
    pub fn same_seat(self, other: Self) -> bool {
        self.0 >> 6 == other.0 >> 6
    }
}

impl fmt::Display for Vmid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The plan of one lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressPlan {
    /// The academic year whose code is 0 (`network.first_year`).
    pub first_year: u16,
}

impl AddressPlan {
    /// Checks that a place fits the sixteen years and two versions of the plan.
    pub fn check(self, edition: Edition) -> Result<(), PlanError> {
        let Edition { year, version } = edition;
        let first = self.first_year;
        let last = first.saturating_add(15);
        if year < first || year > last {
            return Err(PlanError::Year { year, first, last });
        }
        if version > 1 {
            return Err(PlanError::Version(version));
        }
        Ok(())
    }

    /// The machine at `slot` of seat `seat` in `edition`.
    pub fn vmid(self, edition: Edition, seat: SeatNumber, slot: Slot) -> Result<Vmid, PlanError> {
        self.check(edition)?;
        let year = u32::from(edition.year - self.first_year);
        Ok(Vmid(
            year << 20
                | u32::from(edition.version) << 19
                | u32::from(seat.get()) << 6
                | u32::from(slot.get()),
        ))
    }

    /// Where a number of a machine is: the reverse of [`AddressPlan::vmid`]. `None` for one that no machine has.
    pub fn place(self, vmid: Vmid) -> Option<(Edition, SeatNumber, Slot)> {
        let number = vmid.get();
        let year = self.first_year.checked_add(u16::try_from(number >> 20).ok()?)?;
        let version = u8::try_from(number >> 19 & 1).ok()?;
        let seat = SeatNumber::new(u16::try_from(number >> 6 & 0x1fff).ok()?).ok()?;
        let slot = Slot::new(u8::try_from(number & 0x3f).ok()?).ok()?;
        Some((Edition { year, version }, seat, slot))
    }

    /// Every address of a seat.
    pub fn seat_network(self, edition: Edition, seat: SeatNumber) -> Result<Ipv4Net, PlanError> {
        let first = self.vmid(edition, seat, Slot(0))?.address();
        Ok(Ipv4Net::new_assert(first, 26))
    }

    /// Every place: those of `year` first, then of the years after it, then of those before.
    pub fn editions_from(self, year: u16) -> impl Iterator<Item = Edition> {
        let years = self.first_year..=self.first_year.saturating_add(15);
        let after = years.clone().filter(move |one| *one >= year);
        let all = after.chain(years.filter(move |one| *one < year));
        all.flat_map(|year| [0, 1].map(|version| Edition { year, version }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_address_printed_in_the_thesis() {
        let plan = AddressPlan { first_year: 2010 };
        let edition = Edition { year: 2013, version: 0 };
        let vmid = plan.vmid(edition, SeatNumber::new(63).unwrap(), Slot::new(3).unwrap()).unwrap();
        assert_eq!(vmid.get(), 3_149_763);
        assert_eq!(vmid.address(), Ipv4Addr::new(10, 48, 15, 195));
        assert_eq!(Vmid::from_address(vmid.address()), Some(vmid));
        let seat = plan.seat_network(edition, SeatNumber::new(63).unwrap()).unwrap();
        assert_eq!(seat.to_string(), "10.48.15.192/26");
        assert!(plan.check(Edition { year: 2009, version: 0 }).is_err());
        let years: Vec<u16> = plan.editions_from(2024).step_by(2).map(|place| place.year).collect();
        assert_eq!((years[0], years[1], years[2], years[15]), (2024, 2025, 2010, 2023));
        assert_eq!(plan.editions_from(2024).count(), 32);
    }

    #[test]
    fn sixty_three_machines_and_never_slot_one() {
        let all: Vec<_> = Slot::all().map(Slot::get).collect();
        assert_eq!(all.len(), Slot::COUNT);
        assert_eq!((all[0], all[61], all[62]), (2, 63, 0));
        assert!(!all.contains(&1));
        assert_eq!(Slot::first_free(&Slot::all().collect::<Vec<_>>()), None);
    }

    #[test]
    fn years_outside_the_plan_are_refused() {
        let plan = AddressPlan { first_year: 2010 };
        let edition = |year| Edition { year, version: 0 };
        assert!(plan.check(edition(2025)).is_ok());
        assert_eq!(plan.check(edition(2026)), Err(PlanError::Year { year: 2026, first: 2010, last: 2025 }));
        assert!(plan.check(edition(2009)).is_err());
        assert_eq!(plan.check(Edition { year: 2010, version: 2 }), Err(PlanError::Version(2)));
    }

    fn place() -> impl Strategy<Value = (Edition, SeatNumber, Slot)> {
        // Neighbours more often than chance: numbers near each other and at both ends.
        let seat = prop_oneof![1..=SeatNumber::MAX, 1u16..4, 8188..=SeatNumber::MAX];
        let slot = prop_oneof![Just(0u8), 2u8..64];
        (2026u16..2042, 0u8..2, seat, slot).prop_map(|(year, version, seat, slot)| {
            let edition = Edition { year, version };
            (edition, SeatNumber::new(seat).unwrap(), Slot::new(slot).unwrap())
        })
    }

    proptest! {
        #[test]
        fn a_vmid_is_one_place_and_its_seat_is_seen_in_it(a in place(), b in place()) {
            let plan = AddressPlan { first_year: 2026 };
            let vmid = |(edition, seat, slot)| plan.vmid(edition, seat, slot).unwrap();
            prop_assert_eq!(vmid(a) == vmid(b), a == b);
            prop_assert_eq!(vmid(a).same_seat(vmid(b)), (a.0, a.1) == (b.0, b.1));
            prop_assert_eq!(vmid(a).same_seat(vmid(b)), vmid(b).same_seat(vmid(a)));
        }

        #[test]
        fn a_vmid_comes_back_from_everywhere_it_is_kept(a in place()) {
            let plan = AddressPlan { first_year: 2026 };
            let vmid = plan.vmid(a.0, a.1, a.2).unwrap();
            prop_assert_eq!(Vmid::from_stored(vmid.get()), Some(vmid));
            prop_assert_eq!(Vmid::from_address(vmid.address()), Some(vmid));
            prop_assert_eq!(vmid.address().octets()[0], 10);
            // Never the lab's own slot, never the network's address.
            prop_assert_ne!(vmid.get() & 63, 1);
            prop_assert_ne!(vmid.get(), 0);
        }

        #[test]
        fn numbers_outside_the_plan_are_refused(number: u32, address: u32) {
            prop_assert_eq!(Vmid::from_stored(number).is_some(), number < 1 << 24);
            let address = Ipv4Addr::from(address);
            prop_assert_eq!(Vmid::from_address(address).is_some(), address.octets()[0] == 10);
        }

        #[test]
        fn the_first_free_slot_is_free_and_the_first(taken in prop::collection::vec(0u8..64, 0..80)) {
            let taken: Vec<Slot> = taken.into_iter().filter_map(|slot| Slot::new(slot).ok()).collect();
            match Slot::first_free(&taken) {
                None => prop_assert!(Slot::all().all(|slot| taken.contains(&slot))),
                Some(free) => {
                    prop_assert!(!taken.contains(&free));
                    prop_assert!(Slot::all().take_while(|slot| *slot != free).all(|slot| taken.contains(&slot)));
                }
            }
        }
    }
}
