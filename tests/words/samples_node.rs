//! Replies about nodes, and about where machines are.

use super::{AT, vm};
use puerta::app::reply::{
    DrainView, DrainedView, NodeReply, NodeStands, NodeView, PlacedView, Reply, RulesState, RulesView,
    VmReply, VmState, VmView,
};

fn node(name: &str, state: NodeStands) -> NodeView {
    NodeView {
        name: name.into(),
        state,
        online: state != NodeStands::Offline,
        silent_since: None,
        drained: None,
        address: Some([10, 0, 0, 65].into()),
        load: Some([0.354, 1.0, 12.0]),
        memory_used: Some(5_000_000_000),
        memory_total: Some(24 << 30),
        disk_used: Some(41 << 30),
        disk_total: Some(252 << 30),
        machines: 12,
        running: Some(9),
        rules: RulesView { state: RulesState::Current, version: Some(1) },
    }
}

fn drained(reason: Option<&str>, emptying: bool) -> Option<DrainedView> {
    let reason = reason.map(str::to_owned);
    Some(DrainedView { by: "profesor".into(), since: AT.into(), reason, emptying })
}

fn rules(state: RulesState, version: Option<u32>) -> RulesView {
    RulesView { state, version }
}

fn drain(changed: bool, machines: u32, moving: bool, others: u32) -> Reply {
    let silent = others == 3;
    Reply::Node(NodeReply::Drained(DrainView {
        node: "nodo02".into(),
        changed,
        machines,
        moving,
        silent,
        others,
    }))
}

fn placed(chosen: &'static str, nodes: u32, free_mib: Option<u32>) -> Reply {
    let placed = Some(PlacedView { chosen, nodes, free_mib });
    Reply::Vm(VmReply::One(Box::new(VmView { placed, ..vm("web1", "alumno1", VmState::Running) })))
}

fn moved(ran: bool) -> Reply {
    let state = if ran { VmState::Running } else { VmState::Stopped };
    Reply::Vm(VmReply::Moved { vm: Box::new(vm("web1", "alumno1", state)), from: "nodo02".into(), ran })
}

/// All of them.
pub(super) fn replies() -> Vec<Reply> {
    vec![
        Reply::Node(NodeReply::List(vec![
            node("nodo01", NodeStands::Online),
            NodeView {
                drained: drained(None, false),
                rules: rules(RulesState::Old, Some(1)),
                ..node("nodo02", NodeStands::Drained)
            },
            NodeView {
                drained: drained(Some("disk \u{1b}[2J"), true),
                rules: rules(RulesState::None, None),
                ..node("nodo03", NodeStands::Drained)
            },
            NodeView {
                silent_since: Some(AT.into()),
                load: None,
                memory_used: None,
                disk_total: None,
                running: None,
                rules: rules(RulesState::Unknown, None),
                ..node("nodo04", NodeStands::Offline)
            },
            node("nodo05", NodeStands::Closed),
        ])),
        drain(true, 0, false, 2),
        drain(true, 1, false, 2),
        drain(false, 3, true, 2),
        drain(true, 1, true, 1),
        drain(true, 3, false, 0),
        drain(true, 4, true, 3),
        Reply::Node(NodeReply::Resumed { node: "nodo02".into(), changed: true }),
        Reply::Node(NodeReply::Resumed { node: "nodo02".into(), changed: false }),
        moved(true),
        moved(false),
        placed("round-robin", 3, None),
        placed("least-load", 3, Some(13_005)),
        placed("least-load", 1, None),
        placed("moved", 0, None),
        Reply::Vm(VmReply::List(vec![vm("web1", "alumno1", VmState::Moving)])),
    ]
}
