//! An engine that is not there, not itself, or not whole.

use super::*;

/// An engine that is not there is `Away`, for every question, soon.
pub(super) async fn away(real: &Real) {
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
pub(super) async fn only_the_pinned_certificate(real: &Real) {
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
pub(super) async fn a_member_is_lost(real: &Real) {
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
