//! What any door costs that looks at the bytes: a proxy without a cipher, and one pass of the cipher.

use anyhow::anyhow;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// What is read at a time, as puerta does.
const COPIED: usize = 64 * 1024;
/// A packet of OpenSSH's.
const SEALED: usize = 32 * 1024;

/// Carries bytes to two ports of `target` and back, and nothing else; prints `NAME PORT` lines, and ends with its
/// standard input. One connection at a time is what is measured.
pub(crate) fn proxy(target: &str, [source, sink]: [u16; 2]) -> anyhow::Result<()> {
    for (name, port) in [("source", source), ("sink", sink)] {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        println!("{name} {}", listener.local_addr()?.port());
        let target = target.to_owned();
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                if let Ok(far) = TcpStream::connect((target.as_str(), port)) {
                    both_ways(near, far).ok();
                }
            }
        });
    }
    println!("ready");
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

fn both_ways(near: TcpStream, far: TcpStream) -> std::io::Result<()> {
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    for (from, to) in [(near.try_clone()?, far.try_clone()?), (far, near)] {
        std::thread::spawn(move || carry(from, to));
    }
    Ok(())
}

/// By hand, so that nothing of the kernel's own ways round a copy is used: puerta must see the bytes.
fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut piece = vec![0; COPIED];
    while let Ok(n @ 1..) = from.read(&mut piece) {
        if to.write_all(&piece[..n]).is_err() {
            return;
        }
    }
    to.shutdown(std::net::Shutdown::Write).ok();
}

/// Standard input to there, and what comes back to standard output.
pub(crate) fn pipe(to: (&str, u16)) -> anyhow::Result<()> {
    let (mut down, mut up) = {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        (stream.try_clone()?, stream)
    };
    std::thread::spawn(move || {
        let mut piece = vec![0; COPIED];
        while let Ok(n @ 1..) = std::io::stdin().read(&mut piece) {
            if up.write_all(&piece[..n]).is_err() {
                return;
            }
        }
        up.shutdown(std::net::Shutdown::Write).ok();
    });
    let (mut piece, mut out) = (vec![0; COPIED], std::io::stdout().lock());
    while let n @ 1.. = down.read(&mut piece)? {
        out.write_all(&piece[..n])?;
        out.flush()?;
    }
    Ok(())
}

/// One pass of AES-128-GCM over so many bytes in packets, sealed and opened; CPU seconds of each.
pub(crate) fn cipher(bytes: u64) -> anyhow::Result<()> {
    use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
    let key = || UnboundKey::new(&AES_128_GCM, &[7; 16]).map(LessSafeKey::new).map_err(|_| anyhow!("no key"));
    let (sealing, opening) = (key()?, key()?);
    let nonce = || Nonce::assume_unique_for_key([7; 12]);
    let (mut seal, mut open) = (Duration::ZERO, Duration::ZERO);
    let mut packet = vec![0; SEALED + AES_128_GCM.tag_len()];
    for _ in 0..bytes / SEALED as u64 {
        let begun = Instant::now();
        let tag = sealing.seal_in_place_separate_tag(nonce(), Aad::from([0; 4]), &mut packet[..SEALED]);
        packet[SEALED..].copy_from_slice(tag.map_err(|_| anyhow!("not sealed"))?.as_ref());
        let sealed = Instant::now();
        opening.open_in_place(nonce(), Aad::from([0; 4]), &mut packet).map_err(|_| anyhow!("not opened"))?;
        seal += sealed - begun;
        open += sealed.elapsed();
    }
    println!("{} {}", seal.as_secs_f64(), open.as_secs_f64());
    Ok(())
}
