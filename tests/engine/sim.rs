//! The contract on the simulated engine, and what it is made for: breaking, remembering, size.

use crate::bench::{Bench, copies, lab, machine, permit, spec};
use crate::contract;
use async_trait::async_trait;
use puerta_engine::sim::{ECHO_PORT, Options, SimEngine};
use puerta_engine::{Engine, EngineError, Handed, NodeState, Spec, Status, Which};
use puerta_lab::model::Vm;
use puerta_lab::names::TemplateRef;
use puerta_lab::plan::Vmid;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

struct Simulated(SimEngine);

#[async_trait]
impl Bench for Simulated {
    fn engine(&self) -> &dyn Engine {
        &self.0
    }
    async fn inside(&self, _vm: &Vm) -> Option<(Ipv4Addr, String)> {
        None
    }
    async fn write(&self, vm: &Vm, content: &str) {
        self.0.write(vm.vmid, Which::Main, content).unwrap();
    }
    async fn read(&self, vm: &Vm) -> String {
        self.0.read(vm.vmid, Which::Main).unwrap()
    }
    async fn keys(&self, vm: &Vm) -> Vec<String> {
        self.0.authorized_keys(vm.vmid).unwrap()
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("puerta-sim-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn it_keeps_the_contract() {
    let folder = Folder::new("contract");
    let engine = SimEngine::new(Some(folder.path().join("state"))).unwrap();
    contract::whole(&Simulated(engine), folder.path()).await;
}

#[tokio::test]
async fn it_breaks_on_demand() {
    let folder = Folder::new("faults");
    let engine = SimEngine::new(None).unwrap();
    let vm = machine(1, "web1");
    let allowed = permit(&vm);
    engine.fail_next(EngineError::NoSpace);
    assert_eq!(engine.create(&allowed, &spec("sim01")).await, Err(EngineError::NoSpace));
    assert_eq!(copies(&engine, &vm).await, []);
    engine.create(&allowed, &spec("sim01")).await.unwrap();
    engine.set_no_space(true);
    let file = folder.path().join("a");
    assert_eq!(engine.export(&allowed, &file, 1 << 20, &|_, _| ()).await, Err(EngineError::NoSpace));
    assert!(!file.exists());
    engine.set_node_down("sim01", true);
    assert_eq!(engine.nodes().await.unwrap()[0].state, NodeState::Offline);
    assert_eq!(engine.list().await.unwrap()[0].status, Status::Unreachable);
    assert!(matches!(engine.start(&allowed, Which::Main).await, Err(EngineError::Away(_))));
    assert!(matches!(engine.figures("sim01").await, Err(EngineError::Away(_))));
    assert!(matches!(engine.copy(&allowed, "sim02").await, Err(EngineError::Away(_))));
    engine.set_node_down("sim01", false);
    engine.set_node_down("sim02", true);
    assert!(matches!(engine.copy(&allowed, "sim02").await, Err(EngineError::Away(_))));
    engine.set_node_down("sim02", false);
    assert_eq!(engine.copy(&allowed, "sim02").await, Err(EngineError::NoSpace));
    engine.set_away(true);
    assert!(matches!(engine.list().await, Err(EngineError::Away(_))));
    assert!(matches!(engine.start(&allowed, Which::Main).await, Err(EngineError::Away(_))));
    engine.set_away(false);
    assert_eq!(engine.start(&allowed, Which::Main).await, Ok(()));
}

#[tokio::test]
async fn it_remembers() {
    let folder = Folder::new("state");
    let state = folder.path().join("state");
    let (one, two) = (machine(1, "web1"), machine(2, "web1"));
    {
        let engine = SimEngine::new(Some(state.clone())).unwrap();
        for vm in [&one, &two] {
            engine.create(&permit(vm), &spec("sim02")).await.unwrap();
        }
        engine.start(&permit(&one), Which::Main).await.unwrap();
        engine.write(one.vmid, Which::Main, "alfa").unwrap();
        engine.remove(&permit(&two), Which::Main).await.unwrap();
    }
    // A change that the crash cut in the middle of its line did not happen.
    let mut file = std::fs::OpenOptions::new().append(true).open(&state).unwrap();
    std::io::Write::write_all(&mut file, br#"{"instance":"vm-3149763","machi"#).unwrap();
    let engine = SimEngine::new(Some(state)).unwrap();
    let found = engine.find(one.vmid, Which::Main).await.unwrap().unwrap();
    assert_eq!((found.status, found.node.as_str()), (Status::Running, "sim02"));
    assert_eq!(engine.read(one.vmid, Which::Main).unwrap(), "alfa");
    assert_eq!(engine.authorized_keys(one.vmid).unwrap().len(), 2);
    assert_eq!(copies(&engine, &two).await, []);
}

#[tokio::test]
async fn its_machines_listen_while_they_run() {
    // A machine of no other test: the listener is on this computer's own address.
    let vm = machine(8191, "web1");
    let allowed = permit(&vm);
    let engine = SimEngine::with(Options { listen: true, ..Options::default() }).unwrap();
    let address = engine.dial_address(vm.address());
    assert!(address.is_loopback(), "{address}");
    engine.create(&allowed, &spec("sim01")).await.unwrap();
    assert!(TcpStream::connect((address, ECHO_PORT)).await.is_err());
    engine.start(&allowed, Which::Main).await.unwrap();
    let mut stream = TcpStream::connect((address, ECHO_PORT)).await.unwrap();
    stream.write_all(b"hola").await.unwrap();
    let mut said = [0; 4];
    stream.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"hola");
    engine.stop(&allowed, Which::Main, Duration::ZERO).await.unwrap();
    assert_eq!(stream.read(&mut said).await.unwrap_or(0), 0, "the connection ends with the machine");
    assert!(TcpStream::connect((address, ECHO_PORT)).await.is_err());
    engine.start(&allowed, Which::Main).await.unwrap();
    assert!(TcpStream::connect((address, ECHO_PORT)).await.is_ok());
}

/// Every seat with eight machines: read back and listed quickly.
#[tokio::test]
async fn it_holds_every_seat() {
    let folder = Folder::new("size");
    let state = folder.path().join("state");
    let mut lines = String::new();
    for seat in 1..8192_u32 {
        for slot in 2..10 {
            let vmid = Vmid::from_stored(3 << 20 | seat << 6 | slot).unwrap();
            lines.push_str(&format!(
                r#"{{"instance":"{}","machine":{{"node":"sim01","running":true,"tags":{{"vm":"1","name":"web{slot}","seat":"alumno{seat}","template":"mini"}},"authorized_keys":[],"content":""}}}}"#,
                Which::Main.instance(vmid)
            ));
            lines.push('\n');
        }
    }
    std::fs::write(&state, lines).unwrap();
    let begun = Instant::now();
    let engine = SimEngine::new(Some(state)).unwrap();
    let opened = begun.elapsed();
    let begun = Instant::now();
    assert_eq!(engine.list().await.unwrap().len(), 8191 * 8);
    let listed = begun.elapsed();
    eprintln!("  {} machines: opened in {opened:?}, listed in {listed:?}", 8191 * 8);
    // Beside reading them, which takes as much longer on a busy machine: a release lists them in 50 ms.
    assert!(listed < opened, "listed in {listed:?}, opened in {opened:?}");
}

#[tokio::test]
async fn a_template_is_made_of_an_archive_used_and_remembered() {
    let folder = Folder::new("template");
    let state = Some(folder.0.join("state"));
    let sim = SimEngine::new(state.clone()).unwrap();
    let vm = machine(65, "web1");
    sim.create(&permit(&vm), &spec("sim01")).await.unwrap();
    sim.write(vm.vmid, Which::Main, "alfa").unwrap();
    let file = folder.0.join("archive");
    sim.export(&permit(&vm), &file, 1 << 20, &|_, _| ()).await.unwrap();
    let template: TemplateRef = "tomcat:1".parse().unwrap();
    sim.publish(&permit(&vm), &file, (&template, "x"), &|_, _| ()).await.unwrap();
    drop(sim);
    let sim = SimEngine::new(state).unwrap();
    assert_eq!(sim.published(), std::slice::from_ref(&template));
    let clone = Vm { template: template.clone(), ..machine(66, "web2") };
    let with_key = Spec { handed: Handed { keys: vec!["its own".into()], hosts: vec![] }, ..spec("sim02") };
    sim.create(&permit(&clone), &with_key).await.unwrap();
    assert_eq!(sim.read(clone.vmid, Which::Main).unwrap(), "alfa");
    assert_eq!(sim.authorized_keys(clone.vmid).unwrap(), ["its own"]);
    for _ in 0..2 {
        sim.unpublish(&lab(), &template).await.unwrap();
    }
    let late = Vm { template, ..machine(67, "web3") };
    assert_eq!(sim.create(&permit(&late), &spec("sim01")).await, Err(EngineError::NoTemplate));
    assert_eq!(sim.read(clone.vmid, Which::Main).unwrap(), "alfa");
}
