//! Machines whose owners broke them: what is in the way is named, soon, and no processor of the node is lost to it.

use super::*;
use puerta_engine::{Handed, Spoiled};

/// What the node spends on the files of machines: its processes, and the processor time of each in ticks.
fn spent(real: &Real) -> Vec<(String, u64)> {
    let words =
        "for p in $(pgrep -f '[i]ncusd forkfile'); do echo $p $(cut -d' ' -f14,15 /proc/$p/stat); done";
    let said = real.lab.sh("nodo01", &["sh", "-c", words]);
    let lines = said.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let time = |words: &[&str]| words.iter().filter_map(|word| word.parse::<u64>().ok()).sum();
    lines.map(|words| (words[0].to_owned(), time(&words[1..]))).collect()
}

pub(super) async fn spoiled(real: &Real, node: &str) {
    let vm = machine(68, "web1");
    let (allowed, engine) = (permit(&vm), &real.engine);
    engine.create(&allowed, &spec(node)).await.unwrap();
    engine.start(&allowed, Which::Main).await.unwrap();
    keys(real, &vm).await;
    archives(real, &vm).await;
    starts(real, &vm).await;
    engine.remove(&allowed, Which::Main).await.unwrap();
}

/// Whatever stands where keys are written, running or stopped: said at once, and nothing waits for it.
async fn keys(real: &Real, vm: &Vm) {
    let (allowed, engine) = (permit(vm), &real.engine);
    let handed = Handed { keys: vec!["ssh-ed25519 uno".to_owned()], hosts: vec![] };
    let (file, folder) = ("/root/.ssh/authorized_keys", "/root/.ssh");
    for (way, script) in [
        (file, "mkfifo $F"),
        (file, "mkdir $F"),
        (file, "ln -s /etc/passwd $F"),
        (file, "ln -s /dev/zero $F"),
        (file, "dd if=/dev/zero of=$F bs=1k count=300 2>/dev/null"),
        (file, "dd if=/dev/zero of=$F bs=1 count=1 seek=9000000000 2>/dev/null"),
        (folder, "rm -r $D; mkfifo $D"),
        (folder, "rm -r $D; ln -s /tmp $D"),
        (folder, "rm -r $D; echo >$D"),
    ] {
        real.shell(vm, &format!("F={file}; D={folder}; rm -rf $D; mkdir $D; {script}"));
        let begun = Instant::now();
        let expected = Err(EngineError::Spoiled(Spoiled::Keys(way.into())));
        assert_eq!(engine.hand(&allowed, &handed).await, expected, "{script}");
        engine.stop(&allowed, Which::Main, Duration::ZERO).await.unwrap();
        assert_eq!(engine.hand(&allowed, &handed).await, expected, "stopped: {script}");
        engine.start(&allowed, Which::Main).await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(20), "{script}: {:?}", begun.elapsed());
    }
    // What is in the way of names stands in nobody else's, and only where there are names to write.
    let named = Handed { hosts: vec![([10, 0, 0, 99].into(), "db".to_owned())], ..handed.clone() };
    for script in ["mkfifo $H", "mkdir $H", "ln -s /etc/passwd $H", "ln -s /dev/zero $H"] {
        real.shell(vm, &format!("H=/etc/hosts; rm -rf $H /root/.ssh; {script}"));
        let said = Ok(Some(Spoiled::Keys("/etc/hosts".into())));
        assert_eq!(engine.hand(&allowed, &named).await, said, "{script}");
        engine.hand(&allowed, &handed).await.unwrap();
        assert_eq!(real.shell(vm, "grep -c uno /root/.ssh/authorized_keys"), "1\n", "{script}");
    }
    assert_eq!(real.shell(vm, "grep -c 10.0.0.99 /etc/passwd || true"), "0\n");
    real.shell(vm, "rm -rf /etc/hosts; echo '127.0.0.1 localhost' >/etc/hosts; chmod 640 /etc/hosts");
    engine.hand(&allowed, &named).await.unwrap();
    let hosts = "stat -c '%a %u:%g' /etc/hosts; grep -v ^# /etc/hosts";
    assert_eq!(real.shell(vm, hosts), "640 0:0\n127.0.0.1 localhost\n10.0.0.99 db\n");
    engine.hand(&allowed, &handed).await.unwrap();
    assert_eq!(real.shell(vm, "cat /etc/hosts"), "127.0.0.1 localhost\n");
    real.shell(vm, "rm -rf /root/.ssh");
    engine.hand(&allowed, &handed).await.unwrap();
    let text = "stat -c '%a %u:%g' /root/.ssh /root/.ssh/authorized_keys; grep -c uno /root/.ssh/authorized_keys; ls -A /root/.ssh";
    assert_eq!(real.shell(vm, text), "700 0:0\n600 0:0\n1\nauthorized_keys\n");
    // What served the files ends by itself, and until then does nothing.
    let begun = Instant::now();
    while !spent(real).is_empty() {
        assert!(spent(real).iter().all(|(_, ticks)| *ticks < 300), "{:?}", spent(real));
        assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", spent(real));
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// What no archive can hold is named; and once it is gone there is one.
async fn archives(real: &Real, vm: &Vm) {
    let (allowed, file) = (permit(vm), folder(&real.lab).join("spoiled.tar.zst"));
    let export = async || real.engine.export(&allowed, &file, 1 << 30, &|_, _| ()).await;
    let root = real.lab.dir().join(format!(
        "n1/storage-pools/default/containers/puerta_{}/rootfs/root",
        Which::Main.instance(vm.vmid)
    ));
    std::fs::write(root.join("x"), "x").unwrap();
    let (name, value) = ("user.a=b", b"1");
    rustix::fs::setxattr(root.join("x"), name, value, rustix::fs::XattrFlags::empty()).unwrap();
    let attribute = Spoiled::Attribute { file: "/root/x".into(), name: name.into() };
    assert_eq!(export().await, Err(EngineError::Spoiled(attribute)));
    std::fs::remove_file(root.join("x")).unwrap();
    let deep = "import os, sys
os.chdir(sys.argv[1])
for _ in range(25):
    os.mkdir('d' * 200)
    os.chdir('d' * 200)";
    real.lab.sh("nodo01", &["python3", "-c", deep, root.to_str().unwrap()]);
    let error = export().await.unwrap_err();
    let EngineError::Spoiled(Spoiled::Path(path)) = &error else { panic!("{error:?}") };
    assert!(path.starts_with("/root/ddd") && path.chars().count() < 100, "{path}");
    let deep = root.join("d".repeat(200));
    real.lab.sh("nodo01", &["rm", "-rf", deep.to_str().unwrap()]);
    export().await.unwrap();
}

/// What it does not start without is named, and a terminal without a shell says that.
async fn starts(real: &Real, vm: &Vm) {
    let (allowed, engine) = (permit(vm), &real.engine);
    let open = async || {
        let mut terminal = engine.console(&allowed, None, Size { columns: 80, rows: 24 }).await.unwrap();
        while terminal.output.recv().await.is_some() {}
        terminal.end.await.unwrap()
    };
    real.shell(vm, "mv /usr/bin/sh /usr/bin/sh.away");
    assert_eq!(open().await, Err(EngineError::Spoiled(Spoiled::Shell)));
    let root = real
        .lab
        .dir()
        .join(format!("n1/storage-pools/default/containers/puerta_{}/rootfs", Which::Main.instance(vm.vmid)));
    std::fs::rename(root.join("usr/bin/sh.away"), root.join("usr/bin/sh")).unwrap();
    engine.stop(&allowed, Which::Main, Duration::ZERO).await.unwrap();
    let start = async || engine.start(&allowed, Which::Main).await;
    let broken = |file: &str| Err(EngineError::Spoiled(Spoiled::Start(file.into())));
    // Incus may call a machine running for a moment whose start has failed: the next start would believe it.
    let settled = async || engine.stop(&allowed, Which::Main, Duration::ZERO).await.unwrap();
    for gone in ["usr/bin/busybox", "usr/sbin/init"] {
        std::fs::rename(root.join(gone), root.join("away")).unwrap();
        assert_eq!(start().await, broken("/sbin/init"), "{gone}");
        settled().await;
        std::fs::rename(root.join("away"), root.join(gone)).unwrap();
    }
    for (place, made) in [("dev", "echo >\"$1\""), ("proc", "ln -s /root \"$1\"")] {
        let there = root.join(place);
        std::fs::remove_dir(&there).unwrap();
        real.lab.sh("nodo01", &["sh", "-c", made, "sh", there.to_str().unwrap()]);
        assert_eq!(start().await, broken(&format!("/{place}")), "{place}");
        settled().await;
        std::fs::remove_file(&there).unwrap();
        std::fs::create_dir(&there).unwrap();
    }
    start().await.unwrap();
}
