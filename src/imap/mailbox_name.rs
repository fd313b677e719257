//! Mailbox names as people type them, and as IMAP4rev1 sends them: modified UTF-7 (RFC 3501 section 5.1.3).

use std::fmt;

use base64::Engine;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

use crate::error::{Error, Kind, Phase, Result};

/// Base64 with `,` for `/`, unpadded; stray bits at the end are a server's business and accepted.
const MODIFIED_BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::RequireNone),
);

/// A mailbox name in both its forms.
///
/// A name that came from a server and is not valid modified UTF-7 keeps its bytes on the wire and is
/// shown as they are, so that it can still be selected.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxName {
    wire: Vec<u8>,
    text: String,
}

impl MailboxName {
    /// `INBOX`, the one name that every mailbox has in every language.
    pub fn inbox() -> MailboxName {
        MailboxName { wire: b"INBOX".to_vec(), text: "INBOX".to_owned() }
    }

    /// A name as people type it. CR, LF, NUL and other control characters are refused, and so is an empty name.
    pub fn new(text: &str) -> Result<MailboxName> {
        let refused = |why: &str| Error::new(Kind::Usage, Phase::Options, format!("folder name {text:?}: {why}"));
        if text.is_empty() {
            return Err(refused("it is empty"));
        }
        if let Some(control) = text.chars().find(|c| c.is_control()) {
            return Err(refused(&format!("it holds the control character {control:?}")));
        }
        if text.eq_ignore_ascii_case("INBOX") {
            return Ok(MailboxName::inbox());
        }
        Ok(MailboxName { wire: encode(text), text: text.to_owned() })
    }

    /// A name as a server sent it. Exchange sends control characters as they are (MailKit#945); back they
    /// go in modified UTF-7, as RFC 3501 has it. One that holds lines or a NUL is not sent back at all.
    pub fn from_wire(wire: &[u8]) -> MailboxName {
        let is_line = |byte: &u8| matches!(byte, b'\r' | b'\n' | 0);
        let is_encoded = wire.iter().any(u8::is_ascii_control) && !wire.iter().any(is_line);
        match decode(wire) {
            Some(text) if text.eq_ignore_ascii_case("INBOX") => MailboxName::inbox(),
            Some(text) if is_encoded => MailboxName { wire: encode(&text), text },
            Some(text) => MailboxName { wire: wire.to_vec(), text },
            None => MailboxName { wire: wire.to_vec(), text: String::from_utf8_lossy(wire).into_owned() },
        }
    }

    pub(crate) fn wire(&self) -> &[u8] {
        &self.wire
    }

    /// The name as people read it; unescaped, so not for a terminal.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True if `name` is the same folder: Exchange does not tell names apart by their case.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.text.to_lowercase() == name.to_lowercase()
    }
}

impl fmt::Display for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::text::safe(&self.text))
    }
}

/// Text → modified UTF-7.
fn encode(text: &str) -> Vec<u8> {
    let mut wire = Vec::with_capacity(text.len());
    let mut shifted: Vec<u8> = Vec::new();
    for c in text.chars() {
        if matches!(c, ' '..='~') {
            unshift(&mut shifted, &mut wire);
            wire.push(c as u8);
            if c == '&' {
                wire.push(b'-');
            }
        } else {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| shifted.extend_from_slice(&unit.to_be_bytes()));
        }
    }
    unshift(&mut shifted, &mut wire);
    wire
}

/// Writes the UTF-16 gathered so far as one `&…-`.
fn unshift(shifted: &mut Vec<u8>, wire: &mut Vec<u8>) {
    if !shifted.is_empty() {
        wire.push(b'&');
        wire.extend_from_slice(MODIFIED_BASE64.encode(&*shifted).as_bytes());
        wire.push(b'-');
        shifted.clear();
    }
}

/// Modified UTF-7 → text; none if it is not (8-bit bytes, a broken shift, half a surrogate).
fn decode(wire: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut rest = wire;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'&' => {
                let end = rest.iter().position(|byte| *byte == b'-')?;
                let shifted = rest.get(..end)?;
                rest = rest.get(end + 1..)?;
                if shifted.is_empty() {
                    text.push('&');
                } else {
                    text.push_str(&decode_shifted(shifted)?);
                }
            }
            0x80.. => return None,
            _ => text.push(char::from(byte)),
        }
    }
    Some(text)
}

fn decode_shifted(shifted: &[u8]) -> Option<String> {
    let bytes = MODIFIED_BASE64.decode(shifted).ok()?;
    if bytes.len() % 2 != 0 {
        return None;
    }
    let units: Vec<u16> =
        bytes.chunks_exact(2).map(|pair| pair.iter().fold(0, |unit, o| unit << 8 | u16::from(*o))).collect();
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_rfc_and_of_real_mailboxes() {
        for (text, wire) in [
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("INBOX/注文", "INBOX/&bOhlhw-"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("A & B", "A &- B"),
            ("&-", "&--"),
            ("😀x", "&2D3eAA-x"),
            ("été", "&AOk-t&AOk-"),
            ("Quote\"Back\\slash", "Quote\"Back\\slash"),
        ] {
            let name = MailboxName::new(text).unwrap();
            assert_eq!(std::str::from_utf8(name.wire()).unwrap(), wire);
            assert_eq!(MailboxName::from_wire(wire.as_bytes()), name);
        }
    }

    #[test]
    fn what_is_no_modified_utf7_keeps_its_bytes() {
        for wire in [&b"caf\xc3\xa9"[..], b"a&b", b"&AGE", b"&A-", b"&2D0-", b"&*-", b"&AOk=-"] {
            let name = MailboxName::from_wire(wire);
            assert_eq!((name.wire(), name.as_str()), (wire, &*String::from_utf8_lossy(wire)));
        }
    }

    #[test]
    fn controls_are_refused_and_inbox_has_one_spelling() {
        for bad in ["", "a\r\nb", "a\0", "tab\t", "\u{85}"] {
            assert_eq!(MailboxName::new(bad).unwrap_err().kind(), Kind::Usage);
        }
        assert_eq!(MailboxName::new("inbox").unwrap(), MailboxName::inbox());
    }

    #[test]
    fn controls_are_listed_and_never_sent_back_raw() {
        let name = MailboxName::from_wire(b"Tab\there &- \x1b\x7f");
        assert_eq!(name.to_string(), "Tab\\x09here & \\x1b\\x7f");
        assert_eq!(std::str::from_utf8(name.wire()).unwrap(), "Tab&AAk-here &- &ABsAfw-");
        assert_eq!(decode(name.wire()).as_deref(), Some("Tab\there & \x1b\x7f"));
        use super::super::command::Command;
        for lines in [&b"A\r\na9 LOGOUT"[..], b"a\0", b"a\x01&b"] {
            let name = MailboxName::from_wire(lines);
            assert_eq!(name.wire(), lines);
            assert_eq!(Command::new("STATUS", Phase::Command).mailbox(&name).unwrap_err().kind(), Kind::Usage);
        }
    }

    #[test]
    fn any_text_survives_the_round_trip() {
        let mut dice = crate::dice::Dice(7);
        for _ in 0..2000 {
            let text: String = (0..8)
                .filter_map(|_| {
                    let end = [0x180, 0x11_0000][dice.below(2) as usize];
                    char::from_u32(dice.below(end))
                })
                .filter(|c| !c.is_control())
                .collect();
            if let Ok(name) = MailboxName::new(&text) {
                assert_eq!(decode(name.wire()).as_deref(), Some(name.as_str()));
            }
        }
    }
}
