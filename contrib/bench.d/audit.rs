//! The audit's part of `contrib/bench`: a log of many lines to search in, and a whole puerta with a
//! source of events inside it that can be turned on and off while others log in.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use anyhow::{Context, bail};
use puerta::app::App;
use puerta::config::Config;
use puerta::gateway::{Gateway, listen};
use puerta_audit::{self as audit, Audit, Event, Outcome, Query, Settings};
use puerta_engine::sim::{Options, SimEngine};
use puerta_firewall::client::Firewall;
use puerta_keys::host::HostKey;
use puerta_store::Store;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const USAGE: &str = "usage: bench-audit generate FOLDER LINES | search FOLDER | serve CONFIG EVENTS_A_SECOND";
const DAY: i64 = 86_400_000;
const DAYS: i64 = 10;
/// 2026-11-01
const FIRST: i64 = 1_793_491_200_000;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["generate", folder, lines] => generate(Path::new(folder), lines.parse()?),
        ["search", folder] => search(Path::new(folder)),
        ["serve", config, rate] => serve(Path::new(config), rate.parse()?),
        _ => bail!(USAGE),
    }
}

fn key() -> anyhow::Result<Option<Arc<puerta_keys::audit::AuditKey>>> {
    Ok(Some(Arc::new(HostKey::generate("bench")?.into())))
}

/// One event of a busy lab: a forward to a machine.
fn event(n: u64) -> Event {
    let (person, port) = (n % 200, 1024 + n % 60_000);
    Event {
        connection: Some(format!("{:012x}", n / 6)),
        actor: Some(format!("alumno{person}")),
        source: Some(format!("192.0.2.{}:{port}", n % 250)),
        vm: Some(format!("web{}.alumno{person}", n % 3)),
        action: Some("vm-forward"),
        outcome: Some(Outcome::Allowed),
        policies: vec!["own-machines".into()],
        ..Event::begin("forward")
            .with("destination", format!("web{}:22", n % 3))
            .with("address", "10.48.15.195:22")
            .with("originator", "127.0.0.1:40000")
    }
}

/// Lines over ten days, as a running puerta leaves them: signed, a file a day and 64 MiB at most.
fn generate(folder: &Path, lines: u64) -> anyhow::Result<()> {
    let now = Arc::new(AtomicI64::new(FIRST));
    let clock = Arc::clone(&now);
    let settings = Settings { key: key()?, ..Settings::default() };
    let audit =
        Audit::open_with(folder.join("audit.jsonl"), move || clock.load(Ordering::Relaxed), settings)?;
    let begun = Instant::now();
    tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
        for n in 0..lines {
            now.store(FIRST + (DAYS * DAY / lines as i64) * n as i64, Ordering::Relaxed);
            audit.finish(event(n)).await;
        }
        audit.close().await;
    });
    eprintln!("{:.0} lines a second written", lines as f64 / begun.elapsed().as_secs_f64());
    Ok(())
}

/// Prints `NAME MILLISECONDS LINES` for each kind of question, the median of five, and for one check.
fn search(folder: &Path) -> anyhow::Result<()> {
    let log = folder.join("audit.jsonl");
    let all = Query { limit: 1000, ..Query::default() };
    let person = Query { actor: Some("alumno77".into()), ..all.clone() };
    let day = (Some(FIRST + 4 * DAY), Some(FIRST + 5 * DAY - 1));
    let person_day = Query { since: day.0, until: day.1, ..person.clone() };
    let questions = [
        ("person_day", person_day.clone()),
        // So many pages back that all of them are read.
        ("person_all", Query { skip: 1 << 40, ..person }),
        ("connection", Query { connection: Some("000000000007".into()), ..all.clone() }),
        ("text_all", Query { text: Some("nowhere".into()), ..all.clone() }),
        ("network_day", Query { network: Some("192.0.2.7/32".parse()?), since: day.0, until: day.1, ..all }),
    ];
    for (name, query) in questions {
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..5 {
            let begun = Instant::now();
            found = audit::search(&log, &query)?.lines.len();
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        println!("{name} {:.2} {found}", times[2].as_secs_f64() * 1e3);
    }
    let begun = Instant::now();
    let verdict = audit::verify(&log, audit::Check::default())?;
    println!("verify {:.2} {}", begun.elapsed().as_secs_f64() * 1e3, verdict.lines);
    Ok(())
}

/// A puerta with its simulated engine, until the end of standard input. A line there turns the events
/// on or off; off says how many were written in how many seconds.
fn serve(file: &Path, rate: u64) -> anyhow::Result<()> {
    let errors = |errors: Vec<puerta::config::ConfigError>| anyhow::anyhow!("{errors:?}");
    let config = Config::load(file).map_err(errors)?;
    let host = HostKey::parse(&std::fs::read_to_string(config.host_key())?)?;
    let policy = puerta::app::policy::load(None).map_err(|errors| anyhow::anyhow!("{errors:?}"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let options =
            Options { state: Some(config.state_dir.join("sim.json")), listen: true, ..Options::default() };
        let engine = Arc::new(SimEngine::with(options)?);
        let store = Store::open(&config.database()).await?;
        let settings = Settings { key: key()?, ..Settings::default() };
        let audit = Audit::open_with(config.audit(), audit::system_clock, settings)?;
        let listeners = listen::sockets(Vec::new(), &config.ssh.listen)?;
        let app = App::new(config, store, engine, Firewall::off(), audit, policy)?;
        let (on, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        tokio::spawn(events(Arc::clone(&app), rate, Arc::clone(&on), Arc::clone(&written)));
        let (told, stop) = tokio::sync::oneshot::channel::<()>();
        std::thread::spawn(move || {
            let mut since = Instant::now();
            for line in std::io::stdin().lock().lines() {
                if line.is_err() {
                    break;
                }
                if on.fetch_not(Ordering::Relaxed) {
                    let (count, seconds) =
                        (written.swap(0, Ordering::Relaxed), since.elapsed().as_secs_f64());
                    println!("{count} {seconds:.3}");
                    let _ = std::io::stdout().flush();
                }
                since = Instant::now();
            }
            drop(told);
        });
        let gateway = Gateway::new(Arc::clone(&app), host.into_key());
        gateway.serve(listeners, async { drop(stop.await) }).await.context("serving")?;
        app.audit.close().await;
        anyhow::Ok(())
    })
}

/// So many events a second, a hundredth of a second's at a time.
async fn events(app: Arc<App>, rate: u64, on: Arc<AtomicBool>, written: Arc<AtomicU64>) {
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    let mut n = 0;
    loop {
        tick.tick().await;
        if !on.load(Ordering::Relaxed) {
            continue;
        }
        for _ in 0..rate / 100 {
            n += 1;
            app.audit.finish(event(n)).await;
        }
        written.fetch_add(rate / 100, Ordering::Relaxed);
    }
}
