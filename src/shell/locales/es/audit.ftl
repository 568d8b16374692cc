# La auditoría.
help-audit = Auditoría: quién ha hecho qué, desde dónde y con qué resultado. Tus líneas
    son `audit mine`; las demás órdenes son para profesores.
use-audit-list = audit list [--person LOGIN] [--seat PUESTO] [--vm MÁQUINA] [--action ACCIÓN] [--outcome RESULTADO] [--from RED] [--connection ID] [--since T] [--until T] [--page N] [--limit N] [--csv]
sum-audit-list = Enseña líneas de la auditoría, primero la página más reciente.
help-audit-list =
    --person LOGIN       lo que ha hecho esa persona
    --seat PUESTO        lo hecho con máquinas de ese puesto
    --vm MÁQUINA         lo hecho con esa máquina: `web1.alumno1`
    --action ACCIÓN      acciones que empiezan así: `vm-`, `login`
    --outcome RESULTADO  `allowed`, `denied`, `done` o `failed`
    --from RED           lo que vino de ahí: `192.0.2.0/24`
    --connection ID      en esa conexión
    --since T            desde: hace `30m`, `2h` o `3d`, `2026-11-23`,
                         `2026-11-23T10:00` (el reloj del laboratorio)
    --until T            hasta
    --limit N            N líneas por página (50 si no se dice, 1000 como mucho)
    --page N             una más antigua; la primera dice cómo pedir la segunda
    --csv                para una hoja de cálculo

    Ejemplo: audit list --person alumno1 --since 2h
use-audit-mine = audit mine [--vm MÁQUINA] [--action ACCIÓN] [--since T] [--until T] [--page N] [--limit N] [--all] [--csv]
sum-audit-mine = Enseña lo que has hecho, y lo que otros han hecho con tus máquinas.
help-audit-mine =
    Con los filtros de `audit list`. De lo que otros hacen con tus máquinas ves
    quién, qué y con qué resultado, no dónde estaban. Cada orden es una línea, con
    cómo acabó; con `--all` salen todas.

    Ejemplo: audit mine --since 3d
use-audit-search = audit search TEXTO [FILTROS]
sum-audit-search = Enseña las líneas en las que aparece un texto.
help-audit-search =
    El texto se busca tal cual, con sus mayúsculas. Con los filtros de `audit list`.

    Ejemplo: audit search nodo01 --outcome denied
use-audit-show = audit show ID
sum-audit-show = Cuenta la historia de una conexión, desde que entra hasta que acaba.
help-audit-show =
    ID    la `connection` de sus líneas en `audit list --json` o `--csv`

    Ejemplo: audit show 6a1bc2d30007
use-audit-tail = audit tail [-f] [-n N] [FILTROS]
sum-audit-tail = Enseña las últimas líneas; con -f también las que van llegando.
help-audit-tail =
    -f, --follow     sigue hasta Ctrl-C o hasta colgar
    -n, --lines N    cuántas de las últimas (10 si no se dice, 1000 como mucho)

    Con los filtros de `audit list`. A quien lee más despacio de lo que llegan se
    le dice cuántas han pasado. Con --json cada línea es un documento.

    Ejemplo: audit tail -f --outcome denied
use-audit-verify = audit verify
sum-audit-verify = Comprueba que la auditoría es la que se escribió: cadena y firmas.
help-audit-verify =
    Nombra la primera línea que no encaja y dice hasta qué línea está firmada.
    Acaba con estado 1 si algo no encaja.

    Ejemplo: audit verify
use-audit-export = audit export [--since T] [--until T]
sum-audit-export = Entrega líneas de la auditoría en un fichero, con su prueba.
help-audit-export =
    Guarda la salida en un fichero. Quien tenga la clave pública de la auditoría
    la comprueba donde sea con `puerta audit verify FICHERO --key audit.pub`.

    Ejemplo: ssh { $door } audit export --since 3d > auditoria.jsonl

col-connection = conexión
audit-more = página { $page }; la siguiente, con lo mismo y `--page { $next } --until { $until }`
audit-story-cut = solo van las últimas líneas: para todas, `audit list --connection` con `--page`
audit-missed = { $lines ->
    [one] ha pasado una línea sin verse
   *[other] han pasado { $lines } líneas sin verse
  }
audit-whole = { $lines ->
    [one] encaja una línea
   *[other] encajan { $lines } líneas
  }, en { $files ->
    [one] un fichero
   *[other] { $files } ficheros
  }: la auditoría es la que se escribió
audit-broken = `{ $file }`, línea { $line }: { $reason }
audit-rest = encajan { $lines } líneas antes de ella; de las { $rest } que siguen, { $intact } están intactas por sí solas
audit-begins = las líneas hasta la { $last } se retiraron por su edad; eso está firmado
audit-unremembered = a su lado no está `audit.heads`: no se vería si le faltara el final
audit-signed = firmada hasta la línea { $line }, el { $at }, con `{ $key }`
audit-since = { $lines ->
    [one] la línea posterior aún no está firmada
   *[other] las { $lines } líneas posteriores aún no están firmadas
  }
audit-unsigned = no hay nada firmado
audit-checking = comprobando: { $lines } líneas
notice-registry-away = puerta no puede mirar ahora quién eres: espera un minuto y vuelve a entrar
notice-unwritten = No se puede anotar en el registro de auditoría, y sin anotarlo no se entra: avisa a tu profesor.
error-no-connection = no hay ninguna conexión `{ $connection }` en la auditoría: toma una de `audit list --json`
error-audit-busy = otros están leyendo la auditoría entera: prueba dentro de un minuto
error-audit-broken = la línea { $line } de la auditoría no es la que se escribió y no se exporta: mira `audit verify`
error-audit-unsigned = el final de la auditoría no está firmado y no se exporta: mira `audit verify`
error-audit-export-terminal = la exportación es un fichero: desde tu ordenador, escribe `ssh { $door } audit export > auditoria.jsonl`
