//! kill -9 in the middle of writing.

use crate::house::{CAMPUS, House, WEB1, desired, site, tcp};
use crate::place::is_alive;
use crate::{CHILD, Subject};
use puerta_firewall::reconcile::Reconciler;
use puerta_firewall::{Desired, Done};
use rustix::process::{Pid, Signal, kill_process_group};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const KILLS: u64 = 25;

fn wanted() -> Desired {
    let mut desired = desired();
    desired.publications.insert(50_001, tcp("10.0.0.66:80", &[]));
    desired
}

/// Writes everything anew for ever, in the namespace that it is started in.
fn writes_for_ever(subject: &dyn Subject) {
    let mut reconciler = Reconciler::new(site(), subject.backend()).unwrap();
    let mut desired = wanted();
    for count in 0_u32.. {
        desired.egress.default = format!("203.0.113.{}", count % 100).parse().unwrap();
        let _ = reconciler.reconcile(&desired);
    }
}

/// The test starts itself once more, as the one that writes.
pub(crate) fn killed_while_writing_it_is_old_or_new(subject: &dyn Subject) {
    if std::env::var_os(CHILD).is_some() {
        return writes_for_ever(subject);
    }
    let mut house = House::new(subject);
    house.web1.serve("10.0.0.66:80");
    let met = house.web2.serve_udp("10.0.0.130:9000");
    let around = house.web1.serve_udp("10.0.0.66:9000");
    house.desired = wanted();
    house.reconcile();
    assert!(subject.is_whole());
    let mut open = house.outside.reaches(CAMPUS, "192.0.2.1:50001");
    let mut written = 0;
    let over = AtomicBool::new(false);
    let (looks, tries) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        // Whatever happens in here, the others end.
        let _end = End(&over);
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                assert!(subject.is_whole());
                looks.fetch_add(1, Ordering::Relaxed);
            }
        });
        for (place, from, to) in
            [(&house.web1, WEB1, "10.0.0.130:9000"), (&house.outside, CAMPUS, "10.0.0.66:9000")]
        {
            let socket = place.udp(from);
            let (over, tries) = (&over, &tries);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let _ = socket.send_to(b"hello", to);
                    tries.fetch_add(1, Ordering::Relaxed);
                    thread::sleep(Duration::from_micros(500));
                }
            });
        }
        for kill in 0..KILLS {
            let mut writer = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", thread::current().name().unwrap()])
                .env(CHILD, "1")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .process_group(0)
                .spawn()
                .unwrap();
            // Anywhere in a write: they take some tens of milliseconds.
            thread::sleep(Duration::from_millis(150 + kill * 7));
            // With what it started.
            kill_process_group(Pid::from_child(&writer), Signal::KILL).unwrap();
            assert!(!writer.wait().unwrap().success());
            assert!(is_alive(&mut open), "the port is never closed either");
            let view = house.reconciler.look(&house.desired).unwrap();
            written += usize::from(view.would != Done::Nothing);
        }
    });
    assert!(written > KILLS as usize / 2, "the writer writes: {written}");
    let (looks, tries) = (looks.into_inner(), tries.into_inner());
    assert!(looks > 20 && tries > 1000, "{looks} {tries}");
    assert!(met.addresses().is_empty() && around.addresses().is_empty(), "it was open for a moment");
    let start = Instant::now();
    let _ = house.reconcile();
    assert_eq!(house.reconcile().done, Done::Nothing);
    assert!(start.elapsed() < Duration::from_secs(5));
    house.outside.reaches(CAMPUS, "192.0.2.1:50001");
}

struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
