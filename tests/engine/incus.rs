//! The contract on real Incus, and what only a real one can do: die half-way, fill up, answer
//! from another member.

#[path = "incus/exports.rs"]
mod exports;
#[path = "incus/lost.rs"]
mod lost;
#[path = "incus/made.rs"]
mod made;
#[path = "incus/spoiled.rs"]
mod spoiled;

use crate::bench::{Bench, copies, machine, permit, spec};
use crate::contract;
use crate::lab::Lab;
use async_trait::async_trait;
use puerta_engine::incus::{Endpoint, IncusEngine, Settings};
use puerta_engine::{Engine, EngineError, Ran, Size, Status, Take, TerminalWord, Which};
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
    made::what_is_made(&real, "nodo01").await;
    made::beside(&real, "nodo01").await;
    spoiled::spoiled(&real, "nodo01").await;
    exports::export_is_tidy(&real, "nodo01").await;
    exports::killed_while_exporting(&real, "nodo01").await;
    lost::away(&real).await;
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
    engine.import(&allowed, (&file, Take::All), "nodo01", &|_, _| ()).await.unwrap();
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
    made::what_is_made(&real, "nodo02").await;
    made::programs(&real, "nodo02").await;
    exports::export_is_tidy(&real, "nodo02").await;
    lost::only_the_pinned_certificate(&real).await;
    lost::a_member_is_lost(&real).await;
}
