//! Images that no template needs go: those of retired versions that no machine was made from, and what
//! is left of a version that its job did not finish. It takes no input: the registry says what there is to
//! do, so a restart goes on where the last puerta was.

use crate::app::error::Result;
use crate::app::{App, clock, itself};
use puerta_lab::action::Action;
use puerta_lab::model::JobState;
use puerta_policy::decide::Lab;
use std::sync::Arc;
use std::time::Duration;

/// Sweeps now, and whenever a retirement, a removal or the end of a job may have left something.
pub fn keep_swept(app: &Arc<App>) {
    let sweeping = Arc::clone(app);
    app.keep("who removes images", async move {
        loop {
            let mut pause = Duration::from_secs(1);
            while let Err(error) = sweep(&sweeping).await {
                tracing::warn!(?error, "an image that no template needs is not removed yet");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(300));
            }
            sweeping.upkeep.images().await;
        }
    });
}

async fn sweep(app: &App) -> Result<()> {
    for template in app.store.templates().await? {
        let Some(job) = template.job else { continue };
        // A job that is done has its version finished: what was read above is old then.
        let over = match app.store.job(job).await?.map(|job| job.state) {
            None | Some(JobState::Failed(_) | JobState::Undone(_)) => true,
            Some(JobState::Running | JobState::Done) => false,
        };
        if over {
            app.engine
                .unpublish(&itself::permit(app, Action::TemplateRetire, Lab)?, &template.reference())
                .await?;
            // Last: until now the number could not come to mean another image.
            app.store.forget_template(job).await?;
        }
    }
    for template in app.store.unneeded_templates().await? {
        app.engine
            .unpublish(&itself::permit(app, Action::TemplateRetire, Lab)?, &template.reference())
            .await?;
        app.store.template_removed(&template, clock::now()).await?;
        tracing::info!(template = %template.reference(), "the image of a retired template was removed");
    }
    Ok(())
}
