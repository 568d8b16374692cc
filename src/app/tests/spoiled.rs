//! What somebody did inside their machine: said as such, and with whose doing on the line of the log.

use super::*;
use crate::app::error::Error;
use puerta_engine::Spoiled;

fn spoiled(what: Spoiled) -> EngineError {
    EngineError::Spoiled(what)
}

/// Its id, and the arguments that a sentence has of it.
fn said(end: (Result<Reply>, JobState)) -> (&'static str, Vec<(&'static str, String)>) {
    let Error { kind, id, args, .. } = end.0.unwrap_err();
    assert_eq!(kind, Kind::Conflict, "{id} is theirs to mend");
    (id, args)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_machine_is_theirs_to_mend() {
    let house = house("spoiled").await;
    let keys = Spoiled::Keys("/root/.ssh".into());
    house.sim.fail_next(spoiled(keys));
    let (end, _) = house.create().await;
    assert_eq!(end.unwrap_err().id, "error-spoiled-template");
    house.create().await.0.unwrap();
    let watch = house.begin(VmCommand::Stop { vm: web1(), force: true }).await;
    house.end(watch).await.0.unwrap();

    for (backups, begun) in [("0", Spoiled::Start("/sbin/init".into())), ("1", Spoiled::Start("/dev".into()))]
    {
        let Spoiled::Start(file) = begun.clone() else { unreachable!() };
        house.sim.fail_next(spoiled(begun));
        let watch = house.begin(VmCommand::Start(web1())).await;
        let args = [("file", file), ("vm", "web1".into()), ("backups", backups.into())];
        assert_eq!(said(house.end(watch).await), ("error-spoiled-start", args.into()));
        let watch = house.begin(backup()).await;
        house.end(watch).await.0.unwrap();
    }
    let attribute = Spoiled::Attribute { file: "/root/x".into(), name: "user.a=b".into() };
    house.sim.fail_next(spoiled(attribute));
    let watch = house.begin(backup()).await;
    assert_eq!(said(house.end(watch).await).0, "error-spoiled-attribute");
}

#[tokio::test]
async fn a_failure_says_whose_it_is() {
    let house = house("whose").await;
    let log = house.dir.join("log");
    let writer = std::fs::File::create(&log).unwrap();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(writer).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    house.create().await.0.unwrap();
    house.sim.fail_next(EngineError::Other("boom".into()));
    let watch = house.begin(backup()).await;
    let job = watch.job.id.0;
    assert_eq!(house.end(watch).await.0.unwrap_err().id, "error-internal");
    let text = std::fs::read_to_string(&log).unwrap();
    let line = text.lines().find(|line| line.contains("engine: boom")).unwrap_or_else(|| panic!("{text}"));
    for part in [
        &format!("job={job}"),
        "kind=\"backup\"",
        "vm=\"web1.alumno1\"",
        "person=\"alumno1\"",
        "connection=\"c\"",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
}
