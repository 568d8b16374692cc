//! Incus: one host by its unix socket, or a cluster over HTTPS with a certificate restricted to one
//! project. What an act means is here and in `life` (making, starting, removing), `export` and
//! `import`; how Incus is spoken to is in `client` and `operation`.
//!
//! Facts that shaped it: an operation's end can be lost, so every act is settled by reading the
//! machine again; Incus does not serialise acts on one machine, so the caller holds its lock; a
//! restart pending inside Incus outlives a forced stop, so there is no restart here.

mod cleaning;
mod client;
mod console;
mod copies;
mod error;
mod exec;
mod export;
mod files;
mod import;
mod life;
mod nodes;
mod operation;
mod program;
mod publish;
mod settle;
mod spoiled;
mod tarball;
mod tls;
mod wire;

use super::{
    Engine, EngineError, Figures, Handed, HostKeys, Instance, Node, NodeState, Progress, Ran, Result, Size,
    Spec, Status, Sum, Take, Template, Terminal, Usage, Which,
};
use crate::Spoiled;
use crate::copies::{self as by_name, Copies};
use async_trait::async_trait;
use client::Client;
use dashmap::DashMap;
use puerta_lab::model::{Limits, Vm};
use puerta_lab::names::TemplateRef;
use puerta_lab::plan::Vmid;
use puerta_policy::decide::{Lab, Permit};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell};
use wire::code;

/// Where the engine is and what of it is ours.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How it is reached.
    pub endpoint: Endpoint,
    /// The Incus project that holds the machines; nothing outside it is seen.
    pub project: String,
    /// The storage pool of their disks.
    pub pool: String,
    /// The nodes' interface towards the lab, parent of the routed NICs.
    pub parent: String,
}

/// How Incus is reached.
#[derive(Debug, Clone)]
pub enum Endpoint {
    /// One host, through its socket.
    Unix(PathBuf),
    /// A cluster.
    Https {
        /// `ADDRESS:PORT` of some members; any that answers will do.
        servers: Vec<String>,
        /// PEM of the certificate that all of them show; no other is accepted.
        server_certificate: PathBuf,
        /// PEM of our certificate, restricted to the project.
        client_certificate: PathBuf,
        /// PEM of its key.
        client_key: PathBuf,
    },
}

/// The Incus driver.
#[derive(Debug, Clone)]
pub struct IncusEngine {
    client: Arc<Client>,
    pool: String,
    parent: String,
    host: OnceCell<wire::Environment>,
    /// Whose export is at work, by instance.
    exports: Arc<DashMap<String, Arc<Mutex<()>>>>,
}

impl IncusEngine {
    /// Reads certificates; asks nobody yet.
    pub fn new(settings: Settings) -> Result<Self> {
        let Settings { endpoint, project, pool, parent } = settings;
        for name in [&project, &pool, &parent] {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            if name.is_empty() || !name.chars().all(plain) {
                return Err(EngineError::Other(format!("`{}` is not a name of Incus", error::clean(name))));
            }
        }
        let client = Arc::new(Client::new(endpoint, project)?);
        Ok(Self { client, pool, parent, host: OnceCell::new(), exports: Arc::default() })
    }

    /// What kind of server answers: asked once.
    async fn host(&self) -> Result<&wire::Environment> {
        let ask = || async { Ok(self.client.read::<wire::Server>("/1.0").await?.environment) };
        self.host.get_or_try_init(ask).await
    }

    async fn members(&self) -> Result<Vec<wire::Member>> {
        self.client.list("/1.0/cluster/members?recursion=1").await
    }

    /// The instance as Incus has it, or `None`. A member that is down is an error here.
    async fn look(&self, name: &str) -> Result<Option<wire::Instance>> {
        match self.client.read(&path(name)).await {
            Ok(instance) => Ok(Some(instance)),
            Err(EngineError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn everything(&self) -> Result<Vec<wire::Instance>> {
        self.client.list("/1.0/instances?recursion=1").await
    }

    /// Configuration of a machine: limits, and the facts from which a lost registry is rebuilt.
    fn config(vm: &Vm) -> BTreeMap<String, String> {
        let limits = vm.limits;
        [
            ("limits.cpu", limits.cpus.to_string()),
            ("limits.memory", format!("{}MiB", limits.memory_mib)),
            ("limits.processes", limits.processes.to_string()),
            // Its metadata is readable from inside otherwise, and so is its own configuration.
            ("security.guestapi", "false".into()),
            // A range of user ids of its own: breaking out of one machine is not being root of the next.
            ("security.idmap.isolated", "true".into()),
            ("user.puerta.vm", vm.id.to_string()),
            ("user.puerta.name", vm.name.to_string()),
            ("user.puerta.seat", vm.seat_name.to_string()),
            ("user.puerta.template", vm.template.to_string()),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
    }

    /// Its devices: a disk and a routed NIC with the plan's address, the only one it can use.
    fn devices(&self, vm: &Vm) -> wire::Devices {
        self.devices_with_disk(vm, vm.limits.disk_mib)
    }

    fn devices_with_disk(&self, vm: &Vm, disk_mib: u32) -> wire::Devices {
        let device = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let (size, address) = (format!("{disk_mib}MiB"), vm.address().to_string());
        let root = [("type", "disk"), ("path", "/"), ("pool", self.pool.as_str()), ("size", size.as_str())];
        let nic = [
            ("type", "nic"),
            ("nictype", "routed"),
            ("parent", self.parent.as_str()),
            ("name", "eth0"),
            ("ipv4.address", address.as_str()),
        ];
        [("root".to_owned(), device(&root)), ("eth0".to_owned(), device(&nic))].into()
    }
}

/// `/1.0/instances/NAME`. Names are made of our numbers, so nothing needs quoting.
fn path(name: &str) -> String {
    format!("/1.0/instances/{name}")
}

fn status(status_code: u16) -> Status {
    match status_code {
        code::RUNNING => Status::Running,
        code::STOPPED => Status::Stopped,
        code::ERROR => Status::Unreachable,
        _ => Status::Busy,
    }
}

fn instance(found: wire::Instance, host: &wire::Environment) -> Option<Instance> {
    let (vmid, which) = Which::parse(&found.name)?;
    let limits = limits(&found);
    // A host alone says `none`; to us it is a node like any other.
    let node = if host.server_clustered { found.location } else { host.server_name.clone() };
    let tags = found.config.into_iter();
    let tags = tags.filter_map(|(key, value)| Some((key.strip_prefix("user.puerta.")?.to_owned(), value)));
    Some(Instance { vmid, which, node, status: status(found.status_code), tags: tags.collect(), limits })
}

/// As [`IncusEngine::config`] and its devices write them.
fn limits(found: &wire::Instance) -> Option<Limits> {
    let number = |key: &str| found.config.get(key)?.parse().ok();
    let mib = |text: Option<&String>| text?.strip_suffix("MiB")?.parse().ok();
    Some(Limits {
        cpus: number("limits.cpu")?,
        memory_mib: mib(found.config.get("limits.memory"))?,
        disk_mib: mib(found.devices.get("root").and_then(|root| root.get("size")))?,
        processes: number("limits.processes")?,
    })
}

fn templates(images: Vec<wire::Image>) -> Vec<Template> {
    let marked = images.iter().any(|image| image.properties.contains_key("puerta.template"));
    let ours = |image: &wire::Image| {
        image.kind == "container" && (!marked || image.properties.contains_key("puerta.template"))
    };
    let named = images.into_iter().filter(ours).flat_map(|image| {
        let text = image.properties.get("description").cloned().unwrap_or_default();
        let size = image.size;
        image.aliases.into_iter().filter_map(move |alias| {
            let description = if alias.description.is_empty() { &text } else { &alias.description };
            Some(Template { name: alias.name.parse().ok()?, description: error::clean(description), size })
        })
    });
    let mut found: Vec<_> = named.collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The address in `https://10.0.0.65:8443` or `10.0.0.65:8443`, unless it is IPv6 or a name.
fn v4(server: &str) -> Option<Ipv4Addr> {
    match client::address(server).ok()?.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

fn in_lab(address: Ipv4Addr) -> bool {
    Vmid::from_address(address).is_some()
}

#[async_trait]
impl Engine for IncusEngine {
    async fn published(&self) -> Result<Vec<TemplateRef>> {
        self.published_images().await
    }

    async fn nodes(&self) -> Result<Vec<Node>> {
        let host = self.host().await?;
        if !host.server_clustered {
            let address = host.addresses.iter().filter_map(|text| v4(text)).find(|address| in_lab(*address));
            return Ok(vec![Node { name: host.server_name.clone(), state: NodeState::Online, address }]);
        }
        let state = |status: &str| match status {
            "Online" => NodeState::Online,
            "Offline" => NodeState::Offline,
            _ => NodeState::Closed,
        };
        let node = |member: wire::Member| Node {
            state: state(&member.status),
            address: v4(&member.url),
            name: member.server_name,
        };
        let mut nodes: Vec<_> = self.members().await?.into_iter().map(node).collect();
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(nodes)
    }

    async fn figures(&self, node: &str) -> Result<Figures> {
        self.figures_of(node).await
    }

    async fn templates(&self) -> Result<Vec<Template>> {
        Ok(templates(self.client.list("/1.0/images?recursion=1").await?))
    }

    async fn list(&self) -> Result<Vec<Instance>> {
        let host = self.host().await?;
        Ok(self.everything().await?.into_iter().filter_map(|found| instance(found, host)).collect())
    }

    async fn find(&self, vmid: Vmid, which: Which) -> Result<Option<Instance>> {
        let (name, host) = (which.instance(vmid), self.host().await?);
        match self.look(&name).await {
            Ok(found) => Ok(found.and_then(|found| instance(found, host))),
            // Its member may be down while the cluster answers; the list says so without asking it.
            Err(EngineError::Away(_)) if self.client.reaches_members() => {
                let all = self.everything().await?;
                Ok(all.into_iter().find(|found| found.name == name).and_then(|found| instance(found, host)))
            }
            Err(error) => Err(error),
        }
    }

    async fn usage(&self, vm: &Permit<Vm>) -> Result<Usage> {
        let name = Which::Main.instance(vm.target().vmid);
        let state: wire::State = self.client.read(&format!("{}/state", path(&name))).await?;
        let figure = |number: i64| u64::try_from(number).ok().filter(|number| *number > 0);
        Ok(Usage {
            memory_bytes: state.memory.and_then(|memory| figure(memory.usage)),
            disk_bytes: state.disk.and_then(|disks| figure(disks.get("root")?.usage)),
            processes: figure(state.processes),
        })
    }

    async fn create(&self, vm: &Permit<Vm>, spec: &Spec) -> Result<()> {
        self.make(vm.target(), spec).await
    }

    async fn hand(&self, vm: &Permit<Vm>, handed: &Handed) -> Result<Option<Spoiled>> {
        self.write_handed(&Which::Main.instance(vm.target().vmid), handed).await
    }

    async fn host_keys(&self, vm: &Permit<Vm>) -> Result<Vec<Vec<u8>>> {
        self.read_host_keys(&Which::Main.instance(vm.target().vmid)).await
    }

    async fn take_host_keys(&self, vm: &Permit<Vm>) -> Result<HostKeys> {
        self.read_whole_host_keys(&Which::Main.instance(vm.target().vmid)).await
    }

    async fn start(&self, vm: &Permit<Vm>, which: Which) -> Result<()> {
        self.power_on(vm.target(), which).await
    }

    async fn stop(&self, vm: &Permit<Vm>, which: Which, grace: Duration) -> Result<()> {
        Copies::halt(self, vm.target().vmid, which, grace).await
    }

    async fn remove(&self, vm: &Permit<Vm>, which: Which) -> Result<()> {
        Copies::remove(self, vm.target().vmid, which).await
    }

    async fn replace(&self, vm: &Permit<Vm>, grace: Duration) -> Result<()> {
        by_name::replace(self, vm.target().vmid, grace).await
    }

    async fn take_back(&self, vm: &Permit<Vm>) -> Result<()> {
        by_name::take_back(self, vm.target().vmid).await
    }

    async fn copy(&self, vm: &Permit<Vm>, node: &str) -> Result<()> {
        self.copied(vm.target(), node).await
    }

    async fn settle(&self, vm: &Permit<Vm>) -> Result<()> {
        self.quieten(vm.target()).await
    }

    async fn export(
        &self,
        vm: &Permit<Vm>,
        file: &Path,
        max_bytes: u64,
        progress: Progress<'_>,
    ) -> Result<u64> {
        self.save(vm.target(), file, max_bytes, progress).await
    }

    async fn judge(&self, file: &Path, max_unpacked: u64) -> Result<Sum> {
        crate::archive::judge(file, max_unpacked, tarball::check).await
    }

    async fn exec(&self, vm: &Permit<Vm>, words: &[String], deadline: Duration) -> Result<Ran> {
        self.run_inside(&Which::Main.instance(vm.target().vmid), words, deadline).await
    }

    async fn console(&self, vm: &Permit<Vm>, term: Option<&str>, size: Size) -> Result<Terminal> {
        self.terminal(&Which::Main.instance(vm.target().vmid), term, size).await
    }

    async fn import(
        &self,
        vm: &Permit<Vm>,
        (file, take): (&Path, Take),
        node: &str,
        progress: Progress<'_>,
    ) -> Result<()> {
        self.load(vm.target(), (file, take), node, progress).await
    }

    async fn publish(
        &self,
        vm: &Permit<Vm>,
        file: &Path,
        new: (&TemplateRef, &str),
        progress: Progress<'_>,
    ) -> Result<u64> {
        self.make_template(vm.target(), file, new, progress).await
    }

    async fn unpublish(&self, _lab: &Permit<Lab>, template: &TemplateRef) -> Result<()> {
        self.drop_template(template).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(alias: &str, property: Option<&str>) -> wire::Image {
        serde_json::from_value(serde_json::json!({
            "aliases": [{"name": alias, "description": ""}], "type": "container", "size": 7,
            "properties": property.map(|p| [(p, "true")].into_iter().collect::<BTreeMap<_, _>>()).unwrap_or_default(),
        }))
        .unwrap()
    }

    #[test]
    fn only_marked_images_are_templates_once_one_is_marked() {
        let names = |images| templates(images).iter().map(|t| t.name.to_string()).collect::<Vec<_>>();
        assert_eq!(
            names(vec![image("mini", None), image("Bad Name", None), image("b", None)]),
            ["b", "mini"]
        );
        assert_eq!(names(vec![image("mini", None), image("b", Some("puerta.template"))]), ["b"]);
    }

    #[test]
    fn states() {
        assert_eq!(status(103), Status::Running);
        assert_eq!(status(102), Status::Stopped);
        assert_eq!(status(112), Status::Unreachable);
        for between in [106, 107, 109, 110, 111] {
            assert_eq!(status(between), Status::Busy);
        }
    }
}
