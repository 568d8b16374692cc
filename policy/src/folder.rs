//! A folder of policies becomes a [`Policy`], or a list of everything that is wrong with it.
//! It reads no file: the caller brings names and texts.

use crate::decide::Policy;
use crate::nesting::too_deep;
use crate::words::Words;
use cedar_policy::{PolicyId, PolicySet, Schema, SchemaFragment, ValidationMode, Validator};
use miette::Diagnostic;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

const SCHEMA: &str = include_str!("../cedar/puerta.cedarschema");

/// The policies that are compiled in, file by file: name and text.
pub const BUILT_IN: [(&str, &str); 4] = [
    ("everyone.cedar", include_str!("../cedar/everyone.cedar")),
    ("students.cedar", include_str!("../cedar/students.cedar")),
    ("professors.cedar", include_str!("../cedar/professors.cedar")),
    ("limits.cedar", include_str!("../cedar/limits.cedar")),
];

/// Why a policy folder is refused. Shown as `FILE:LINE: MESSAGE`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PolicyError {
    /// The file at fault; `*.cedar` when it is the folder.
    pub file: String,
    /// The line in it, from 1; `None` when it is not about a line.
    pub line: Option<usize>,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// A policy as somebody wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// Its file, or the ready rule's name.
    pub file: String,
    /// Its first line there, from 1.
    pub line: usize,
    /// Whether it is a `forbid`.
    pub forbids: bool,
    /// Its Cedar text, without the comments around it.
    pub text: String,
}

impl Policy {
    /// The policies that are compiled in.
    pub fn built_in() -> Result<Self, PolicyError> {
        let files = BUILT_IN.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Self::parse(&files).map_err(|mut errors| errors.swap_remove(0))
    }

    /// Parses `.cedar` files, given as name and text, and checks them strictly against the
    /// schema. All of them are good, or every mistake in them is told and none is taken.
    pub fn parse(files: &[(String, String)]) -> Result<Self, Vec<PolicyError>> {
        let (schema, words) = vocabulary().map_err(|message| {
            vec![PolicyError { file: "puerta.cedarschema".into(), line: None, message }]
        })?;
        let mut folder = Folder::default();
        for (name, text) in files {
            folder.read(name, text);
        }
        folder.validate(&schema);
        let stated = folder.stated();
        let set = folder.finish()?;
        let lasting = set.clone();
        Ok(Self { set, lasting, schema, words, files: files.to_vec(), stated })
    }

    /// The same files, with these ready rules (name and Cedar text) in the place of those before.
    pub fn with_rules(&self, rules: &[(String, String)]) -> Result<Self, Vec<PolicyError>> {
        let policy = Self::parse(&[&*self.files, rules].concat())?;
        Ok(Self { files: self.files.clone(), lasting: self.lasting.clone(), ..policy })
    }

    /// Whether a file asks what time it is: then what it says may change at any moment. It may
    /// be said of one that does not.
    pub fn minds_the_clock(&self) -> bool {
        let code = |line: &&str| !line.trim_start().starts_with("//");
        self.files.iter().any(|(_, text)| text.lines().filter(code).any(|line| line.contains("now")))
    }
}

fn vocabulary() -> Result<(Schema, Words), String> {
    let (fragment, warnings) =
        SchemaFragment::from_cedarschema_str(SCHEMA).map_err(|error| error.to_string())?;
    if let Some(warning) = warnings.into_iter().next() {
        return Err(warning.to_string());
    }
    let schema = Schema::from_schema_fragments([fragment]).map_err(|error| error.to_string())?;
    let words = Words::new(&schema)?;
    Ok((schema, words))
}

/// What was read so far.
#[derive(Default)]
struct Folder<'a> {
    set: PolicySet,
    /// Where each policy stands, by its id.
    places: BTreeMap<String, Place<'a>>,
    errors: Vec<PolicyError>,
}

#[derive(Clone, Copy)]
struct Place<'a> {
    file: &'a str,
    text: &'a str,
    start: usize,
}

impl Place<'_> {
    fn error(self, offset: Option<usize>, message: impl Into<String>) -> PolicyError {
        let before = self.text.bytes().take(offset.unwrap_or(self.start));
        PolicyError {
            file: self.file.to_owned(),
            line: Some(1 + before.filter(|byte| *byte == b'\n').count()),
            message: message.into(),
        }
    }
}

impl<'a> Folder<'a> {
    fn read(&mut self, file: &'a str, text: &'a str) {
        // Editors on Windows begin a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let place = |start| Place { file, text, start };
        if let Some(at) = too_deep(text) {
            let message = "too many brackets and operators inside one another: say it in several policies";
            return self.errors.push(place(at).error(None, message));
        }
        let parsed: PolicySet = match text.parse() {
            Ok(parsed) => parsed,
            Err(errors) => {
                let errors: cedar_policy::ParseErrors = errors;
                let told = errors.iter().map(|error| tell(place(0), error));
                return self.errors.extend(told);
            }
        };
        for template in parsed.templates() {
            let start = text.find(&template.to_cedar()).unwrap_or(0);
            let message = "a template (`?principal`, `?resource`) is never used here";
            self.errors.push(place(start).error(None, message));
        }
        // Cedar numbers the policies of a file in order: `policy0`, `policy1`, ...
        let mut policies: Vec<_> = parsed.policies().collect();
        policies.sort_by_key(|policy| {
            let id = policy.id().to_string();
            id.trim_start_matches("policy").parse().unwrap_or(usize::MAX)
        });
        let mut from = 0;
        for policy in policies {
            let source = policy.to_cedar().unwrap_or_default();
            let found = text.get(from..).and_then(|rest| rest.find(&source));
            let start = found.map_or(from, |at| from + at);
            from = start + found.map_or(0, |_| source.len());
            self.take(policy, place(start));
        }
    }

    fn take(&mut self, policy: &cedar_policy::Policy, place: Place<'a>) {
        let wanted = policy.annotation("id").unwrap_or_default();
        let problem = match self.places.get(wanted) {
            _ if wanted.is_empty() => Some("a policy without an `@id(\"...\")`".to_owned()),
            _ if !is_id(wanted) => Some(format!(
                "not a policy id: `{}`: 1 to 64 of `a-z 0-9 -`, first a letter",
                wanted.escape_default()
            )),
            Some(other) => {
                let first = other.error(None, "");
                let line = first.line.unwrap_or_default();
                let message = format!("the id `{wanted}` is taken by {}:{line}", first.file);
                Some(message)
            }
            None => None,
        };
        let mut id = wanted.to_owned();
        if let Some(message) = problem {
            // It is validated all the same, under an id that no `@id` can have.
            id = format!("{}#{}", place.file, place.start);
            self.errors.push(place.error(None, message));
        }
        if let Err(error) = self.set.add(policy.new_id(PolicyId::new(&id))) {
            self.errors.push(place.error(None, error.to_string()));
        }
        self.places.insert(id, place);
    }

    fn validate(&mut self, schema: &Schema) {
        let result = Validator::new(schema.clone()).validate(&self.set, ValidationMode::Strict);
        let mut wrong = BTreeSet::new();
        for error in result.validation_errors() {
            self.report(error.policy_id(), error);
            wrong.insert(error.policy_id());
        }
        // A warning is a policy that can never apply, or text that misleads a reader's eye.
        for warning in result.validation_warnings() {
            if !wrong.contains(warning.policy_id()) {
                self.report(warning.policy_id(), warning);
            }
        }
    }

    fn report(&mut self, id: &PolicyId, problem: &dyn Diagnostic) {
        let id: &str = id.as_ref();
        let mut error = match self.places.get(id) {
            Some(place) => tell(*place, problem),
            None => folder_error(problem.to_string()),
        };
        // The place says which policy it is, also where the id is none that a person wrote.
        if let Some(rest) = error.message.strip_prefix(&format!("for policy `{id}`, ")) {
            error.message = rest.to_owned();
        }
        self.errors.push(error);
    }

    fn stated(&self) -> BTreeMap<String, Stated> {
        let stated = self.set.policies().filter_map(|policy| {
            let id = policy.id().to_string();
            let place = self.places.get(&id)?;
            let line = place.error(None, "").line.unwrap_or_default();
            let forbids = policy.effect() == cedar_policy::Effect::Forbid;
            let text = policy.to_cedar().unwrap_or_default();
            Some((id, Stated { file: place.file.to_owned(), line, forbids, text }))
        });
        stated.collect()
    }

    fn finish(mut self) -> Result<PolicySet, Vec<PolicyError>> {
        if self.set.is_empty() && self.errors.is_empty() {
            self.errors.push(folder_error("no policy at all: nobody could even come in"));
        }
        self.errors.sort_by(|a, b| (&a.file, a.line, &a.message).cmp(&(&b.file, b.line, &b.message)));
        self.errors.dedup();
        match self.errors.is_empty() {
            true => Ok(self.set),
            false => Err(self.errors),
        }
    }
}

fn folder_error(message: impl Into<String>) -> PolicyError {
    PolicyError { file: "*.cedar".into(), line: None, message: message.into() }
}

/// Whether a text is a policy's id: what it may be looked up by.
pub fn is_id(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// What Cedar says, with the line it says it about and its advice.
fn tell<D: Diagnostic + ?Sized>(place: Place<'_>, problem: &D) -> PolicyError {
    let label = problem.labels().and_then(|mut labels| labels.next());
    let offset = label.map(|label| label.offset());
    let message = match problem.help() {
        Some(help) => format!("{problem} ({help})"),
        None => problem.to_string(),
    };
    place.error(offset, message)
}
