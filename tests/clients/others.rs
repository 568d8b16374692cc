//! PuTTY's family and dropbear's client.

use super::*;

/// The fingerprint of a host key, as PuTTY's `-hostkey` takes it.
fn fingerprint(lab: &Lab, path: &str) -> String {
    let said = good(lab.program("ssh-keygen").arg("-lf").arg(lab.house.dir.join(path)));
    said.out.split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn putty() {
    let lab = Lab::new();
    let ppk = lab.home.join("alumno1.ppk");
    good(lab.program("puttygen").arg(lab.house.key("alumno1")).args(["-O", "private", "-o", text(&ppk)]));
    let door = fingerprint(&lab, "state/ssh_host_ed25519_key.pub");
    let machine = fingerprint(&lab, "keys/machine.pub");
    let port = lab.house.port.to_string();
    let with_key = ["-batch", "-noagent", "-i", text(&ppk), "-hostkey"];
    let mut plink = lab.program("plink");
    plink.args(with_key).args([&*door, "-P", &port, "alumno1@127.0.0.1", "vm", "list", "--json"]);
    lists_web1(&said(&mut plink));

    // With nothing saved: the way in is a command.
    let way = format!(
        "plink -batch -noagent -i {} -hostkey {door} -P {port} -nc %host:%port alumno1@127.0.0.1",
        text(&ppk)
    );
    let through = |name: &str| {
        let mut command = lab.program(name);
        command.args(with_key).args([&*machine, "-proxycmd", &way]);
        command
    };
    is_trial(&said(through("plink").args(["root@web1", TRIAL])));
    let there = text(&lab.home.join("there")).to_owned();
    good(through("pscp").args(["-q", "in", &format!("root@web1:{there}")]));
    good(through("pscp").args(["-q", &format!("root@web1:{there}"), "back"]));
    lab.is_back("pscp");
    std::fs::write(lab.home.join("batch"), format!("put in {there}\nget {there} back\n")).unwrap();
    good(through("psftp").args(["-b", "batch", "root@web1"]));
    lab.is_back("psftp");

    // As in the windows: two saved sessions, the machine's with "SSH to proxy and use port forwarding" and
    // the name of the other as the proxy. Both host keys are asked about once.
    let saved = lab.home.join(".putty/sessions");
    std::fs::create_dir_all(&saved).unwrap();
    let session = |name: &str, lines: &str| {
        let lines = format!("Protocol=ssh\nPublicKeyFile={}\n{lines}", text(&ppk));
        std::fs::write(saved.join(name), lines).unwrap();
    };
    session("puerta", &format!("HostName=127.0.0.1\nPortNumber={port}\nUserName=alumno1\n"));
    session(
        "web1",
        "HostName=web1\nPortNumber=22\nUserName=root\nProxyMethod=6\nProxyHost=puerta\nProxyDNS=2\n",
    );
    let mut plink = lab.program("plink");
    plink.args(["-no-antispoof", "-load", "web1", TRIAL]);
    let mut terminal = Pty::new(&plink);
    for host in ["127.0.0.1", "web1"] {
        terminal.until(host);
        terminal.until("Store key in cache? (y/n, ");
        terminal.send("y\r");
    }
    terminal.until("hola");
    assert_eq!(terminal.end().code, 7);
    is_trial(&said(lab.program("plink").args(["-batch", "-load", "web1", TRIAL])));
}

#[test]
fn dropbear() {
    let lab = Lab::new();
    let key = lab.home.join("alumno1.dropbear");
    let mut convert = lab.program("dropbearconvert");
    good(convert.args(["openssh", "dropbear"]).arg(lab.house.key("alumno1")).arg(&key));
    let port = lab.house.port;
    // This client's lines have no port, and no comment after the key.
    let line = |host: &str, path: &str| {
        let key = lab.public(path);
        let key: Vec<&str> = key.split(' ').take(2).map(str::trim).collect();
        format!("{host} {}\n", key.join(" "))
    };
    let known = line("127.0.0.1", "state/ssh_host_ed25519_key.pub") + &line("web1", "keys/machine.pub");
    std::fs::write(lab.known(), known).unwrap();
    let mut client = lab.program("dbclient");
    client.arg("-i").arg(&key).args(["-p", &port.to_string(), "alumno1@127.0.0.1", "vm list --json"]);
    lists_web1(&said(&mut client));
    // It calls itself for the first hop, by the name that it was called by.
    let mut client = lab.program("dbclient");
    client.arg("-i").arg(&key).args([&format!("alumno1@127.0.0.1/{port},root@web1"), TRIAL]);
    is_trial(&said(&mut client));

    let mut telephone = lab.with_factor();
    let mut client = lab.program("dbclient");
    client.args(["-p", &port.to_string(), "alumno1@127.0.0.1", "whoami --json"]);
    let mut terminal = Pty::new(&client);
    terminal.until("Password or code: ");
    terminal.send(&format!("{PASSWORD}\r"));
    terminal.until("Verification code: ");
    terminal.send(&format!("{}\r", telephone.next_of_paper()));
    terminal.until("\"proved\":true");
    assert_eq!(terminal.end().code, 0);
}
