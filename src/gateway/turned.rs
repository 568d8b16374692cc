//! What is said to somebody who is not let in. Lines before the version (RFC 4253 4.2) are shown by OpenSSH
//! only when it is told to be verbose; a disconnect (11.1), which is in clear before keys were exchanged, is
//! shown by OpenSSH, PuTTY and what is built on libssh2.

use super::startups::Refusal;
use crate::shell::notice;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// How we are called in the first line.
pub(super) const VERSION: &str = concat!("SSH-2.0-puerta_", env!("CARGO_PKG_VERSION"));
/// `SSH_MSG_DISCONNECT`, and its reason `SSH_DISCONNECT_TOO_MANY_CONNECTIONS`.
const DISCONNECT: u8 = 1;
const TOO_MANY_CONNECTIONS: u32 = 12;
/// Time for a client to read it. Closed before it has, the client's own first line is answered by a
/// reset, and some throw away what they have not read then.
const READING: Duration = Duration::from_secs(2);
/// So many are waited for; the next ones are told and closed.
static WAITED_FOR: Semaphore = Semaphore::const_new(64);

/// Why, to the client, and closes.
pub(super) fn turn_away(stream: TcpStream, refusal: Refusal) {
    let said = said(refusal);
    let Ok(waited_for) = WAITED_FOR.try_acquire() else {
        // Straight to the socket: tokio does not know yet that a new one can be written to.
        let _ = socket2::SockRef::from(&stream).send(&said);
        return;
    };
    tokio::spawn(async move {
        // Best effort by nature: who does not read is not told.
        let _ = tokio::time::timeout(READING, tell(stream, &said)).await;
        drop(waited_for);
    });
}

async fn tell(mut stream: TcpStream, said: &[u8]) -> std::io::Result<()> {
    stream.write_all(said).await?;
    stream.shutdown().await?;
    let mut ignored = [0; 1024];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(())
}

/// The version, and a disconnect.
fn said(refusal: Refusal) -> Vec<u8> {
    let text = match refusal {
        Refusal::Full => notice::door_full(),
        Refusal::Penalty(left) => notice::door_narrowed(left.as_secs().div_ceil(60)),
    };
    let mut payload = vec![DISCONNECT];
    payload.extend(TOO_MANY_CONNECTIONS.to_be_bytes());
    payload.extend((text.len() as u32).to_be_bytes());
    payload.extend(text.as_bytes());
    // No language tag.
    payload.extend(0_u32.to_be_bytes());
    // RFC 4253 6: the whole is a multiple of eight, with at least four bytes of padding.
    let padding = 8 - (5 + payload.len()) % 8;
    let padding = if padding < 4 { padding + 8 } else { padding };
    let mut said = format!("{VERSION}\r\n").into_bytes();
    said.extend((1 + payload.len() as u32 + padding as u32).to_be_bytes());
    said.push(padding as u8);
    said.extend(payload);
    said.resize(said.len() + padding, 0);
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disconnect_in_clear_is_a_whole_packet() {
        for refusal in [Refusal::Full, Refusal::Penalty(Duration::from_secs(61))] {
            let said = said(refusal);
            let packet = &said[VERSION.len() + 2..];
            let length = u32::from_be_bytes(*packet.first_chunk().unwrap()) as usize;
            assert_eq!((packet.len(), packet.len() % 8), (4 + length, 0));
            assert!(packet[4] >= 4);
            let text = String::from_utf8(packet[14..packet.len() - usize::from(packet[4]) - 4].to_vec());
            let text = text.unwrap();
            assert!(text.is_ascii() && text.contains(" / "), "{text}");
        }
    }
}
