//! The load of `contrib/bench`: an SSH client that is cheaper than OpenSSH's, so that the servers
//! are what is measured, and the targets behind them. It knows nothing of either server.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

mod floor;

use anyhow::{Context, bail};
use russh::client::{Config, Handle, Handler, connect};
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate, load_secret_key};
use russh::{Channel, ChannelMsg, Disconnect, Preferred, cipher, client::Msg, kex};
use std::borrow::Cow;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const USAGE: &str = "usage: bench-load targets ADDRESS
       bench-load proxy TARGET SOURCE SINK | pipe HOST PORT | cipher BYTES
       bench-load logins|idle|echo|list|stalled|hoard HOST PORT USER KEY ARGUMENTS";

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["targets", address] => return targets(address),
        ["proxy", target, source, sink] => return floor::proxy(target, [source.parse()?, sink.parse()?]),
        ["pipe", host, port] => return floor::pipe((host, port.parse()?)),
        ["cipher", bytes] => return floor::cipher(bytes.parse()?),
        _ => {}
    }
    let [what, host, port, user, key, ref rest @ ..] = words[..] else { bail!(USAGE) };
    let server = Server {
        address: (host.to_owned(), port.parse()?),
        user: user.to_owned(),
        key: Arc::new(load_secret_key(key, None)?),
    };
    let server = Arc::new(server);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match (what, rest) {
            ("logins", [host, port, count, at_once]) => {
                logins(server, Target::new(host, port)?, count.parse()?, at_once.parse()?).await
            }
            ("idle", [host, port, count, burst]) => {
                idle(&server, &Target::new(host, port)?, count.parse()?, burst.parse()?).await
            }
            ("echo", [host, port, count]) => echo(&server, &Target::new(host, port)?, count.parse()?).await,
            ("list", [command, count]) => list(&server, command, count.parse()?).await,
            ("stalled", [host, port, never, seconds]) => {
                let (target, never) = (Target::new(host, port)?, Target::new(host, never)?);
                stalled(&server, &target, &never, Duration::from_secs(seconds.parse()?)).await
            }
            ("hoard", [connections, channels, bytes]) => {
                hoard(&server, connections.parse()?, channels.parse()?, bytes.parse()?).await
            }
            _ => bail!(USAGE),
        }
    })
}

// --- targets ---------------------------------------------------------------------------------

/// Listens on free ports of `address` and prints `NAME PORT` lines; ends with its standard input.
fn targets(address: &str) -> anyhow::Result<()> {
    type Serve = fn(TcpStream) -> std::io::Result<()>;
    let all: [(&str, Serve); 5] =
        [("source", source), ("sink", sink), ("echo", give_back), ("never", never), ("flood", flood)];
    for (name, serve) in all {
        let listener = TcpListener::bind((address, 0)).with_context(|| address.to_owned())?;
        println!("{name} {}", listener.local_addr()?.port());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away ends its thread; nobody needs to hear of it.
                std::thread::Builder::new().stack_size(1 << 20).spawn(move || serve(stream)).map(drop).ok();
            }
        });
    }
    println!("ready");
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

/// Says that it is there, and reads how many bytes are wanted: a decimal number and a newline.
fn greet(stream: &mut TcpStream) -> std::io::Result<u64> {
    stream.set_nodelay(true)?;
    stream.write_all(b"G")?;
    let mut text = String::new();
    let mut byte = [0];
    loop {
        stream.read_exact(&mut byte)?;
        match byte[0] {
            b'\n' => return text.parse().map_err(std::io::Error::other),
            digit => text.push(digit.into()),
        }
    }
}

/// Gives so many bytes, then waits for the end.
fn source(mut stream: TcpStream) -> std::io::Result<()> {
    let mut left = greet(&mut stream)?;
    let piece = vec![0; 256 * 1024];
    while left > 0 {
        let n = left.min(piece.len() as u64);
        stream.write_all(&piece[..n as usize])?;
        left -= n;
    }
    std::io::copy(&mut stream, &mut std::io::sink()).map(drop)
}

/// Takes so many bytes, and says when it has them.
fn sink(mut stream: TcpStream) -> std::io::Result<()> {
    let mut left = greet(&mut stream)?;
    let mut piece = vec![0; 256 * 1024];
    while left > 0 {
        match stream.read(&mut piece)? {
            0 => return Ok(()),
            n => left = left.saturating_sub(n as u64),
        }
    }
    stream.write_all(b"K")?;
    std::io::copy(&mut stream, &mut std::io::sink()).map(drop)
}

fn give_back(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece)? {
            0 => return Ok(()),
            n => stream.write_all(&piece[..n])?,
        }
    }
}

/// Reads nothing, for ever.
fn never(stream: TcpStream) -> std::io::Result<()> {
    loop {
        std::thread::sleep(Duration::from_secs(3600));
        stream.take_error()?;
    }
}

/// Gives without end and reads nothing.
fn flood(mut stream: TcpStream) -> std::io::Result<()> {
    let piece = vec![0; 256 * 1024];
    loop {
        stream.write_all(&piece)?;
    }
}

// --- client ----------------------------------------------------------------------------------

struct Server {
    address: (String, u16),
    user: String,
    key: Arc<PrivateKey>,
}

#[derive(Clone)]
struct Target {
    host: String,
    port: u32,
}

impl Target {
    fn new(host: &str, port: &str) -> anyhow::Result<Self> {
        Ok(Self { host: host.to_owned(), port: port.parse()? })
    }
}

/// Believes any host key: both servers are on loopback and were started by the bench.
struct Believe;

impl Handler for Believe {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

impl Server {
    /// Logged in by key, with the same algorithms whatever the server would like best.
    async fn login(&self) -> anyhow::Result<Handle<Believe>> {
        let preferred = Preferred {
            kex: Cow::Borrowed(&[kex::CURVE25519, kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT]),
            cipher: Cow::Borrowed(&[cipher::AES_128_GCM]),
            ..Preferred::DEFAULT
        };
        let config = Config { preferred, nodelay: true, ..Config::default() };
        let mut handle = connect(Arc::new(config), self.address.clone(), Believe).await?;
        let key = PrivateKeyWithHashAlg::new(Arc::clone(&self.key), None);
        if !handle.authenticate_publickey(&self.user, key).await?.success() {
            bail!("`{}` may not log in", self.user);
        }
        Ok(handle)
    }
}

async fn open(handle: &Handle<Believe>, target: &Target) -> anyhow::Result<Channel<Msg>> {
    Ok(handle.channel_open_direct_tcpip(&target.host, target.port, "127.0.0.1", 1).await?)
}

/// The next bytes of a channel.
async fn next(channel: &mut Channel<Msg>) -> anyhow::Result<bytes::Bytes> {
    loop {
        match channel.wait().await {
            Some(ChannelMsg::Data { data }) => return Ok(data),
            Some(ChannelMsg::Close) | None => bail!("the channel was closed"),
            Some(_) => {}
        }
    }
}

/// One byte there and back.
async fn ping(channel: &mut Channel<Msg>) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    channel.data_bytes(&b"x"[..]).await?;
    next(channel).await?;
    Ok(begun.elapsed())
}

/// Connections that log in, carry one byte and leave. Prints logins a second.
async fn logins(server: Arc<Server>, target: Target, count: usize, at_once: usize) -> anyhow::Result<()> {
    let begun = Instant::now();
    let left = Arc::new(AtomicUsize::new(count));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..at_once {
        let (server, target, left) = (Arc::clone(&server), target.clone(), Arc::clone(&left));
        tasks.spawn(async move {
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
                let handle = server.login().await?;
                ping(&mut open(&handle, &target).await?).await?;
                handle.disconnect(Disconnect::ByApplication, "", "").await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    println!("{:.3}", count as f64 / begun.elapsed().as_secs_f64());
    Ok(())
}

/// Sessions with one open channel each, which carried `burst` bytes down before (0: an echo of one
/// byte). Prints `ready` and keeps them until the end of its standard input.
async fn idle(server: &Server, target: &Target, count: usize, burst: u64) -> anyhow::Result<()> {
    let mut kept = Vec::new();
    for _ in 0..count {
        let handle = server.login().await?;
        let mut channel = open(&handle, target).await?;
        if burst == 0 {
            ping(&mut channel).await?;
        } else {
            next(&mut channel).await?;
            channel.data_bytes(format!("{burst}\n")).await?;
            let mut got = 0;
            while got < burst {
                got += next(&mut channel).await?.len() as u64;
            }
        }
        kept.push((handle, channel));
    }
    println!("ready");
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await??;
    Ok(())
}

/// One person who takes what they can: so many connections with so many sessions each, and in each so many
/// bytes before anything is asked for. Prints how many sessions there are, and keeps them until the end of its
/// standard input. What is refused or ended is not tried again.
async fn hoard(server: &Server, connections: usize, channels: usize, bytes: usize) -> anyhow::Result<()> {
    let mut kept = Vec::new();
    let piece = bytes::Bytes::from(vec![b'x'; bytes]);
    for _ in 0..connections {
        let Ok(handle) = server.login().await else { continue };
        let mut open = Vec::new();
        for _ in 0..channels {
            let Ok(channel) = handle.channel_open_session().await else { break };
            let piece = piece.clone();
            let sent = channel.data_bytes(piece);
            drop(tokio::time::timeout(Duration::from_millis(50), sent).await);
            open.push(channel);
        }
        kept.push((handle, open));
    }
    println!("{}", kept.iter().map(|(_, open)| open.len()).sum::<usize>());
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await??;
    Ok(())
}

/// Prints the median and the 99th percentile in microseconds.
fn percentiles(mut times: Vec<Duration>) -> anyhow::Result<()> {
    times.sort_unstable();
    let at = |part: f64| times.get(((times.len() as f64 * part) as usize).min(times.len() - 1));
    let (Some(p50), Some(p99)) = (at(0.5), at(0.99)) else { bail!("nothing was measured") };
    println!("{:.1} {:.1}", p50.as_secs_f64() * 1e6, p99.as_secs_f64() * 1e6);
    Ok(())
}

/// One byte after another through one channel.
async fn echo(server: &Server, target: &Target, count: usize) -> anyhow::Result<()> {
    let handle = server.login().await?;
    let mut channel = open(&handle, target).await?;
    for _ in 0..50 {
        ping(&mut channel).await?;
    }
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        times.push(ping(&mut channel).await?);
    }
    percentiles(times)
}

/// A command again and again over one connection, each to its end.
async fn list(server: &Server, command: &str, count: usize) -> anyhow::Result<()> {
    let handle = server.login().await?;
    let mut times = Vec::with_capacity(count);
    for turn in 0..count + 5 {
        let begun = Instant::now();
        let mut channel = handle.channel_open_session().await?;
        channel.exec(true, command).await?;
        let mut status = None;
        let mut said = 0;
        while let Some(message) = channel.wait().await {
            match message {
                ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
                ChannelMsg::Data { data } => said += data.len(),
                _ => {}
            }
        }
        if status != Some(0) || said == 0 {
            bail!("`{command}` ended with {status:?} and {said} bytes");
        }
        if turn >= 5 {
            times.push(begun.elapsed());
        }
    }
    percentiles(times)
}

/// An echo beside a channel that is filled and whose target never reads. Prints the longest time
/// that an echo took in milliseconds, and the median after the stall.
async fn stalled(server: &Server, target: &Target, never: &Target, long: Duration) -> anyhow::Result<()> {
    let handle = server.login().await?;
    let mut beside = open(&handle, target).await?;
    for _ in 0..50 {
        ping(&mut beside).await?;
    }
    let stuck = open(&handle, never).await?;
    let filling = tokio::spawn(async move {
        let piece = bytes::Bytes::from(vec![0; 32 * 1024]);
        while stuck.data_bytes(piece.clone()).await.is_ok() {}
    });
    let begun = Instant::now();
    let mut longest = Duration::ZERO;
    let mut last = Vec::new();
    while begun.elapsed() < long {
        let took = tokio::time::timeout(Duration::from_secs(60), ping(&mut beside)).await;
        let took = took.context("no echo for a minute beside a stalled channel")??;
        longest = longest.max(took);
        last.push(took);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    filling.abort();
    let mut last = last.split_off(last.len() / 2);
    last.sort_unstable();
    println!("{:.3} {:.3}", longest.as_secs_f64() * 1e3, last[last.len() / 2].as_secs_f64() * 1e3);
    Ok(())
}
