//! Bytes that come in pieces, as text: a character may be cut by the end of a piece.

/// What is left of a character.
#[derive(Debug, Default)]
pub(super) struct Decoder(Vec<u8>);

impl Decoder {
    /// The text so far; what is not UTF-8 becomes U+FFFD.
    pub(super) fn text(&mut self, bytes: &[u8]) -> String {
        self.0.extend_from_slice(bytes);
        let whole = self.0.len() - unfinished(&self.0);
        let text = String::from_utf8_lossy(&self.0[..whole]).into_owned();
        self.0.drain(..whole);
        text
    }
}

/// Bytes at the end that may become a character.
fn unfinished(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        let length = match byte {
            0b1100_0000..=0b1101_1111 => 2,
            0b1110_0000..=0b1110_1111 => 3,
            0b1111_0000..=0b1111_0111 => 4,
            0b1000_0000..=0b1011_1111 => continue,
            _ => return 0,
        };
        return if length > back { back } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_that_is_cut_comes_whole_and_rubbish_is_not_waited_for() {
        let text = "a ñ € 😀 z";
        for step in 1..5 {
            let mut decoder = Decoder::default();
            let whole: String = text.as_bytes().chunks(step).map(|piece| decoder.text(piece)).collect();
            assert_eq!(whole, text);
        }
        let mut decoder = Decoder::default();
        assert_eq!(
            decoder.text(b"\xff\xfea\x80\x80\x80\x80"),
            "\u{fffd}\u{fffd}a\u{fffd}\u{fffd}\u{fffd}\u{fffd}"
        );
        assert_eq!(decoder.text(b"b\xf0\x9f"), "b");
        assert_eq!(decoder.text(b"c"), "\u{fffd}c");
    }
}
