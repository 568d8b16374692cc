//! The contract on real Incus, and what only a real one can do: die half-way, fill up, answer
//! from another member.

use crate::bench::{Bench, copies, machine, permit, spec};
use crate::contract;
use crate::lab::Lab;
use async_trait::async_trait;
use puerta_engine::incus::{Endpoint, IncusEngine, Settings};
use puerta_engine::{Engine, EngineError, Ran, Size, Status, TerminalWord, Which};
use puerta_lab::model::Vm;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const INSIDE: &str = "PUERTA_TEST_LAB_DIR";

struct Real {
    lab: Lab,
    engine: IncusEngine,
}

impl Real {
    fn new(lab: Lab, https: bool) -> Self {
        let engine = IncusEngine::new(settings(&lab, https)).unwrap();
        Self { lab, engine }
    }

    /// A shell word in the machine, by Incus' own client, as its administrator.
    fn shell(&self, vm: &Vm, script: &str) -> String {
        let name = Which::Main.instance(vm.vmid);
        self.lab.sh("nodo01", &["incus", "exec", "--project", "puerta", &name, "--", "sh", "-c", script])
    }

    fn query(&self, words: &[&str]) -> serde_json::Value {
        let text = self.lab.sh("nodo01", &[&["incus", "query"], words].concat());
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn backups(&self, vm: &Vm) -> serde_json::Value {
        let name = Which::Main.instance(vm.vmid);
        self.query(&[&format!("/1.0/instances/{name}/backups?project=puerta")])
    }

    /// Until an export stands in the middle: the machine frozen, the backup begun.
    async fn spooling(&self, vm: &Vm) {
        let frozen = || async {
            self.engine.find(vm.vmid, Which::Main).await.unwrap().unwrap().status == Status::Busy
        };
        while !(frozen().await && self.backups(vm) != serde_json::json!([])) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn settings(lab: &Lab, https: bool) -> Settings {
    let env = lab.env();
    let endpoint = if https {
        Endpoint::Https {
            servers: env["ENGINE_SERVERS"].split(',').map(str::to_owned).collect(),
            server_certificate: env["ENGINE_SERVER_CERTIFICATE"].clone().into(),
            client_certificate: env["ENGINE_CLIENT_CERTIFICATE"].clone().into(),
            client_key: env["ENGINE_CLIENT_KEY"].clone().into(),
        }
    } else {
        Endpoint::Unix(env["ENGINE_SOCKET"].clone().into())
    };
    Settings {
        endpoint,
        project: env["ENGINE_PROJECT"].clone(),
        pool: "default".into(),
        parent: "eth0".into(),
    }
}

#[async_trait]
impl Bench for Real {
    fn engine(&self) -> &dyn Engine {
        &self.engine
    }
    async fn inside(&self, vm: &Vm) -> Option<(Ipv4Addr, String)> {
        let name = Which::Main.instance(vm.vmid);
        // busybox' init has not set the name in its first milliseconds.
        std::thread::sleep(Duration::from_millis(300));
        let text = self.shell(vm, "ip -4 -o addr show dev eth0; hostname");
        let mut words = text.split_whitespace();
        let address = words.find_map(|word| word.split_once('/')?.0.parse().ok()).unwrap();
        // Reached over the wire as well, from where puerta is: its own web page.
        let page =
            self.lab.exec("puerta", &["curl", "-s", "--max-time", "5", &format!("http://{}/", vm.address())]);
        assert!(page.status.success(), "{name} does not answer at {}", vm.address());
        let keys = self.shell(
            vm,
            "stat -c '%a %u:%g' /root/.ssh /root/.ssh/authorized_keys; grep -v ^# /root/.ssh/authorized_keys",
        );
        assert_eq!(keys, format!("700 0:0\n600 0:0\n{}\nssh-rsa AAAA otra\n", crate::bench::KEY));
        Some((address, text.lines().last().unwrap().into()))
    }
    async fn write(&self, vm: &Vm, content: &str) {
        // Another owner, a long name and a hard link: what an archive must bring back.
        let long = "n".repeat(180);
        self.shell(vm, &format!("printf %s '{content}' >/root/{long}; chown 1000:100 /root/{long}; ln -f /root/{long} /root/b; sync"));
    }
    async fn read(&self, vm: &Vm) -> String {
        let owners = self.shell(vm, "stat -c '%u:%g' /root/b; stat -c %u /");
        assert_eq!(owners, "1000:100\n0\n");
        self.shell(vm, "cat /root/b")
    }
    async fn keys(&self, vm: &Vm) -> Vec<String> {
        // A line of the owner's own stays whatever puerta writes.
        let mine = "grep -q ^mine$ /root/.ssh/authorized_keys";
        let text = self.shell(vm, "grep -v ^# /root/.ssh/authorized_keys");
        self.shell(vm, &format!("{mine} || echo mine >>/root/.ssh/authorized_keys"));
        text.lines().filter(|line| *line != "mine").map(str::to_owned).collect()
    }
    async fn linked(&self, vm: &Vm) -> bool {
        self.shell(vm, "stat -c %h /root/b") == "2\n"
    }
}

fn folder(lab: &Lab) -> PathBuf {
    let folder = lab.dir().join("archives");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_host_keeps_the_contract() {
    let real = Real::new(Lab::up("one", 1), false);
    let folder = folder(&real.lab);
    contract::whole(&real, &folder).await;
    what_is_made(&real, "nodo01").await;
    export_is_tidy(&real, "nodo01").await;
    killed_while_exporting(&real, "nodo01").await;
    away(&real).await;
}

#[test]
fn a_cluster_keeps_the_contract() {
    match std::env::var_os(INSIDE) {
        Some(dir) => {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(cluster(Real::new(Lab::of(dir.into()), true)));
        }
        None => {
            let lab = Lab::up("three", 3);
            again_inside(&lab, "incus::a_cluster_keeps_the_contract");
        }
    }
}

/// On a pool that counts, a full disk does not lock its owner out, and no export freezes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_still_starts() {
    let mut real = Real::new(Lab::up("btrfs", 1), false);
    real.lab.sh("nodo01", &["incus", "storage", "create", "quota", "btrfs", "size=1GiB"]);
    real.engine = IncusEngine::new(Settings { pool: "quota".into(), ..settings(&real.lab, false) }).unwrap();
    let (mut vm, folder) = (machine(76, "web1"), folder(&real.lab));
    vm.limits.disk_mib = 64;
    let (allowed, engine, file) = (permit(&vm), &real.engine, folder.join("full.tar.zst"));
    engine.create(&allowed, &spec("nodo01")).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    real.shell(&vm, "dd if=/dev/urandom of=/root/big bs=1M 2>/dev/null; sync; true");
    assert!(engine.usage(&allowed).await.unwrap().disk_bytes.unwrap() > 32 << 20);
    engine.stop(&allowed, Which::Main, Duration::ZERO).await.unwrap();
    let name = Which::Main.instance(vm.vmid);
    let plain = real.lab.exec("nodo01", &["incus", "start", "--project", "puerta", &name]);
    assert!(!plain.status.success(), "the disk is not full enough for this test");
    engine.start(&allowed, Which::Main).await.unwrap();
    let found = real.query(&[&format!("/1.0/instances/{name}?project=puerta")]);
    assert_eq!(found["devices"]["root"]["size"], "64MiB", "the spare room is taken back");
    real.shell(&vm, "rm /root/big; dd if=/dev/urandom of=/root/small bs=1M count=30 2>/dev/null; sync");
    let frozen = Arc::new(AtomicBool::new(false));
    let watch = tokio::spawn({
        let (engine, frozen, vmid) = (engine.clone(), Arc::clone(&frozen), vm.vmid);
        async move {
            loop {
                let found = engine.find(vmid, Which::Main).await.unwrap().unwrap();
                frozen.fetch_or(found.status != Status::Running, Ordering::Relaxed);
            }
        }
    });
    engine.export(&allowed, &file, 1 << 30, &|_, _| ()).await.unwrap();
    watch.abort();
    assert!(!frozen.load(Ordering::Relaxed));
    engine.import(&allowed, &file, "nodo01", &|_, _| ()).await.unwrap();
    engine.remove(&allowed, Which::Main).await.unwrap();
    engine.replace(&allowed, Duration::ZERO).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    assert_eq!(real.shell(&vm, "stat -c %s /root/small"), format!("{}\n", 30 << 20));
    engine.remove(&allowed, Which::Main).await.unwrap();
}

/// This very test once more, where 10.x is.
fn again_inside(lab: &Lab, test: &str) {
    let namespace = lab.env()["PUERTA_NETNS"].clone();
    let status = Command::new("ip")
        .args(["netns", "exec", &namespace])
        .arg(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(INSIDE, lab.dir())
        .status()
        .unwrap();
    assert!(status.success(), "the half inside the lab failed");
}

async fn cluster(real: Real) {
    let folder = folder(&real.lab);
    contract::whole(&real, &folder).await;
    what_is_made(&real, "nodo02").await;
    programs(&real, "nodo02").await;
    export_is_tidy(&real, "nodo02").await;
    only_the_pinned_certificate(&real).await;
    a_member_is_lost(&real).await;
}

/// Limits, idmap, metadata and NIC as the plan wants them, and what an import makes of them.
async fn what_is_made(real: &Real, node: &str) {
    let (vm, file) = (machine(70, "web1"), folder(&real.lab).join("made.tar.zst"));
    let allowed = permit(&vm);
    real.engine.create(&allowed, &spec(node)).await.unwrap();
    real.engine.start(&allowed, Which::Main).await.unwrap();
    real.engine.export(&allowed, &file, 1 << 30, &|_, _| ()).await.unwrap();
    real.engine.import(&allowed, &file, node, &|_, _| ()).await.unwrap();
    let shown = |which: Which| {
        let found = real.query(&[&format!("/1.0/instances/{}?project=puerta", which.instance(vm.vmid))]);
        let mut config = found["config"].as_object().unwrap().clone();
        let base = config["volatile.idmap.base"].clone();
        config.retain(|key, _| !key.starts_with("volatile.") && !key.starts_with("image."));
        (config, found["devices"].clone(), found["profiles"].clone(), base)
    };
    let (main, new) = (shown(Which::Main), shown(Which::New));
    assert_eq!((&main.0, &main.1, &main.2), (&new.0, &new.1, &new.2));
    assert_ne!(main.3, new.3, "each has user ids of its own");
    let config = |key: &str| main.0[key].as_str().unwrap().to_owned();
    assert_eq!(
        [config("limits.memory"), config("limits.cpu"), config("limits.processes")],
        ["64MiB", "1", "100"]
    );
    assert_eq!([config("security.guestapi"), config("security.idmap.isolated")], ["false", "true"]);
    assert_eq!(main.1["eth0"]["ipv4.address"], vm.address().to_string());
    assert_eq!(real.shell(&vm, "ls /dev/incus 2>/dev/null || true"), "");
    real.engine.remove(&allowed, Which::New).await.unwrap();
    real.engine.remove(&allowed, Which::Main).await.unwrap();
}

/// What a program said and how it ended; and nothing of it is left, where a backup would take it along.
async fn programs(real: &Real, node: &str) {
    let vm = machine(72, "web1");
    let (allowed, engine) = (permit(&vm), &real.engine);
    let run = |script: &str, seconds| {
        let words = ["sh", "-c", script].map(str::to_owned);
        let allowed = &allowed;
        async move { engine.exec(allowed, &words, Duration::from_secs(seconds)).await }
    };
    assert_eq!(run("true", 5).await, Err(EngineError::NotFound));
    engine.create(&allowed, &spec(node)).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    let ran = |status, output: &str| Ok(Ran { status, output: output.into() });
    assert_eq!(run("echo uno; echo dos >&2; exit 3", 5).await, ran(3, "uno\n"));
    assert_eq!(run("printf '\\377'", 5).await, ran(0, "\u{fffd}"));
    assert_eq!(run("sleep 30 >/dev/null 2>&1 </dev/null & echo ya", 5).await, ran(0, "ya\n"));
    let much = run("yes | head -c 1000000", 20).await.unwrap();
    assert_eq!((much.status, much.output.len()), (0, Ran::MOST));
    assert!(engine.exec(&allowed, &["/no/such".to_owned()], Duration::from_secs(5)).await.is_err());
    let begun = Instant::now();
    assert!(matches!(run("sleep 20", 1).await, Err(EngineError::Away(_))));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    // What runs in a terminal ends with whoever looked at it.
    let mut terminal = engine.console(&allowed, None, Size { columns: 80, rows: 24 }).await.unwrap();
    terminal.input.send(TerminalWord::Bytes("sleep 4711\r".into())).await.unwrap();
    let runs = || real.shell(&vm, "ps | grep -c '[s]leep 4711' || true").trim() == "1";
    while !runs() {
        let shown = tokio::time::timeout(Duration::from_millis(100), terminal.output.recv()).await;
        assert_ne!(shown, Ok(None));
    }
    drop(terminal);
    let begun = Instant::now();
    while runs() {
        assert!(begun.elapsed() < Duration::from_secs(10), "a program outlives its terminal");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let name = Which::Main.instance(vm.vmid);
    let logs = real.query(&[&format!("/1.0/instances/{name}/logs/exec-output?project=puerta")]);
    assert_eq!(logs, serde_json::json!([]));
    engine.remove(&allowed, Which::Main).await.unwrap();
}

/// Nothing of ours stays in the engine, and what was frozen by a crash thaws.
async fn export_is_tidy(real: &Real, node: &str) {
    let vm = machine(71, "web1");
    let (allowed, folder) = (permit(&vm), folder(&real.lab));
    let engine = &real.engine;
    engine.create(&allowed, &spec(node)).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    let name = Which::Main.instance(vm.vmid);
    let freeze = || real.lab.sh("nodo01", &["incus", "pause", "--project", "puerta", &name]);

    freeze();
    assert_eq!(engine.find(vm.vmid, Which::Main).await.unwrap().unwrap().status, Status::Busy);
    engine.start(&allowed, Which::Main).await.unwrap();
    assert_eq!(real.shell(&vm, "echo hola"), "hola\n");
    freeze();
    engine.stop(&allowed, Which::Main, Duration::from_secs(5)).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    freeze();
    real.query(&[
        "-X",
        "POST",
        "--wait",
        "-d",
        r#"{"name":"puerta","instance_only":true}"#,
        &format!("/1.0/instances/{name}/backups?project=puerta"),
    ]);
    engine.export(&allowed, &folder.join("thawed"), 1 << 30, &|_, _| ()).await.unwrap();
    assert_eq!(real.shell(&vm, "echo hola"), "hola\n");
    assert_eq!(real.backups(&vm), serde_json::json!([]));

    // Dropped in the middle: thawed and emptied behind the caller's back.
    real.shell(&vm, "dd if=/dev/urandom of=/root/big bs=1M count=200 2>/dev/null; sync");
    let dropped = folder.join("dropped");
    tokio::select! {
        done = engine.export(&allowed, &dropped, 1 << 30, &|_, _| ()) => panic!("the machine is too small for this test: {done:?}"),
        () = real.spooling(&vm) => {}
    }
    let begun = Instant::now();
    loop {
        let running = engine.find(vm.vmid, Which::Main).await.unwrap().unwrap().status == Status::Running;
        if running && real.backups(&vm) == serde_json::json!([]) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "still there after the call was dropped");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(!dropped.exists());
    engine.remove(&allowed, Which::Main).await.unwrap();
}

/// The daemon dies in the middle of an export: an error, no archive, and the next one is whole.
async fn killed_while_exporting(real: &Real, node: &str) {
    let vm = machine(72, "web1");
    let (allowed, file) = (permit(&vm), folder(&real.lab).join("killed.tar.zst"));
    let engine = &real.engine;
    engine.create(&allowed, &spec(node)).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    real.shell(&vm, "dd if=/dev/urandom of=/root/big bs=1M count=200 2>/dev/null; sync");
    let (export, ()) = tokio::join!(engine.export(&allowed, &file, 1 << 30, &|_, _| ()), async {
        real.spooling(&vm).await;
        real.lab.kill(1);
    });
    let error = export.unwrap_err();
    assert!(matches!(error, EngineError::Away(_)), "{error:?}");
    assert!(!file.exists());
    real.lab.node("start", node);
    engine.start(&allowed, Which::Main).await.unwrap();
    assert_eq!(real.shell(&vm, "echo hola"), "hola\n");
    let bytes = engine.export(&allowed, &file, 1 << 30, &|_, _| ()).await.unwrap();
    assert!(bytes > 200 << 20);
    assert_eq!(real.backups(&vm), serde_json::json!([]));
    engine.remove(&allowed, Which::Main).await.unwrap();
}

/// An engine that is not there is `Away`, for every question, soon.
async fn away(real: &Real) {
    let vm = machine(73, "web1");
    let allowed = permit(&vm);
    real.lab.kill(1);
    let engine = IncusEngine::new(settings(&real.lab, false)).unwrap();
    let begun = Instant::now();
    let gone = |error: EngineError| assert!(matches!(error, EngineError::Away(_)), "{error:?}");
    gone(engine.nodes().await.unwrap_err());
    gone(engine.list().await.unwrap_err());
    gone(engine.find(vm.vmid, Which::Main).await.unwrap_err());
    gone(engine.create(&allowed, &spec("nodo01")).await.unwrap_err());
    gone(engine.start(&allowed, Which::Main).await.unwrap_err());
    gone(engine.remove(&allowed, Which::Main).await.unwrap_err());
    assert!(begun.elapsed() < Duration::from_secs(10));
    real.lab.node("start", "nodo01");
    assert_eq!(copies(&engine, &vm).await, []);
}

/// Another self-signed certificate, however valid, is not the engine.
async fn only_the_pinned_certificate(real: &Real) {
    let mut settings = settings(&real.lab, true);
    let Endpoint::Https { server_certificate, client_certificate, .. } = &mut settings.endpoint else {
        panic!()
    };
    server_certificate.clone_from(client_certificate);
    let error = IncusEngine::new(settings).unwrap().list().await.unwrap_err();
    assert!(matches!(error, EngineError::Away(_)), "{error:?}");
    // And the certificate opens our project only.
    let mut settings = self::settings(&real.lab, true);
    settings.project = "default".into();
    let error = IncusEngine::new(settings).unwrap().list().await.unwrap_err();
    assert!(matches!(error, EngineError::Refused(_)), "{error:?}");
}

/// One of three gone: the list goes on, its machines are unreachable, the rest works by the others.
async fn a_member_is_lost(real: &Real) {
    let (lost, kept) = (machine(74, "web1"), machine(75, "web1"));
    let engine = &real.engine;
    engine.create(&permit(&lost), &spec("nodo01")).await.unwrap();
    engine.create(&permit(&kept), &spec("nodo03")).await.unwrap();
    engine.start(&permit(&lost), Which::Main).await.unwrap();
    real.lab.kill(1);
    let begun = Instant::now();
    loop {
        let found = engine.find(lost.vmid, Which::Main).await;
        if let Ok(Some(found)) = &found
            && found.status == Status::Unreachable
        {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{found:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    eprintln!("  a lost member is seen after {:?}", begun.elapsed());
    let error = engine.stop(&permit(&lost), Which::Main, Duration::ZERO).await.unwrap_err();
    assert!(matches!(error, EngineError::Away(_)), "{error:?}");
    let error = engine.remove(&permit(&lost), Which::Main).await.unwrap_err();
    assert!(matches!(error, EngineError::Away(_)), "{error:?}");
    let all = engine.list().await.unwrap();
    let of = |vm: &Vm| all.iter().find(|found| found.vmid == vm.vmid).map(|found| found.status);
    assert_eq!((of(&lost), of(&kept)), (Some(Status::Unreachable), Some(Status::Stopped)));
    engine.start(&permit(&kept), Which::Main).await.unwrap();
    engine.remove(&permit(&kept), Which::Main).await.unwrap();

    real.lab.node("start", "nodo01");
    let begun = Instant::now();
    while let Err(error) = engine.remove(&permit(&lost), Which::Main).await {
        assert!(matches!(error, EngineError::Away(_)), "{error:?}");
        assert!(begun.elapsed() < Duration::from_secs(60), "{error:?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(copies(engine, &lost).await, []);
}
