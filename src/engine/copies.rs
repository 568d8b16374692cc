//! A machine and its copies, for drivers whose machines can be renamed: the copy takes the machine's place, and
//! gives it back, by names alone, so the names that exist say how far it was. Knows no permit: the
//! driver's own act had it.

use crate::{EngineError, Result, Which};
use async_trait::async_trait;
use puerta_lab::plan::Vmid;
use std::time::Duration;

/// What a driver does with one copy.
#[async_trait]
pub(crate) trait Copies: Sync {
    /// Whether there is one.
    async fn exists(&self, vmid: Vmid, which: Which) -> Result<bool>;
    /// Stops it; already stopped is success.
    async fn halt(&self, vmid: Vmid, which: Which, grace: Duration) -> Result<()>;
    /// Gives a stopped one another name: `Running` when it is not stopped, `Exists` when there is one of that
    /// name, success when only the new name is there.
    async fn rename(&self, vmid: Vmid, from: Which, to: Which) -> Result<()>;
    /// Removes it, running or not; absent is success.
    async fn remove(&self, vmid: Vmid, which: Which) -> Result<()>;
}

/// From "new beside the machine" to "the machine is the new one", from wherever an earlier call was cut.
pub(crate) async fn replace(engine: &impl Copies, vmid: Vmid, grace: Duration) -> Result<()> {
    if !engine.exists(vmid, Which::New).await? {
        return Ok(());
    }
    if engine.exists(vmid, Which::Main).await? {
        // Of the two, nobody could say any more which one was the machine.
        if engine.exists(vmid, Which::Old).await? {
            return Err(EngineError::Exists);
        }
        set_aside(engine, vmid, grace).await?;
    }
    engine.rename(vmid, Which::New, Which::Main).await
}

/// Stops the machine and gives it the old one's name. An engine that comes back in between starts what
/// ran when it went.
async fn set_aside(engine: &impl Copies, vmid: Vmid, grace: Duration) -> Result<()> {
    const TRIES: u32 = 5;
    for _ in 1..TRIES {
        engine.halt(vmid, Which::Main, grace).await?;
        match engine.rename(vmid, Which::Main, Which::Old).await {
            Err(EngineError::Running) => tokio::time::sleep(Duration::from_secs(1)).await,
            done => return done,
        }
    }
    engine.halt(vmid, Which::Main, Duration::ZERO).await?;
    engine.rename(vmid, Which::Main, Which::Old).await
}

/// The old machine is the machine again. While there is an old one, the main one is a copy that did not
/// run.
pub(crate) async fn take_back(engine: &impl Copies, vmid: Vmid) -> Result<()> {
    if !engine.exists(vmid, Which::Old).await? {
        return Ok(());
    }
    engine.remove(vmid, Which::Main).await?;
    engine.rename(vmid, Which::Old, Which::Main).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    /// Copies by name: what is in them, and whether they run.
    type Names = BTreeMap<Which, (&'static str, bool)>;

    /// An engine that loses sight of one effect, and starts by itself what it did not stop by force.
    struct Fake {
        copies: Mutex<Names>,
        /// Effects until the lost one, and whether that one happens.
        lost: Mutex<Option<(u32, bool)>>,
        wakes: bool,
    }

    impl Fake {
        fn of(copies: &[(Which, &'static str)], running: bool) -> Self {
            let copies =
                copies.iter().map(|(which, content)| (*which, (*content, running && *which == Which::Main)));
            Self { copies: Mutex::new(copies.collect()), lost: Mutex::new(None), wakes: false }
        }

        fn contents(&self) -> Vec<(Which, &'static str)> {
            self.copies.lock().unwrap().iter().map(|(which, (content, _))| (*which, *content)).collect()
        }

        fn effect(&self, change: impl FnOnce(&mut Names) -> Result<()>) -> Result<()> {
            let mut lost = self.lost.lock().unwrap();
            let now = match &mut *lost {
                Some((0, happens)) => Some(*happens),
                Some((left, _)) => {
                    *left -= 1;
                    None
                }
                None => None,
            };
            if now.is_some() {
                *lost = None;
            }
            if now != Some(false) {
                change(&mut self.copies.lock().unwrap())?;
            }
            if now.is_some() { Err(EngineError::Away("lost".into())) } else { Ok(()) }
        }
    }

    #[async_trait]
    impl Copies for Fake {
        async fn exists(&self, _vmid: Vmid, which: Which) -> Result<bool> {
            Ok(self.copies.lock().unwrap().contains_key(&which))
        }
        async fn halt(&self, _vmid: Vmid, which: Which, grace: Duration) -> Result<()> {
            self.effect(|copies| {
                let (_, running) = copies.get_mut(&which).ok_or(EngineError::NotFound)?;
                *running = self.wakes && !grace.is_zero();
                Ok(())
            })
        }
        async fn rename(&self, _vmid: Vmid, from: Which, to: Which) -> Result<()> {
            self.effect(|copies| match (copies.get(&from).copied(), copies.contains_key(&to)) {
                (None, true) => Ok(()),
                (None, false) => Err(EngineError::NotFound),
                (Some(_), true) => Err(EngineError::Exists),
                (Some((_, true)), false) => Err(EngineError::Running),
                (Some(copy), false) => {
                    copies.remove(&from);
                    copies.insert(to, copy);
                    Ok(())
                }
            })
        }
        async fn remove(&self, _vmid: Vmid, which: Which) -> Result<()> {
            self.effect(|copies| {
                copies.remove(&which);
                Ok(())
            })
        }
    }

    const GRACE: Duration = Duration::from_secs(7);

    fn vmid() -> Vmid {
        Vmid::from_stored(3_149_763).unwrap()
    }

    #[tokio::test]
    async fn whatever_answer_is_lost_the_next_call_goes_on() {
        let (was, made) = ("was", "made");
        for cut in 0..4 {
            for happens in [false, true] {
                let fake = Fake::of(&[(Which::Main, was), (Which::New, made)], true);
                *fake.lost.lock().unwrap() = Some((cut, happens));
                let first = replace(&fake, vmid(), GRACE).await;
                assert_eq!(first.is_err(), cut < 3, "{cut} {happens}: {first:?}");
                *fake.lost.lock().unwrap() = None;
                for _ in 0..2 {
                    replace(&fake, vmid(), GRACE).await.unwrap();
                    assert_eq!(fake.contents(), [(Which::Main, made), (Which::Old, was)], "{cut} {happens}");
                }
                *fake.lost.lock().unwrap() = Some((cut, happens));
                let first = take_back(&fake, vmid()).await;
                assert_eq!(first.is_err(), cut < 2, "{cut} {happens}: {first:?}");
                *fake.lost.lock().unwrap() = None;
                for _ in 0..2 {
                    take_back(&fake, vmid()).await.unwrap();
                    assert_eq!(fake.contents(), [(Which::Main, was)], "{cut} {happens}");
                }
            }
        }
    }

    #[tokio::test]
    async fn a_replacement_is_taken_back_from_wherever_it_was_cut() {
        for cut in 0..3 {
            for happens in [false, true] {
                let fake = Fake::of(&[(Which::Main, "was"), (Which::New, "made")], true);
                *fake.lost.lock().unwrap() = Some((cut, happens));
                replace(&fake, vmid(), GRACE).await.unwrap_err();
                take_back(&fake, vmid()).await.unwrap();
                fake.remove(vmid(), Which::New).await.unwrap();
                assert_eq!(fake.contents(), [(Which::Main, "was")], "{cut} {happens}");
            }
        }
    }

    #[tokio::test]
    async fn two_that_could_have_been_the_machine_stay() {
        let all = [(Which::Main, "is"), (Which::New, "made"), (Which::Old, "was")];
        let fake = Fake::of(&all, true);
        assert_eq!(replace(&fake, vmid(), GRACE).await, Err(EngineError::Exists));
        assert_eq!(fake.contents(), all);
        assert!(fake.copies.lock().unwrap()[&Which::Main].1, "and it runs");
    }

    #[tokio::test]
    async fn one_that_is_started_again_and_again_is_forced() {
        let mut fake = Fake::of(&[(Which::Main, "was"), (Which::New, "made")], true);
        fake.wakes = true;
        replace(&fake, vmid(), GRACE).await.unwrap();
        assert_eq!(fake.contents(), [(Which::Main, "made"), (Which::Old, "was")]);
    }
}
