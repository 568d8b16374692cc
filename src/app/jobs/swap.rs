//! A copy takes its machine's place: what a restore and a move end with.

use super::report::insist;
use super::task::Work;
use puerta_engine::{EngineError, Result, Which};

/// The copy is the machine, stopped; what was stays for the caller.
pub(super) async fn replace(work: &Work) -> Result<()> {
    let (engine, permit, grace) = (&work.app.engine, &work.permit, work.app.config.machine.stop_grace);
    if work.resumed.is_none() {
        // Everything is whole until here: one that cannot be stopped stays, and whoever watches hears of it.
        match engine.stop(permit, Which::Main, grace).await {
            // Lost altogether: then there is nothing to put aside.
            Ok(()) | Err(EngineError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    insist(|| async {
        // After a lost answer the engine may still be at what it was asked for.
        engine.settle(permit).await?;
        engine.replace(permit, grace).await
    })
    .await
}

/// What was is started again. Where its own content does not let it, it did not start before either: it is as it was.
pub(super) async fn start_again(work: &Work) -> Result<()> {
    match work.app.engine.start(&work.permit, Which::Main).await {
        Err(EngineError::Spoiled(spoiled)) => {
            tracing::warn!(%spoiled, "the machine is back, and does not start");
            Ok(())
        }
        started => started,
    }
}

/// What was is the machine again, stopped; what had its place is gone.
pub(super) async fn take_back(work: &Work) -> Result<()> {
    let (engine, permit) = (&work.app.engine, &work.permit);
    engine.settle(permit).await?;
    engine.take_back(permit).await
}
