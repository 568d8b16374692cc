//! The language that a person asked for.

use super::{Result, Store, rows};
use puerta_lab::lang::Lang;
use puerta_lab::model::PersonId;

impl Store {
    /// The language that they asked for, if they did.
    pub async fn lang(&self, person: PersonId) -> Result<Option<Lang>> {
        let row = sqlx::query("SELECT lang FROM persons WHERE id = $1").bind(person.0);
        let row = row.fetch_optional(&self.readers).await?;
        row.map_or(Ok(None), |row| rows::maybe_word(&row, "lang"))
    }

    /// They ask for a language, from now on.
    pub async fn set_lang(&self, person: PersonId, lang: Lang) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE persons SET lang = $1 WHERE id = $2")
            .bind(lang.as_str())
            .bind(person.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}
