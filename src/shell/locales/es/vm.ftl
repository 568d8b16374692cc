# Lo que se dice de las máquinas: un verbo nuevo de `vm` tiene aquí todas sus palabras.

## Ayuda
overview-vm =
    Tus máquinas (también sin `vm` delante: `start web1`)
      vm list                    las que tienes
      vm create NOMBRE           crea una y la arranca
      vm show NOMBRE             todo sobre una
      vm start NOMBRE            la arranca
      vm stop NOMBRE             la para
      vm restart NOMBRE          la para y la arranca
      vm rename NOMBRE NUEVO     le cambia el nombre
      vm delete NOMBRE           la borra
      vm backup NOMBRE           hace una copia de seguridad
      vm restore NOMBRE          la devuelve a como estaba en una copia, o la
                                 trae de vuelta si la borraste
      vm console NOMBRE          abre un terminal en ella, también sin red
help-vm = Máquinas. También sin `vm` delante: `start web1`, `backup web1`.
use-vm-list = vm list [--seat PUESTO|--course CURSO|--all]
sum-vm-list = Enseña tus máquinas, con su estado y su dirección.
help-vm-list =
    --seat PUESTO     las de ese puesto (profesores)
    --course CURSO    las de todos los puestos del curso (profesores)
    --all             las de todos los puestos (profesores)

    Ejemplo: vm list --json
use-vm-create = vm create NOMBRE [--template PLANTILLA] [--cpus N] [--memory TAMAÑO] [--disk TAMAÑO] [--new-keys]
sum-vm-create = Crea una máquina y la arranca.
help-vm-create =
    El nombre lleva letras minúsculas, cifras y `-`, hasta 40, y es también el
    nombre dentro de la máquina.

    --template PLANTILLA   de qué se hace (`template list`), con `:VERSIÓN`
                           si no es la última; si no, la del curso, o la única
    --cpus N               núcleos que puede usar
    --memory TAMAÑO        memoria: `512M`, `1G`
    --disk TAMAÑO          disco: `4G`
    --new-keys             con claves de ssh nuevas, no las de la última de ese
                           nombre que borraste (tu cliente avisará)

    Ejemplo: vm create web1 --template debian-12 --memory 512M
use-vm-show = vm show NOMBRE
sum-vm-show = Enseña todo sobre una máquina y, si está en marcha, cuánto usa.
help-vm-show =
    Ejemplo: vm show web1
use-vm-start = vm start NOMBRE
sum-vm-start = Arranca una máquina parada.
help-vm-start =
    Para profesores: --course, la máquina de ese nombre de cada alumno del curso,
    o con --group solo de los de un grupo, con una sola tarea.

    Ejemplo: start web1
use-vm-stop = vm stop NOMBRE [--force]
sum-vm-stop = Para una máquina; su contenido se queda.
help-vm-stop =
    Para profesores: --course, la máquina de ese nombre de cada alumno del curso,
    o con --group solo de los de un grupo, con una sola tarea.

    --force    sin esperar a que se apague, como quien tira del enchufe

    Ejemplo: stop web1
use-vm-restart = vm restart NOMBRE
sum-vm-restart = Para una máquina y la vuelve a arrancar.
help-vm-restart =
    Para profesores: --course, la máquina de ese nombre de cada alumno del curso,
    o con --group solo de los de un grupo, con una sola tarea.

    Ejemplo: restart web1
use-vm-rename = vm rename NOMBRE NUEVO
sum-vm-rename = Cambia el nombre de una máquina.
help-vm-rename =
    Sigue como está, y quien esté dentro sigue dentro: conserva su dirección, sus
    claves, sus copias y sus puertos publicados. Su nombre dentro de la máquina
    (`hostname`) tampoco cambia; cámbialo allí si quieres.

    Ejemplo: vm rename web1 web2
use-vm-delete = vm delete NOMBRE [--yes]
sum-vm-delete = Borra una máquina para siempre; sus copias se quedan.
help-vm-delete =
    Para profesores: --course, la máquina de ese nombre de cada alumno del curso,
    o con --group solo de los de un grupo, con una sola tarea.

    --yes    sin preguntar

    Ejemplo: vm delete web1
use-vm-backup = vm backup NOMBRE [--note TEXTO] [--yes]
sum-vm-backup = Hace una copia de seguridad de una máquina.
help-vm-backup =
    La máquina puede seguir en marcha. Si ya tiene todas las que caben, se borrará
    la más vieja: puerta dice antes cuál y pregunta (`backup protect` la guarda).
    Si cierras la sesión, la copia sigue: mírala con `job list`.

    --note TEXTO    para qué es: se ve en `backup list`
    --yes           sin preguntar

    Ejemplo: vm backup web1
use-vm-restore = vm restore NOMBRE [--backup COPIA] [--as NUEVO] [--yes]
sum-vm-restore = Deja una máquina como en una copia, o trae de vuelta una borrada.
help-vm-restore =
    Lo que ahora contiene se pierde; conserva su dirección. Si algo falla a medias,
    la máquina queda como estaba.
    Si la borraste, se hace otra vez con sus copias y sus claves de host, aunque su
    dirección puede ser otra.

    --backup COPIA    cuál (`backup list`); si no, la más reciente
    --as NUEVO        hace al lado otra máquina con ese nombre y no toca esta; la
                      copia tiene claves de host y machine-id propios
    --yes             sin preguntar

    Ejemplo: vm restore web1

## Hecho
col-host-key = clave de su ssh
col-visitor = dentro ahora
visitor = { $login }, ayudando desde { $since }: su clave está dentro hasta que salga
done-vm-created = `{ $vm }` está en marcha en { $address }; entra desde tu ordenador con `ssh { $jump } root@{ $vm }`
done-vm-created-keyless = `{ $vm }` está en marcha en { $address }; nadie de `{ $seat }` tiene clave todavía: quien añada la suya en puerta con `key add` entra con ella al momento
done-vm-started = `{ $vm }` está en marcha en { $address }
done-vm-stopped = `{ $vm }` está parada
done-vm-restarted = `{ $vm }` se ha reiniciado y está en marcha en { $address }
done-vm-keys-blocked = pero no se ha escrito todo lo que puerta escribe en ella (claves de su gente, nombres de una práctica), porque `{ $file }` no es un fichero ni una carpeta normal: bórralo con `vm console { $vm }` y repite `vm restart { $vm }`
done-vm-renamed = `{ $name }` se llama ahora `{ $vm }`; su dirección, sus claves, sus copias y sus puertos publicados son los de antes
done-vm-deleted = máquina `{ $vm }` borrada{ $backups ->
    [0] {""}
    [one] ; queda una copia suya, con la que vuelve si dices `vm restore { $vm }`
   *[other] ; quedan { $backups } copias suyas, con las que vuelve si dices `vm restore { $vm }`
}{ $ports ->
    [0] {""}
    [one] ; su puerto publicado queda libre
   *[other] ; sus { $ports } puertos publicados quedan libres
}
done-vm-restored = `{ $vm }` vuelve a estar como en `{ $backup }`, en { $address }
done-vm-remade = `{ $vm }` está aquí otra vez, como en `{ $backup }`, en marcha en { $address }
done-vm-copied = `{ $vm }` es una máquina nueva, como en `{ $backup }`, en marcha en { $address }; tiene sus propias claves de host y su propio machine-id

## Errores
error-no-vm = no tienes ninguna máquina `{ $vm }`: mira las que hay con `vm list`
error-vm-not-ready = `{ $vm }` todavía no está lista, o se está borrando: mira cómo va con `job list`
error-vm-exists = ya hay una máquina `{ $vm }`: elige otro nombre o bórrala con `vm delete { $vm }`
error-vm-busy = `{ $vm }` está ocupada: { job-word } desde las { $since }; espera a que acabe (`job list`)
error-vm-stopped = `{ $vm }` está parada: arráncala en puerta con `vm start { $vm }`
error-vm-running = `{ $vm }` está en marcha: párala antes con `vm stop { $vm }`
error-vm-unreachable = `{ $vm }` no responde: espera un minuto y repite; si sigue así, reiníciala con `vm restart { $vm }`
error-vm-missing = `{ $vm }` ya no está en el motor: recupérala con `vm restore { $vm }` o bórrala con `vm delete { $vm }`
error-vm-ambiguous = hay varias máquinas `{ $vm }`: di de qué puesto es, como en { $choices }

## Claves por las que se conoce a las máquinas
error-host-keys-late = el motor no ha dicho a tiempo las claves de `{ $vm }`; vuelve a intentarlo
known-hosts-none = { $vm }: sin claves de ssh, porque no ha arrancado nunca o el motor no las ha dicho a tiempo
ssh-config-about =
    De { $login } en { $host }. Va en un fichero propio, ~/.ssh/puerta.conf, y
    ~/.ssh/config lo nombra en su primera línea:  Include puerta.conf
    La clave de puerta se compara una vez, la primera; por las de tus máquinas
    nadie pregunta. Las que hagas luego se llaman por su nombre entero, o corto
    cuando vuelvas a escribir este fichero.
ssh-config-asks = Necesita OpenSSH 8.5 o posterior (`ssh -V`); si no, `ssh-config --file`.
ssh-config-file =
    Esas están en otro fichero. Hazlo ahora, y otra vez al hacer o restaurar una:
    ssh puerta known-hosts > ~/.ssh/known_hosts.puerta
    En Windows:
    cmd /c "ssh puerta known-hosts > %USERPROFILE%\.ssh\known_hosts.puerta"
