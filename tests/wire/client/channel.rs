//! Channels of the client.

use super::*;

impl Client {
    /// A channel open's beginning, with a common window.
    pub fn open_packet(kind: &str, ours: u32, window: u32) -> Packet {
        Packet::new(OPEN).string(kind).u32(ours).u32(window).u32(32 * 1024)
    }

    pub fn tcpip_packet(ours: u32, window: u32, host: &[u8], port: u32) -> Packet {
        Self::open_packet("direct-tcpip", ours, window).string(host).u32(port).string("127.0.0.1").u32(4000)
    }

    /// Opens; the server's number for it, or the refusal's code and text.
    pub fn open(&mut self, packet: &Packet, ours: u32) -> Result<std::result::Result<u32, (u32, String)>> {
        self.send(packet)?;
        let answer = self.expect_that(|packet| {
            matches!(packet[0], OPEN_CONFIRMATION | OPEN_FAILURE) && Reader(&packet[1..]).u32() == ours
        })?;
        let mut reader = Reader(&answer[5..]);
        Ok(match answer[0] {
            OPEN_CONFIRMATION => Ok(reader.u32()),
            _ => Err((reader.u32(), reader.text())),
        })
    }

    /// A session channel of a decent window.
    pub fn session(&mut self, ours: u32) -> u32 {
        self.session_window(ours, 1 << 20)
    }

    pub fn session_window(&mut self, ours: u32, window: u32) -> u32 {
        self.open(&Self::open_packet("session", ours, window), ours).unwrap().unwrap()
    }

    pub fn request_packet(theirs: u32, kind: &str, reply: bool) -> Packet {
        Packet::new(REQUEST).u32(theirs).string(kind).bool(reply)
    }

    /// A request with a reply; was it granted?
    pub fn request(&mut self, ours: u32, packet: &Packet) -> Result<bool> {
        self.send(packet)?;
        let answer = self.expect_that(|packet| {
            matches!(packet[0], SUCCESS | FAILURE) && Reader(&packet[1..]).u32() == ours
        })?;
        Ok(answer[0] == SUCCESS)
    }

    pub fn data(&mut self, theirs: u32, data: &[u8]) -> Result<()> {
        self.send(&Packet::new(DATA).u32(theirs).string(data))
    }

    /// Data as a client sends it that minds its window, which is `left` at first; until `bytes` of it are sent, or
    /// nothing more may be sent for this long. How much was sent.
    pub fn push(&mut self, ours: u32, theirs: u32, bytes: usize, patience: Duration) -> usize {
        let piece = [b'x'; 32 * 1024];
        let (mut sent, mut left) = (0, FIRST_WINDOW);
        while sent < bytes {
            let until = Instant::now() + patience;
            while left == 0 {
                let adjusted = self.receive_within(until.saturating_duration_since(Instant::now()));
                match adjusted {
                    Ok(packet) if packet[0] == WINDOW_ADJUST && Reader(&packet[1..]).u32() == ours => {
                        left += Reader(&packet[5..]).u32() as usize;
                    }
                    Ok(packet) => self.aside.push_back(packet),
                    Err(_) => return sent,
                }
            }
            let now = left.min(piece.len()).min(bytes - sent);
            if self.data(theirs, &piece[..now]).is_err() {
                return sent;
            }
            (sent, left) = (sent + now, left - now);
        }
        sent
    }

    /// Sends what has no place here: it is answered with UNIMPLEMENTED and its number, and with nothing else.
    pub fn unimplemented(&mut self, packet: &Packet) {
        let number = self.sent;
        self.send(packet).unwrap();
        assert_eq!(self.receive().unwrap(), [&[UNIMPLEMENTED][..], &number.to_be_bytes()].concat());
    }

    /// Nobody came in: what only who is in may ask has no place.
    pub fn is_a_stranger(&mut self) {
        self.unimplemented(&Self::open_packet("session", 1, 1 << 20));
        self.unimplemented(&Packet::new(GLOBAL_REQUEST).string("keepalive@openssh.com").bool(true));
        match self.receive_within(Duration::from_millis(300)) {
            Err(gone) => assert!(gone.was_silent(), "{gone:?}"),
            Ok(packet) => panic!("a stranger was answered: {packet:?}"),
        }
    }

    pub fn adjust(&mut self, theirs: u32, amount: u32) -> Result<()> {
        self.send(&Packet::new(WINDOW_ADJUST).u32(theirs).u32(amount))
    }

    /// Reads this channel's data until the text is in it, or it closes.
    pub fn hear(&mut self, ours: u32, what: &str) -> Result<String> {
        let mut heard = Vec::new();
        loop {
            let packet = self.expect_that(|packet| {
                matches!(packet[0], DATA | CLOSE) && Reader(&packet[1..]).u32() == ours
            })?;
            if packet[0] == CLOSE {
                return Err(Gone(format!("closed after: {}", String::from_utf8_lossy(&heard))));
            }
            heard.extend_from_slice(Reader(&packet[5..]).string());
            let text = String::from_utf8_lossy(&heard);
            if text.contains(what) {
                return Ok(text.into_owned());
            }
        }
    }

    /// One command on a channel of its own, closed afterwards; its output.
    pub fn exec(&mut self, ours: u32, command: &str) -> Result<String> {
        let theirs = self.session(ours);
        self.send(&Self::request_packet(theirs, "exec", false).string(command))?;
        let mut heard = Vec::new();
        loop {
            let packet = self.expect_that(|packet| {
                matches!(packet[0], DATA | CLOSE) && Reader(&packet[1..]).u32() == ours
            })?;
            if packet[0] == CLOSE {
                self.send(&Packet::new(CLOSE).u32(theirs))?;
                return Ok(String::from_utf8_lossy(&heard).into_owned());
            }
            heard.extend_from_slice(Reader(&packet[5..]).string());
        }
    }
}
