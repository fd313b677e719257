//! Messages that mean harm: whatever a sender writes, the memory that they take stays near their size.

use crate::program::World;
use crate::support::sample::ORDERS;

/// What a run takes in any case, in bytes.
const FLOOR: usize = 28 << 20;

/// What a message may add to it, in lengths of its own.
const MULTIPLE: usize = 3;

const SIZE: usize = 2 << 20;

#[test]
fn no_message_makes_memory_more_than_a_small_multiple_of_it() {
    let fill = |start: &str, again: &str| format!("{start}{}", again.repeat(SIZE / again.len()));
    let nested: String =
        (0..SIZE / 70).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n")).collect();
    let mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (shows, message) in [
        ("one field", fill("Subject: ", "x") + "\r\n\r\ny"),
        ("a folded field", fill("To: ", "a@example.com,\r\n ") + "b@example.com\r\n\r\ny"),
        ("short fields", fill("", "a:\r\n") + "\r\ny"),
        ("encoded words", fill("Subject: ", "=?utf-8?B?4pyT?= \r\n ") + "\r\n\r\ny"),
        ("shifts of ISO-2022-JP", fill("To: ", "\x1b$B!!") + "\r\n\r\ny"),
        ("parameters", fill("Content-Type: application/pdf; ", "name*1=x; ") + "\r\n\r\ny"),
        ("parts", fill(mixed, "--b\r\n\r\n")),
        ("lines that begin as a delimiter", fill(mixed, "--\r\n")),
        ("multiparts in each other", nested),
        ("uuencode", fill("\r\n", "begin 644 a\r\n#0V%T\r\n`\r\nend\r\n")),
        ("one line of text", fill("\r\n", "x")),
        (
            "one line of base64",
            fill("Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n", "AAAA"),
        ),
        (
            "escapes",
            fill("Content-Type: application/pdf\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", "=41"),
        ),
        ("pictures in HTML", fill("Content-Type: text/html\r\n\r\n", "cid:a\"")),
    ] {
        let world = World::new();
        let length = message.len();
        world.exchange.mailboxes().folder(ORDERS, "INBOX").unwrap().messages.clear();
        world.exchange.mailboxes().folder(ORDERS, "INBOX").unwrap().deliver(message);
        let arguments = ["fetch", "--to", "mail", "--attachments", "--skip-inline", "--json"];
        let ended = world.call_with_token(&arguments).run();
        assert!(matches!(ended.code, Some(0 | 6)), "{shows}: {ended}");
        assert!(ended.peak * 1024 < (FLOOR + MULTIPLE * length) as u64, "{shows}: {} KB", ended.peak);
    }
}
