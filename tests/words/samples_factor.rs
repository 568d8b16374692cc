//! Samples of what is answered about second factors.

use puerta::app::reply::{Reply, TotpView};

fn codes() -> Vec<String> {
    (2..9).map(|n| format!("ABCD-EFGH-{n}{n}{n}{n}")).collect()
}

pub(crate) fn replies() -> Vec<Reply> {
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned();
    let uri = format!("otpauth://totp/puerta:profesor?secret={secret}&issuer=puerta");
    vec![
        Reply::PersonTotpReset { login: "profesor2".into() },
        Reply::TotpOffered(TotpView { secret, uri }),
        Reply::TotpAdded { codes: codes() },
        Reply::TotpRemoved,
        Reply::TotpCodes { codes: codes() },
    ]
}
