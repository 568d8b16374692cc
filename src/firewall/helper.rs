//! The small process that may change the firewall. It hears requests from the process that strangers
//! talk to and believes none: its site comes from the configuration it read itself, every desired state
//! is checked against it, and there is no request for anything but publications and egress.

use super::pipe::{Answer, LONGEST, Line, Request, line};
use super::reconcile::Reconciler;
use super::{Backend, FirewallError, Result, Site, nflog};
use std::io::{self, BufRead, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Answers on standard output what comes on standard input, until it ends. What is being done then is
/// finished first.
/// `owner` is whose rules it may change; without one that is said by the first request.
pub fn run(site: Site, backend: Result<Box<dyn Backend>>, owner: Option<String>) -> io::Result<()> {
    let started = start(site, backend);
    say(&Line::Start(started.as_ref().map(drop).map_err(Clone::clone)))?;
    let Ok((reconciler, listener)) = started else { return Ok(()) };
    // It ends with the process. While nobody reads what it says it waits, and the kernel leaves out.
    std::thread::spawn(move || report(&listener));
    let mut hands = Hands { reconciler, owner };
    let busy = Arc::new(AtomicBool::new(false));
    let working = Arc::clone(&busy);
    std::thread::spawn(move || say_while(&working));
    let mut carry_out = |request| {
        busy.store(true, Ordering::Relaxed);
        let answer = hands.carry_out(request);
        busy.store(false, Ordering::Relaxed);
        answer
    };
    answer_all(io::stdin().lock(), &mut carry_out, say)
}

fn start(site: Site, backend: Result<Box<dyn Backend>>) -> Result<(Reconciler, nflog::Listener)> {
    let group = site.log_group;
    Ok((Reconciler::new(site, backend?)?, nflog::Listener::join(group)?))
}

/// One line in one piece: two threads speak.
fn say(words: &Line) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(&line(words)?)?;
    out.flush()
}

/// A helper that works long, and one that hangs, are told apart by this.
fn say_while(working: &AtomicBool) {
    loop {
        std::thread::sleep(Duration::from_secs(1));
        if working.load(Ordering::Relaxed) && say(&Line::Working).is_err() {
            return;
        }
    }
}

fn report(listener: &nflog::Listener) {
    loop {
        match listener.wait() {
            Ok(connections) => {
                if connections.into_iter().any(|connection| say(&Line::Connection(connection)).is_err()) {
                    return;
                }
            }
            Err(error) => {
                tracing::error!(%error, "new connections are reported no more");
                return;
            }
        }
    }
}

/// One answer a line. A line that is not a request is refused; one that does not end is the end.
fn answer_all(
    mut input: impl BufRead,
    carry_out: &mut dyn FnMut(Request) -> Result<Answer>,
    say: impl Fn(&Line) -> io::Result<()>,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        input.by_ref().take(LONGEST as u64).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Ok(());
        }
        if bytes.pop() != Some(b'\n') {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a request is cut off or too long"));
        }
        let answer = match serde_json::from_slice(&bytes) {
            Ok(request) => carry_out(request),
            Err(_) => Err(FirewallError::Refused("not a request".into())),
        };
        say(&bounded(Line::Answer(answer))?)?;
    }
}

/// Who asked would end us over a line that is too long, for good.
fn bounded(answer: Line) -> io::Result<Line> {
    if line(&answer)?.len() <= LONGEST {
        return Ok(answer);
    }
    Ok(Line::Answer(Err(FirewallError::Other("the answer is too long".into()))))
}

struct Hands {
    reconciler: Reconciler,
    /// Who asked first: nobody else's table is taken over by asking in their name later.
    owner: Option<String>,
}

impl Hands {
    fn carry_out(&mut self, request: Request) -> Result<Answer> {
        if let Request::Reconcile(desired) | Request::Look(desired) = &request
            && *self.owner.get_or_insert_with(|| desired.owner.clone()) != desired.owner
        {
            return Err(FirewallError::Refused("the owner changed".into()));
        }
        Ok(match request {
            Request::Reconcile(desired) => Answer::Report(self.reconciler.reconcile(&desired)?),
            Request::Change { port, target } => {
                Answer::Report(self.reconciler.change(port, target.as_ref())?)
            }
            Request::Look(desired) => Answer::View(self.reconciler.look(&desired)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Done, Report, View};
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    /// What was carried out, what was said, and how it ended.
    fn hear(input: &[u8]) -> (Vec<Request>, Vec<Line>, io::Result<()>) {
        let (mut asked, said) = (Vec::new(), RefCell::new(Vec::new()));
        let mut carry_out = |request: Request| {
            asked.push(request);
            let report =
                Report { done: Done::Nothing, traffic: BTreeMap::new(), foreign: vec!["a\nline".into()] };
            Ok(Answer::Report(report))
        };
        let say = |line: &Line| {
            said.borrow_mut().push(line.clone());
            Ok(())
        };
        let end = answer_all(input, &mut carry_out, say);
        (asked, said.into_inner(), end)
    }

    #[test]
    fn garbage_is_refused_and_not_obeyed() {
        let good = br#"{"change":{"port":50000,"target":null}}"#;
        let mut input =
            b"\n{}\nnull\n\xff\xfe\n{\"remove\":null}\n{\"change\":{\"port\":70000,\"target\":null}}\n"
                .to_vec();
        input.extend(good);
        input.push(b'\n');
        let (asked, said, end) = hear(&input);
        end.unwrap();
        assert_eq!(asked, [Request::Change { port: 50_000, target: None }]);
        let refused = Line::Answer(Err(FirewallError::Refused("not a request".into())));
        assert_eq!(said.len(), 7);
        assert!(said[..6].iter().all(|line| *line == refused), "{said:?}");
        assert!(matches!(&said[6], Line::Answer(Ok(_))));
    }

    #[test]
    fn half_a_line_and_a_line_without_end_are_not_obeyed() {
        let (asked, said, end) = hear(br#"{"change":{"port":50000,"target":null}}"#);
        assert!(asked.is_empty() && said.is_empty());
        assert_eq!(end.unwrap_err().kind(), io::ErrorKind::InvalidData);
        let (asked, _, end) = hear(&vec![b' '; LONGEST + 1]);
        assert!(asked.is_empty());
        assert!(end.is_err());
    }

    #[test]
    fn an_answer_that_is_too_long_is_an_error_and_not_the_end() {
        let said = RefCell::new(Vec::new());
        let long = |length| View {
            would: Done::Nothing,
            plan: Vec::new(),
            listing: "x".repeat(length),
            foreign: Vec::new(),
        };
        let around = line(&Line::Answer(Ok(Answer::View(long(0))))).unwrap().len();
        let mut lengths = [LONGEST - around, LONGEST - around + 1].into_iter();
        let mut carry_out = |_| Ok(Answer::View(long(lengths.next().unwrap())));
        let say = |line: &Line| {
            said.borrow_mut().push(line.clone());
            Ok(())
        };
        let ask = b"{\"change\":{\"port\":50000,\"target\":null}}\n";
        answer_all(&ask.repeat(2)[..], &mut carry_out, say).unwrap();
        let said = said.into_inner();
        assert!(matches!(&said[0], Line::Answer(Ok(_))), "what fits is said");
        let refusal = Err(FirewallError::Other("the answer is too long".into()));
        // Said in words: what failed would be printed.
        assert!(said[1..] == [Line::Answer(refusal)], "what does not fit is refused");
    }

    #[test]
    fn a_line_is_one_line() {
        let (_, said, _) = hear(b"{\"change\":{\"port\":50000,\"target\":null}}\n");
        let bytes = line(&said[0]).unwrap();
        assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert_eq!(serde_json::from_slice::<Line>(&bytes).unwrap(), said[0]);
    }
}
