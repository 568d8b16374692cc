//! `port ...`: ports of puerta that lead to machines. The registry gives the number, the firewall
//! makes it lead there, and neither stays without the other.

use crate::app::command::{PortCommand, Whose};
use crate::app::ctx::Ctx;
use crate::app::error::{Cause, Error, Kind, Result};
use crate::app::firewall::{may_publish, refused};
use crate::app::reply::{PortReply, PortView, PublishedView, Reply, UnpublishedView};
use crate::app::{App, clock, find};
use ipnet::Ipv4Net;
use puerta_firewall::FirewallError;
use puerta_lab::action::Action;
use puerta_lab::model::{Actor, Job, PersonId, Vm};
use puerta_lab::names::VmRef;
use puerta_lab::network::{Protocol, Publication, Service};
use puerta_policy::decide::{Context, Decision, Permit, Publish};
use puerta_store::{NewPublication, StoreError};
use std::sync::Arc;

pub(super) async fn run(ctx: &Ctx<'_>, command: PortCommand) -> Result<Reply> {
    match command {
        PortCommand::List(whose) => list(ctx, &whose).await,
        PortCommand::Publish { vm, vm_port, protocol, port, sources } => {
            let permit = judged(ctx, &vm, (protocol, vm_port), port, sources).await?;
            let person = Publisher { person: ctx.actor.person, login: ctx.actor.login.clone() };
            let app = Arc::clone(ctx.app);
            // Begun, it is finished, also when the person is gone: registry and firewall go together.
            let work = ctx.app.tasks.spawn(async move { publish(&app, permit, person).await });
            let published = work.await.map_err(|panic| Error::internal(&panic))??;
            Ok(Reply::Port(PortReply::Published(published)))
        }
        PortCommand::Unpublish(port) => {
            let absent = || Error::new(Kind::NotFound, "error-no-port").with("port", port);
            let found = ctx.app.store.publication(port).await?;
            let named = find::Named {
                subject: found.as_ref().map(|one| format!("{}.{}", one.vm_name, one.seat_name)),
                found,
                nobodys: Publication::nobodys(port),
                absent: absent(),
                unseen: absent(),
            };
            let permit = named.permit(ctx, Action::PortView, Action::PortUnpublish).await?;
            let app = Arc::clone(ctx.app);
            let work = ctx.app.tasks.spawn(async move { unpublish(&app, permit).await });
            work.await.map_err(|panic| Error::internal(&panic))?
        }
    }
}

async fn list(ctx: &Ctx<'_>, whose: &Whose) -> Result<Reply> {
    let store = &ctx.app.store;
    let publications = match find::seats_asked(ctx, whose).await? {
        Some(seats) => store.publications_of(&seats).await?,
        None => store.publications().await?,
    };
    let visible = publications.into_iter().filter_map(|one| match ctx.decide(Action::PortView, one) {
        Decision::Allow(permit) => Some(view(ctx.app, permit.target())),
        Decision::Deny(_) => None,
    });
    Ok(Reply::Port(PortReply::List(visible.collect())))
}

/// The permit to publish; the refusal tells who may see the machine what is in the way.
async fn judged(
    ctx: &Ctx<'_>,
    wanted: &VmRef,
    (protocol, vm_port): (Protocol, u16),
    port: Option<u16>,
    sources: Option<Vec<Ipv4Net>>,
) -> Result<Permit<Publish>> {
    let vm = find::seen(ctx, wanted, Action::PortPublish).await?;
    let campus = &ctx.app.config.firewall.campus;
    let beyond_campus = sources.as_ref().is_some_and(|sources| !within(sources, campus));
    let subject = find::subject(&vm);
    let refusal = match beyond_campus {
        false => Error::denied(),
        true => Error::new(Kind::Denied, "error-beyond-campus").with("campus", words(campus)),
    };
    let publish = Publish { vm, vm_port, protocol, port, sources, beyond_campus };
    ctx.permit(Action::PortPublish, publish, Some(&subject), refusal).await
}

/// Whether all of `sources` is campus; everything is where no campus is configured.
fn within(sources: &[Ipv4Net], campus: &[Ipv4Net]) -> bool {
    let campus = Ipv4Net::aggregate(&campus.to_vec());
    campus.is_empty() || sources.iter().all(|source| campus.iter().any(|network| network.contains(source)))
}

fn words(networks: &[Ipv4Net]) -> String {
    let words: Vec<String> = networks.iter().map(|network| format!("`{network}`")).collect();
    words.join(", ")
}

/// Who publishes.
#[derive(Clone)]
struct Publisher {
    person: Option<PersonId>,
    login: String,
}

/// A port that a new machine's template wants published: the permit, or why there is none.
pub(super) struct Wanted {
    service: Service,
    permit: Result<Permit<Publish>>,
}

impl Wanted {
    /// A port of a machine, judged.
    pub(super) async fn judged(ctx: &Ctx<'_>, vm: &Vm, service: Service) -> Self {
        let subject = find::subject(vm);
        let publish = whole(vm, service);
        let permit = ctx.permit(Action::PortPublish, publish, Some(&subject), Error::denied()).await;
        Self { service, permit }
    }

    /// The same after a restart, for the person who asked for the machine.
    pub(super) fn judged_again(app: &App, actor: &Actor, vm: &Vm, service: Service) -> Self {
        let context = Context { now: clock::now(), source: None, second_factor: false };
        let judged = app.policy().decide(actor, Action::PortPublish, whole(vm, service), context);
        Self { service, permit: judged.into_result().map_err(|_| Error::denied()) }
    }
}

/// Wherever puerta likes, to the campus.
fn whole(vm: &Vm, service: Service) -> Publish {
    let Service { protocol, port } = service;
    Publish { vm: vm.clone(), vm_port: port, protocol, port: None, sources: None, beyond_campus: false }
}

/// Publishes what the template of a new machine wants, as far as that goes.
pub(super) async fn publish_wanted(
    app: &Arc<App>,
    job: &Job,
    wanted: Vec<Wanted>,
) -> (Vec<PublishedView>, Vec<UnpublishedView>) {
    let (mut published, mut unpublished) = (Vec::new(), Vec::new());
    let person = match job.person {
        Some(person) => app.store.person(person).await.ok().flatten(),
        None => None,
    };
    let login = person.map_or_else(|| "puerta".to_owned(), |person| person.login.to_string());
    let publisher = Publisher { person: job.person, login };
    for Wanted { service, permit } in wanted {
        let done = match permit {
            Ok(permit) => publish_anew(app, permit, publisher.clone()).await,
            Err(error) => Err(error),
        };
        match done {
            Ok(view) => published.push(view),
            Err(error) => {
                unpublished.push(UnpublishedView { service: service.to_string(), reason: error.id, error });
            }
        }
    }
    (published, unpublished)
}

/// The machine that was judged was still being made.
async fn publish_anew(
    app: &Arc<App>,
    permit: Permit<Publish>,
    publisher: Publisher,
) -> Result<PublishedView> {
    let (vm, vm_port) = (permit.target().vm.id, permit.target().vm_port);
    match publish(app, permit, publisher).await {
        // A puerta that was killed had come as far as this.
        Err(error) if error.cause == Some(Cause::Published) => {
            let all = app.store.publications().await?;
            let found = all.iter().find(|one| one.vm == vm && one.vm_port == vm_port).ok_or(error)?;
            Ok(PublishedView { port: view(app, found), active: !app.firewall.is_off() })
        }
        done => done,
    }
}

async fn publish(
    app: &Arc<App>,
    permit: Permit<Publish>,
    Publisher { person, login: publisher }: Publisher,
) -> Result<PublishedView> {
    let Publish { vm, vm_port, protocol, port, sources, .. } = permit.into_target();
    let now = app.store.vm(vm.id).await?.ok_or_else(|| Error::no_vm(&vm.name))?;
    find::ready(&now)?;
    let range = app.config.firewall.ports;
    if let Some(port) = port.filter(|port| !range.contains(*port)) {
        let error = Error::new(Kind::Usage, "error-port-range").with("port", port);
        return Err(error.with("first", range.first).with("last", range.last));
    }
    let new = NewPublication { vm: vm.id, vm_port, protocol, port, sources, person, publisher };
    let mut turn = app.wall.turn().await;
    app.opened(vm.seat, &vm.seat_name).await?;
    let members = app.store.members(vm.seat).await?;
    if !members.is_empty() && members.iter().all(|member| member.suspended) {
        return Err(Error::new(Kind::Conflict, "error-seat-suspended").with("seat", &vm.seat_name));
    }
    if !may_publish(&app.store, &app.policy(), &vm.course).await? {
        return Err(Error::new(Kind::Conflict, "error-publications-closed").with("course", &vm.course));
    }
    let published = app.store.publish(new, range, app.config.quotas, clock::now()).await;
    let published = published.map_err(|error| unpublishable(error, &vm, vm_port, port))?;
    let publication = app.after_leading(published, &mut turn);
    let active = match app.lead(&mut turn, publication.port, Some(&publication)).await {
        Ok(()) => true,
        Err(FirewallError::Off) => false,
        Err(error) => {
            app.after_leading(app.store.unpublish(publication.id).await?, &mut turn);
            return Err(refused(&error));
        }
    };
    Ok(PublishedView { port: view(app, &publication), active })
}

fn unpublishable(error: StoreError, vm: &Vm, vm_port: u16, port: Option<u16>) -> Error {
    let conflict = |id| Error::new(Kind::Conflict, id);
    match error {
        StoreError::Taken(_) => conflict("error-port-taken").with("port", port.unwrap_or_default()),
        StoreError::Published { port } => {
            let error = conflict("error-port-published").because(Cause::Published);
            error.with("port", port).with("vm", &vm.name).with("service", vm_port)
        }
        StoreError::PortsExhausted => Error::new(Kind::Limited, "error-ports-exhausted"),
        StoreError::Gone => Error::no_vm(&vm.name),
        other => other.into(),
    }
}

/// Closed first and forgotten then: what is in between is closed, and the counters stay with the row.
async fn unpublish(app: &Arc<App>, permit: Permit<Publication>) -> Result<Reply> {
    let publication = permit.into_target();
    let mut turn = app.wall.turn().await;
    // Somebody else may have been faster, and the number may lead elsewhere by now.
    let now = app.store.publication(publication.port).await?;
    if now.is_none_or(|now| now.id != publication.id) {
        return Err(Error::new(Kind::NotFound, "error-no-port").with("port", publication.port));
    }
    match app.lead(&mut turn, publication.port, None).await {
        Ok(()) | Err(FirewallError::Off) => {}
        Err(error) => return Err(refused(&error)),
    }
    app.after_leading(app.store.unpublish(publication.id).await?, &mut turn);
    Ok(Reply::Port(PortReply::Unpublished(view(app, &publication))))
}

fn view(app: &App, publication: &Publication) -> PortView {
    let campus = &app.config.firewall.campus;
    let sources = publication.sources.as_ref().or(Some(campus).filter(|campus| !campus.is_empty()));
    PortView {
        port: publication.port,
        protocol: publication.protocol.as_str(),
        vm: publication.vm_name.to_string(),
        seat: publication.seat_name.to_string(),
        vm_port: publication.vm_port,
        from: sources.map(|networks| networks.iter().map(ToString::to_string).collect()),
        publisher: publication.publisher.clone(),
        created: clock::rfc3339(publication.created),
        connections: publication.traffic.connections,
        bytes_in: publication.traffic.bytes_in,
        bytes_out: publication.traffic.bytes_out,
        counted: app.wall.counted().map(clock::rfc3339),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nets(words: &[&str]) -> Vec<Ipv4Net> {
        words.iter().map(|word| word.parse().unwrap()).collect()
    }

    #[test]
    fn the_campus_is_the_sum_of_its_networks() {
        let campus = nets(&["192.0.2.0/25", "192.0.2.128/25", "198.51.100.0/24"]);
        assert!(within(&nets(&["192.0.2.0/24", "198.51.100.7/32"]), &campus));
        assert!(!within(&nets(&["192.0.2.0/23"]), &campus));
        assert!(!within(&nets(&["192.0.2.1/32", "203.0.113.0/24"]), &campus));
        assert!(within(&nets(&["0.0.0.0/0"]), &[]), "no campus: everybody is let in anyway");
    }
}
