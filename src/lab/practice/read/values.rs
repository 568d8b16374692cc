//! One value of a practice's file, or what is wrong with it.

use super::Wrong;
use crate::names::{NameError, VmName};
use crate::network::{Protocol, Service};
use crate::quota::size_mib;
use std::collections::BTreeSet;
use std::str::FromStr;
use toml::Spanned;
use toml::de::DeValue;

/// A text of a file, for people, may be so long.
const MOST_TEXT: usize = 500;

/// Of a stranger's key as much as is shown.
pub(super) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

pub(super) fn text_of<'t>(value: &'t DeValue<'_>) -> Result<&'t str, Wrong> {
    let text = value.as_str().ok_or(Wrong::Kind("text"))?;
    if text.len() > MOST_TEXT { Err(Wrong::Long(MOST_TEXT)) } else { Ok(text) }
}

pub(super) fn text(value: &DeValue<'_>) -> Result<String, Wrong> {
    // Programs end their words with a NUL.
    match text_of(value)? {
        text if text.contains('\0') => Err(Wrong::Kind("text")),
        text => Ok(text.to_owned()),
    }
}

/// A line for people.
pub(super) fn sentence(value: &DeValue<'_>) -> Result<String, Wrong> {
    match text_of(value)? {
        text if text.chars().any(char::is_control) => Err(Wrong::Kind("text")),
        text => Ok(text.to_owned()),
    }
}

pub(super) fn name<T: FromStr<Err = NameError>>(value: &DeValue<'_>) -> Result<T, Wrong> {
    text_of(value)?.parse().map_err(Wrong::Name)
}

pub(super) fn called(value: &DeValue<'_>) -> Result<VmName, Wrong> {
    name(value)
}

pub(super) fn number(value: &DeValue<'_>, low: u32, high: u32) -> Result<u32, Wrong> {
    let wrong = || Wrong::Range(low.into(), high.into());
    let number = value.as_integer().ok_or(Wrong::Kind("number"))?;
    let number = u32::from_str_radix(number.as_str(), number.radix()).map_err(|_| wrong())?;
    if (low..=high).contains(&number) { Ok(number) } else { Err(wrong()) }
}

pub(super) fn port(value: &DeValue<'_>) -> Result<u16, Wrong> {
    number(value, 1, 65535).map(|port| port as u16)
}

pub(super) fn size(value: &DeValue<'_>) -> Result<u32, Wrong> {
    size_mib(text_of(value)?).ok_or(Wrong::Kind("size"))
}

pub(super) fn list<T>(
    value: &DeValue<'_>,
    most: usize,
    read: impl Fn(&DeValue<'_>) -> Result<T, Wrong>,
) -> Result<Vec<T>, Wrong> {
    let items = value.as_array().ok_or(Wrong::Kind("list"))?;
    if items.len() > most {
        return Err(Wrong::Many(most));
    }
    items.iter().map(|item: &Spanned<DeValue<'_>>| read(item.get_ref())).collect()
}

/// `80`, `"53/udp"`
pub(super) fn services(value: &DeValue<'_>) -> Result<Vec<Service>, Wrong> {
    const MOST: usize = 16;
    let services = list(value, MOST, |item| match item.as_integer() {
        Some(_) => port(item).map(|port| Service { protocol: Protocol::Tcp, port }),
        None => text_of(item)?.parse().map_err(|()| Wrong::Kind("service")),
    })?;
    let once: BTreeSet<&Service> = services.iter().collect();
    if once.len() < services.len() { Err(Wrong::Twice) } else { Ok(services) }
}
