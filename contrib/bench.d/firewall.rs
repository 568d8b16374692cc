//! The parts of `contrib/bench firewall` that are puerta's: its reconciler, a client that counts microseconds,
//! and something to connect to. Each works in the network namespace that it is started in.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use anyhow::{Context, bail};
use puerta_firewall::reconcile::Reconciler;
use puerta_firewall::{self as firewall, Desired, EgressTable, Site, Target};
use puerta_lab::network::{Egress, PortRange, Protocol};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

const USAGE: &str =
    "usage: bench-firewall load BACKEND PORTS | connect ADDRESS:PORT TIMES | serve ADDRESS:PORT";
const FIRST: u16 = 50_000;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["load", backend, ports] => load(backend, ports.parse()?),
        ["connect", address, times] => connect(address, times.parse()?),
        ["serve", address] => serve(address),
        _ => bail!(USAGE),
    }
}

/// Publishes so many ports, the last one to 10.0.0.66:80. Prints seconds: everything, one more and one less,
/// and a reconcile that finds nothing to do.
fn load(backend: &str, ports: u16) -> anyhow::Result<()> {
    let mut reconciler = Reconciler::new(site(), firewall::backend(backend)?)?;
    let machine = Ipv4Addr::new(10, 0, 0, 66);
    let far = |count: u16| Ipv4Addr::from(0x0a00_1002 + u32::from(count) * 64);
    let mut publications: BTreeMap<u16, Target> =
        (0..ports).map(|count| (FIRST + count, target(far(count)))).collect();
    if let Some(mut last) = publications.last_entry() {
        last.get_mut().address = machine;
    }
    let egress = EgressTable { default: Egress::Allow, seats: BTreeMap::new() };
    let desired = Desired { owner: "0123456789abcdef".to_owned(), publications, egress };
    let whole = seconds(|| reconciler.reconcile(&desired))?;
    let one = target(machine);
    let mut changes = Vec::new();
    for target in [Some(&one), None].into_iter().cycle().take(18) {
        changes.push(seconds(|| reconciler.change(FIRST + ports, target))?);
    }
    let nothing = seconds(|| reconciler.reconcile(&desired))?;
    println!("{{\"whole\": {whole}, \"one\": {}, \"nothing\": {nothing}}}", median(&mut changes));
    Ok(())
}

fn site() -> Site {
    Site {
        outside: vec!["campus0".to_owned()],
        inside: "lab0".to_owned(),
        lab: ipnet::Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8),
        ssh_ports: vec![2222],
        admission: Vec::new(),
        campus: Vec::new(),
        dns: Vec::new(),
        machine_services: Vec::new(),
        ports: PortRange { first: FIRST, last: 65_535 },
        log_group: 27,
    }
}

fn target(address: Ipv4Addr) -> Target {
    Target { protocol: Protocol::Tcp, address, port: 80, sources: None }
}

/// Prints the median of so many connections, in microseconds.
fn connect(address: &str, times: usize) -> anyhow::Result<()> {
    let address = address.parse()?;
    let mut all = Vec::new();
    for _ in 0..times {
        let start = Instant::now();
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5)).context("connect")?;
        all.push(start.elapsed().as_secs_f64() * 1e6);
        drop(stream);
    }
    println!("{}", median(&mut all));
    Ok(())
}

/// Takes connections, and ends with its standard input.
fn serve(address: &str) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address).with_context(|| address.to_owned())?;
    println!("listening");
    std::thread::spawn(move || listener.incoming().for_each(drop));
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

fn seconds<T, E>(act: impl FnOnce() -> Result<T, E>) -> Result<f64, E> {
    let start = Instant::now();
    act()?;
    Ok(start.elapsed().as_secs_f64())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
