//! The JSON of replies and errors: exactly one document and a newline. It is for programs and does
//! not change with the language; only the `message` of an error does.

use crate::app::error::Error;
use crate::app::reply::Reply;
use crate::shell::lang::Lang;
use crate::shell::printable::printable_json;
use serde_json::{Map, Value, json};

/// Lists are arrays and single things objects: the reply's content, without its tag. What has no
/// content is its tag: `{"result":"password-set"}`.
pub(super) fn reply(reply: &Reply) -> String {
    let document = match serde_json::to_value(reply) {
        Ok(Value::Object(mut tagged)) => match tagged.remove("value") {
            Some(content) => content,
            None => Value::Object(tagged),
        },
        // A view is plain data: it always serialises.
        Ok(other) => other,
        Err(error) => json!({ "error": { "message": error.to_string() } }),
    };
    line(&document)
}

/// `{"error":{"code","id","message","args"}}`, and `details` (the same, a list) where there are some.
pub(super) fn error(error: &Error, lang: Lang) -> String {
    line(&json!({ "error": object(error, lang) }))
}

fn object(error: &Error, lang: Lang) -> Value {
    let args: Map<String, Value> =
        error.args.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect();
    let mut object = json!({
        "code": error.kind.code(),
        "id": error.id,
        "message": super::sentence(error, lang),
        "args": args,
    });
    if !error.details.is_empty() {
        object["details"] = error.details.iter().map(|detail| self::object(detail, lang)).collect();
    }
    object
}

/// One JSON document as it is.
pub(super) fn value(document: &Value) -> String {
    line(document)
}

fn line(document: &Value) -> String {
    printable_json(&document.to_string()) + "\n"
}
