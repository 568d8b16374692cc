//! From what the campus calls somebody to a login: what stands before the `@`, with `-` for each dot. It is a rule,
//! so that the same name comes to the same login in every list.

use puerta_lab::names::{CampusName, Login, NameError};

/// The login, and the name as it was written where that is another.
pub(super) fn login(written: &str) -> Result<(Login, Option<CampusName>), NameError> {
    let name = written.split_once('@').map_or(written, |(name, _)| name);
    let login: Login = name.replace('.', "-").parse()?;
    let campus = (login.as_str() != written).then(|| written.parse()).transpose()?;
    Ok((login, campus))
}

#[cfg(test)]
mod tests {
    use super::login;

    #[test]
    fn campus_names_become_logins_by_a_rule() {
        let said = |written: &str| {
            let (login, campus) = login(written).ok()?;
            Some((login.to_string(), campus.map(|campus| campus.to_string())))
        };
        for (written, expected) in [
            ("ana", Some(("ana", None))),
            ("ana-gil_2", Some(("ana-gil_2", None))),
            ("jose.nunez", Some(("jose-nunez", Some("jose.nunez")))),
            ("ana@uni.es", Some(("ana", Some("ana@uni.es")))),
            ("ana.gil@alumni.uni.es", Some(("ana-gil", Some("ana.gil@alumni.uni.es")))),
            ("Ana.Gil", None),
            ("ana@Uni.es", None),
            ("@uni.es", None),
            (".ana", None),
            ("ana.", None),
            ("ana@", None),
            ("1ana@uni.es", None),
            ("ana gil@uni.es", None),
            ("núñez@uni.es", None),
        ] {
            let expected = expected.map(|(login, campus)| (login.to_owned(), campus.map(str::to_owned)));
            assert_eq!(said(written), expected, "{written}");
        }
    }
}
