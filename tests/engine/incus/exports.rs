//! Exports that are cut: by a crash of ours or of the daemon, and by who no longer wants them.

use super::*;

/// Nothing of ours stays in the engine, and what was frozen by a crash thaws.
pub(super) async fn export_is_tidy(real: &Real, node: &str) {
    let vm = machine(71, "web1");
    let (allowed, folder) = (permit(&vm), folder(&real.lab));
    let engine = &real.engine;
    engine.create(&allowed, &spec(node)).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    let name = Which::Main.instance(vm.vmid);
    let freeze = || real.lab.sh("nodo01", &["incus", "pause", "--project", "puerta", &name]);

    freeze();
    assert_eq!(engine.find(vm.vmid, Which::Main).await.unwrap().unwrap().status, Status::Busy);
    engine.start(&allowed, Which::Main).await.unwrap();
    assert_eq!(real.shell(&vm, "echo hola"), "hola\n");
    freeze();
    engine.stop(&allowed, Which::Main, Duration::from_secs(5)).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    freeze();
    real.query(&[
        "-X",
        "POST",
        "--wait",
        "-d",
        r#"{"name":"puerta","instance_only":true}"#,
        &format!("/1.0/instances/{name}/backups?project=puerta"),
    ]);
    engine.export(&allowed, &folder.join("thawed"), 1 << 30, &|_, _| ()).await.unwrap();
    assert_eq!(real.shell(&vm, "echo hola"), "hola\n");
    assert_eq!(real.backups(&vm), serde_json::json!([]));

    // Dropped in the middle: thawed and emptied behind the caller's back.
    real.shell(&vm, "dd if=/dev/urandom of=/root/big bs=1M count=200 2>/dev/null; sync");
    let dropped = folder.join("dropped");
    tokio::select! {
        done = engine.export(&allowed, &dropped, 1 << 30, &|_, _| ()) => panic!("the machine is too small for this test: {done:?}"),
        () = real.spooling(&vm) => {}
    }
    let begun = Instant::now();
    loop {
        let running = engine.find(vm.vmid, Which::Main).await.unwrap().unwrap().status == Status::Running;
        if running && real.backups(&vm) == serde_json::json!([]) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "still there after the call was dropped");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(!dropped.exists());
    engine.remove(&allowed, Which::Main).await.unwrap();
}

/// The daemon dies in the middle of an export: an error, no archive, and the next one is whole.
pub(super) async fn killed_while_exporting(real: &Real, node: &str) {
    let vm = machine(72, "web1");
    let (allowed, file) = (permit(&vm), folder(&real.lab).join("killed.tar.zst"));
    let engine = &real.engine;
    engine.create(&allowed, &spec(node)).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    real.shell(&vm, "dd if=/dev/urandom of=/root/big bs=1M count=200 2>/dev/null; sync");
    let (export, ()) = tokio::join!(engine.export(&allowed, &file, 1 << 30, &|_, _| ()), async {
        real.spooling(&vm).await;
        real.lab.kill(1);
    });
    let error = export.unwrap_err();
    assert!(matches!(error, EngineError::Away(_)), "{error:?}");
    assert!(!file.exists());
    real.lab.node("start", node);
    engine.start(&allowed, Which::Main).await.unwrap();
    assert_eq!(real.shell(&vm, "echo hola"), "hola\n");
    let bytes = engine.export(&allowed, &file, 1 << 30, &|_, _| ()).await.unwrap();
    assert!(bytes > 200 << 20);
    assert_eq!(real.backups(&vm), serde_json::json!([]));
    engine.remove(&allowed, Which::Main).await.unwrap();
}
