//! Bytes of RFC 4251: what goes into a packet and comes out of one. Nothing here checks honesty.

/// A packet in the making.
#[derive(Clone, Debug, Default)]
pub struct Packet(pub Vec<u8>);

impl Packet {
    /// Of this message number.
    pub fn new(message: u8) -> Self {
        Self(vec![message])
    }

    pub fn byte(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    pub fn bool(self, value: bool) -> Self {
        self.byte(value.into())
    }

    pub fn u32(mut self, value: u32) -> Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub fn string(self, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        self.u32(value.len() as u32).bytes(value)
    }
}

/// A packet being read; a short one panics, the server is honest.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, n: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(n);
        self.0 = rest;
        taken
    }

    pub fn byte(&mut self) -> u8 {
        self.take(1)[0]
    }

    pub fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.take(4).try_into().unwrap())
    }

    pub fn string(&mut self) -> &'a [u8] {
        let n = self.u32() as usize;
        self.take(n)
    }

    pub fn text(&mut self) -> String {
        String::from_utf8(self.string().to_vec()).unwrap()
    }
}

/// A positive number (RFC 4251, section 5), from big-endian bytes.
pub fn mpint(bytes: &[u8]) -> Packet {
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let bytes = &bytes[first..];
    let sign: &[u8] = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { &[0] } else { &[] };
    Packet::default().string([sign, bytes].concat())
}

/// A repeatable stream of numbers (xorshift64).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.next() as u8).collect()
    }
}
