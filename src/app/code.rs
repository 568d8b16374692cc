//! One-time codes.

use crate::app::error::{Error, Result};
use crate::app::{App, clock};
use puerta_lab::model::Timestamp;
use puerta_store::NewCode;

/// A one-time code: its text, to be shown this once, and what the store keeps.
pub(super) fn new_code(app: &App) -> Result<(String, NewCode)> {
    let code = puerta_keys::code::generate().map_err(|error| Error::internal(&error))?;
    let expires = Timestamp(clock::now().0 + app.config.code_lifetime.as_millis() as i64);
    Ok((code.expose().to_owned(), NewCode { hash: code.hash(), expires }))
}
