//! A little noise, the same every time: whatever a client says, it costs its own connection at most.

use crate::canary::Canary;
use crate::client::{Client, kexinit};
use crate::packet::{Dice, Packet};
use crate::support::House;
use std::time::Duration;

/// Flips, cuts, lengthens.
fn spoil(dice: &mut Dice, packet: &mut Packet) {
    let bytes = &mut packet.0;
    for _ in 0..=dice.below(3) {
        let at = dice.below(bytes.len().max(1));
        match dice.below(5) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
            1 if !bytes.is_empty() => bytes[at] = dice.next() as u8,
            2 => bytes.truncate(at.max(1)),
            3 => {
                let more = dice.below(40);
                let more = dice.bytes(more);
                bytes.extend(more);
            }
            _ if at + 4 < bytes.len() => bytes[at..at + 4].copy_from_slice(&[0xff; 4]),
            _ => {}
        }
    }
}

#[test]
fn noise_before_the_login() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    let mut dice = Dice(0x5eed_0001);
    for n in 0..300 {
        let mut client = match n % 4 {
            0 => Client::dial(house.port),
            1 | 2 => Client::greeted(house.port).unwrap(),
            _ => Client::knocking(house.port).unwrap(),
        };
        let length = dice.below(2000);
        match n % 4 {
            0 => {
                let noise = dice.bytes(length);
                let _ = client.write(&noise);
            }
            1 => {
                let mut packet = kexinit("curve25519-sha256", "aes128-gcm@openssh.com");
                spoil(&mut dice, &mut packet);
                let _ = client.send(&packet);
            }
            2 => {
                let _ = client.send(&kexinit("mlkem768x25519-sha256", "aes128-gcm@openssh.com"));
                let share = dice.bytes(1184 + 32);
                let mut packet = Packet::new(30).string(share);
                spoil(&mut dice, &mut packet);
                let _ = client.send(&packet);
            }
            _ => {
                let mut packet = match dice.below(3) {
                    0 => Client::auth("alumno1", "password").bool(false).string("x"),
                    1 => Client::auth("alumno1", "publickey").bool(true).string("ssh-ed25519").string("key"),
                    _ => Client::auth("alumno1", "keyboard-interactive").string("").string(""),
                };
                spoil(&mut dice, &mut packet);
                let _ = client.send(&packet);
                let _ = client.receive_within(Duration::from_millis(20));
            }
        }
    }
    canary.unharmed();
}

#[test]
fn noise_after_the_login() {
    let house = House::new("");
    let mut canary = Canary::new(&house);
    house.ok("alumno1", &["vm", "create", "web1", "--template", "mini"]);
    let mut dice = Dice(0x5eed_0002);
    let mut client = Client::login(&house, "alumno1");
    let mut logins = 0;
    for n in 0..2400_u32 {
        let channel = dice.below(4) as u32;
        let mut packet = match dice.below(14) {
            0 => Client::open_packet("session", n, 1 << 20),
            1 => Client::tcpip_packet(n, 1 << 20, b"web1", 7007),
            2 => Client::request_packet(channel, "exec", true).string("whoami"),
            3 => Client::request_packet(channel, "shell", true),
            4 => Client::request_packet(channel, "pty-req", true)
                .string("xterm")
                .u32(80)
                .u32(24)
                .u32(0)
                .u32(0)
                .string([1, 0, 0, 0, 3, 0]),
            5 => Client::request_packet(channel, "env", true).string("LANG").string("es_ES"),
            6 => Client::request_packet(channel, "window-change", false).u32(1).u32(u32::MAX).u32(0).u32(0),
            7 => Client::request_packet(channel, "signal", false).string("INT"),
            8 => Packet::new(94).u32(channel).string("whoami\nvm list\nhelp\n\x03\x1b[A\x7f\t"),
            9 => Packet::new(95).u32(channel).u32(1).string("x"),
            10 => Packet::new(93).u32(channel).u32(dice.next() as u32),
            11 => Packet::new([96, 97, 99, 100, 91, 92][dice.below(6)]).u32(channel),
            12 => Packet::new(80).string("tcpip-forward").bool(true).string("x").u32(1),
            _ => {
                let length = dice.below(200);
                Packet(dice.bytes(length + 1))
            }
        };
        if dice.below(3) == 0 {
            spoil(&mut dice, &mut packet);
        }
        let mut sent = client.send(&packet).is_ok();
        while sent && n % 4 == 0 {
            match client.receive_within(Duration::from_millis(1)) {
                Ok(_) => {}
                Err(gone) => {
                    sent = gone.was_silent();
                    break;
                }
            }
        }
        if !sent {
            client = Client::login(&house, "alumno1");
            logins += 1;
        }
    }
    eprintln!("{logins} connections ended");
    canary.unharmed();
}
