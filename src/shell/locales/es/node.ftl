# Nodos y traslados.
col-load = carga
col-placed = sitio
node-online = en servicio
node-offline = no responde
node-offline-since = sin respuesta desde { $since }
node-drained = apartado
node-closed = cerrado por el motor
node-room = { $used } de { $total } GiB
node-machines = { $running } de { $all } en marcha
node-drained-note = `{ $node }` está apartado por `{ $by }` desde { $since }{ $emptying ->
    [yes] , y sus máquinas se están trasladando
   *[no] {""}
}
node-drained-reason = { node-drained-note }: { $reason }
placed-round-robin = { $nodes ->
    [one] era el único nodo que admitía máquinas
   *[other] por turno entre { $nodes } nodos
}
placed-least-load = { $nodes ->
    [one] era el único nodo que admitía máquinas
   *[other] era el nodo con más memoria libre ({ $free }) de { $nodes }
}
placed-moved = trasladada por un profesor o por el vaciado de un nodo
state-moving = trasladándose
kind-move = trasladar
step-move = trasladando a otro nodo

## Respuestas
done-vm-moved = `{ $vm }` está ahora en `{ $node }` y vuelve a estar en marcha en { $address }
done-vm-moved-stopped = `{ $vm }` está ahora en `{ $node }`, parada como estaba
done-node-drained = `{ $node }` queda apartado: no recibe máquinas nuevas
done-node-drained-already = `{ $node }` ya estaba apartado: no recibe máquinas nuevas
done-node-empty = no le queda ninguna máquina
done-node-moving = { $machines ->
    [one] su máquina se traslada ahora a otro nodo
   *[other] sus { $machines } máquinas se trasladan ahora a otros nodos, una tras otra
}: mira con `node list` cuántas quedan
done-node-waiting = no responde: { $machines ->
    [one] su máquina se trasladará
   *[other] sus { $machines } máquinas se trasladarán
} cuando responda, si antes no haces `node resume { $node }`
done-node-staying = { $machines ->
    [one] su máquina sigue en él y se puede usar: llévala a otro con `vm move`
   *[other] sus { $machines } máquinas siguen en él y se pueden usar: llévatelas con `vm move`
}, o todas con `node drain { $node } --move`
done-node-none-left = ningún otro nodo admite máquinas ahora: nadie puede crearlas hasta `node resume`
done-node-resumed = `{ $node }` vuelve a recibir máquinas nuevas; las que se trasladaron se quedan donde están
done-node-resumed-already = `{ $node }` no estaba apartado: recibe máquinas nuevas

## Preguntas
ask-vm-move = ¿Trasladar `{ $vm }` a `{ $node }`? Si está en marcha se para, y después arranca otra vez: lo que esté haciendo se corta.
ask-node-empty = ¿Apartar `{ $node }` y trasladar todas sus máquinas? Las que están en marcha se paran una tras otra, y después arrancan otra vez.

## Errores
error-no-node = no hay ningún nodo `{ $node }`: los que hay son { $known }
error-bad-node = no hay ningún nodo `{ $node }`: mira los que hay con `node list`
error-node-silent = el nodo `{ $node }` no responde: elige otro, o espera a que vuelva (`node list`)
error-node-drained = el nodo `{ $node }` está apartado: elige otro, o devuélvelo con `node resume { $node }`
error-node-room = en `{ $node }` quedan libres { $free } MiB de { $what ->
    [memory] memoria
   *[disk] disco
}, y la máquina puede usar { $wanted } MiB: elige otro nodo
error-no-node-free = ningún nodo admite máquinas ahora, porque están apartados o no responden: inténtalo dentro de un rato o avisa a tu profesor
error-vm-there = `{ $vm }` ya está en `{ $node }`: elige otro nodo
error-vm-node-silent = no se llega a `{ $vm }`: su nodo `{ $node }` no responde desde las { $since }; puede que siga en marcha, y no se ha tocado: espera a que el nodo vuelva o avisa a tu profesor
error-undone-move = puerta se reinició antes de tocar la máquina: sigue donde estaba; repite el traslado

## Ayuda
use-vm-move = vm move MÁQUINA NODO [--yes]
sum-vm-move = Traslada una máquina a otro nodo (profesores).
help-vm-move =
    Conserva su dirección, sus puertos publicados, sus claves y lo que contiene.
    Una máquina en marcha se para para el traslado y arranca otra vez al llegar;
    si no arranca allí, vuelve a donde estaba.
    Ejemplo: vm move web1.alumno1 nodo02
use-node-drain = node drain NODO [--move] [--reason TEXTO] [--yes]
sum-node-drain = Aparta un nodo: no recibe máquinas nuevas.
help-node-drain =
    Las máquinas que hay en él siguen y se pueden usar. Con --move se trasladan a
    otros nodos, una tras otra: las que están en marcha se paran para ello y
    arrancan otra vez.
    Ejemplo: node drain nodo02 --move --reason "disco nuevo"
use-node-resume = node resume NODO
sum-node-resume = Devuelve un nodo: vuelve a recibir máquinas nuevas.
help-node-resume =
    Ejemplo: node resume nodo02
