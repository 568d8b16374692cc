# Lo que ha ido mal y, después, qué hacer. Nombres entre acentos graves, sin punto final.

## Piezas
kind-of = { $kind ->
    [login] de usuario
    [vm] de máquina
    [seat] de puesto
    [course] de curso
    [template] de plantilla
    [backup] de copia
   *[other] { $kind }
}
job-word = { $job ->
    [create] creación
    [start] arranque
    [stop] parada
    [restart] reinicio
    [delete] borrado
    [backup] copia de seguridad
    [reset] vuelta a empezar
    [restore] restauración
    [remake] reconstrucción
    [publish] plantilla
    [move] traslado
   *[other] { $job }
}

## Generales
error-internal = algo ha fallado en puerta: di a tu profesor la referencia `{ $reference }`
error-denied = tu usuario no puede hacer eso: mira con `help` lo que puedes hacer
error-quota = { $quota ->
    [machines] tu puesto ya tiene { $used } de { $limit } máquinas: borra una con `vm delete`
    [running] ya están en marcha { $used } de { $limit } máquinas de tu puesto: para una con `vm stop`
    [memory] no queda memoria para esa máquina: tu puesto usa { $used } de { $limit } MiB y pide { $wanted } más; borra una máquina o pide menos con `--memory`
    [cpus] no quedan CPU para esa máquina: tu puesto usa { $used } de { $limit } y pide { $wanted } más; borra una máquina o pide menos con `--cpus`
    [disk] no queda disco para esa máquina: tu puesto usa { $used } de { $limit } MiB y pide { $wanted } más; borra una máquina o pide menos con `--disk`
    [backups] tu puesto ya tiene { $used } de { $limit } copias: borra una con `backup delete`
    [publications] tu puesto ya tiene { $used } de { $limit } puertos publicados: retira uno con `port unpublish`
   *[other] se ha llegado al límite `{ $named }`: { $used } de { $limit } en uso y hacen falta { $wanted } más
}; un profesor puede subir el límite `{ $named }` con `quota set`
error-limits = esa máquina pide { $what ->
    [cpus] más CPU de las que
    [memory] más memoria de la que
    [disk] más disco del que
   *[other] más (`{ $what }`) de lo que
} permite el laboratorio: pide de 1 a { $max }{ $what ->
    [cpus] { " " }con `--cpus`
    [memory] { " " }MiB con `--memory`
    [disk] { " " }MiB con `--disk`
   *[other] {""}
}
error-keys-full = ya hay { $max } claves, y no puede haber más: `key list`, y quita alguna con `key remove NÚMERO`
error-moment = ese momento no está en el calendario (años 0 a 9999): escribe otro, por ejemplo `--since 3d`
error-too-many-channels = esta conexión tiene demasiados canales abiertos, y el máximo es { $max }: cierra alguno, o abre otra conexión
error-too-much-read = se está leyendo demasiado de ti a la vez, contando todas tus conexiones: espera a que acaben tus otras órdenes y envíalo de nuevo
error-too-many-channels-of-person = tienes demasiados canales abiertos en todas tus conexiones, y el máximo es { $max }: cierra alguno y repite
error-too-many-readings = ya estás leyendo la auditoría { $max } veces a la vez: espera a que acabe una y repite
error-unix-socket = puerta no lleva a sockets de Unix, solo a puertos de tus máquinas: `-L 8080:web1:80`
error-channel-kind = puerta no abre canales de esa clase, solo sesiones y reenvíos a puertos de tus máquinas
error-too-many-forwards = tienes demasiadas conexiones reenviadas a la vez, y el máximo es { $max }: cierra alguna y repite
error-shutdown = puerta se está apagando: vuelve a entrar dentro de un minuto
error-engine-away = el motor de máquinas no responde: espera un minuto y repite; si sigue así, avisa a tu profesor
error-engine = el motor de máquinas ha rechazado la orden: di a tu profesor la referencia `{ $reference }`
error-disk-full = el disco de la máquina se ha llenado: borra algo en ella, o crea otra con más `--disk`
error-no-space = no queda sitio en el disco del laboratorio: borra copias que no necesites con `backup delete` o avisa a tu profesor
error-address-held = su dirección sigue ocupada en su nodo por un resto que quedó allí, así que se queda parada: avisa a tu profesor (arrancar de nuevo Incus en ese nodo la libera)
error-registry-busy = el registro de puerta está ocupado con otra cosa: espera un minuto y repite; si sigue así, avisa a tu profesor
error-registry-full = el disco del registro de puerta está lleno: avisa a tu profesor
error-registry-read-only = no se puede escribir en el registro de puerta: avisa a tu profesor
error-registry-disk = falla el disco del registro de puerta: avisa a tu profesor
error-slow-down = demasiadas cosas a la vez: ve más despacio y repítelo en un minuto
error-audit-away = no se puede anotar en el registro de auditoría, y sin anotarlo no se hace: avisa a tu profesor
error-archives-away = la carpeta de las copias no está, y el disco en el que se guardan puede haberse desmontado: avisa a tu profesor

## Nombres
error-unseen = `{ $value }` tiene caracteres que no se ven: escríbelo otra vez sin ellos
error-name-empty = falta el nombre { kind-of }: escribe uno
error-name-long = el nombre { kind-of } es demasiado largo: usa como mucho { $max } caracteres
error-name-start = un nombre { kind-of } empieza por una letra minúscula: cambia la primera letra
error-name-characters = un nombre { kind-of } solo lleva letras minúsculas sin acento, cifras y `-`{ $kind ->
    [login] { " " }o `_`
    [seat] { " " }o `_`
   *[other] {""}
}: quita lo demás
error-name-end = un nombre { kind-of } acaba en letra o cifra: quita lo que va detrás

## Puestos
error-no-seat = no hay ningún puesto `{ $seat }`, que es lo que va detrás del punto: mira los tuyos con `whoami`, o si eres profesor todos con `seat list`
error-which-seat = tienes varios puestos ({ $seats }): di en cuál, como en `web1.PUESTO`
error-no-own-seat = no tienes un puesto propio: di el de quién, como en `web1.alumno1`

## Copias y plantillas
error-no-backup = no tienes ninguna copia `{ $backup }`: mira las que hay con `backup list`
error-no-backups-of = `{ $vm }` no tiene ninguna copia: haz una con `vm backup { $vm }`
error-backup-of-other = `{ $backup }` es una copia de `{ $other }` y no de `{ $vm }`: mira las suyas con `backup list { $vm }`
error-note-long = la nota es demasiado larga: usa como mucho { $max } caracteres
error-backup-would-go = para la copia nueva hay que borrar { $backups }: repite la orden con `--yes`, o quédatela con `backup protect { $backup }`
error-backups-protected = de `{ $vm }` caben { $keep } copias y están todas protegidas: deja que se borre una con `backup unprotect { $backup }`
error-backup-protected = la copia `{ $backup }` está protegida: si ya no la quieres, `backup unprotect { $backup }` y repite
error-bad-archive = la copia está dañada y no se ha usado: elige otra con `backup list` y avisa a tu profesor
error-no-template = no hay ninguna plantilla `{ $template }`: elige una de estas: { $known }
error-which-template = hay varias plantillas: elige una con `--template`: { $known }
error-archive-unreadable = la copia de `{ $vm }` no se puede volver a leer y no se ha guardado; las que había siguen: repite, y si vuelve a pasar avisa a tu profesor
error-spoiled-attribute = no hay copia de `{ $vm }` mientras `{ $file }` tenga el atributo `{ $attribute }`, que ninguna copia puede guardar: quítalo dentro de la máquina (`setfattr -x`) o borra el fichero, y repite
error-spoiled-path = no hay copia de `{ $vm }` mientras haya en ella una ruta de más de 4096 bytes: acorta o borra dentro de la máquina la que empieza por `{ $file }`, y repite
error-spoiled-file = no hay copia de `{ $vm }` mientras esté en ella `{ $file }`, que ninguna copia puede guardar ({ $reason }): bórralo o cámbialo dentro de la máquina, y repite
error-spoiled-start = `{ $vm }` no arranca: `{ $file }`, o lo que necesita, falta en ella o ya no es lo que era; { $backups ->
    [0] no tiene copias: bórrala con `vm delete { $vm }` y crea otra, o pide ayuda a tu profesor
   *[other] recupérala con `vm restore { $vm }`
}
error-spoiled-shell = `{ $vm }` no tiene ningún intérprete de órdenes que funcione (`/bin/sh`); { $backups ->
    [0] no tiene copias: pide ayuda a tu profesor
   *[other] recupérala con `vm restore { $vm }`
}
error-spoiled-keys = lo que puerta escribe en `{ $vm }` (claves, nombres) no se puede escribir: `{ $file }` no es un fichero ni una carpeta normal; bórralo con `vm console { $vm }`
error-spoiled-backup = la máquina que guarda `{ $backup }` no arranca, y `{ $vm }` queda como estaba: elige otra copia con `backup list`
error-spoiled-template = la plantilla `{ $template }` no sirve: su máquina no arranca o no deja escribir las claves en ella; elige otra con `template list` y avisa a tu profesor
error-bounds = eso es más de lo que el laboratorio permite para una copia ({ $reason }): borra en la máquina lo que no necesites, también ficheros con huecos, o avisa a tu profesor

## Puertos publicados, salida y cortafuegos
error-no-port = no tienes ninguna máquina publicada en el puerto { $port }: mira las que hay con `port list`
error-port-taken = el puerto { $port } está ocupado: elige otro, o quita `--port` y lo elige puerta
error-port-range = el puerto { $port } no es de los que se pueden publicar: elige uno de { $first } a { $last }, o quita `--port` y lo elige puerta
error-port-published = el puerto { $service } de `{ $vm }` ya está publicado: entra por `{ $host }:{ $port }`
error-seat-suspended = todas las personas del puesto `{ $seat }` están suspendidas, y sus puertos con ellas: publícalo después de `person suspend LOGIN --resume`
error-ports-exhausted = no quedan puertos libres en el laboratorio: retira los que no necesites con `port unpublish` o avisa a tu profesor
error-beyond-campus = solo puedes abrir un puerto al campus ({ $campus }): quita `--from` o pide a tu profesor que lo publique
error-too-many-networks = demasiadas redes: escribe como mucho { $max }
error-list-place = di de quién: como mucho uno de `--seat PUESTO`, `--course CURSO` y `--all`
error-edit-nothing = di qué cambiar: `--name`, `--email`, `--idnumber` o `--campus` (`help person edit`)
error-campus-login = `{ $campus }` podría ser el usuario de alguien: aquí se dice cómo le llama el campus cuando es otro nombre, con un `.` o una `@`
error-campus-taken = el campus llama `{ $campus }` a otra persona: mírala con `person show { $campus }`
error-egress-place = di de qué máquinas: escribe `--seat PUESTO` o `--course CURSO`, uno de los dos
error-no-egress = `{ $name }` no tiene una regla propia: mira las que hay con `egress list`
error-firewall-off = puerta funciona sin cortafuegos: el técnico lo pone en `[firewall]`, en la configuración
error-firewall-away = el cortafuegos no responde y se está volviendo a arrancar; todo sigue como estaba: espera un minuto y repite
error-firewall-differs = las reglas no son las que deberían: mira por qué con `firewall plan` y arréglalo con `firewall apply`
error-firewall = el cortafuegos no lo ha hecho y todo sigue como estaba; díselo a tu profesor: { $reason }

## Claves
error-no-key = no tienes ninguna clave `{ $key }`: mira las que hay con `key list`
error-last-key = es tu única forma de entrar: antes añade otra clave con `key add` o pon una contraseña con `passwd`
error-key-bad = eso no es una clave pública que valga: { $reason }
error-key-empty = no ha llegado ninguna clave: pega la línea de tu fichero `.pub`, o envíala con `ssh … key add < ~/.ssh/id_ed25519.pub`
error-key-certificate = eso es un certificado y no una clave: pega la línea del fichero `.pub` sin `-cert`
error-key-long = el texto es demasiado largo para ser una clave pública: pega solo la línea de tu fichero `.pub`
error-key-options = la línea lleva opciones delante de la clave: pega solo el tipo, la clave y el comentario
error-key-private = eso es una clave PRIVADA y no se ha guardado: no la enseñes a nadie, crea otra y pega la línea del fichero `.pub`
error-key-several = han llegado varias claves: añádelas de una en una
error-key-weak = esa clave es demasiado débil: crea otra con `ssh-keygen -t ed25519`
error-key-type = no se admiten claves `{ $algorithm }`: crea una con `ssh-keygen -t ed25519`
error-key-unreadable = eso no es una clave pública de OpenSSH: pega la línea entera de tu fichero `.pub`, que empieza por `ssh-`
error-key-twice = la clave `{ $fingerprint }` ya está: no hay nada que añadir

## Cursos y personas
error-no-course = no hay ningún curso `{ $course }`: mira los que hay con `course list`
error-course-exists = ya hay un curso `{ $course }`: elige otro nombre
error-place-full = los 8191 puestos de { $year }, versión { $version }, ya están dados: un curso creado con `--year { $freeyear } --version { $freeversion }` tiene sitio
error-year-full = ya no quedan puestos de { $year } en el plan de direcciones: `help course create` dice cómo crear el curso en otro año
error-year = el año { $year } no cabe en el plan de direcciones: elige uno de { $first } a { $last }
error-slots-full = no queda sitio en el puesto para otra máquina: borra una con `vm delete`
error-login-exists = ya hay una persona `{ $login }`: elige otro nombre de usuario o mírala con `person show { $login }`
error-no-person = no hay ninguna persona `{ $login }`: mira las que hay con `person list`
error-person-holds = lo que es solo de `{ $login }` tiene { held }: repite con `person remove { $login } --all { $all }`, y todo ello se borra para siempre, o ciérrale la puerta con `person suspend { $login }`
error-person-self = no puedes hacerte eso a ti mismo: pídeselo a otro profesor

## Contraseñas
error-password-short = la contraseña es demasiado corta: usa al menos { $min } caracteres
error-password-long = la contraseña es demasiado larga: usa como mucho { $max } caracteres
error-password-login = la contraseña contiene tu nombre de usuario: elige otra
error-password-characters = la contraseña lleva caracteres que no se pueden escribir en todos los teclados: usa solo caracteres visibles
error-password-different = las dos veces no coinciden: repite `passwd`
error-password-terminal = `passwd` necesita una terminal: entra con `ssh -t`

## Tareas
error-job-ambiguous = hay varias tareas { $job }: di de qué puesto es, como en { $choices }
error-no-job = no hay ninguna tarea { $job }: mira las que hay con `job list`
error-job-failed = la tarea { $job } ha fallado y todo sigue como estaba: { $reason }
error-job-undone = puerta se reinició a mitad de la tarea y la deshizo: todo está como antes; repite la orden
error-undone-gone = puerta se reinició, y la máquina ya no está
error-undone-backup = puerta se reinició durante la copia: hazla de nuevo
error-undone-restore = puerta se reinició antes del cambio: la máquina es la de antes; recupérala de nuevo

## Palabras
error-need-yes = esto pide una confirmación y aquí no hay a quién preguntar: repite la orden con `--yes`
error-unknown-word = `{ $word }` no es una orden: ¿querías decir `{ $nearest }`?
error-unknown-word-alone = `{ $word }` no es una orden: mira las que hay con `{ $help }`
error-unknown-option = no existe la opción `{ $option }`: ¿querías decir `{ $nearest }`?
error-unknown-option-alone = no existe la opción `{ $option }`: mira las que hay con `{ $help }`
error-missing = falta { $what ->
    [vm] el nombre de la máquina
    [name] el nombre de la máquina nueva
    [backup] el nombre de la copia
    [course] el nombre del curso
    [login] el nombre de usuario
    [key] el número o la huella de la clave
    [job] el número de la tarea
    [service] el puerto de la máquina
    [port] el puerto de puerta
    [egress] lo que se puede alcanzar
    [session] el identificador de la sesión
    [to] a quién va
    [text] el texto
   *[other] `{ $what }`
}: escribe `{ $usage }`
error-missing-verb = a `{ $family }` le falta un verbo: escribe detrás uno de estos: { $verbs }
error-extra = sobra `{ $word }`: quítalo o, si va con lo anterior, ponlo todo entre comillas
error-value-missing = la opción `{ $option }` necesita un valor: escribe `{ $usage }`
error-value = `{ $value }` no vale para `{ $option }`: { $expected ->
    [size] escribe un tamaño como `512M` o `2G`
    [count] escribe un número entero a partir de 1
    [limit] escribe un número de 1 a { $max }
    [moment] escribe `2h` o `3d` (hace tanto), una fecha como `2026-11-23` o un momento como `2026-11-23T10:00` (el reloj del laboratorio) o `2026-11-23T10:00+01:00`
    [lang] escribe `es` o `en`
    [map] escribe el nombre de la columna y lo que es, como `'Usuario=username'`: `username`, `firstname`, `lastname`, `email`, `group1` o `idnumber`
    [job] escribe el número de una tarea de `job list`
    [year] escribe un año como `2026`
    [version] escribe `0` o `1`
    [port] escribe un puerto, de 1 a 65535
    [network] escribe redes IPv4 como `192.0.2.0/24`, separadas por comas y sin espacios
    [outcome] escribe `allowed`, `denied`, `done` o `failed`
    [address] escribe una red como `192.0.2.0/24`, o una dirección
    [connection] escribe el identificador que llevan las líneas de una conexión, como `6a1bc2d30007`
    [egress] escribe `allow`, `deny` o redes como `192.0.2.0/24` o `192.0.2.7:443`, separadas por comas
    [services] escribe puertos como `80` o `80,53/udp`, separados por comas
    [quota] escribe `máquinas`, `en-marcha`, `memoria`, `cpu`, `disco`, `copias` o `publicaciones`
    [whole] escribe un número entero, o `default`
    [role] escribe `alumno`, `profesor` o `admin`
    [session] escribe el identificador que sale en `session list`, como `6925d1f20003` o `6925d1f20003-2`
    [speed] escribe un número de 0.1 a 100
   *[other] escribe { $expected }
}
error-quoting = hay unas comillas sin cerrar: ciérralas o quítalas
error-line-long = la línea es demasiado larga: escribe como mucho { $max } bytes
error-not-utf8 = la línea no está en UTF-8: pon tu terminal en UTF-8 y repite

## Reenvío de SSH
error-forward-denied = no tienes ninguna máquina con ese nombre o esa dirección: mira las tuyas con `vm list`
error-forward-port = en `{ $vm }` nada responde en el puerto { $port }: mira dentro de la máquina si el servicio está en marcha
error-person-known = `{ $login }` ya está: añádele el puesto sin `--key`; sus claves solo las cambia esa persona
error-vm-foreign = la dirección de `{ $vm }` la tiene otra máquina en el motor: avisa al técnico

## Aislamiento
error-isolation-busy = ya hay otra comprobación del aislamiento en marcha: repite la orden cuando acabe
error-isolation-stopped = `{ $vm }` no está en marcha: arráncala o di otra máquina
error-isolation-seats = hacen falta máquinas en marcha de dos puestos: arranca alguna o di máquinas de más de un puesto
error-isolation-engine = este motor no ejecuta programas en sus máquinas, así que no se puede probar nada desde dentro
error-elsewhere = `{ $word }` no es cosa de puerta, que es la puerta de tus máquinas: { $vm ->
    [none] crea una con `vm create web1` y, desde tu ordenador, usa `{ elsewhere-how } root@web1{ elsewhere-where }`
   *[other] desde tu ordenador, usa `{ elsewhere-how } root@{ $vm }{ elsewhere-where }`
}
elsewhere-how = { $word ->
    [scp] scp { $jump } FICHERO
    [sftp] sftp { $jump }
    [sftp-server] sftp { $jump }
    [rsync] rsync -e "ssh { $jump }" FICHERO
    [git] git -c core.sshCommand="ssh { $jump }" clone
    [git-upload-pack] git -c core.sshCommand="ssh { $jump }" clone
    [git-receive-pack] git -c core.sshCommand="ssh { $jump }" clone
   *[other] ssh { $jump }
}
elsewhere-where = { $word ->
    [scp] :
    [rsync] :
    [git] :CARPETA
    [git-upload-pack] :CARPETA
    [git-receive-pack] :CARPETA
   *[other] {""}
}
error-lead = aquí eso es otra orden: escribe `{ $command }`
error-lead-clear = la pantalla se limpia con Ctrl-L
error-redirected = aquí no se leen ficheros con `<`: escribe en tu ordenador `ssh { $door } { $command } < FICHERO`
error-redirected-key = aquí no se leen ficheros con `<`: escribe `key add` y pega la línea de tu fichero `.pub`, o en tu ordenador `ssh { $door } key add < FICHERO.pub`
