//! The message that Exchange hands out in place of one that it cannot render.
//!
//! Its subject is `Retrieval using the IMAP4 protocol failed for the following message: 752` (freescout#3203,
//! Mailspring#2038, offlineimap#62). Whoever files it as the message and deletes the message loses mail.

/// How much of a message must be looked at, in octets; the placeholder's header is shorter.
pub const PLACEHOLDER_HEADER: usize = 4096;

const SUBJECT: &[u8] = b"subject: retrieval using the imap4 protocol failed for the following message";

/// True where the beginning of a message is Exchange's placeholder.
pub fn is_placeholder(start: &[u8]) -> bool {
    start
        .split(|octet| *octet == b'\n')
        .take_while(|line| !line.is_empty() && *line != b"\r")
        .any(|line| line.get(..SUBJECT.len()).is_some_and(|words| words.eq_ignore_ascii_case(SUBJECT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_placeholder_is_known_by_its_subject_alone() {
        let subject = "Subject: Retrieval using the IMAP4 protocol failed for the following message: 752\r\n";
        assert!(is_placeholder(format!("From: Microsoft Exchange Server 2010\r\n{subject}\r\nThe server").as_bytes()));
        assert!(!is_placeholder(format!("Subject: Re: failed\r\n\r\n{subject}").as_bytes()));
        assert!(!is_placeholder(b""));
    }
}
