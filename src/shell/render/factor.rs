//! Second factors as text: a QR code of half blocks, codes to write down.

use super::{Style, label, said};
use crate::app::reply::{FactorView, TotpReply, TotpView};
use crate::shell::lang::Lang;
use crate::shell::text::text;
use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

/// White on black, whatever the terminal's own colours: telephones want dark on light, and the light
/// is what is drawn.
const COLOURS: (&str, &str) = ("\x1b[97;40m", "\x1b[0m");

pub(super) fn reply(reply: &TotpReply, lang: Lang, style: Style) -> String {
    match reply {
        TotpReply::Offered(view) => offered(view, lang, style),
        TotpReply::Added { codes } => {
            said(lang, "done-totp-added", &[]) + &recovery(codes, lang) + &said(lang, "done-totp-again", &[])
        }
        TotpReply::Removed => said(lang, "done-totp-removed", &[]),
        TotpReply::Codes { codes } => said(lang, "done-totp-codes", &[]) + &recovery(codes, lang),
    }
}

fn offered(view: &TotpView, lang: Lang, style: Style) -> String {
    let picture = style.width.and_then(|width| qr(&view.uri, usize::from(width))).unwrap_or_default();
    let groups: Vec<&str> = (0..view.secret.len().div_ceil(4))
        .filter_map(|group| view.secret.get(group * 4..view.secret.len().min(group * 4 + 4)))
        .collect();
    let key = said(lang, "totp-secret", &[("secret", &groups.join(" "))]);
    format!("{}{picture}{}\n{key}", said(lang, "totp-scan", &[]), view.uri)
}

/// The QR code with its quiet zone of four modules, two modules a row of text; `None` when it is wider
/// than the terminal.
fn qr(content: &str, width: usize) -> Option<String> {
    let code = QrCode::with_error_correction_level(content, EcLevel::L).ok()?;
    let drawn = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .quiet_zone(true)
        .build();
    let fits = drawn.lines().all(|row| row.chars().count() <= width);
    let (on, off) = COLOURS;
    fits.then(|| drawn.lines().map(|row| format!("{on}{row}{off}\n")).collect())
}

/// Two columns, to be written down.
fn recovery(codes: &[String], lang: Lang) -> String {
    let rows: String = codes.chunks(2).map(|row| format!("    {}\n", row.join("    "))).collect();
    rows + &said(lang, "totp-keep-codes", &[])
}

/// The line of `whoami`.
pub(super) fn line(factor: Option<&FactorView>, lang: Lang) -> (String, String) {
    let value = match factor {
        None => text(lang, "word-no", &[]),
        Some(factor) => {
            let id = if factor.proved { "word-factor-proved" } else { "word-factor-unproved" };
            text(lang, id, &[("left", &factor.recovery_left.to_string())])
        }
    };
    (label(lang, "second-factor"), value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use qrcode::Color;

    const URI: &str = "otpauth://totp/puerta:profesor?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=puerta";

    /// What a camera sees, module by module: light is what is drawn.
    #[test]
    fn the_picture_is_the_code_in_its_quiet_zone() {
        let drawn = qr(URI, 80).unwrap();
        let mut light: Vec<Vec<bool>> = Vec::new();
        for row in drawn.lines() {
            let row = row.strip_prefix(COLOURS.0).unwrap().strip_suffix(COLOURS.1).unwrap();
            light.push(row.chars().map(|c| matches!(c, '█' | '▀')).collect());
            light.push(row.chars().map(|c| matches!(c, '█' | '▄')).collect());
        }
        let code = QrCode::with_error_correction_level(URI, EcLevel::L).unwrap();
        let side = code.width();
        for (y, row) in light.iter().enumerate().take(side + 8) {
            assert_eq!(row.len(), side + 8);
            for (x, light) in row.iter().enumerate() {
                let inside = (4..side + 4).contains(&x) && (4..side + 4).contains(&y);
                let dark = inside && code[(x - 4, y - 4)] == Color::Dark;
                assert_eq!(*light, !dark, "{x} {y}");
            }
        }
        // It stands on an ordinary terminal with what is said above and below.
        assert!(side + 8 <= 80 && drawn.lines().count() <= 22, "{side}");
        assert!(qr(URI, side + 7).is_none());
    }
}
