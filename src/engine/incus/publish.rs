//! Templates of machines: an archive becomes an image, cleaned on its way, and lives until nobody needs
//! it. The image has no alias. It is found by a property with the template's name and version, so that no
//! alias of the technician's can be taken for it.

use super::IncusEngine;
use super::cleaning::{Cleaning, Extent, survey};
use super::error::local;
use super::import::{Recipe, archive_error};
use super::wire;
use crate::{EngineError, Progress, Result, Which};
use puerta_lab::model::Vm;
use puerta_lab::names::TemplateRef;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Marks the images of published templates: `tomcat:2`.
const PROPERTY: &str = "puerta.published";
/// How long an image that is still arriving is waited for, before the caller is told to come again.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

impl IncusEngine {
    pub(super) async fn make_template(
        &self,
        vm: &Vm,
        file: &Path,
        (template, description): (&TemplateRef, &str),
        progress: Progress<'_>,
    ) -> Result<u64> {
        let main = self.look(&Which::Main.instance(vm.vmid)).await?.ok_or(EngineError::NotFound)?;
        let host = self.host().await?;
        let node = if host.server_clustered { &main.location } else { &host.server_name };
        let to = self.way_to(node).await?;
        self.drop_images_of(template).await?;
        let properties = [
            (PROPERTY, template.to_string()),
            (
                "description",
                if description.is_empty() { template.to_string() } else { description.to_owned() },
            ),
        ];
        let recipe = Recipe {
            properties: properties.map(|(key, value)| (key.to_owned(), value)).into(),
            cleaning: Some(looked_through(file, Extent::Template(vm.address())).await?),
        };
        self.upload(recipe, file, to, progress).await?;
        match self.images_of_template(template).await?.as_slice() {
            [image] => Ok(image.size),
            _ => Err(EngineError::Away("lost sight of the image".into())),
        }
    }

    /// Removes every image of it, also one that a puerta that was killed had begun.
    pub(super) async fn drop_template(&self, template: &TemplateRef) -> Result<()> {
        let begun = Instant::now();
        // An image that arrives is only in the list once it is there, and then it stays.
        while !self.at_work(&[]).await?.is_empty() {
            if begun.elapsed() > PATIENCE {
                return Err(EngineError::Away("images are still arriving".into()));
            }
            sleep(PAUSE).await;
        }
        self.drop_images_of(template).await
    }

    async fn drop_images_of(&self, template: &TemplateRef) -> Result<()> {
        for image in self.images_of_template(template).await? {
            self.drop_image(&image.fingerprint).await?;
        }
        Ok(())
    }

    pub(super) async fn published_images(&self) -> Result<Vec<TemplateRef>> {
        let images: Vec<wire::Image> = self.client.list("/1.0/images?recursion=1").await?;
        let names = images.iter().filter_map(|image| image.properties.get(PROPERTY)?.parse().ok());
        let published: BTreeSet<TemplateRef> = names.collect();
        Ok(published.into_iter().collect())
    }

    async fn images_of_template(&self, template: &TemplateRef) -> Result<Vec<wire::Image>> {
        let images: Vec<wire::Image> = self.client.list("/1.0/images?recursion=1").await?;
        let name = template.to_string();
        Ok(images.into_iter().filter(|image| image.properties.get(PROPERTY) == Some(&name)).collect())
    }

    /// What a machine of the template is made from: an alias, or the image of a published one.
    pub(super) async fn source_of(&self, template: &TemplateRef) -> Result<Value> {
        if template.version.is_none() {
            return Ok(json!({ "type": "image", "alias": template.name.as_str() }));
        }
        match self.images_of_template(template).await?.as_slice() {
            [image] => Ok(json!({ "type": "image", "fingerprint": image.fingerprint })),
            _ => Err(EngineError::NoTemplate),
        }
    }
}

/// What of the archive goes.
pub(super) async fn looked_through(file: &Path, extent: Extent) -> Result<Cleaning> {
    let file = file.to_owned();
    let looked = tokio::task::spawn_blocking(move || {
        let file = std::fs::File::open(file).map_err(|error| local(&error))?;
        let mut archive = zstd::Decoder::new(file).map_err(|error| archive_error(&error))?;
        survey(&mut archive, extent).map_err(|error| archive_error(&error))
    });
    looked.await.map_err(|error| EngineError::Other(error.to_string()))?
}
