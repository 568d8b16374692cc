//! Samples of what is answered about second factors.

use puerta::app::reply::{PersonReply, Reply, TotpReply, TotpView};

fn codes() -> Vec<String> {
    (2..9).map(|n| format!("ABCD-EFGH-{n}{n}{n}{n}")).collect()
}

pub(crate) fn replies() -> Vec<Reply> {
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned();
    let uri = format!("otpauth://totp/puerta:profesor?secret={secret}&issuer=puerta");
    vec![
        Reply::Person(PersonReply::TotpReset { login: "profesor2".into() }),
        Reply::Totp(TotpReply::Offered(TotpView { secret, uri })),
        Reply::Totp(TotpReply::Added { codes: codes() }),
        Reply::Totp(TotpReply::Removed),
        Reply::Totp(TotpReply::Codes { codes: codes() }),
    ]
}
