//! SASL XOAUTH2, a mechanism of Google and Microsoft without an RFC.
//!
//! `user=` mailbox `^A` `auth=Bearer ` token `^A^A`, in standard base64 with padding. The mailbox is the
//! primary SMTP address of the mailbox to open, for shared mailboxes too.
//! (learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth)

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Error, Kind, Phase, Result};
use crate::secret::Secret;

/// The initial response for `user`, refused where its parts could be taken for something else.
pub(crate) fn initial_response(user: &str, token: &Secret) -> Result<Secret> {
    if user.is_empty() || user.chars().any(|c| c.is_control() || c == ' ') {
        let message = format!("the mailbox address {user:?} holds a control character or a blank, or is empty");
        return Err(Error::new(Kind::Usage, Phase::Options, message));
    }
    if token.expose().is_empty() || token.expose().iter().any(|byte| !byte.is_ascii_graphic()) {
        let message =
            "the access token is empty or holds what no token does (a blank, a line end, a control character)";
        return Err(Error::new(Kind::Usage, Phase::Credential, message));
    }
    let plain = Secret::new([b"user=", user.as_bytes(), b"\x01auth=Bearer ", token.expose(), b"\x01\x01"].concat());
    let response = Secret::new(STANDARD.encode(plain.expose()));
    [token, &response].iter().for_each(|secret| secret.guard());
    Ok(response)
}

/// What an error challenge says, where it is base64 of text (JSON at Google's, mostly absent at Exchange's).
pub(crate) fn challenge_text(challenge: &[u8]) -> Option<String> {
    let text = String::from_utf8(STANDARD.decode(challenge).ok()?).ok()?;
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microsofts_example() {
        let response =
            initial_response("test@contoso.onmicrosoft.com", &Secret::new("EwBAAl3BAAUFFpUAo7J3Ve0bjLBWZWCclRC3EoAA"));
        assert_eq!(
            response.unwrap().expose_str(),
            Some(
                "dXNlcj10ZXN0QGNvbnRvc28ub25taWNyb3NvZnQuY29tAWF1dGg9QmVhcmVyIEV3QkFBbDNCQUFVRkZwVUFvN0ozVmUwYmpMQldaV0NjbFJDM0VvQUEBAQ=="
            )
        );
    }

    #[test]
    fn parts_that_would_break_out_are_refused() {
        for (user, token) in
            [("a\x01b", "t"), ("a\r\n", "t"), ("", "t"), ("a b", "t"), ("a", ""), ("a", "t\n"), ("a", "t\x01")]
        {
            assert_eq!(initial_response(user, &Secret::new(token)).unwrap_err().kind(), Kind::Usage);
        }
    }

    #[test]
    fn challenges_are_read_where_they_can_be() {
        assert_eq!(challenge_text(b"eyJzdGF0dXMiOiI0MDEifQ==").as_deref(), Some("{\"status\":\"401\"}"));
        assert_eq!(challenge_text(b""), None);
        assert_eq!(challenge_text(b"!"), None);
    }
}
