//! What is shown of a header is found in it.

use std::fs;
use std::path::Path;

use super::*;

fn corpus() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/mime"))
}

#[test]
fn header_fields_are_decoded() {
    let read = |name: &str| headers(&fs::read(corpus().join(name)).unwrap());
    let some = |text: &str| Some(text.to_owned());
    let expected = Headers {
        date: some("2026-11-02T09:00:00+09:00"),
        from: some("山田 <yamada@example.com>"),
        to: some("\"Müller, Boss <ceo@contoso.com>\" <x@example.com>, y@example.com"),
        cc: some("Team: a@example.com, b@example.com;"),
        subject: some("請求書 Nr. 1"),
        message_id: some("<703@example.com>"),
    };
    assert_eq!(read("703-headers.eml"), expected);
    let raw = read("702-8-bit-header.eml");
    assert_eq!((raw.subject, raw.from), (some("注文書"), some("注文 <orders@example.com>")));
    assert_eq!(headers(b""), Headers::default());
    assert_eq!(headers(b"Date: yesterday\r\nSubject:\r\nSubj").date, some("yesterday"));
    assert_eq!(headers(b"\r\nSubject: in the body\r\n"), Headers::default());
}

fn subject(value: &[u8], text: &str) -> bool {
    has(&[b"From: a@example.com\r\nSubject: ", value, b"\r\n\r\n"].concat(), "SUBJECT", &text.to_lowercase())
}

#[test]
fn words_of_every_encoding_are_found() {
    let jis = b"=?ISO-2022-JP?B?GyRCQ21KOD1xGyhCIBskQkJoGyhCMjAyNi0xMTgbJEI5ZhsoQg==?=";
    assert!(subject(jis, "注文書 第2026-118号"));
    assert!(subject(b"=?utf-8?q?Bestellung_f=C3=BCr_M=C3=A4rz?=", "FÜR MÄRZ"));
    assert!(subject(b"=?UTF-8?B?5rOo?=\r\n =?UTF-8?B?5paH?=", "注文"));
    assert!(subject("Bestellung für März".as_bytes(), "für märz"));
    assert!(subject(b"Bestellung f\xfcr M\xe4rz", "für März"));
    assert!(subject(b"\x1b$BCmJ8=q\x1b(B 4711", "注文書 4711"));
    assert!(subject(b"=?Shift_JIS?B?ko2Vto+R?=", "注文書"));
    assert!(subject("in two\r\n lines für".as_bytes(), "two lines für"));
    assert!(subject(b"Re: =?utf-8?q?=C3=A9t=C3=A9?= 2026", "Re: été 2026"));
    assert!(!subject(jis, "請求書"));
}

#[test]
fn names_are_found_as_written_and_as_meant() {
    let header = b"from: \"Doe \\\"J\\\" \\\\ Co\" <doe@example.com>,\r\n\t=?UTF-8?Q?J=C3=BCrgen?= <j@example.com>\r\n";
    for text in ["doe \"j\" \\ co", "doe \\\"j\\\"", "\"doe", "jürgen <j@example.com>"] {
        assert!(has(header, "FROM", text), "{text}");
    }
    assert!(!has(header, "TO", "jürgen") && !has(header, "FROM", "jorgen"));
}

#[test]
fn a_field_is_a_field_only_where_one_begins() {
    assert!(!subject(b"x\r\nX-Subject: \xe6\xb3\xa8", "注"));
    assert!(subject(b"x\r\nsubject : \xe6\xb3\xa8", "注"));
    assert!(has(b"Subject: \xe6\xb3\xa8", "SUBJECT", "注"));
    assert!(!has(b"", "SUBJECT", "注") && !has(b"Subject", "SUBJECT", "注") && !has(b"\r\n:\n \n", "SUBJECT", "注"));
}

#[test]
fn a_hostile_header_costs_little() {
    for word in ["=?u8?q?", "=?", "=?utf-8?b?", "=?utf-8?q?x?= ", "\n ", "\u{1b}$B", ":"] {
        let header = format!("Subject: {}", word.repeat(100_000));
        assert!(!subject(header.as_bytes(), "注文"), "{word:?}");
    }
}

#[test]
fn what_is_understood_from_end_to_end_is_a_moment() {
    for (field, expected) in [
        ("Mon, 2 Nov 2026 09:00:00 +0900 (JST)", "2026-11-02T09:00:00+09:00"),
        ("Wed, 11 Feb 2026 11:51:07 est", "2026-02-11T11:51:07-05:00"),
        ("Wed, 11 Feb 2026 11:51:07 CET", "2026-02-11T11:51:07+01:00"),
        ("Wed, 11 Feb 2026 11:51:07 CEST", "2026-02-11T11:51:07+02:00"),
        ("Wed, 11 Feb 2026 11:51:07 JST", "2026-02-11T11:51:07+09:00"),
        ("Wed, 11 Feb 2026 11:51:07 GMT+0900", "2026-02-11T11:51:07+09:00"),
        ("Wed, 11 Feb 2026 11:51:07 UTC+0900", "2026-02-11T11:51:07+09:00"),
        ("Wed, 11 Feb 2026 11:51:07 GMT +09:00", "2026-02-11T11:51:07+09:00"),
        ("Wed, 11 Feb 2026 11:51:07 -600", "2026-02-11T11:51:07-06:00"),
        ("Wed, 11 Feb 2026 11:51:07 -0000", "2026-02-11T11:51:07-00:00"),
        ("Wed, 11 Feb 2026 11:51:07 +0900 JST", "2026-02-11T11:51:07+09:00"),
        ("11 Feb 2026 11:51 GMT", "2026-02-11T11:51:00Z"),
        ("Fri, 12 June 2026 23:42:00 +0200", "2026-06-12T23:42:00+02:00"),
        ("Fri, 11 Sept 2026 23:42:00 +0200", "2026-09-11T23:42:00+02:00"),
        ("Fri, 12 Jun 2026 23.42.00 +0200", "2026-06-12T23:42:00+02:00"),
        ("Fri, 12 Jun 2026 11:42:00 PM +0200", "2026-06-12T23:42:00+02:00"),
        ("Fri, 12 Jun 2026 12:42:00 AM +0200", "2026-06-12T00:42:00+02:00"),
        ("Tue, 029 Sep 2026 23:34:45 -0800", "2026-09-29T23:34:45-08:00"),
        ("Wed Feb 11 11:51:07 UTC 2026", "2026-02-11T11:51:07Z"),
        ("Wed Feb 11 11:51:07 2026 +0100", "2026-02-11T11:51:07+01:00"),
        ("11 Feb 98 11:51:07.25 +0100", "1998-02-11T11:51:07+01:00"),
        ("11 (x) Feb (y (z)) 2026 11:51:07 Z", "2026-02-11T11:51:07Z"),
    ] {
        assert_eq!(moment(field).map(DateTime::to_rfc3339).as_deref(), Some(expected), "{field}");
    }
}

#[test]
fn what_is_not_stays_a_text() {
    for field in [
        "",
        "yesterday",
        "Mon, 30 Feb 2026 10:00:00 +0000",
        "Wed, 11 Feb 2026 11:51:07",
        "Wed Feb 11 11:51:07 2026",
        "Wed, 11 Feb 2026 11:51:07 XYZ",
        "Wed, 11 Feb 2026 11:51:07 IST",
        "Wed, 11 Feb 2026 11:51:07 A",
        "Wed, 11 Feb 2026 11:51:07 +9900",
        "Wed, 11 Feb 2026 11:51:07 +0900 CET",
        "Wed, 11 Feb 2026 11:51:07 +0900 x",
        "Wed, 11 Feb 2026 13:51:07 PM +0900",
        "Wed, 11 Feb 2026 25:51:07 +0900",
        "Wed, 11 Feb 2026 11:51:07 +0900 (open",
        "ven., 12 juin 2026 23:42:00 +0200",
        "11 Feb 2026 +0900",
        "Friday, 12-Jun-26 23:42:00 +0200",
        "11 11 Feb 2026 11:51:07 +0900",
        "2026-02-11",
        "1 Jan 0 00:00:00 +0000",
    ] {
        assert_eq!(moment(field), None, "{field}");
    }
}
