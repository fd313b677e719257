use super::*;
use crate::error::{EntraReply, ServerReply};
use base64::engine::general_purpose::STANDARD;
use std::io::Cursor;

/// What a client sends, and what it is answered.
struct Script {
    sent: Cursor<Vec<u8>>,
    /// So many bytes at a time.
    slice: usize,
    said: Vec<u8>,
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.slice.min(buffer.len());
        self.sent.read(&mut buffer[..most])
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.said.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How a dialogue ends: tag, name and password, or why there is none; what was answered; what is left for the server.
type Heard = (Result<(String, String, Vec<u8>), Option<String>>, String, Vec<u8>);

fn hear(sent: &[u8], slice: usize) -> Heard {
    let mut dialogue = Dialogue::new(Script { sent: Cursor::new(sent.to_vec()), slice, said: Vec::new() });
    let credentials = match dialogue.credentials("IMAP4rev1", &|_| {}) {
        Ok((name, password)) => Ok((dialogue.tag, name, password.expose().to_vec())),
        Err(Gone(why)) => Err(why),
    };
    (credentials, String::from_utf8(dialogue.stream.said).unwrap(), dialogue.unread)
}

fn signs_in(sent: &str, tag: &str, name: &str, password: &str) -> String {
    let mut said = Vec::new();
    for slice in [1, 2, 7, 1000] {
        let (wish, answers, _) = hear(sent.as_bytes(), slice);
        let (found_tag, found_name, found) = wish.unwrap_or_else(|why| panic!("{sent:?}: {why:?} {answers}"));
        assert_eq!((&*found_tag, &*found_name, &*found), (tag, name, password.as_bytes()), "{sent:?}");
        said.push(answers);
    }
    assert!(said.iter().all(|answers| *answers == said[0]));
    said.swap_remove(0)
}

#[test]
fn login_takes_atoms_quoted_strings_and_literals_in_any_mix() {
    let secret = "pa\"ss wo\\rd";
    for (sent, said) in [
        // mbsync, fetchmail, node-imap, libetpan.
        ("1 LOGIN \"a@b\" \"pa\\\"ss wo\\\\rd\"\r\n", ""),
        // imaplib, getmail, curl, JavaMail.
        ("0 login a@b \"pa\\\"ss wo\\\\rd\"\r\n", ""),
        // c-client and Mail::IMAPClient.
        ("00000000 LOGIN a@b {11}\r\npa\"ss wo\\rd\r\n", "+ go on\r\n"),
        // fdm.
        ("IDLE LOGIN {3}\r\na@b {11}\r\npa\"ss wo\\rd\r\n", "+ go on\r\n+ go on\r\n"),
        ("x Login {3+}\r\na@b {11+}\r\npa\"ss wo\\rd\r\n", ""),
        ("x LOGIN {3+}\r\na@b \"pa\\\"ss wo\\\\rd\"\n", ""),
        ("\r\nx LOGIN  a@b {11}\npa\"ss wo\\rd\n", "+ go on\r\n"),
    ] {
        let tag = sent.trim_start().split(' ').next().unwrap();
        assert_eq!(signs_in(sent, tag, "a@b", secret), said, "{sent:?}");
    }
    assert_eq!(signs_in("a LOGIN \"\" \"\"\r\n", "a", "", ""), "");
    // What Exchange's own users write: a shared mailbox behind their own.
    signs_in("a LOGIN \"u@contoso.com\\\\shared\" x\r\n", "a", "u@contoso.com\\shared", "x");
}

#[test]
fn authenticate_takes_plain_with_and_without_an_initial_response_and_login() {
    let plain = |text: &str| STANDARD.encode(text);
    for authzid in ["", "a@b", "A@B"] {
        let response = plain(&format!("{authzid}\0a@b\0secret"));
        assert_eq!(signs_in(&format!("a AUTHENTICATE PLAIN {response}\r\n"), "a", "a@b", "secret"), "");
        assert_eq!(signs_in(&format!("a authenticate plain\r\n{response}\r\n"), "a", "a@b", "secret"), "+ \r\n");
        let bare = response.trim_end_matches('=');
        signs_in(&format!("a AUTHENTICATE PLAIN {bare}\r\n"), "a", "a@b", "secret");
    }
    let (name, password) = (plain("a@b"), plain("secret"));
    let said = signs_in(&format!("a AUTHENTICATE LOGIN\r\n{name}\r\n{password}\r\n"), "a", "a@b", "secret");
    assert_eq!(said, "+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n");
    let said = signs_in(&format!("a AUTHENTICATE LOGIN {name}\r\n{password}\r\n"), "a", "a@b", "secret");
    assert_eq!(said, "+ UGFzc3dvcmQ6\r\n");
}

#[test]
fn everything_else_has_its_answer_and_the_dialogue_goes_on() {
    let response = STANDARD.encode("b@b\0a@b\0secret");
    for (sent, answer) in [
        ("a CAPABILITY", "* CAPABILITY IMAP4rev1\r\na OK done"),
        ("a noop", "a OK done"),
        ("a ID (\"name\" \"x\")", "* ID (\"name\" \"exoimap\")\r\na OK done"),
        ("a STARTTLS", "a BAD exoimap: no STARTTLS on this port"),
        ("a SELECT INBOX", "a BAD exoimap: sign in first"),
        ("a", "a BAD exoimap: sign in first"),
        ("a LOGIN x", "a BAD exoimap: LOGIN takes a name and a password"),
        ("a LOGIN x y z", "a BAD exoimap: LOGIN takes a name and a password"),
        ("a LOGIN x \"y", "a BAD exoimap: a quoted string has no end"),
        ("a LOGIN x {5000}", "a BAD exoimap: the literal is too long"),
        ("a LOGIN x {99999999999999999999999}", "a BAD exoimap: the literal is too long"),
        ("a AUTHENTICATE XOAUTH2 eA==", "a NO [CANNOT] exoimap: LOGIN or AUTHENTICATE PLAIN here"),
        ("a AUTHENTICATE PLAIN =", "a BAD exoimap: not the answer that the mechanism needs"),
        ("a AUTHENTICATE PLAIN\r\n*", "+ \r\na BAD exoimap: cancelled"),
        ("a AUTHENTICATE PLAIN\r\n%%%", "+ \r\na BAD exoimap: not the answer that the mechanism needs"),
    ] {
        let (wish, said, _) = hear(format!("{sent}\r\nz LOGIN a@b c\r\n").as_bytes(), 1000);
        assert_eq!(said, format!("{answer}\r\n"), "{sent}");
        assert!(wish.is_ok(), "{sent}");
    }
    let (_, said, _) = hear(format!("a AUTHENTICATE PLAIN {response}\r\n").as_bytes(), 1000);
    assert!(said.starts_with("a NO [AUTHORIZATIONFAILED] "), "{said}");
    let (wish, said, _) = hear(b"a LOGOUT\r\n", 1000);
    assert_eq!((wish.unwrap_err(), &*said), (None, "* BYE exoimap: until next time\r\na OK done\r\n"));
}

#[test]
fn what_follows_the_sign_in_is_kept_for_the_server() {
    let (wish, _, unread) = hear(b"a LOGIN x y\r\nb SELECT INBOX\r\nc FET", 1000);
    assert!(wish.is_ok());
    assert_eq!(unread, b"b SELECT INBOX\r\nc FET");
}

#[test]
fn clients_of_other_protocols_are_told_apart() {
    for (sent, why) in [
        (&b"\x16\x03\x01\x02\x00"[..], "speaks TLS"),
        (b"GET / HTTP/1.1\r\n", "speaks HTTP"),
        (b"POST /x HTTP/1.1\r\n", "speaks HTTP"),
        (b"EHLO me\r\n", "speaks SMTP"),
    ] {
        let (wish, said, _) = hear(sent, 1);
        assert!(wish.unwrap_err().is_some_and(|said| said.contains(why)), "{why}");
        assert_eq!(said, "");
    }
}

/// 30 MB without the end of a line, refusals without end, garbage: each ends, and none takes memory.
#[test]
fn no_client_is_heard_for_ever() {
    struct Endless(usize);
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += buffer.len();
            assert!(self.0 < 100_000, "still reading");
            buffer.fill(b'x');
            Ok(buffer.len())
        }
    }
    impl Write for Endless {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let Err(Gone(why)) = Dialogue::new(Endless(0)).credentials("", &|_| {}) else { panic!("signed in") };
    assert!(why.is_some_and(|why| why.contains("too long")));

    let (wish, said, _) = hear("a SELECT x\r\n".repeat(1000).as_bytes(), 1000);
    assert!(wish.is_err());
    assert_eq!(said.lines().count(), 11);
    assert!(said.ends_with("* BYE exoimap: too many commands that could not be carried out\r\n"), "{said}");

    let (wish, said, _) = hear(b"a LOGIN x {5000+}\r\nxxx", 1000);
    assert!(wish.is_err() && said.starts_with("* BYE "), "{said}");

    let garbage: Vec<u8> = (0..=255).cycle().take(20_000).filter(|byte| *byte != 0x16).collect();
    assert!(hear(&garbage, 999).0.is_err());
}

#[test]
fn what_may_pass_is_a_bye_and_what_stays_is_a_no_with_its_code() {
    let error = |kind, phase| Error::new(kind, phase, "x");
    let replied = |text: &str| {
        let reply = ServerReply { status: "BAD", code: None, text: text.to_owned() };
        error(Kind::Refused, Phase::Mailbox).with_reply(reply)
    };
    let entra = |code| {
        let reply = EntraReply { codes: vec![code], description: "for app 1234".into(), ..EntraReply::default() };
        error(Kind::Refused, Phase::Token).with_entra(reply)
    };
    for (error, is_temporary, starts) in [
        (
            entra(7_000_222),
            false,
            "[CONTACTADMIN] exoimap: Entra refused the application: AADSTS7000222, the secret has expired",
        ),
        (entra(1), false, "[CONTACTADMIN] exoimap: Entra refused the application: AADSTS1"),
        (error(Kind::Refused, Phase::Authenticate), false, "[CONTACTADMIN] exoimap: Exchange refused the application"),
        (
            replied("User is authenticated but not connected."),
            false,
            "[AUTHORIZATIONFAILED] exoimap: Exchange does not open a@b",
        ),
        (error(Kind::Temporary, Phase::Token), true, "[UNAVAILABLE] exoimap: no session at Entra ID"),
        (error(Kind::Temporary, Phase::Resolve), true, "[UNAVAILABLE] exoimap: no session at h.example"),
        (error(Kind::Protocol, Phase::Greeting), true, "[UNAVAILABLE] exoimap: no session at h.example"),
        (error(Kind::Refused, Phase::Tls), false, "[CONTACTADMIN] exoimap: h.example cannot be used"),
        (error(Kind::Usage, Phase::Options), false, "[CONTACTADMIN] exoimap: a mistake on this side"),
    ] {
        let refusal = refusal(&error, "a@b", "h.example");
        assert_eq!(refusal.is_temporary, is_temporary, "{error}");
        assert!(refusal.text.starts_with(starts), "{error}: {}", refusal.text);
        assert!(!refusal.text.contains("1234"), "{}", refusal.text);
    }
}

#[test]
fn an_answer_is_remembered_for_as_long_as_the_server_asks_within_limits() {
    let after = |seconds: u64| {
        let error = Error::new(Kind::Temporary, Phase::Token, "x").with_retry_after(Duration::from_secs(seconds));
        refusal(&error, "a@b", "h").lasts.as_secs()
    };
    assert_eq!([after(0), after(30), after(3600)], [5, 30, 60]);
}
