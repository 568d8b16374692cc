//! The keys by which machines are known, and what a client's configuration says of them. Keys are asked of the engine,
//! never of the network: what is there now is what holds, so a machine that was made again, put back or moved is known.

use crate::app::ctx::Ctx;
use crate::app::error::{Error, Result};
use crate::app::find;
use crate::app::host_keys::{OF_A_SEAT, PATIENCE};
use crate::app::reply::{ConfigView, DOOR, KnownHost, KnownReply, Reply};
use crate::app::visiting::SSH;
use puerta_lab::action::Action;
use puerta_lab::destination::Destination;
use puerta_lab::model::Vm;
use puerta_policy::decide::{Decision, Lab, Permit};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::task::JoinSet;

/// `known-hosts`: of one machine, as a client says it, or of all of one's own.
pub(super) async fn hosts(ctx: &Ctx<'_>, host: Option<&str>) -> Result<Reply> {
    let known = match host {
        Some(host) => vec![one(ctx, host).await?],
        None => all(ctx).await?,
    };
    Ok(Reply::Known(KnownReply::Hosts(known)))
}

/// As OpenSSH names a host in its list: `[web1]:2222` where the port is not 22 (sshd(8), SSH_KNOWN_HOSTS).
fn dialled(host: &str) -> (&str, u32) {
    let split = host.strip_prefix('[').and_then(|rest| rest.split_once("]:"));
    let other = split.and_then(|(name, port)| Some((name, port.parse().ok()?)));
    other.unwrap_or((host, SSH.into()))
}

async fn one(ctx: &Ctx<'_>, host: &str) -> Result<KnownHost> {
    let (name, port) = dialled(host);
    let no_vm = || Error::no_vm(name);
    let destination = Destination::parse(name, port, &ctx.app.config.domain).map_err(|_| no_vm())?;
    let found = find::destination(&ctx.app.store, &ctx.actor, &destination).await?;
    let subject = found.as_ref().map(find::subject);
    let nobodys = find::nobodys(&destination);
    let named = find::Named { found, nobodys, subject, absent: no_vm(), unseen: no_vm() };
    let permit = named.permit(ctx, Action::VmView, Action::VmView).await?;
    let vm = permit.target().clone();
    // Where there are none it is no error: a client stops at one before it has asked for anything.
    let keys = ctx.app.host_keys(permit, PATIENCE).await?;
    let mut names = names(ctx, &vm, &ctx.app.store.vms_called(&ctx.actor.seats, &vm.name).await?);
    // As it was dialled: whatever was asked for is answered.
    if !names.iter().any(|name| name == host) {
        names.push(host.to_ascii_lowercase());
    }
    Ok(KnownHost { vm: find::subject(&vm), names, keys })
}

async fn all(ctx: &Ctx<'_>) -> Result<Vec<KnownHost>> {
    let vms = ctx.app.store.vms_of(&ctx.actor.seats).await?;
    let mut left: VecDeque<_> = own(ctx, &vms).enumerate().collect();
    let (mut asked, mut known) = (JoinSet::new(), Vec::new());
    loop {
        while let Some((place, permit)) = left.pop_front_if(|_| asked.len() < OF_A_SEAT) {
            let host = KnownHost {
                vm: find::subject(permit.target()),
                names: names(ctx, permit.target(), &vms),
                keys: Vec::new(),
            };
            let app = Arc::clone(ctx.app);
            // Of one that does not say them the others are told all the same.
            asked.spawn(async move {
                (place, KnownHost { keys: app.host_keys(permit, PATIENCE).await.unwrap_or_default(), ..host })
            });
        }
        match asked.join_next().await {
            Some(one) => known.push(one.map_err(|panic| Error::internal(&panic))?),
            None => break,
        }
    }
    known.sort_by_key(|(place, _)| *place);
    Ok(known.into_iter().map(|(_, host)| host).collect())
}

/// Those of their machines that they see.
fn own<'a>(ctx: &'a Ctx<'_>, vms: &'a [Vm]) -> impl Iterator<Item = Permit<Vm>> + use<'a> {
    vms.iter().filter_map(|vm| match ctx.decide(Action::VmView, vm.clone()) {
        Decision::Allow(permit) => Some(permit),
        Decision::Deny(_) => None,
    })
}

/// Every name by which they may dial it; `vms` are those of theirs that may have the same name.
fn names(ctx: &Ctx<'_>, vm: &Vm, vms: &[Vm]) -> Vec<String> {
    let full = find::subject(vm);
    let domain = &ctx.app.config.domain;
    let long = format!("{full}.{domain}");
    let short = is_meant(ctx, vm, vms).then(|| [vm.name.to_string(), format!("{}.{domain}", vm.name)]);
    short.into_iter().flatten().chain([full, long, vm.address().to_string()]).collect()
}

/// Whether its name alone means it.
fn is_meant(ctx: &Ctx<'_>, vm: &Vm, vms: &[Vm]) -> bool {
    let called = vms.iter().filter(|other| other.name == vm.name).cloned().collect();
    matches!(ctx.actor.means(called, |vm| vm.seat), Ok(Some(meant)) if meant.id == vm.id)
}

/// `ssh-config`
pub(super) async fn config(ctx: &Ctx<'_>, file: bool) -> Result<Reply> {
    let ssh = &ctx.app.config.ssh;
    let vms = ctx.app.store.vms_of(&ctx.actor.seats).await?;
    // A team's may be called as one of their own will be: those by their full name.
    let mut hosts = Vec::new();
    for vm in own(ctx, &vms).map(Permit::into_target) {
        let full = find::subject(&vm);
        let own = !ctx.actor.teams.contains(&vm.seat) && is_meant(ctx, &vm, &vms);
        let alone = own && ![DOOR, &ssh.public_name].contains(&vm.name.as_str());
        hosts.extend(alone.then(|| vm.name.to_string()).into_iter().chain([full]));
    }
    // Those to come; nothing that could be a host elsewhere.
    let domain = &ctx.app.config.domain;
    for seat in ctx.app.store.seats_of(ctx.visitor.person).await? {
        hosts.push(format!("*.{}.{domain}", seat.name));
    }
    // A file has nobody else's keys.
    let helps = matches!(ctx.decide(Action::SeatList, Lab), Decision::Allow(_));
    hosts.extend((helps && !file).then(|| format!("*.*.{domain}")));
    Ok(Reply::Known(KnownReply::Config(ConfigView {
        host: ssh.public_name.clone(),
        port: ssh.public_port,
        login: ctx.visitor.login.to_string(),
        hosts,
        file,
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_as_openssh_names_it() {
        assert_eq!(dialled("web1"), ("web1", 22));
        assert_eq!(dialled("[web1.alumno1]:2222"), ("web1.alumno1", 2222));
        assert_eq!(dialled("[web1]:x"), ("[web1]:x", 22));
    }
}
