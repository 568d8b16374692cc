# Lo que puerta contesta.

## Cabeceras y etiquetas
col-action = acción
col-added = añadida
col-address = dirección
col-algorithm = tipo
col-backup = copia
col-bytes-in = entra
col-bytes-out = sale
col-comment = comentario
col-course = curso
col-connections = conexiones
col-cpus = CPU
col-created = fecha
col-description = descripción
col-disk = disco
col-egress = puede alcanzar
col-fingerprint = huella
col-finished = fin
col-from = desde
col-full-name = nombre
col-job = tarea
col-keys = claves
col-kind = trabajo
col-limits = límites
col-login = usuario
col-machines = máquinas
col-mark = marca
col-members = miembros
col-memory = memoria
col-method = entrada
col-name = nombre
col-network = red
col-node = nodo
col-note = nota
col-number = n.º
col-outcome = resultado
col-password = contraseña
col-place = de quién
col-policies = reglas
col-port = puerto
col-protocol = tipo
col-publisher = publicado por
col-quotas = por puesto
col-reason = motivo
col-role = rol
col-seat = puesto
col-seats = puestos
col-sha256 = SHA-256
col-size = tamaño
col-source = desde
col-started = inicio
col-state = estado
col-template = plantilla
col-time = hora
col-times = horas
col-took = duración
col-usage = en uso
col-version = versión
col-vm = máquina
col-vm-port = su puerto
col-year = año

## Palabras sueltas
word-yes = sí
word-no = no
word-none = -
word-everybody = todo el mundo
word-place-default = los demás
word-place-course = curso
word-place-seat = puesto
state-running = en marcha
state-stopped = parada
state-creating = creándose
state-deleting = borrándose
state-backup = copiándose
state-restoring = restaurándose
state-busy = ocupada
state-unreachable = sin respuesta
state-missing = perdida
job-running = en curso
job-done = hecha
job-failed = fallida
job-undone = deshecha
kind-create = crear
kind-start = arrancar
kind-stop = parar
kind-restart = reiniciar
kind-delete = borrar
kind-backup = copiar
kind-restore = restaurar
kind-remake = rehacer
door-open = abierta
door-suspended = suspendida
col-door = puerta
limits = { $cpus } CPU, { $memory } de memoria, { $disk } de disco, { $processes } procesos
usage-memory = { $size } de memoria
usage-disk = { $size } de disco
usage-processes = { $count ->
    [one] { $count } proceso
   *[other] { $count } procesos
}
quotas = { $machines } máquinas ({ $running } en marcha), { $cpus } CPU, { $memory } de memoria, { $disk } de disco, { $backups } copias (de cada máquina, { $keep }), { $publications } puertos publicados

## Listas vacías
empty-vms = todavía no hay máquinas: crea una con `vm create web1` (plantillas: `template list`)
empty-backups = todavía no hay copias: haz una con `vm backup NOMBRE`
empty-templates = todavía no hay plantillas: un profesor tiene que publicar una
empty-keys = no tienes claves: añade una con `key add`, seguida de la línea de tu fichero `.pub`
empty-jobs = no hay tareas: aquí verás las que empieces, como `vm backup web1`
empty-courses = todavía no hay cursos: crea uno con `course create aso-2026`
empty-persons = todavía no hay nadie: da de alta a alguien con `person add alumno1 --course CURSO`
empty-seats = todavía no hay puestos: cada persona que das de alta en un curso tiene el suyo (`person add`)
empty-audit = nada en la auditoría con ese filtro: quita alguno o amplía `--since`

empty-ports = todavía no hay puertos publicados: publica una página con `port publish web1 80`
empty-firewall = el núcleo no tiene ninguna regla de puerta

## Hecho
done-backup-made = copia `{ $backup }` hecha: { $size } en { $took }
done-backups-removed = se han borrado para dejarle sitio: { $backups }
done-backup-deleted = copia `{ $backup }` borrada
done-backup-protected = copia `{ $backup }` protegida: se queda hasta que digas `backup unprotect { $backup }`
done-backup-unprotected = copia `{ $backup }` sin protección: otra más nueva puede hacer que se borre
backups-of = { $vm }: { $count ->
    [one] una copia
   *[other] { $count } copias
}
backups-of-deleted = { $vm }, borrada: { $count ->
    [one] queda una copia
   *[other] quedan { $count } copias
}
vm-deleted = { $vm } (borrada)
mark-protected = protegida
mark-goes-next = se irá
backup-goes-next = se irá: la borra la próxima copia de su máquina; si la quieres, `backup protect { $backup }`
done-port-reserved = puerta funciona sin cortafuegos: el puerto queda reservado y de momento no lleva a ninguna parte; avisa a tu profesor
done-port-unpublished = ya no está publicado: { $route }
ports-counted = conexiones y bytes contados hasta { $at }
times-of = horas: { $zone }
ports-not-counted = no se cuentan conexiones ni bytes: puerta funciona sin cortafuegos, o no ha podido leerlo
done-egress-set = { whose } ya pueden alcanzar: { $egress }
done-egress-cleared = { whose } ya no tienen una regla propia (era: { $egress })
done-egress-unheeded = puerta funciona sin cortafuegos: la regla se guarda y de momento nadie la aplica
whose = { $place ->
    [course] las máquinas del curso `{ $name }`
   *[seat] las máquinas del puesto `{ $name }`
}
done-firewall-plan = { $done ->
    [nothing] las reglas son las que deben ser
    [members] entradas que faltan en las reglas: { $added }; que sobran: { $removed }
    [absent] todavía no hay reglas: hay que escribirlas
    [changed] ha cambiado la configuración o la salida: hay que escribir las reglas de nuevo
   *[drift] alguien ha cambiado las reglas: hay que escribirlas de nuevo
}
done-firewall-applied = { $done ->
    [nothing] no había nada que hacer: las reglas son las que deben ser
    [members] arreglado; entradas añadidas: { $added }; quitadas: { $removed }
    [absent] se han escrito las reglas: no había
    [changed] se han escrito de nuevo las reglas: había cambiado la configuración o la salida
   *[drift] se han escrito de nuevo las reglas: alguien las había cambiado
}
done-firewall-checked = las reglas son las que deben ser
done-firewall-foreign = no es de puerta y puede estorbar: { $line }
done-key-added = clave { $number } añadida: { $fingerprint }; tus máquinas la reciben ahora, o la próxima vez que arranquen
done-key-removed = clave quitada: { $fingerprint }{ $sessions ->
    [0] {""}
    [one] ; se cierra otra sesión que entró con ella
   *[other] ; se cierran otras { $sessions } sesiones que entraron con ella
}{ $stays ->
    [0] {""}
   *[other] ; esta entró también con ella, y sigue abierta hasta que salgas
}
done-password-set = contraseña cambiada
done-course-created = curso `{ $course }` creado: año { $year }, versión { $version }; da de alta a su gente con una lista (`course enrol { $course }`) o de uno en uno (`person add LOGIN --course { $course }`)
done-person-added = `{ $login }` ya puede entrar con su clave
done-person-code = `{ $login }` ya puede entrar una vez con este código, que no se volverá a mostrar: { $code }
done-person-code-shut = código de `{ $login }`, que no se volverá a mostrar: { $code }; de momento no entra con él, porque su puerta está cerrada (`person show { $login }`)
done-person-suspended = `{ $login }` ya no puede entrar; { closed }
done-person-resumed = `{ $login }` puede entrar otra vez
done-person-removed = `{ $login }` ya no existe en puerta; { closed }
closed = { $sessions ->
    [0] no tenía sesiones abiertas
    [one] se ha cerrado una sesión
   *[other] se han cerrado { $sessions } sesiones
}

## Nodos y aislamiento
col-flow = flujo
col-isolation = aislamiento
col-relation = dónde
col-result = resultado
col-to = hasta
rules-current = reglas { $version }
rules-old = reglas antiguas ({ $version })
rules-none = NINGUNO
rules-unknown = desconocido
node-rules-hint = `{ $node }` no tiene las reglas que separan los puestos: el técnico las pone con `puerta node rules` y `contrib/node/install`
relation-own-same-node = propia, mismo nodo
relation-own-other-node = propia, otro nodo
relation-other-same-node = otro puesto, mismo nodo
relation-other-other-node = otro puesto, otro nodo
relation-own-node = su nodo
relation-other-node = otro nodo
relation-puerta = puerta
flow-open = pasa, como debe
flow-leak = PASA y no debe
flow-cut = NO PASA y debe
untried-tool = sin probar, porque su `busybox` no sabe hacerlo: { $what }
untried-machine = sin probar, porque la máquina no ha respondido (¿tiene `busybox`?): { $what }
untried-listener = sin probar, porque la máquina no ha llegado a escuchar: { $what }
untried-node = sin probar, porque no se sabe la dirección del nodo: { $what }
untried-relation = sin probar, porque no participan dos máquinas así: { $what }
isolation-good = cerrado: { $open } flujos pasan y deben, { $closed } no pasan y no deben
isolation-wrong = { $wrong ->
    [0] no se ha podido probar nada entre puestos, así que no se sabe
    [one] NO ESTÁ CERRADO: un flujo no está como debe ({ $open } pasan, { $closed } no)
   *[other] NO ESTÁ CERRADO: { $wrong } flujos no están como deben ({ $open } pasan, { $closed } no)
}
lang-set = { $lang ->
    [en] inglés
   *[other] español
}: lo pusiste con `lang { $lang }`, y vale siempre que entres
lang-sent = { $lang ->
    [en] inglés
   *[other] español
}: lo dice tu cliente de ssh (`LANG`); para otro siempre, `lang { $lang ->
    [en] es
   *[other] en
}`
lang-lab = { $lang ->
    [en] inglés
   *[other] español
}: es el idioma del laboratorio, y tu cliente de ssh no pide ninguno; para otro, `lang { $lang ->
    [en] es
   *[other] en
}`
