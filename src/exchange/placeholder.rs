//! The message that Exchange hands out in place of one that it cannot render.
//!
//! Its subject is `Retrieval using the IMAP4 protocol failed for the following message: 752` (freescout#3203,
//! Mailspring#2038, offlineimap#62). A program that files it as the message and deletes the message loses mail.

const SUBJECT: &str = "retrieval using the imap4 protocol failed for the following message";

/// Why a message that starts so is not the one that was asked for; none if it may be.
pub(super) fn placeholder(start: &[u8]) -> Option<&'static str> {
    is_placeholder(start).then_some(
        "Exchange sent its placeholder (\"Retrieval using the IMAP4 protocol failed\") in the message's place",
    )
}

/// True if the beginning of a message is Exchange's placeholder. Its subject may be folded, since it is
/// longer than the 78 characters of RFC 5322.
fn is_placeholder(start: &[u8]) -> bool {
    let mut subject: Option<String> = None;
    for line in start.split(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(line).into_owned();
        let is_folded = line.starts_with([' ', '\t']) && !line.trim().is_empty();
        match &mut subject {
            Some(subject) if is_folded => subject.push_str(&line),
            Some(_) => break,
            None if line.trim().is_empty() => break,
            None if is_folded => {}
            None => {
                let (name, value) = line.split_once(':').unwrap_or((&line, ""));
                subject = name.trim().eq_ignore_ascii_case("subject").then(|| value.to_owned());
            }
        }
    }
    let words = subject.unwrap_or_default().to_ascii_lowercase();
    words.split_whitespace().collect::<Vec<_>>().join(" ").starts_with(SUBJECT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_placeholder_is_known_by_its_subject_alone() {
        let subject = "Subject: Retrieval using the IMAP4 protocol failed for the following message: 752\r\n";
        assert!(is_placeholder(format!("From: Microsoft Exchange Server 2010\r\n{subject}\r\nThe server").as_bytes()));
        assert!(!is_placeholder(format!("Subject: Re: failed\r\n\r\n{subject}").as_bytes()));
        for folded in [
            "Subject:\r\n Retrieval using the IMAP4 protocol failed for the following message: 752\r\n\r\n",
            "subject : Retrieval using the IMAP4\r\n\tprotocol failed for the following\r\n message: 752\r\n",
        ] {
            assert!(is_placeholder(format!("From: x\r\n{folded}").as_bytes()), "{folded}");
        }
        assert!(!is_placeholder(b"") && !is_placeholder(b" \n") && !is_placeholder(b"Subject:\n\n"));
    }
}
