# Nodes and moves.
col-load = load
col-placed = placed
node-online = online
node-offline = does not answer
node-offline-since = no answer since { $since }
node-drained = drained
node-closed = closed by the engine
node-room = { $used } of { $total } GiB
node-machines = { $running } of { $all } running
node-drained-note = `{ $node }` was drained by `{ $by }` at { $since }{ $emptying ->
    [yes] , and its machines are being moved away
   *[no] {""}
}
node-drained-reason = { node-drained-note }: { $reason }
placed-round-robin = { $nodes ->
    [one] it was the only node that took machines
   *[other] the turn came to it, of { $nodes } nodes
}
placed-least-load = { $nodes ->
    [one] it was the only node that took machines
   *[other] it had the most memory free ({ $free }) of { $nodes } nodes
}
placed-moved = moved there by a teacher, or when a node was emptied
state-moving = moving
kind-move = move
step-move = moving to another node

## Answers
done-vm-moved = `{ $vm }` is on `{ $node }` now and is running again at { $address }
done-vm-moved-stopped = `{ $vm }` is on `{ $node }` now, stopped as it was
done-node-drained = `{ $node }` is drained: no new machine is placed there
done-node-drained-already = `{ $node }` was drained already: no new machine is placed there
done-node-empty = there is no machine left on it
done-node-moving = { $machines ->
    [one] its machine is being moved to another node
   *[other] its { $machines } machines are being moved to other nodes, one after the other
}: see with `node list` how many are left
done-node-waiting = it does not answer: { $machines ->
    [one] its machine is moved away
   *[other] its { $machines } machines are moved away
} once it does, unless you `node resume { $node }` before
done-node-staying = { $machines ->
    [one] its machine stays on it and can be used: take it elsewhere with `vm move`
   *[other] its { $machines } machines stay on it and can be used: take them elsewhere with `vm move`
}, or all with `node drain { $node } --move`
done-node-none-left = no other node takes machines now: nobody can make one before `node resume`
done-node-resumed = `{ $node }` takes new machines again; those that were moved stay where they are
done-node-resumed-already = `{ $node }` was not drained: it takes new machines

## Questions
ask-vm-move = Move `{ $vm }` to `{ $node }`? If it runs it is stopped, and started again afterwards: what it is doing ends.
ask-node-empty = Drain `{ $node }` and move all its machines away? Those that run are stopped one after the other, and started again afterwards.

## Errors
error-no-node = there is no node `{ $node }`: there are { $known }
error-bad-node = there is no node `{ $node }`: see which there are with `node list`
error-node-silent = the node `{ $node }` does not answer: choose another, or wait until it is back (`node list`)
error-node-drained = the node `{ $node }` is drained: choose another, or put it back with `node resume { $node }`
error-node-room = `{ $node }` has { $free } MiB of { $what ->
    [memory] memory
   *[disk] disk
} free, and the machine may use { $wanted } MiB: choose another node
error-no-node-free = no node takes machines now, because they are drained or do not answer: try again in a while, or tell your teacher
error-vm-there = `{ $vm }` is on `{ $node }` already: choose another node
error-vm-node-silent = `{ $vm }` cannot be reached: its node `{ $node }` does not answer since { $since }; it may still be running, and nothing was done to it: wait until the node is back, or tell your teacher
error-undone-move = puerta was restarted before it touched the machine: it is where it was; repeat the move

## Help
use-vm-move = vm move MACHINE NODE [--yes]
sum-vm-move = Moves a machine to another node (teachers).
help-vm-move =
    It keeps its address, its published ports, its keys and what it holds. A
    machine that runs is stopped for the move and started again when it is there;
    if it does not start there, it goes back to where it was.
    Example: vm move web1.alumno1 nodo02
use-node-drain = node drain NODE [--move] [--reason TEXT] [--yes]
sum-node-drain = Drains a node: no new machine is placed there.
help-node-drain =
    The machines on it go on and can be used. With --move they are moved to other
    nodes, one after the other: those that run are stopped for it and started
    again.
    Example: node drain nodo02 --move --reason "new disk"
use-node-resume = node resume NODE
sum-node-resume = Puts a node back: new machines are placed there again.
help-node-resume =
    Example: node resume nodo02
