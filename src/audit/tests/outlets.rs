//! Lines that go elsewhere too, and what happens when they cannot.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use super::*;

fn wait(what: &str, mut is: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < Duration::from_secs(20), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[tokio::test]
async fn a_copy_has_every_line() {
    let (folder, key) = (Folder::new(), key());
    let copy = folder.0.join("copy.json");
    let settings = || Settings { copy: Some(copy.clone()), ..signing(&key) };
    let audit = folder.open_with(settings());
    for _ in 0..100 {
        audit.begin(login("alumno1")).await.unwrap();
    }
    audit.close().await;
    assert_eq!(fs::read_to_string(&copy).unwrap(), folder.text(), "the signature too");
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    // The copy is a log that can be checked, with the end that the log lacks.
    let text = folder.text();
    fs::write(folder.log(), text.lines().next().unwrap().to_owned() + "\n").unwrap();
    assert!(verify_with(&folder.log(), &key.public_keys()).broken.is_some());
    let elsewhere = folder.0.join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::rename(&copy, elsewhere.join("copy.json")).unwrap();
    let verdict = verify_with(&elsewhere.join("copy.json"), &key.public_keys());
    assert_eq!((verdict.broken, verdict.lines), (None, 101));
}

#[tokio::test]
async fn a_copy_that_fails_stops_nobody_and_is_counted() {
    let folder = Folder::new();
    let nowhere = folder.0.join("no/such/copy.json");
    let audit = folder.open_with(Settings { copy: Some(nowhere.clone()), ..Settings::default() });
    audit.begin(login("alumno1")).await.unwrap();
    let mut noted = Vec::new();
    wait("the loss is noted", || {
        noted = folder.lines().into_iter().filter(|line| line["code"] == "audit.not-copied").collect();
        audit.finish_now(Event::finish("login"));
        !noted.is_empty()
    });
    assert_eq!(noted[0]["detail"]["to"], "copy");
    // One, or more when the thread of the copy had its turn late.
    let written = folder.lines().len() as u64;
    let lost = noted[0]["detail"]["lines"].as_u64().unwrap();
    assert!((1..written).contains(&lost), "{lost} of {written}");
    fs::create_dir_all(nowhere.parent().unwrap()).unwrap();
    audit.begin(login("alumno2")).await.unwrap();
    wait("it goes on when it can", || {
        fs::read_to_string(&nowhere).is_ok_and(|text| text.contains("alumno2"))
    });
}

#[tokio::test]
async fn syslog_has_a_message_a_line() {
    let folder = Folder::new();
    let path = folder.0.join("log");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let audit = folder.open_with(Settings { syslog: Some(path), ..Settings::default() });
    let long = vec!["ñ".repeat(240); 16];
    audit.begin(login("alumno1").with("words", long)).await.unwrap();
    audit.begin(login("alumno2")).await.unwrap();
    let mut message = vec![0; 64 * 1024];
    for line in folder.text().lines() {
        let length = socket.recv(&mut message).unwrap();
        let text = std::str::from_utf8(&message[..length]).unwrap();
        assert_eq!(text, format!("<38>puerta[{}]: {line}", std::process::id()), "auth.info, and whole");
    }
}

/// A reader that does not read: nobody waits for it, and what it misses is counted.
#[tokio::test]
async fn a_stuck_syslog_holds_nobody_up() {
    let folder = Folder::new();
    let path = folder.0.join("log");
    let socket = UnixDatagram::bind(&path).unwrap();
    let audit = folder.open_with(Settings { syslog: Some(path.clone()), ..Settings::default() });
    for _ in 0..5000 {
        audit.begin(login("alumno1")).await.unwrap();
    }
    assert!(folder.lines().len() >= 5000, "the log has them all, whatever the socket does");
    // It is gone: what waits for it is lost at once, counted, and the log can be closed.
    drop(socket);
    fs::remove_file(&path).unwrap();
    wait("the losses are noted", || {
        audit.finish_now(Event::finish("login"));
        folder.text().contains(r#""code":"audit.not-copied""#)
    });
    audit.close().await;
    assert_eq!(verify(&folder.log()).unwrap().broken, None);
}
