//! What a script reads of a message: `fetch --json`, `--attachments`, and the selections that find it.

use serde_json::Value;

use super::{call, objects};
use crate::program::{Ended, World};
use crate::support::sample::ORDERS;

/// A world with one message more, and its UID.
fn with_message(message: &[u8]) -> (World, u32) {
    let world = World::new();
    let uid = world.exchange.deliver(ORDERS, "INBOX", message);
    (world, uid)
}

fn fetch(world: &World, uid: u32, arguments: &[&str]) -> Ended {
    let uid = uid.to_string();
    let dir = world.folder.path().join("mail").to_string_lossy().into_owned();
    call(world, &[&["fetch", "--to", &dir, "--uid", &uid, "--json"], arguments].concat()).run()
}

fn object(ended: &Ended) -> Value {
    let mut objects = objects(&ended.stdout);
    assert_eq!(objects.len(), 1, "{ended}");
    objects.remove(0)
}

const PARTS: &str = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n\
                     <img src=\"cid:1@x\">\r\n--b\r\nContent-Type: image/png; name=l.png\r\nContent-ID: <1@x>\r\n\r\nPNG\r\n\
                     --b\r\nContent-Disposition: attachment; filename=\"a.pdf\" (scan)\r\nContent-Transfer-Encoding: base64\r\n\r\n";

#[test]
fn a_header_behind_40_kb_of_others_is_shown_whole() {
    let fill = "X-Microsoft-Antispam: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n";
    let to = (0..300).map(|n| format!("Name {n} <name{n}@contoso.com>")).collect::<Vec<_>>();
    let header = format!(
        "{}From: \"abc..def.\"@example.com\r\nTo: {}\r\nSubject: order\r\nDate: Fri, 12 June 2026 23:42:00 CEST\r\n\r\nx",
        fill.repeat(500),
        to.join(",\r\n ")
    );
    let (world, uid) = with_message(header.as_bytes());
    let fetched = object(fetch(&world, uid, &[]).expect(0));
    assert_eq!((&fetched["from"], &fetched["subject"]), (&"\"abc..def.\"@example.com".into(), &"order".into()));
    assert_eq!(
        (fetched["to"].as_str(), &fetched["date"]),
        (Some(&*to.join(", ")), &"2026-06-12T23:42:00+02:00".into())
    );
    let searched = object(call(&world, &["search", "--json", "--uid", &uid.to_string()]).run().expect(0));
    for field in ["from", "to", "cc", "subject", "date", "message_id"] {
        assert_eq!(fetched[field], searched[field], "{field}");
    }
}

#[test]
fn raw_bytes_are_found_as_they_are_shown() {
    // Shift_JIS, undeclared; KOI8-R, declared for the text.
    for (message, subject) in [
        (&b"Subject: \x92\x8d\x95\xb6\x8f\x91\r\n\r\nx"[..], "注文書"),
        (b"Subject: \xfa\xc1\xcb\xc1\xda\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\nx", "Заказ"),
        (b"Subject: =?UTF-8?B?5rM=?=\r\n =?UTF-8?B?qOaWhw==?=\r\n\r\nx", "注文"),
    ] {
        let (world, uid) = with_message(message);
        assert_eq!(object(fetch(&world, uid, &[]).expect(0))["subject"], subject);
        let uid = uid.to_string();
        let found = call(&world, &["search", "--uid", &uid, "--subject", subject]).run();
        assert_eq!(found.expect(0).stdout, format!("{uid}\n"), "{subject}: {found}");
    }
}

#[test]
fn what_did_not_decode_is_said_of_its_attachment_and_ends_with_6() {
    let whole = format!("{PARTS}JVBERi0xLjQK\r\n");
    let (world, uid) = with_message(format!("{whole}--b--\r\n").as_bytes());
    let parts = &object(fetch(&world, uid, &["--attachments"]).expect(0))["attachments"];
    assert_eq!((&parts[0]["name"], &parts[0]["content_id"]), (&"l.png".into(), &"<1@x>".into()));
    assert_eq!((&parts[0]["disposition"], &parts[0]["broken"]), (&Value::Null, &Value::Null));
    assert_eq!((&parts[1]["disposition"], &parts[1]["original_name"]), (&"attachment".into(), &"a.pdf".into()));

    let (world, uid) = with_message(format!("{whole}--b--\r\n").as_bytes());
    let parts = &object(fetch(&world, uid, &["--attachments", "--skip-inline"]).expect(0))["attachments"];
    assert_eq!((parts.as_array().unwrap().len(), &parts[0]["name"]), (1, &"a.pdf".into()));

    let (world, uid) = with_message(whole.as_bytes());
    let ended = fetch(&world, uid, &["--attachments"]);
    ended.expect(0).saying(&["its last boundary is missing"]);
    assert_eq!(object(&ended)["attachments"][1]["broken"], Value::Null);

    let (world, uid) = with_message(format!("{whole}____\r\nA list\r\n--b--\r\n").as_bytes());
    let ended = fetch(&world, uid, &["--attachments"]);
    ended.expect(6).saying(&["a.pdf", "follows its base64"]);
    let part = &object(&ended)["attachments"][1];
    assert!(part["size"] == 9 && part["broken"].as_str().unwrap().contains("follows its base64"), "{part}");
}
