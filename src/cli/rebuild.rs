//! `puerta rebuild`: a registry that was lost is put together from engine, archives and audit, shown, and with
//! `--yes` written. Where there is a registry it does nothing.

use super::founding::{self, Founding};
use super::{say, serve};
use crate::app::clock;
use crate::app::command::Command;
use crate::app::rebuild::{self, Known};
use crate::config::Config;
use crate::shell::lang::Lang;
use crate::shell::words::{self, Request, What};
use anyhow::{Context, bail, ensure};
use puerta_lab::model::Role;
use puerta_store::{AnewCourse, Store};
use std::fmt::Write;
use std::fs::File;
use std::process::ExitCode;

pub(super) fn run(config: &Config, yes: bool, without_archives: bool) -> anyhow::Result<ExitCode> {
    let database = config.database();
    ensure!(
        !database.metadata().is_ok_and(|file| file.len() > 0),
        "{}: there is a registry; one that is to be made anew has to be moved away first",
        database.display()
    );
    if let Some(copy) = founding::rescued(config) {
        bail!(
            "{}: all that was in the lost registry is here, which is more than can be put together: `mv {} {}`",
            copy.display(),
            copy.display(),
            database.display()
        );
    }
    ensure!(
        config.state_dir.is_dir(),
        "{}: is not there: is its file system mounted?",
        config.state_dir.display()
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let engine = serve::open_engine(config)?;
        let lab = Founding::read(config)?.map(|founding| founding.lab);
        let command = |words: &str| command(words, config);
        let tell = |file: &str| super::complain(&format!("reading {file}"));
        let known = rebuild::look(config, &*engine, (lab, without_archives), &command, &tell)
            .await
            .map_err(anyhow::Error::msg)?;
        say(&shown(&known))?;
        ensure!(!yes || known.cut.is_empty(), "nothing was written: {}", known.cut.join("; "));
        if yes {
            write(config, &known).await
        } else {
            say("nothing was written: `puerta rebuild --yes` writes it\n")
        }
    })
}

/// What was typed once, as the shell reads it today.
fn command(words: &str, config: &Config) -> Option<Command> {
    let wall = words::Wall { now_ms: clock::now().0, zone: &config.timezone };
    let context = words::Context { domain: &config.domain, lang: Lang::En, sent: None, may: &|_| true, wall };
    match words::parse(words, &context) {
        Ok(Request { what: What::Run(command), .. }) => Some(command),
        Ok(Request { what: What::NeedsInput(input), .. }) => Some(input.command().clone()),
        _ => None,
    }
}

fn shown(known: &Known) -> String {
    let anew = &known.anew;
    let mut text = format!("from {} lines of the audit, the engine and the archives:\n", known.lines);
    for (name, AnewCourse { edition, state }) in &anew.courses {
        let seats = anew.seats.iter().filter(|seat| seat.course == *name).count();
        let (year, version, state) = (edition.year, edition.version, state.as_str());
        let _ = writeln!(text, "course {name}: year {year}, place {version}, {seats} seats, {state}");
    }
    for seat in &anew.seats {
        let machines: Vec<_> =
            anew.vms.iter().filter(|vm| vm.seat == seat.id).map(|vm| vm.name.to_string()).collect();
        let backups = anew.backups.iter().filter(|backup| backup.seat == seat.id).count();
        let members: Vec<_> = seat.members.iter().map(ToString::to_string).collect();
        let _ = writeln!(
            text,
            "seat {}{}: {}; machines: {}; backups: {backups}",
            seat.name,
            if seat.archived { " (archived)" } else { "" },
            or_none(&members),
            or_none(&machines)
        );
    }
    for person in &anew.people {
        let role = if person.role == Role::Alumno { "" } else { person.role.as_str() };
        let way = if person.keys.is_empty() { "no key" } else { "with the key" };
        let suspended = if person.suspended { ", suspended" } else { "" };
        let _ = writeln!(text, "person {} {role} {way}{suspended}", person.login);
    }
    for left in known.left.iter().chain(&known.cut) {
        let _ = writeln!(text, "left out: {left}");
    }
    text + "not known to them: passwords, second factors, keys that were not typed in a command, published ports, quotas, \
            rules, egress, published templates, recordings' rows, notes of backups\n"
}

fn or_none(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Whole or not at all: it gets its name when it is finished.
async fn write(config: &Config, known: &Known) -> anyhow::Result<ExitCode> {
    let database = config.database();
    let part = database.with_extension("rebuilt");
    for leftover in [part.clone(), part.with_extension("rebuilt-wal"), part.with_extension("rebuilt-shm")] {
        let _ = std::fs::remove_file(leftover);
    }
    let store = Store::make(&part).await.context("the new registry")?;
    store.fill(&known.anew, clock::now()).await.context("the new registry")?;
    store.close().await;
    let log = part.with_extension("rebuilt-wal");
    ensure!(!log.exists(), "{}: the new registry could not be written whole", log.display());
    // Before it is there: whoever is cut off here has a way in all the same.
    let codes =
        known.codes.iter().map(|(login, code)| format!("`{login}` may log in once with the code {code}\n"));
    say(&codes.collect::<String>())?;
    for beside in ["sqlite-wal", "sqlite-shm"] {
        // Of the one that was lost: they would be taken for the new one's.
        let _ = std::fs::remove_file(database.with_extension(beside));
    }
    let published =
        std::fs::rename(&part, &database).and_then(|()| File::open(&config.state_dir)?.sync_all());
    published.with_context(|| format!("cannot write {}", database.display()))?;
    say(&format!(
        "written: {}\nthen: `puerta init` (it writes lab.json where it is gone), `puerta serve`, and `course code \
         COURSE` for everybody without a key\n",
        database.display()
    ))
}
