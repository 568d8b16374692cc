//! The firewall as the rest of puerta sees it: a task that owns the helper's pipes, and calls that queue
//! for it. A helper that says nothing for a while is given up, and another one is started.

use super::pipe::{Answer, LONGEST, Line, Request, line};
use super::{Desired, FirewallError, NewConnection, Report, Result, Target, View};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::pipe;
use tokio::sync::{Mutex, Notify, mpsc, oneshot};
use tokio::time::{sleep, timeout};

/// Calls that wait for their turn; more than that wait for a place.
const QUEUE: usize = 64;
/// New connections that nobody looked at yet; more than that are left out.
const UNSEEN: usize = 1024;
/// A helper that was asked and says nothing for this long hangs: while it works it says so each second.
const SILENCE: Duration = Duration::from_secs(6);
/// More than a new helper takes to try the rules on a busy host.
pub const STARTING: Duration = Duration::from_secs(60);
/// How long one may take to finish what it does, at the end.
const FINISHING: Duration = Duration::from_secs(20);
/// Before one that could not be started is tried again; then longer.
const AGAIN: Duration = Duration::from_secs(1);

/// The way to a helper and back.
#[derive(Debug)]
pub struct Pipes {
    /// What it is asked.
    pub to: OwnedFd,
    /// What it says.
    pub from: OwnedFd,
}

/// Starts a helper and ends the one before, whatever that does.
type Start = Box<dyn Fn() -> io::Result<Pipes> + Send>;

/// A way to the firewall; clones share it. Calls are carried out one after another.
#[derive(Debug, Clone)]
pub struct Firewall(Option<Arc<Way>>);

#[derive(Debug)]
struct Way {
    asks: mpsc::Sender<Ask>,
    connections: Mutex<mpsc::Receiver<NewConnection>>,
    renewed: Arc<Notify>,
    helpers: Arc<AtomicU64>,
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

    /// Over the pipes of a helper that said it is ready; `start` makes another when that one hangs or is gone.
    /// To be called on a runtime.
    pub fn over(first: Pipes, start: impl Fn() -> io::Result<Pipes> + Send + 'static) -> io::Result<Self> {
        let helper = Helper::new(first)?;
        let (asks, asked) = mpsc::channel(QUEUE);
        let (seen, connections) = mpsc::channel(UNSEEN);
        let (connections, helpers) = (Mutex::new(connections), Arc::default());
        let way = Arc::new(Way { asks, connections, renewed: Arc::default(), helpers });
        let (renewed, helpers) = (Arc::clone(&way.renewed), Arc::clone(&way.helpers));
        tokio::spawn(Tended { asks: asked, seen, renewed, helpers, start: Box::new(start) }.tend(helper));
        Ok(Self(Some(way)))
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

    /// Returns when another helper was started, which knows nothing of what the last one was doing.
    pub async fn renewed(&self) {
        match &self.0 {
            Some(way) => way.renewed.notified().await,
            None => std::future::pending().await,
        }
    }

    /// How many helpers were started after the first: what one was told, the next does not know.
    pub fn helpers(&self) -> u64 {
        self.0.as_ref().map_or(0, |way| way.helpers.load(Ordering::Relaxed))
    }

    /// Returns when there is no helper any more and none can be started.
    pub fn ended(&self) -> impl Future<Output = ()> + Send + 'static {
        let asks = self.0.as_ref().map(|way| way.asks.clone());
        async move {
            match asks {
                Some(asks) => asks.closed().await,
                None => std::future::pending().await,
            }
        }
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

/// Why a helper is left.
enum Left {
    /// puerta stops.
    Closed,
    /// It is gone, or says nothing, or no sense.
    Gone(io::Error),
}

/// What the task that owns the helper has.
struct Tended {
    asks: mpsc::Receiver<Ask>,
    seen: mpsc::Sender<NewConnection>,
    renewed: Arc<Notify>,
    helpers: Arc<AtomicU64>,
    start: Start,
}

impl Tended {
    /// One helper after the other. It returns when puerta stops, and when none can be started.
    async fn tend(mut self, mut helper: Helper) {
        while let Left::Gone(why) = self.serve(helper).await {
            tracing::error!(%why, "the firewall's helper is gone, and another one is started: the rules stay meanwhile");
            match self.another().await {
                Ok(Some(new)) => helper = new,
                Ok(None) => return,
                Err(error) => {
                    tracing::error!(%error, "the firewall's helper cannot be started again");
                    return;
                }
            }
            tracing::info!("the firewall has a helper again");
            self.helpers.fetch_add(1, Ordering::Relaxed);
            self.renewed.notify_one();
        }
    }

    async fn serve(&mut self, mut helper: Helper) -> Left {
        loop {
            let done = tokio::select! {
                ask = self.asks.recv() => match ask {
                    Some(Ask::Request(request, answer)) => helper.carry(&request, &self.seen, answer).await,
                    Some(Ask::Close(ended)) => {
                        helper.end().await;
                        let _ = ended.send(());
                        return Left::Closed;
                    }
                    None => {
                        helper.end().await;
                        return Left::Closed;
                    }
                },
                line = helper.next() => line.and_then(|line| notice(line, &self.seen)),
            };
            if let Err(error) = done {
                return Left::Gone(error);
            }
        }
    }

    /// Another helper that is ready; who asks meanwhile is told to come again. `None`: puerta stops. The error is
    /// that nobody starts one.
    async fn another(&mut self) -> io::Result<Option<Helper>> {
        let mut pause = AGAIN;
        loop {
            let pipes = (self.start)()?;
            let ready = tokio::select! {
                ready = timeout(STARTING, Helper::ready(pipes)) => ready,
                () = turn_away(&mut self.asks) => return Ok(None),
            };
            match ready.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "it is not ready in time"))? {
                Ok(helper) => return Ok(Some(helper)),
                Err(why) => tracing::error!(%why, "the firewall's helper did not start, and is tried again"),
            }
            tokio::select! {
                () = sleep(pause) => pause = (pause * 2).min(STARTING),
                () = turn_away(&mut self.asks) => return Ok(None),
            }
        }
    }
}

/// Tells whoever asks that there is nobody now; returns when puerta stops.
async fn turn_away(asks: &mut mpsc::Receiver<Ask>) {
    while let Some(ask) = asks.recv().await {
        match ask {
            Ask::Request(_, answer) => drop(answer.send(Err(away("it is being started again")))),
            Ask::Close(ended) => {
                let _ = ended.send(());
                return;
            }
        }
    }
}

fn away(why: impl ToString) -> FirewallError {
    FirewallError::Away(why.to_string())
}

/// What the helper says of itself. The queue being full, the audit leaves one out; the counters do not.
fn notice(line: Line, seen: &mpsc::Sender<NewConnection>) -> io::Result<()> {
    match line {
        Line::Connection(connection) => {
            let _ = seen.try_send(connection);
            Ok(())
        }
        Line::Working => Ok(()),
        Line::Start(_) | Line::Answer(_) => Err(io::Error::other("it answered what nobody asked")),
    }
}

/// Both pipes of a process that somebody else started.
struct Helper {
    to: pipe::Sender,
    from: BufReader<pipe::Receiver>,
    /// The part of a line that has come.
    part: Vec<u8>,
}

impl Helper {
    fn new(pipes: Pipes) -> io::Result<Self> {
        let to = pipe::Sender::from_owned_fd(pipes.to)?;
        let from = BufReader::new(pipe::Receiver::from_owned_fd(pipes.from)?);
        Ok(Self { to, from, part: Vec::new() })
    }

    /// One that has said that it is.
    async fn ready(pipes: Pipes) -> io::Result<Self> {
        let mut helper = Self::new(pipes)?;
        match helper.next().await? {
            Line::Start(Ok(())) => Ok(helper),
            Line::Start(Err(error)) => Err(io::Error::other(error)),
            _ => Err(io::Error::other("it said something else than that it is ready")),
        }
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
            Err(error) => Err(away(error)),
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
        heard(self.to.write_all(&request)).await?;
        loop {
            match heard(self.next()).await? {
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

    /// The end of its input is its end, after what it is doing.
    async fn end(self) {
        let Self { to, mut from, .. } = self;
        drop(to);
        let _ = timeout(FINISHING, tokio::io::copy_buf(&mut from, &mut tokio::io::sink())).await;
    }
}

/// What a helper that lives does within [`SILENCE`].
async fn heard<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let silent = || io::Error::new(io::ErrorKind::TimedOut, "it does not answer");
    timeout(SILENCE, work).await.map_err(|_| silent())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    /// Helpers of a few lines of shell: the first one, and those after it, which say themselves that they are ready.
    fn helpers(first: &str, later: &str) -> Firewall {
        let later = later.to_owned();
        Firewall::over(spawned(first).unwrap(), move || spawned(&later)).unwrap()
    }

    fn helper(script: &str) -> Firewall {
        Firewall::over(spawned(script).unwrap(), || Err(io::Error::other("nobody starts one"))).unwrap()
    }

    fn spawned(script: &str) -> io::Result<Pipes> {
        let mut child =
            Command::new("sh").args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Ok(Pipes { to: to.into(), from: from.into() })
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

    /// Until another one is there.
    async fn works_again(firewall: &Firewall) {
        let again = async {
            while firewall.change(50_000, None).await.is_err() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(30), again).await.unwrap();
    }

    #[tokio::test]
    async fn one_that_is_gone_or_hangs_is_followed_by_another() {
        let ready = r#"{"start":{"Ok":null}}"#;
        let good = format!("echo '{ready}'; while read -r asked; do echo '{ANSWER}'; done");
        for bad in ["read -r asked; exit 3", "exec sleep 1000"] {
            let firewall = helpers(bad, &good);
            let error = timeout(SILENCE * 2, firewall.change(50_000, None)).await.unwrap().unwrap_err();
            assert!(matches!(&error, FirewallError::Away(_)), "{error}");
            works_again(&firewall).await;
            timeout(Duration::from_secs(30), firewall.renewed()).await.unwrap();
            firewall.close().await;
        }
    }

    #[tokio::test]
    async fn one_that_works_for_long_is_waited_for_as_long_as_it_says_so() {
        let working = r#"{"working":null}"#;
        let slow =
            format!("read -r asked; for n in 1 2 3 4; do sleep 2; echo '{working}'; done; echo '{ANSWER}'");
        let firewall = helper(&slow);
        assert!(SILENCE < Duration::from_secs(8));
        firewall.change(50_000, None).await.unwrap();
        firewall.close().await;
    }

    #[tokio::test]
    async fn where_none_can_be_started_that_is_the_end() {
        let firewall = helper("read -r asked; exit 3");
        let ended = firewall.ended();
        let error = firewall.change(50_000, None).await.unwrap_err();
        assert!(matches!(&error, FirewallError::Away(_)), "{error}");
        timeout(Duration::from_secs(30), ended).await.unwrap();
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
