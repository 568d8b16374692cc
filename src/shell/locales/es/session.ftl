# Sesiones, mensajes, consolas y grabaciones.

## Encabezados
col-came = entró
col-open = abierto
col-session = sesión
word-recorded = se graba

## Respuestas
empty-sessions = No hay nadie a quien puedas ver.
empty-recordings = No hay grabaciones que puedas reproducir.
done-session-closed = Se ha cerrado la sesión `{ $session }` de `{ $login }`.
done-message = { $shells ->
    [0] Nadie lo ha recibido.
    [one] Lo ha recibido un intérprete abierto.
   *[other] Lo han recibido { $shells } intérpretes abiertos de { $persons ->
        [one] una persona
       *[other] { $persons } personas
    }.
}
done-message-without = No tienen ninguno abierto: { $names }

## Avisos
notice-message = ** Mensaje de { $from }: { $text }
notice-forward-cut = ** Se ha cortado la conexión con el puerto { $port } de `{ $vm }`: ya no está permitida, o la máquina se ha borrado.
notice-no-longer = La conexión con tu máquina se ha cortado: ya no está permitida, o la máquina se ha borrado.
notice-closed-by-staff = Tu profesor ha cerrado esta sesión; tus máquinas siguen como están.
notice-key-removed = Se ha quitado la clave con la que entraste aquí: entra con otra.
notice-closed-by-oneself = Has cerrado esta sesión desde otra; tus máquinas siguen como están.
notice-console = Consola de `{ $vm }`. Para salir: Ctrl-] (con teclado español, Ctrl-5) o `exit`.
notice-console-recorded = ** Esta consola se graba: todo lo que enseña la máquina. Lo que tecleas, solo si ella lo enseña.
notice-console-left = Has salido de la consola de `{ $vm }`; la máquina sigue en marcha.
notice-watched = ** { $login } está mirando esta consola.
notice-watched-no-more = ** { $login } ya no mira esta consola.
notice-playing = Consola de { $login } en `{ $vm }`, de { $columns } columnas y { $rows } filas. Para parar: `q` o Ctrl-C.
notice-played = Fin de la grabación.
notice-play-stopped = Reproducción parada.
notice-watching = Consola de { $login } en `{ $vm }`, de { $columns } columnas y { $rows } filas. Solo miras; para dejarlo: `q` o Ctrl-C.
notice-watched-size = ** Ahora tiene { $columns } columnas y { $rows } filas.
notice-watch-ended = Ya no miras.
ask-session-close = ¿Cerrar la sesión `{ $session }` con todo lo que tiene abierto?

## Errores
error-no-session = no hay ninguna sesión `{ $session }`: mira las que hay con `session list`
error-no-console = no hay ninguna consola abierta `{ $session }`: mira las que hay con `session list`
error-no-recording = no hay ninguna grabación `{ $session }`: mira las que hay con `session recordings`
error-console-terminal = la consola necesita un terminal: escribe `ssh -t { $door } vm console { $vm }`, o entra y teclea `vm console { $vm }`
error-watch-terminal = para mirar hace falta un terminal: escribe `ssh -t { $door } session watch { $session }`
error-console-away = no se puede abrir un terminal en `{ $vm }`: mira cómo está con `vm show { $vm }`
error-console-lost = el terminal de `{ $vm }` se ha perdido y la máquina sigue en marcha: repite `vm console { $vm }`
error-console-cut = la consola se ha cortado: ya no puedes usarla, o la máquina se está borrando; mira las tuyas con `vm list`
error-recording = la consola debía grabarse y no se puede escribir la grabación: avisa a tu profesor
error-recording-full = la grabación ha llegado a { $max } MiB y la consola termina con ella: abre otra
error-session-part = `{ $part }` es una parte de la sesión `{ $session }`, y solo se puede cerrar entera: escribe `session close { $session }`
error-message-long = el mensaje es demasiado largo: usa como mucho { $max } caracteres
error-message-nobody = no hay nadie a quien enviárselo con el nombre `{ $name }`: mira quién hay con `person list` y `course list`

## Ayuda
use-vm-console = vm console MÁQUINA
sum-vm-console = Abre un terminal dentro de la máquina, aunque no tenga red ni sshd.
help-vm-console =
    Entra como root, por el motor y no por la red. Sirve para arreglar una
    máquina en la que ya no se puede entrar con `ssh`. Necesita un terminal:
      ssh -t { $door } vm console web1
    Se sale con Ctrl-] (donde cuesta teclearlo, Ctrl-5) o terminando el
    intérprete (`exit`); el estado de salida es el suyo. Si se graba, se avisa
    antes de empezar.
help-session = Sesiones: quién está conectado y qué tiene abierto.
use-session-list = session list [--person LOGIN] [--course CURSO]
sum-session-list = Enseña tus conexiones abiertas (los profesores, las de todos).
help-session-list =
    --person LOGIN    solo las de esa persona
    --course CURSO    solo las de la gente de ese curso (profesores)

    Ejemplo: session list --course aso-2026
use-session-show = session show SESIÓN
sum-session-show = Todo lo que una conexión tiene abierto, con sus bytes.
help-session-show =
    Ejemplo: session show 6925d1f20003
use-session-close = session close SESIÓN [--yes]
sum-session-close = Cierra una conexión con todo lo que tiene abierto.
help-session-close =
    --yes    no pregunta

    Quien está en ella lee por qué se cierra. Puede volver a entrar: para que no,
    `person suspend`.
use-session-recordings = session recordings [--person LOGIN]
sum-session-recordings = Enseña las grabaciones de consolas (profesores).
help-session-recordings =
    --person LOGIN    solo las de esa persona
use-session-play = session play GRABACIÓN [--speed N]
sum-session-play = Reproduce la grabación de una consola (profesores).
help-session-play =
    --speed N    tantas veces más deprisa: `2`, `0.5`

    Las pausas se acortan a 2 segundos. Se para con `q` o Ctrl-C. Sin terminal
    da el fichero como es (asciicast v3):
      ssh { $door } session play 6925d1f20003-2 > clase.cast
use-session-watch = session watch CONSOLA
sum-session-watch = Mira una consola mientras está abierta (profesores).
help-session-watch =
    Solo se mira: nada de lo que tecleas llega a la máquina. Quien está en ella
    lee que la miras. Se deja con `q` o Ctrl-C.
use-message = message LOGIN|CURSO TEXTO...
sum-message = Escribe a los intérpretes abiertos de alguien o de un curso (profesores).
help-message =
    Aparece encima de lo que estén escribiendo, sin estropearlo. Dice quién no
    tenía ninguno abierto.

    Ejemplo: message aso-2026 quedan diez minutos
