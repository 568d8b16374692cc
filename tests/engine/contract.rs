//! The trait's promises, on any engine.

use crate::bench::{Bench, copies, machine, permit, spec};
use crate::{judging, replacing};
use puerta_engine::{Ended, Engine, EngineError, Handed, Size, Status, Take, Terminal, TerminalWord, Which};
use puerta_lab::model::Vm;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const GRACE: Duration = Duration::from_secs(5);
const ROOM: u64 = 1 << 30;

/// All of it; `folder` is for archives.
pub(crate) async fn whole(bench: &dyn Bench, folder: &Path) {
    let nodes = bench.engine().nodes().await.unwrap();
    assert!(nodes.iter().all(|node| node.online()), "{nodes:?}");
    assert!(nodes.is_sorted_by_key(|node| node.name.clone()));
    let node = |index: usize| nodes[index % nodes.len()].name.clone();
    timed("life", life(bench, &node(1))).await;
    timed("console", console(bench, &node(2))).await;
    timed("failures", failures(bench, &node(1))).await;
    timed("backup", backup(bench, &node(1), folder)).await;
    timed("bounds", bounds(bench, &node(2), folder)).await;
    timed("elsewhere", elsewhere(bench, &node(0), &node(2), folder)).await;
    timed("moves", moves(bench, &node(0), &node(1))).await;
    timed("replacing", replacing::whole(bench, &node(1), &node(2))).await;
    timed("judging", judging::whole(bench, &node(1), folder)).await;
    timed("addresses", addresses(bench, &node(0), &node(2), folder)).await;
    let left: Vec<_> = bench.engine().list().await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}

async fn timed(what: &str, part: impl Future<Output = ()>) {
    let begun = Instant::now();
    part.await;
    eprintln!("  {what}: {:?}", begun.elapsed());
}

/// A terminal, and what it showed that nobody has looked at yet.
struct Shown(Terminal, String);

impl Shown {
    /// What it shows up to the end of this.
    async fn until(&mut self, wanted: &str) -> String {
        loop {
            if let Some(at) = self.1.find(wanted) {
                return self.1.drain(..at + wanted.len()).collect();
            }
            let next = tokio::time::timeout(Duration::from_secs(10), self.0.output.recv()).await;
            let Ok(Some(bytes)) = next else { panic!("{wanted:?} never came: {:?}: {next:?}", self.1) };
            self.1.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    async fn send(&self, text: &'static str) {
        self.0.input.send(TerminalWord::Bytes(text.as_bytes().into())).await.unwrap();
    }

    async fn resize(&self, size: Size) {
        self.0.input.send(TerminalWord::Resize(size)).await.unwrap();
    }

    async fn end(mut self) -> Ended {
        while self.0.output.recv().await.is_some() {}
        self.0.end.await.unwrap_or_else(|_| Err(EngineError::Away("no status".into())))
    }
}

/// A terminal without sshd: its size, Ctrl-C, much output, its shell's status, and its end.
async fn console(bench: &dyn Bench, node: &str) {
    let engine = bench.engine();
    let vm = machine(65, "web1");
    let allowed = permit(&vm);
    let open = || engine.console(&allowed, Some("xterm"), Size { columns: 100, rows: 30 });
    assert_eq!(open().await.unwrap_err(), EngineError::NotFound);
    engine.create(&allowed, &spec(node)).await.unwrap();
    assert!(matches!(open().await.unwrap_err(), EngineError::Refused(_)));
    engine.start(&allowed, Which::Main).await.unwrap();

    let mut terminal = Shown(open().await.unwrap(), String::new());
    terminal.until("# ").await;
    terminal.send("stty size\r").await;
    terminal.until("30 100").await;
    terminal.resize(Size { columns: 132, rows: 50 }).await;
    let mut size = String::new();
    for _ in 0..100 {
        terminal.until("# ").await;
        terminal.send("stty size\r").await;
        // A shell that edits its line may draw it again and again: the answer is the line of two numbers.
        size = loop {
            let line = terminal.until("\r\n").await;
            let words: Vec<_> = line.split_whitespace().collect();
            if words.len() == 2 && words.iter().all(|word| word.parse::<u32>().is_ok()) {
                break line;
            }
        };
        if size == "50 132\r\n" {
            break;
        }
    }
    assert_eq!(size, "50 132\r\n");
    terminal.until("# ").await;
    terminal.send("sleep 100\r").await;
    terminal.until("\r\n").await;
    // The line is echoed before the program runs, and a shell that still reads takes the first ones.
    let interrupted = async {
        loop {
            terminal.send("\x03").await;
            if tokio::time::timeout(Duration::from_millis(300), terminal.until("# ")).await.is_ok() {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), interrupted).await.expect("Ctrl-C stops nothing");
    terminal.send("\rexit 7\r").await;
    assert_eq!(terminal.end().await, Ok(7));

    // Two at once; one is let go, the other ends with its machine.
    let let_go = open().await.unwrap();
    let mut other = Shown(open().await.unwrap(), String::new());
    other.until("# ").await;
    drop(let_go);
    other.send("stty size\r").await;
    other.until("30 100").await;
    engine.stop(&allowed, Which::Main, Duration::ZERO).await.unwrap();
    let begun = Instant::now();
    while other.0.output.recv().await.is_some() {}
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    engine.settle(&allowed).await.unwrap();
    engine.remove(&allowed, Which::Main).await.unwrap();
}

async fn status(engine: &dyn Engine, vm: &Vm, which: Which) -> Option<Status> {
    engine.find(vm.vmid, which).await.unwrap().map(|found| found.status)
}

/// A copy on another node takes the machine's place, with what is in it; and back.
async fn moves(bench: &dyn Bench, from: &str, to: &str) {
    let engine = bench.engine();
    let vm = machine(75, "web1");
    let allowed = permit(&vm);
    for node in [from, to] {
        let figures = engine.figures(node).await.unwrap();
        let (used, total) = (figures.memory_used.unwrap(), figures.memory_total.unwrap());
        assert!(0 < used && used <= total, "{figures:?}");
        assert!(figures.disk_used.unwrap() <= figures.disk_total.unwrap(), "{figures:?}");
        assert!(figures.load.unwrap().iter().all(|load| *load >= 0.0), "{figures:?}");
    }
    assert_eq!(engine.copy(&allowed, to).await, Err(EngineError::NotFound));
    engine.create(&allowed, &spec(from)).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    bench.write(&vm, "travels").await;
    assert_eq!(engine.copy(&allowed, to).await, Err(EngineError::Running));
    assert_eq!(copies(engine, &vm).await, [Which::Main]);
    for node in [to, from] {
        engine.stop(&allowed, Which::Main, Duration::ZERO).await.unwrap();
        engine.copy(&allowed, node).await.unwrap();
        assert_eq!(engine.copy(&allowed, node).await, Err(EngineError::Exists));
        let new = engine.find(vm.vmid, Which::New).await.unwrap().unwrap();
        assert_eq!((new.node.as_str(), new.status), (node, Status::Stopped));
        assert_eq!(new.tags.get("name").map(String::as_str), Some("web1"));
        engine.replace(&allowed, Duration::ZERO).await.unwrap();
        engine.start(&allowed, Which::Main).await.unwrap();
        assert_eq!(bench.read(&vm).await, "travels");
        if let Some((address, name)) = bench.inside(&vm).await {
            assert_eq!((address, name.as_str()), (vm.address(), "web1"));
        }
        engine.remove(&allowed, Which::Old).await.unwrap();
        assert_eq!(copies(engine, &vm).await, [Which::Main]);
    }
    engine.remove(&allowed, Which::Main).await.unwrap();
}

/// Made, started, used, stopped, removed; and each of them twice.
async fn life(bench: &dyn Bench, node: &str) {
    let engine = bench.engine();
    let (vm, other) = (machine(63, "web1"), machine(64, "web1"));
    let allowed = permit(&vm);
    let templates = engine.templates().await.unwrap();
    assert!(templates.iter().any(|template| template.name == vm.template.name), "{templates:?}");
    assert_eq!(engine.find(vm.vmid, Which::Main).await.unwrap(), None);
    assert_eq!(engine.remove(&allowed, Which::Main).await, Ok(()));
    assert_eq!(engine.start(&allowed, Which::Main).await, Err(EngineError::NotFound));
    assert_eq!(engine.stop(&allowed, Which::Main, GRACE).await, Err(EngineError::NotFound));

    engine.create(&allowed, &spec(node)).await.unwrap();
    let found = engine.find(vm.vmid, Which::Main).await.unwrap().unwrap();
    assert_eq!((found.node.as_str(), found.status, found.which), (node, Status::Stopped, Which::Main));
    let tag = |key: &str| found.tags.get(key).cloned().unwrap_or_default();
    assert_eq!(
        [tag("name"), tag("seat"), tag("template"), tag("vm")],
        ["web1", "alumno63", "mini", &vm.id.to_string()]
    );
    assert_eq!(engine.create(&allowed, &spec(node)).await, Err(EngineError::Exists));
    assert_eq!(status(engine, &vm, Which::Main).await, Some(Status::Stopped), "the first one stays");

    for _ in 0..2 {
        engine.start(&allowed, Which::Main).await.unwrap();
        assert_eq!(status(engine, &vm, Which::Main).await, Some(Status::Running));
    }
    if let Some((address, name)) = bench.inside(&vm).await {
        assert_eq!((address, name.as_str()), (vm.address(), "web1"));
    }
    // Other keys go into one that runs, and twice is as once.
    for keys in
        [&["ssh-ed25519 A"][..], &["ssh-ed25519 B", "ssh-ed25519 A"], &["ssh-ed25519 B", "ssh-ed25519 A"]]
    {
        let lines: Vec<String> = keys.iter().map(|line| (*line).to_owned()).collect();
        let handed = Handed { keys: lines.clone(), hosts: vec![([10, 0, 0, 99].into(), "db".into())] };
        engine.hand(&allowed, &handed).await.unwrap();
        assert_eq!(bench.keys(&vm).await, lines);
    }
    let usage = engine.usage(&allowed).await.unwrap();
    assert!(usage.memory_bytes.unwrap() > 0 && usage.processes.unwrap() > 0, "{usage:?}");
    bench.write(&vm, "alfa").await;
    assert_eq!(bench.read(&vm).await, "alfa");

    engine.create(&permit(&other), &spec(node)).await.unwrap();
    let all = engine.list().await.unwrap();
    let mut ids: Vec<_> = all.iter().map(|found| (found.vmid, found.status)).collect();
    ids.sort_by_key(|(vmid, _)| *vmid);
    assert_eq!(ids, [(vm.vmid, Status::Running), (other.vmid, Status::Stopped)]);

    for grace in [GRACE, GRACE] {
        engine.stop(&allowed, Which::Main, grace).await.unwrap();
        assert_eq!(status(engine, &vm, Which::Main).await, Some(Status::Stopped));
    }
    engine.start(&allowed, Which::Main).await.unwrap();
    assert_eq!(bench.read(&vm).await, "alfa");
    engine.stop(&allowed, Which::Main, Duration::ZERO).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    for _ in 0..2 {
        engine.remove(&allowed, Which::Main).await.unwrap();
        assert_eq!(engine.find(vm.vmid, Which::Main).await.unwrap(), None);
    }
    engine.remove(&permit(&other), Which::Main).await.unwrap();
}

/// What cannot be made leaves nothing.
async fn failures(bench: &dyn Bench, node: &str) {
    let engine = bench.engine();
    let mut vm = machine(65, "web1");
    vm.template = "nope".parse().unwrap();
    assert_eq!(engine.create(&permit(&vm), &spec(node)).await, Err(EngineError::NoTemplate));
    assert_eq!(copies(engine, &vm).await, []);
    let vm = machine(65, "web1");
    if engine.nodes().await.unwrap().len() > 1 {
        let error = engine.create(&permit(&vm), &spec("nodo77")).await.unwrap_err();
        assert!(matches!(error, EngineError::Other(_)), "{error:?}");
        assert_eq!(copies(engine, &vm).await, []);
    }
}

/// Out, wrecked, back, swapped: the old content runs again.
async fn backup(bench: &dyn Bench, node: &str, folder: &Path) {
    let engine = bench.engine();
    let mut vm = machine(66, "bd1");
    let file = folder.join("bd1.tar.zst");
    engine.create(&permit(&vm), &spec(node)).await.unwrap();
    engine.start(&permit(&vm), Which::Main).await.unwrap();
    bench.write(&vm, "precious").await;

    let seen = Mutex::new(Vec::new());
    let note = |done, total| seen.lock().unwrap().push((done, total));
    let bytes = engine.export(&permit(&vm), &file, ROOM, &note).await.unwrap();
    assert_eq!(bytes, std::fs::metadata(&file).unwrap().len());
    assert_eq!(seen.lock().unwrap().last(), Some(&(bytes, Some(bytes))));
    assert_eq!(status(engine, &vm, Which::Main).await, Some(Status::Running), "it goes on after it");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let mut tar = zstd::Decoder::new(std::fs::File::open(&file).unwrap()).unwrap();
    assert!(std::io::copy(&mut tar, &mut std::io::sink()).unwrap() > 512);
    // A second one of the same name is a mistake of the caller, and the first stays whole.
    engine.export(&permit(&vm), &file, ROOM, &|_, _| ()).await.unwrap_err();
    assert_eq!(bytes, std::fs::metadata(&file).unwrap().len());

    bench.write(&vm, "wrecked").await;
    // What the permit says now holds, not what the archive remembers.
    vm.limits.memory_mib = 96;
    let allowed = permit(&vm);
    engine.import(&allowed, (&file, Take::All), node, &|_, _| ()).await.unwrap();
    let new = engine.find(vm.vmid, Which::New).await.unwrap().unwrap();
    assert_eq!((new.status, new.node.as_str()), (Status::Stopped, node));
    assert_eq!(new.tags.get("name").map(String::as_str), Some("bd1"));
    assert_eq!(engine.import(&allowed, (&file, Take::All), node, &|_, _| ()).await, Err(EngineError::Exists));
    assert_eq!(copies(engine, &vm).await, [Which::Main, Which::New]);
    assert_eq!(bench.read(&vm).await, "wrecked");

    for _ in 0..2 {
        engine.replace(&allowed, Duration::ZERO).await.unwrap();
        assert_eq!(copies(engine, &vm).await, [Which::Main, Which::Old]);
    }
    engine.start(&allowed, Which::Main).await.unwrap();
    assert_eq!(bench.read(&vm).await, "precious");
    assert!(bench.linked(&vm).await);
    if let Some((address, name)) = bench.inside(&vm).await {
        assert_eq!((address, name.as_str()), (vm.address(), "bd1"));
    }
    engine.remove(&allowed, Which::Old).await.unwrap();
    engine.remove(&allowed, Which::Main).await.unwrap();
    assert_eq!(copies(engine, &vm).await, []);

    // And after a total loss.
    engine.import(&allowed, (&file, Take::All), node, &|_, _| ()).await.unwrap();
    engine.replace(&allowed, GRACE).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    assert_eq!(bench.read(&vm).await, "precious");
    assert!(bench.linked(&vm).await);
    engine.remove(&allowed, Which::Main).await.unwrap();
}

/// Too long, cut, or not an archive at all.
async fn bounds(bench: &dyn Bench, node: &str, folder: &Path) {
    let engine = bench.engine();
    let vm = machine(67, "web1");
    let allowed = permit(&vm);
    let file = folder.join("web1.tar.zst");
    assert_eq!(engine.export(&allowed, &file, ROOM, &|_, _| ()).await, Err(EngineError::NotFound));
    engine.create(&allowed, &spec(node)).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    let error = engine.export(&allowed, &file, 100, &|_, _| ()).await.unwrap_err();
    assert!(matches!(error, EngineError::Bounds(_)), "{error:?}");
    assert!(!file.exists(), "nothing is left of it");
    assert_eq!(status(engine, &vm, Which::Main).await, Some(Status::Running), "thawed");

    // A stopped one works too.
    engine.stop(&allowed, Which::Main, GRACE).await.unwrap();
    engine.export(&allowed, &file, ROOM, &|_, _| ()).await.unwrap();
    assert_eq!(status(engine, &vm, Which::Main).await, Some(Status::Stopped));

    let good = std::fs::read(&file).unwrap();
    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    for (what, bytes) in [
        ("cut", &good[..good.len() / 2]),
        ("flipped", &flipped),
        ("text", b"hola\n".as_slice()),
        ("empty", b""),
    ] {
        let bad = folder.join(what);
        std::fs::write(&bad, bytes).unwrap();
        let error = engine.import(&allowed, (&bad, Take::All), node, &|_, _| ()).await.unwrap_err();
        assert!(matches!(error, EngineError::BadArchive(_)), "{what}: {error:?}");
        assert_eq!(copies(engine, &vm).await, [Which::Main], "{what}");
    }
    engine.remove(&allowed, Which::Main).await.unwrap();
}

/// A machine may come back on another node.
async fn elsewhere(bench: &dyn Bench, from: &str, to: &str, folder: &Path) {
    let engine = bench.engine();
    let vm = machine(68, "web1");
    let allowed = permit(&vm);
    let file = folder.join("moved.tar.zst");
    engine.create(&allowed, &spec(from)).await.unwrap();
    engine.export(&allowed, &file, ROOM, &|_, _| ()).await.unwrap();
    engine.import(&allowed, (&file, Take::All), to, &|_, _| ()).await.unwrap();
    engine.remove(&allowed, Which::Main).await.unwrap();
    engine.replace(&allowed, GRACE).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    let found = engine.find(vm.vmid, Which::Main).await.unwrap().unwrap();
    assert_eq!((found.node.as_str(), found.status), (to, Status::Running));
    engine.remove(&allowed, Which::Main).await.unwrap();
    if engine.nodes().await.unwrap().len() > 1 {
        engine.import(&allowed, (&file, Take::All), "nodo77", &|_, _| ()).await.unwrap_err();
        assert_eq!(copies(engine, &vm).await, []);
    }
}

/// Two copies of one machine share its address; they do not run together, wherever they are.
async fn addresses(bench: &dyn Bench, one: &str, other: &str, folder: &Path) {
    let engine = bench.engine();
    let vm = machine(69, "web1");
    let allowed = permit(&vm);
    let file = folder.join("twin.tar.zst");
    engine.create(&allowed, &spec(one)).await.unwrap();
    engine.export(&allowed, &file, ROOM, &|_, _| ()).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    for node in [one, other] {
        engine.import(&allowed, (&file, Take::All), node, &|_, _| ()).await.unwrap();
        assert_eq!(engine.start(&allowed, Which::New).await, Err(EngineError::AddressInUse), "{node}");
        assert_eq!(status(engine, &vm, Which::New).await, Some(Status::Stopped));
        assert_eq!(status(engine, &vm, Which::Main).await, Some(Status::Running));
        engine.remove(&allowed, Which::New).await.unwrap();
    }
    engine.remove(&allowed, Which::Main).await.unwrap();
}
