//! Which node a new machine goes to. Pure: from what is known of the nodes to one of them and the
//! reason, the same each time.

use crate::config::Placement;
use puerta_engine::Figures;
use puerta_lab::model::{Chosen, Placed};
use std::cmp::Reverse;

/// Nodes whose free memory differs by less than this are alike, and the load decides.
const STEP_MIB: u64 = 1024;

/// A node as placement sees it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Candidate {
    /// Its name.
    pub(super) name: String,
    /// Whether it answers and its engine lets machines in.
    pub(super) online: bool,
    /// Whether it did not answer just now, and is not taken for gone yet.
    pub(super) doubted: bool,
    /// Whether a person took it out of placement.
    pub(super) drained: bool,
    /// Machines of ours on it.
    pub(super) machines: u32,
    /// Memory that those may use, MiB.
    pub(super) reserved_mib: u64,
    /// Its live figures, when they are known.
    pub(super) figures: Option<Figures>,
}

impl Candidate {
    /// Memory that is neither in use nor promised to a machine of ours, MiB. What machines use is part of
    /// what they were promised, so that the larger of the two counts.
    pub(super) fn free_mib(&self) -> Option<u64> {
        let figures = self.figures.as_ref()?;
        let used = (figures.memory_used? >> 20).max(self.reserved_mib);
        Some((figures.memory_total? >> 20).saturating_sub(used))
    }

    /// Smaller is better. A node that says nothing of itself comes after those that do.
    fn rank(&self) -> impl Ord + '_ {
        let free = self.free_mib().map(|free| free / STEP_MIB);
        let load = self.figures.as_ref().and_then(|figures| figures.load);
        // Hundredths change from moment to moment: whole processors are compared.
        let load = load.map_or(0, |[one, ..]| one.clamp(0.0, 1e6).round() as u32);
        (Reverse(free), load, self.machines, self.name.as_str())
    }
}

/// The node for the next machine, by its place in `all`; `None` when none takes machines. `turn` counts
/// the machines placed so far, for those who take turns.
pub(super) fn place(all: &[Candidate], placement: Placement, turn: usize) -> Option<(usize, Placed)> {
    let open = all.iter().enumerate().filter(|(_, node)| node.online && !node.drained);
    let open: Vec<_> = open.collect();
    let (chosen, index) = match placement {
        _ if open.is_empty() => return None,
        Placement::RoundRobin => (Chosen::Turn, open[turn % open.len()].0),
        Placement::LeastLoad => {
            let best = open.iter().min_by(|(_, a), (_, b)| a.rank().cmp(&b.rank()));
            (Chosen::Least, best?.0)
        }
    };
    let free = all[index].free_mib().filter(|_| chosen == Chosen::Least);
    let free_mib = free.map(|free| u32::try_from(free).unwrap_or(u32::MAX));
    Some((index, Placed { chosen, nodes: open.len() as u32, free_mib }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn figures(used_mib: u64, total_mib: u64, load: f64) -> Figures {
        Figures {
            load: Some([load; 3]),
            memory_used: Some(used_mib << 20),
            memory_total: Some(total_mib << 20),
            ..Figures::default()
        }
    }

    fn node(name: &str, figures: Option<Figures>) -> Candidate {
        Candidate { name: name.into(), online: true, figures, ..Candidate::default() }
    }

    fn least(all: &[Candidate]) -> &str {
        &all[place(all, Placement::LeastLoad, 0).unwrap().0].name
    }

    #[test]
    fn memory_then_load_then_machines_then_name() {
        let alike = |name| node(name, Some(figures(1000, 16_384, 0.2)));
        assert_eq!(least(&[alike("b"), alike("a")]), "a");
        assert_eq!(least(&[Candidate { machines: 1, ..alike("a") }, alike("b")]), "b");
        assert_eq!(least(&[node("a", Some(figures(1000, 16_384, 3.0))), alike("b")]), "b");
        assert_eq!(least(&[node("a", Some(figures(9000, 16_384, 0.0))), alike("b")]), "b");
        // Promised is as good as used.
        assert_eq!(least(&[Candidate { reserved_mib: 9000, ..alike("a") }, alike("b")]), "b");
        assert_eq!(least(&[node("a", None), alike("b")]), "b");
        assert_eq!(least(&[node("b", None), node("a", None)]), "a");
        let (_, placed) = place(&[alike("a"), alike("b")], Placement::LeastLoad, 0).unwrap();
        assert_eq!(placed, Placed { chosen: Chosen::Least, nodes: 2, free_mib: Some(15_384) });
    }

    fn any_node() -> impl Strategy<Value = Candidate> {
        let figures = proptest::option::of((0_u64..40_000, 0_u64..40_000, 0.0_f64..200.0));
        (any::<bool>(), any::<bool>(), 0_u32..50, 0_u64..40_000, figures).prop_map(
            |(online, drained, machines, reserved_mib, known)| Candidate {
                name: String::new(),
                online,
                drained,
                doubted: false,
                machines,
                reserved_mib,
                figures: known.map(|(used, total, load)| figures_of(used, total, load)),
            },
        )
    }

    fn figures_of(used: u64, total: u64, load: f64) -> Figures {
        figures(used, total, load)
    }

    fn any_nodes() -> impl Strategy<Value = Vec<Candidate>> {
        proptest::collection::vec(any_node(), 0..9).prop_map(|mut nodes| {
            for (index, node) in nodes.iter_mut().enumerate() {
                node.name = format!("nodo{index:02}");
            }
            nodes
        })
    }

    proptest! {
        #[test]
        fn only_nodes_that_take_machines_and_always_one_of_them(all in any_nodes(), turn: usize) {
            let open = all.iter().filter(|node| node.online && !node.drained).count();
            for placement in [Placement::RoundRobin, Placement::LeastLoad] {
                match place(&all, placement, turn) {
                    None => prop_assert_eq!(open, 0),
                    Some((index, placed)) => {
                        prop_assert!(all[index].online && !all[index].drained);
                        prop_assert_eq!(placed.nodes as usize, open);
                    }
                }
                prop_assert_eq!(place(&all, placement, turn), place(&all, placement, turn));
            }
        }

        #[test]
        fn the_order_of_the_list_does_not_matter(all in any_nodes(), by in 0_usize..9) {
            let mut turned = all.clone();
            turned.rotate_left(by % all.len().max(1));
            let name = |all: &[Candidate]| {
                place(all, Placement::LeastLoad, 0).map(|(index, _)| all[index].name.clone())
            };
            prop_assert_eq!(name(&all), name(&turned));
        }

        #[test]
        fn equal_nodes_get_equally_many(
            count in 1_usize..8, machines in 1_usize..80, each in 16_u64..4096, used in 0_u64..8192, known: bool,
        ) {
            let figures = known.then(|| figures_of(used, 65_536, 0.3));
            for placement in [Placement::RoundRobin, Placement::LeastLoad] {
                let mut all: Vec<_> =
                    (0..count).map(|index| node(&format!("nodo{index:02}"), figures.clone())).collect();
                for turn in 0..machines {
                    let (index, _) = place(&all, placement, turn).unwrap();
                    all[index].machines += 1;
                    all[index].reserved_mib += each;
                    let counts = all.iter().map(|node| node.machines);
                    let (most, fewest) = (counts.clone().max().unwrap(), counts.min().unwrap());
                    prop_assert!(most - fewest <= 1, "{:?}", all);
                }
            }
        }
    }
}
