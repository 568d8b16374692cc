//! The firewall as the rest of puerta sees it: a task that owns the helper's pipes, and calls that queue
//! for it.

use super::pipe::{Answer, LONGEST, Line, Request, line};
use super::{Desired, FirewallError, NewConnection, Report, Result, Target, View};
use std::io;
use std::process::Child;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::pipe;
use tokio::sync::{Mutex, mpsc, oneshot};

/// Calls that wait for their turn; more than that wait for a place.
const QUEUE: usize = 64;
/// New connections that nobody looked at yet; more than that are left out.
const UNSEEN: usize = 1024;

/// A way to the firewall; clones share it. Calls are carried out one after another.
#[derive(Debug, Clone)]
pub struct Firewall(Option<Arc<Way>>);

#[derive(Debug)]
struct Way {
    asks: mpsc::Sender<Ask>,
    connections: Mutex<mpsc::Receiver<NewConnection>>,
}

#[derive(Debug)]
enum Ask {
    Request(Request, oneshot::Sender<Result<Answer>>),
    Close(oneshot::Sender<()>),
}

impl Firewall {
    /// None: every call is refused with [`FirewallError::Off`].
    pub fn off() -> Self {
        Self(None)
    }

    /// Over the pipes of a helper that said it is ready. To be called on a runtime.
    pub fn spawned(child: Child) -> io::Result<Self> {
        let helper = Helper::new(child)?;
        let (asks, asked) = mpsc::channel(QUEUE);
        let (seen, connections) = mpsc::channel(UNSEEN);
        tokio::spawn(tend(helper, asked, seen));
        Ok(Self(Some(Arc::new(Way { asks, connections: Mutex::new(connections) }))))
    }

    /// Whether there is none.
    pub fn is_off(&self) -> bool {
        self.0.is_none()
    }

    /// Makes the kernel have what should be.
    pub async fn reconcile(&self, desired: &Desired) -> Result<Report> {
        self.report(Request::Reconcile(desired.clone())).await
    }

    /// One publication comes or goes: the short way, which reads and writes nothing else. When the kernel
    /// does not have what was there before, it is a reconcile.
    pub async fn change(&self, port: u16, target: Option<&Target>) -> Result<Report> {
        self.report(Request::Change { port, target: target.cloned() }).await
    }

    /// Looks, and changes nothing.
    pub async fn look(&self, desired: &Desired) -> Result<View> {
        match self.ask(Request::Look(desired.clone())).await? {
            Answer::View(view) => Ok(view),
            Answer::Report(_) => Err(FirewallError::Other("the helper answered something else".into())),
        }
    }

    /// The next new connection to a published port; waits for ever where none is reported.
    pub async fn connection(&self) -> NewConnection {
        if let Some(way) = &self.0
            && let Some(connection) = way.connections.lock().await.recv().await
        {
            return connection;
        }
        std::future::pending().await
    }

    /// Lets the helper finish what it is doing, and waits for its end. The rules stay.
    pub async fn close(&self) {
        let Some(way) = &self.0 else { return };
        let (ended, end) = oneshot::channel();
        if way.asks.send(Ask::Close(ended)).await.is_ok() {
            // An error means that it ended before.
            let _ = end.await;
        }
    }

    async fn report(&self, request: Request) -> Result<Report> {
        match self.ask(request).await? {
            Answer::Report(report) => Ok(report),
            Answer::View(_) => Err(FirewallError::Other("the helper answered something else".into())),
        }
    }

    async fn ask(&self, request: Request) -> Result<Answer> {
        let way = self.0.as_ref().ok_or(FirewallError::Off)?;
        let closed = || FirewallError::Away("puerta stops".into());
        let (answer, answered) = oneshot::channel();
        way.asks.send(Ask::Request(request, answer)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

/// Owns the helper while there is one; afterwards says to everybody that there is none.
async fn tend(mut helper: Helper, mut asks: mpsc::Receiver<Ask>, seen: mpsc::Sender<NewConnection>) {
    let why = loop {
        let done = tokio::select! {
            ask = asks.recv() => match ask {
                Some(Ask::Request(request, answer)) => helper.carry(&request, &seen, answer).await,
                Some(Ask::Close(ended)) => {
                    helper.end().await;
                    let _ = ended.send(());
                    return;
                }
                None => return helper.end().await,
            },
            line = helper.next() => line.and_then(|line| notice(line, &seen)),
        };
        if let Err(error) = done {
            break format!("{error}, {}", helper.kill().await);
        }
    };
    tracing::error!(why, "the firewall's helper is gone: rules stay as they are until puerta is restarted");
    while let Some(ask) = asks.recv().await {
        match ask {
            Ask::Request(_, answer) => drop(answer.send(Err(FirewallError::Away(why.clone())))),
            Ask::Close(ended) => drop(ended.send(())),
        }
    }
}

/// What the helper says of itself. The queue being full, the audit leaves one out; the counters do not.
fn notice(line: Line, seen: &mpsc::Sender<NewConnection>) -> io::Result<()> {
    match line {
        Line::Connection(connection) => {
            let _ = seen.try_send(connection);
            Ok(())
        }
        Line::Start(_) | Line::Answer(_) => Err(io::Error::other("it answered what nobody asked")),
    }
}

/// A process, and both its pipes.
struct Helper {
    child: Child,
    to: pipe::Sender,
    from: BufReader<pipe::Receiver>,
    /// The part of a line that has come.
    part: Vec<u8>,
}

impl Helper {
    fn new(mut child: Child) -> io::Result<Self> {
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("the helper has no pipes"));
        };
        let to = pipe::Sender::from_owned_fd(stdin.into())?;
        let from = BufReader::new(pipe::Receiver::from_owned_fd(stdout.into())?);
        Ok(Self { child, to, from, part: Vec::new() })
    }

    /// One request and its answer. The error is the helper's end, and was told to whoever asked.
    async fn carry(
        &mut self,
        request: &Request,
        seen: &mpsc::Sender<NewConnection>,
        answer: oneshot::Sender<Result<Answer>>,
    ) -> io::Result<()> {
        let answered = self.exchange(request, seen).await;
        let told = match &answered {
            Ok(result) => result.clone(),
            Err(error) => Err(FirewallError::Away(error.to_string())),
        };
        // Whoever asked may have gone.
        let _ = answer.send(told);
        answered.map(drop)
    }

    async fn exchange(
        &mut self,
        request: &Request,
        seen: &mpsc::Sender<NewConnection>,
    ) -> io::Result<Result<Answer>> {
        let request = line(request)?;
        if request.len() > LONGEST {
            return Ok(Err(FirewallError::Other("there is more than fits through the pipe".into())));
        }
        self.to.write_all(&request).await?;
        loop {
            match self.next().await? {
                Line::Answer(answer) => return Ok(answer),
                line => notice(line, seen)?,
            }
        }
    }

    /// The next line. What has come is kept when the wait is given up.
    async fn next(&mut self) -> io::Result<Line> {
        loop {
            let chunk = self.from.fill_buf().await?;
            if chunk.is_empty() {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ended"));
            }
            let end = chunk.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let length = end.unwrap_or(chunk.len());
            self.part.extend_from_slice(&chunk[..length]);
            self.from.consume(length);
            if end.is_some() {
                return Ok(serde_json::from_slice(&std::mem::take(&mut self.part))?);
            }
            if self.part.len() > LONGEST {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "it said a line without an end"));
            }
        }
    }

    /// The end of its input is its end.
    async fn end(self) {
        let Self { mut child, to, from, .. } = self;
        drop((to, from));
        let _ = tokio::task::spawn_blocking(move || child.wait()).await;
    }

    /// For one that does not speak sense, or no more; how it ended.
    async fn kill(self) -> String {
        let Self { mut child, .. } = self;
        let waited = tokio::task::spawn_blocking(move || {
            // One that has ended already keeps its own status.
            let _ = child.kill();
            child.wait()
        });
        match waited.await {
            Ok(Ok(status)) => status.to_string(),
            _ => "and nobody knows how".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    /// A helper of a few lines of shell.
    fn helper(script: &str) -> Firewall {
        let child = Command::new("sh")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Firewall::spawned(child).unwrap()
    }

    const CONNECTION: &str = r#"{"connection":{"protocol":"tcp","source":"192.0.2.7:4000","port":50000}}"#;
    const ANSWER: &str =
        r#"{"answer":{"Ok":{"report":{"done":{"done":"nothing"},"traffic":{},"foreign":[]}}}}"#;

    #[tokio::test]
    async fn answers_and_connections_are_told_apart() {
        let script = format!("while read -r asked; do echo '{CONNECTION}'; echo '{ANSWER}'; done");
        let firewall = helper(&script);
        let clone = firewall.clone();
        let (one, two) = tokio::join!(firewall.change(50_000, None), clone.change(50_001, None));
        one.unwrap();
        two.unwrap();
        for _ in 0..2 {
            let connection = firewall.connection().await;
            assert_eq!((connection.port, connection.source.to_string().as_str()), (50_000, "192.0.2.7:4000"));
        }
        firewall.close().await;
        assert!(matches!(firewall.change(1, None).await, Err(FirewallError::Away(_))));
    }

    #[tokio::test]
    async fn one_that_is_gone_stays_gone() {
        let firewall = helper("read -r asked; exit 3");
        for _ in 0..3 {
            let error = firewall.change(50_000, None).await.unwrap_err();
            assert!(matches!(&error, FirewallError::Away(_)), "{error}");
        }
        let error = firewall.change(50_000, None).await.unwrap_err();
        assert!(error.to_string().contains("exit status: 3"), "{error}");
        firewall.close().await;
    }

    #[tokio::test]
    async fn one_that_speaks_no_sense_is_ended() {
        for nonsense in ["hello", "{\"start\":{\"Ok\":null}}", "{\"answer\":{\"Ok\":1}}"] {
            let firewall = helper(&format!("echo '{nonsense}'; exec sleep 1000"));
            let error = firewall.change(50_000, None).await;
            assert!(matches!(error, Err(FirewallError::Away(_))), "{error:?}");
            firewall.close().await;
        }
    }

    #[tokio::test]
    async fn off_is_off() {
        let firewall = Firewall::off();
        assert!(firewall.is_off());
        assert_eq!(firewall.change(50_000, None).await, Err(FirewallError::Off));
        firewall.close().await;
    }
}
