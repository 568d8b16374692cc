//! What is in a machine that was made, and what programs do there.

use super::*;

/// Limits, idmap, metadata and NIC as the plan wants them, and what an import makes of them.
pub(super) async fn what_is_made(real: &Real, node: &str) {
    let (vm, file) = (machine(70, "web1"), folder(&real.lab).join("made.tar.zst"));
    let allowed = permit(&vm);
    real.engine.create(&allowed, &spec(node)).await.unwrap();
    real.engine.start(&allowed, Which::Main).await.unwrap();
    real.engine.export(&allowed, &file, 1 << 30, &|_, _| ()).await.unwrap();
    real.engine.import(&allowed, (&file, Take::All), node, &|_, _| ()).await.unwrap();
    let shown = |which: Which| {
        let found = real.query(&[&format!("/1.0/instances/{}?project=puerta", which.instance(vm.vmid))]);
        let mut config = found["config"].as_object().unwrap().clone();
        let base = config["volatile.idmap.base"].clone();
        config.retain(|key, _| !key.starts_with("volatile.") && !key.starts_with("image."));
        (config, found["devices"].clone(), found["profiles"].clone(), base)
    };
    let (main, new) = (shown(Which::Main), shown(Which::New));
    assert_eq!((&main.0, &main.1, &main.2), (&new.0, &new.1, &new.2));
    assert_ne!(main.3, new.3, "each has user ids of its own");
    let config = |key: &str| main.0[key].as_str().unwrap().to_owned();
    assert_eq!(
        [config("limits.memory"), config("limits.cpu"), config("limits.processes")],
        ["64MiB", "1", "100"]
    );
    assert_eq!([config("security.guestapi"), config("security.idmap.isolated")], ["false", "true"]);
    assert_eq!(main.1["eth0"]["ipv4.address"], vm.address().to_string());
    assert_eq!(real.shell(&vm, "ls /dev/incus 2>/dev/null || true"), "");
    real.engine.remove(&allowed, Which::New).await.unwrap();
    real.engine.remove(&allowed, Which::Main).await.unwrap();
}

/// What a program said and how it ended; and nothing of it is left, where a backup would take it along.
pub(super) async fn programs(real: &Real, node: &str) {
    let vm = machine(72, "web1");
    let (allowed, engine) = (permit(&vm), &real.engine);
    let run = |script: &str, seconds| {
        let words = ["sh", "-c", script].map(str::to_owned);
        let allowed = &allowed;
        async move { engine.exec(allowed, &words, Duration::from_secs(seconds)).await }
    };
    assert_eq!(run("true", 5).await, Err(EngineError::NotFound));
    engine.create(&allowed, &spec(node)).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    let ran = |status, output: &str| Ok(Ran { status, output: output.into() });
    assert_eq!(run("echo uno; echo dos >&2; exit 3", 5).await, ran(3, "uno\n"));
    assert_eq!(run("cat", 5).await, ran(0, ""));
    assert_eq!(run("printf '\\377'", 5).await, ran(0, "\u{fffd}"));
    assert_eq!(run("sleep 30 >/dev/null 2>&1 </dev/null & echo ya", 5).await, ran(0, "ya\n"));
    let much = run("yes | head -c 1000000", 20).await.unwrap();
    assert_eq!((much.status, much.output.len()), (0, Ran::MOST));
    assert!(engine.exec(&allowed, &["/no/such".to_owned()], Duration::from_secs(5)).await.is_err());
    let begun = Instant::now();
    assert!(matches!(run("sleep 20", 1).await, Err(EngineError::Away(_))));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let slept = || real.shell(&vm, "ps | grep -c '[s]leep 20' || true").trim() != "0";
    while slept() {
        assert!(begun.elapsed() < Duration::from_secs(15), "a program outlives its deadline");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // What runs in a terminal ends with whoever looked at it.
    let mut terminal = engine.console(&allowed, None, Size { columns: 80, rows: 24 }).await.unwrap();
    terminal.input.send(TerminalWord::Bytes("sleep 4711\r".into())).await.unwrap();
    let runs = || real.shell(&vm, "ps | grep -c '[s]leep 4711' || true").trim() == "1";
    while !runs() {
        let shown = tokio::time::timeout(Duration::from_millis(100), terminal.output.recv()).await;
        assert_ne!(shown, Ok(None));
    }
    drop(terminal);
    let begun = Instant::now();
    while runs() {
        assert!(begun.elapsed() < Duration::from_secs(10), "a program outlives its terminal");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Nothing beside its file system but what the engine needs itself.
    let volume = real
        .lab
        .dir()
        .join(format!("n2/storage-pools/default/containers/puerta_{}", Which::Main.instance(vm.vmid)));
    let mut found: Vec<_> =
        std::fs::read_dir(volume).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    found.sort();
    assert_eq!(found, ["backup.yaml", "metadata.yaml", "rootfs"]);
    engine.remove(&allowed, Which::Main).await.unwrap();
}

/// What the engine keeps beside a machine's file system, as a folder of recorded output that puertas of before left
/// for good, is in its archives and keeps none of them from being one: it is left out.
pub(super) async fn beside(real: &Real, node: &str) {
    let vm = machine(69, "web1");
    let (allowed, engine, file) = (permit(&vm), &real.engine, folder(&real.lab).join("beside.tar.zst"));
    engine.create(&allowed, &spec(node)).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    let (name, main) = (Which::Main.instance(vm.vmid), Which::Main);
    let body = r#"{"command": ["echo", "hola"], "record-output": true, "wait-for-websocket": false}"#;
    let exec = format!("/1.0/instances/{name}/exec?project=puerta");
    real.query(&["-X", "POST", "--wait", "-d", body, &exec]);
    real.shell(&vm, "echo bueno >/root/word; sync");
    engine.stop(&allowed, main, Duration::ZERO).await.unwrap();
    engine.export(&allowed, &file, 1 << 30, &|_, _| ()).await.unwrap();
    let listed = Command::new("tar").args(["--zstd", "-tf"]).arg(&file).output().unwrap();
    assert!(String::from_utf8_lossy(&listed.stdout).contains("/exec-output/exec_"), "{listed:?}");
    engine.judge(&file, 1 << 30).await.unwrap();
    let template = "beside:1".parse().unwrap();
    engine.publish(&allowed, &file, (&template, ""), &|_, _| ()).await.unwrap();
    engine.unpublish(&crate::bench::lab(), &template).await.unwrap();
    engine.import(&allowed, (&file, Take::All), node, &|_, _| ()).await.unwrap();
    engine.remove(&allowed, main).await.unwrap();
    engine.replace(&allowed, Duration::ZERO).await.unwrap();
    engine.start(&allowed, main).await.unwrap();
    assert_eq!(real.shell(&vm, "cat /root/word"), "bueno\n");
    engine.remove(&allowed, main).await.unwrap();
}
