//! `fixtures/mime/*.eml`: what is attached to each, and that nothing else happens whatever is done to them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::headers::headers;
use super::super::tests::Memory;
use super::*;

#[path = "hostile_tests.rs"]
mod hostile;

/// A file's name, its type, its size, its first bytes.
type Part = (&'static str, &'static str, u64, &'static str);

/// Fixtures whose parts differ, with what is said of them.
#[rustfmt::skip]
const PARTS: [(&str, &[Part], &[&str]); 56] = [
    ("000-plain", &[], &[]),
    ("002-nested", &[
        ("logo.png", "image/png", 8, "\\x89PNG\\r\\n\\x1a\\n"), ("a.zip", "application/zip", 4, "PK\\x03\\x04"),
    ], &[]),
    ("004-html-only", &[], &[]),
    ("005-named-text", &[
        ("log.txt", "text/plain", 16, "line 1\\r\\nline 2\\r\\n"), ("part-3.html", "text/html", 10, "<p>x</p>\\r\\n"),
    ], &[]),
    ("006-calendar", &[("part-2.ics", "text/calendar", 30, "BEGIN:VCALENDAR\\r\\nEND:VCA")], &[]),
    ("007-tnef", &[("winmail.dat", "application/ms-tnef", 5, "x\\x9f>\\\"\\x00")], &[]),
    ("008-signed", &[("smime.p7s", "application/pkcs7-signature", 3, "0\\x82\\x01")], &[]),
    ("009-smime", &[("smime.p7m", "application/pkcs7-mime", 6, "0\\x82\\x01\\x02\\x03\\x04")], &[]),
    ("010-rfc822", &[
        ("Re_ order.eml", "message/rfc822", 326, "Subject: one\\r\\nContent-Ty"),
        ("part-3.eml", "message/rfc822", 53, "Subject: three\\r\\nContent-"),
    ], &[]),
    ("011-digest", &[
        ("part-1.eml", "message/rfc822", 17, "Subject: a\\r\\n\\r\\none"),
        ("part-2.eml", "message/rfc822", 17, "Subject: b\\r\\n\\r\\ntwo"),
    ], &[]),
    ("012-partial", &[("part-1.txt", "message/partial", 55, "Subject: whole\\r\\nContent-")], &[]),
    ("013-external-body", &[("part-2.txt", "message/external-body", 71, "Content-Type: applicatio")], &[]),
    ("014-report", &[
        ("part-2.txt", "message/delivery-status", 94, "Reporting-MTA: dns; exam"),
        ("part-3.eml", "message/rfc822", 23, "Subject: hello\\r\\n\\r\\nhello"),
    ], &[]),
    ("015-no-name", &[
        ("part-2.pdf", "application/pdf", 9, "%PDF-1.4\\n"), ("part-3.jpg", "image/jpeg", 3, "\\xff\\xd8\\xff"),
        ("part-4.bin", "application/x-strange", 3, "\\x00\\x01\\x02"), ("part-5.csv", "text/csv", 3, "a,b"),
    ], &[]),
    ("016-no-type", &[("notes", "text/plain", 5, "notes")], &[]),
    ("018-padded-boundary", &[("a.pdf", "application/pdf", 4, "%PDF")], &[]),
    ("019-boundary-folded", &[("a.pdf", "application/pdf", 4, "%PDF")], &[]),
    ("100-no-boundary", &[], &["note: a multipart without parts"]),
    ("101-boundary-never-comes", &[], &["the boundary of a multipart never comes, its parts were left in it"]),
    ("102-boundary-prefix", &[
        ("in.pdf", "application/pdf", 7, "%PDF-in"), ("out.pdf", "application/pdf", 8, "%PDF-out"),
    ], &[]),
    ("103-boundary-in-line", &[("a.dat", "application/x-data", 43, "see --b here\\r\\n --b\\r\\n--bc")], &[]),
    ("105-inner-unterminated", &[
        ("a.gif", "image/gif", 6, "GIF89a"), ("b.pdf", "application/pdf", 4, "%PDF"),
    ], &["note: the last boundary \"i\" is missing"]),
    ("106-empty-parts", &[("a.pdf", "application/pdf", 0, ""), ("b.pdf", "application/pdf", 0, "")], &[]),
    ("107-no-parts", &[], &[]),
    ("108-header-only-multipart", &[], &["note: a multipart without parts"]),
    ("109-same-boundary", &[
        ("a.pdf", "application/pdf", 6, "%PDF-a"), ("b.pdf", "application/pdf", 6, "%PDF-b"),
    ], &[]),
    ("110-deep", &[], &["its parts are nested deeper than 100, the innermost were left in it"]),
    ("111-duplicate-type", &[("first.pdf", "application/pdf", 6, "%PDF\\r\\n")], &[]),
    ("112-no-type-syntax", &[
        ("a.pdf", "text/plain", 6, "%PDF\\r\\n"), ("b.pdf", "text/plain", 6, "%PDF\\r\\n"),
    ], &[]),
    ("113-no-colon", &[("a.pdf", "application/pdf", 6, "%PDF\\r\\n")], &[]),
    ("114-empty", &[], &[]),
    ("115-header-only", &[], &[]),
    ("116-huge-header", &[("a.pdf", "application/pdf", 6, "%PDF\\r\\n")], &[]),
    ("117-multipart-base64", &[("a.pdf", "application/pdf", 4, "%PDF")], &[]),
    ("118-rfc822-base64", &[("m.eml", "message/rfc822", 19, "Subject: hi\\r\\n\\r\\nhi\\r\\n")], &[]),
    ("119-from-line", &[("a.pdf", "application/pdf", 6, "%PDF\\r\\n")], &[]),
    ("201-base64-no-padding", &[("a.txt", "text/plain", 5, "Hello")], &[]),
    ("202-base64-line-ends", &[("a.txt", "text/plain", 12, "Hello, world")], &[]),
    ("203-base64-cut", &[
        ("a.txt", "text/plain", 3, "Hel"),
    ], &["a.txt (text/plain): its base64 ends in the middle of a byte"]),
    ("204-base64-pieces", &[("a.txt", "text/plain", 12, "Hello world!")], &[]),
    ("205-base64-footer", &[
        ("a.txt", "text/plain", 57, "Hello, world. Hello, wor"),
    ], &["a.txt (text/plain): a text of 7 bytes follows its base64, it was left out"]),
    ("206-base64-lie", &[
       
        ("a.txt", "text/plain", 32, "\\xe3\\x81\\x93\\xe3\\x82\\x8c\\xe3\\x81\\xaf base64 \\xe3\\x81\\xa7\\xe3\\x81\\xaf\\xe3"),
    ], &["a.txt (text/plain): it is not the base64 that it claims to be, it was written as it is"]),
    ("207-base64-empty", &[("empty.txt", "text/plain", 0, "")], &[]),
    ("210-qp", &[("a.csv", "text/csv", 16, "a=b;c\\xc3\\xa4\\r\\nline \\r\\n")], &[]),
    ("211-qp-bad", &[
        ("a.txt", "text/plain", 19, "50=% a= b =G1 end=4"),
    ], &[
        "a.txt (text/plain): 4 escapes in its quoted-printable are none, they were left as they are",
    ]),
    ("212-unknown-encoding", &[
        ("a.bin", "application/octet-stream", 4, "H4sI"),
    ], &[
        "a.bin (application/octet-stream): the transfer encoding \"x-gzip64\" is unknown, it was written as it is",
    ]),
    ("213-uuencode-in-text", &[("_._x", "application/octet-stream", 3, "Cat")], &[]),
    ("214-yenc", &[], &[]),
    ("216-charset-kept", &[("a.csv", "text/csv", 11, "\\x92\\x8d\\x95\\xb6,\\x90\\x94\\x97\\xca\\r\\n")], &[]),
    ("217-charset-lie", &[("a.txt", "text/plain", 4, "\\xff\\xfe\\x00x")], &[]),
    ("218-qp-blanks", &[("a.csv", "text/csv", 20, "blanks\\r\\nlong line \\r\\n")], &[]),
    ("506-bidi", &[("photogpj.exe", "image/jpeg", 2, "MZ")], &[]),
    ("700-nul", &[("a.bin", "application/octet-stream", 3, "\\x00\\x01\\x00")], &[]),
    ("701-line-ends", &[("a.txt", "text/plain", 8, "a\\rb\\n\\r\\r\\nc")], &[]),
    ("702-8-bit-header", &[], &[]),
    ("703-headers", &[], &[]),
];

/// Fixtures that are about names: each part is the PDF.
#[rustfmt::skip]
const NAMES: [(&str, &[&str], &[&str]); 49] = [
    ("001-mixed", &["offer.pdf"], &[]),
    ("003-whole-message", &["scan.pdf"], &[]),
    ("017-lf", &["offer.pdf"], &[]),
    ("104-unterminated", &["a.pdf"], &[]),
    ("200-base64-junk", &[
        "a.pdf",
    ], &["a.pdf (application/pdf): 3 bytes in its base64 do not belong there, they were left out"]),
    ("215-encoding-comment", &["a.pdf"], &[]),
    ("300-2231-single", &["請求書.pdf"], &[]),
    ("301-2231-sections", &["請求b c.pdf"], &[]),
    ("302-2231-split-character", &["請.pdf"], &[]),
    ("303-2231-plain-sections", &["a long name.pdf"], &[]),
    ("304-2231-both", &["注.pdf", "文.pdf"], &[]),
    ("305-2231-odd", &["注.pdf", "文.pdf", "50%.pdf", "it's.pdf", "書.pdf"], &[]),
    ("306-2231-charsets", &["счёт.pdf", "发票.pdf", "Über.pdf"], &[]),
    ("310-2047-in-name", &["請求書.pdf", "Über uns.pdf"], &[]),
    ("311-2047-folded", &["請求書 1.pdf"], &[]),
    ("312-2047-split-character", &["請求.pdf"], &[]),
    ("313-2047-glued", &["a注b.pdf", "文.pdf", "=_UTF-8_B_5paH.pdf", "=_UTF-8_B_____=.pdf"], &[]),
    ("314-2047-in-2231", &["請求.pdf"], &[]),
    ("315-unquoted", &["my file (2).pdf"], &[]),
    ("316-quotes", &["a _b_.pdf", "a_b_.pdf", "open.pdf"], &[]),
    ("317-name-only", &["a.pdf", "b.pdf", "c.pdf", "d.pdf"], &[]),
    ("318-utf-8-raw", &["注文書.pdf"], &[]),
    ("319-charset-unknown", &[
        "abc.pdf", "請求.pdf",
    ], &[]),
    ("400-iso-2022-jp", &["請求書.pdf"], &[]),
    ("401-iso-2022-jp-words", &["請求書11月.pdf"], &[]),
    ("402-iso-2022-jp-2231", &["請求書.pdf"], &[]),
    ("403-iso-2022-jp-raw", &["請求書.pdf", "あせぼ.pdf"], &[]),
    ("404-shift-jis-raw", &["注文書.pdf", "予定表", "ソース能力.xls"], &[]),
    ("405-shift-jis-coded", &["①注文.pdf", "①注文 (2).pdf", "①注文 (3).pdf", "①注文 (4).pdf"], &[]),
    ("406-shift-jis-2231", &["請求書.pdf"], &[]),
    ("407-euc-jp", &["注文書です.pdf", "注文.pdf", "①注文.pdf"], &[]),
    ("408-half-width", &["ﾃｽﾄ.csv", "ﾃｽﾄ (2).csv"], &[]),
    ("409-cp50221", &["①②.pdf"], &[]),
    ("410-utf-7", &["=_UTF-7_Q_+bOhlh2b4-.pdf_="], &["note: part 2, =_UTF-7_Q_+bOhlh2b4-.pdf_=: the charset of its name is not known"]),
    ("411-latin-raw", &["Übersicht für Müller.pdf", "résumé.pdf", "Angebot – neu.pdf"], &[]),
    ("412-hint", &["счёт.pdf"], &[]),
    ("413-decomposed", &["ガイド.pdf", "カ\u{3099}イト\u{3099}.pdf"], &[]),
    ("500-traversal", &[
        "_._etc_passwd", "_._x.dll", "C__x", "_etc_shadow", "part-6.pdf", "__x", "a_._._b", "%2e%2e%2fx",
    ], &[]),
    ("501-traversal-coded", &[
        "_._x", "_ (2)._x", "_x", "=_UTF-7_Q_+AC4ALgAv-x_=", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}x",
    ], &["note: part 5, =_UTF-7_Q_+AC4ALgAv-x_=: the charset of its name is not known"]),
    ("502-devices", &[
        "_CON", "_nul.txt", "_COM1", "_Lpt9.tar.gz", "_COM¹.pdf", "_aux .x", "_CONIN$", "_COM0", "COMMA.TXT",
    ], &[]),
    ("503-long", &[
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.pdf",
    ], &[]),
    ("504-long-japanese", &["注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文注文.pdf"], &[]),
    ("505-controls", &["ab[2J.pdf", "ab]0;x.pdf"], &[]),
    ("507-invisible", &["a.b.pdf"], &[]),
    ("508-same-name", &["a.pdf", "a (2).pdf", "a (3).pdf", "a (4).pdf"], &[]),
    ("509-case", &["Offer.PDF", "offer (2).pdf", "ÜBER.pdf", "über (2).pdf"], &[]),
    ("510-blanks-and-dots", &["part-2.pdf", "part-3.pdf", "htaccess", "a.pdf", "a (2).pdf"], &[]),
    ("511-streams", &["a.txt_x.exe", "_a____.txt", "-rf $(id) `id` &.txt"], &[]),
    ("512-sections-many", &["ac.pdf"], &[]),
];

const PDF: &[u8] = b"%PDF-1.4\n";

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mime")
}

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(corpus()).unwrap().map(|entry| entry.unwrap().path());
    let messages = files.filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
    let mut all: Vec<_> = messages
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap()))
        .collect();
    all.sort();
    all
}

/// What is attached, after a look at what must hold for every message whatever it is.
fn unpacked(message: &[u8]) -> (Extracted, BTreeMap<String, Vec<u8>>) {
    let mut memory = Memory::default();
    let extracted = unpack(message, false, &mut memory).unwrap();
    assert_eq!(extracted.attachments.len(), memory.0.len());
    let bytes: usize = memory.0.values().map(Vec::len).sum();
    // A line of uuencode may lack the blanks at its end.
    assert!(bytes <= message.len() * 3, "more came out than went in");
    for attachment in &extracted.attachments {
        assert_eq!(memory.0.get(&attachment.name).unwrap().len() as u64, attachment.size);
        let plain = attachment.name.strip_prefix("._").unwrap_or(&attachment.name);
        assert_eq!(clean(plain).as_deref(), Some(plain));
        assert!(!attachment.name.contains(['/', '\\', ':', '\0', '\n']) && attachment.name.len() <= 242);
    }
    assert!(extracted.broken.len() <= 2 + extracted.attachments.len() && extracted.notes.len() <= 3_200);
    headers(message);
    (extracted, memory.0)
}

/// The two lines that every fixture opens with, and the rest.
fn without_comments(message: &[u8]) -> &[u8] {
    let behind = |text: &'_ [u8]| text.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let second = &message[behind(message)..];
    &second[behind(second)..]
}

#[test]
fn every_fixture_says_what_it_shows_and_is_expected() {
    let mut expected: Vec<&str> = PARTS.iter().map(|row| row.0).chain(NAMES.iter().map(|row| row.0)).collect();
    expected.sort_unstable();
    let there = fixtures();
    assert_eq!(there.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), expected);
    for (name, message) in there {
        let mut lines = message.split(|byte| *byte == b'\n');
        for heading in [&b"X-Shows: "[..], b"X-From: "] {
            assert!(lines.next().unwrap().strip_prefix(heading).is_some_and(|text| text.len() > 3), "{name}");
        }
        // The comments are a part of the header, and nothing depends on them.
        assert_eq!(unpacked(&message), unpacked(without_comments(&message)), "{name}");
    }
}

#[test]
fn every_fixture_gives_what_is_expected() {
    let mut wrong = Vec::new();
    for (name, message) in fixtures() {
        let (extracted, bytes) = unpacked(&message);
        let found = extracted.attachments.iter().map(|found| {
            let bytes = bytes.get(&found.name).unwrap();
            let first = bytes.get(..bytes.len().min(24)).unwrap().escape_ascii().to_string();
            (found.name.as_str(), found.media_type.as_str(), found.size, first)
        });
        let found: Vec<_> = found.collect();
        for part in extracted.attachments.iter().filter(|part| part.media_type == "message/rfc822") {
            let inner = bytes.get(&part.name).unwrap();
            let is_copied = message.windows(inner.len()).any(|window| window == inner);
            assert!(is_copied || name == "118-rfc822-base64", "{name}: {} is not the bytes of the message", part.name);
        }
        let row = PARTS
            .iter()
            .find(|row| row.0 == name)
            .map(|row| (row.1.iter().map(|part| (part.0, part.1, part.2, part.3.to_owned())).collect(), row.2));
        let pdf = |name: &'static str| (name, "application/pdf", PDF.len() as u64, PDF.escape_ascii().to_string());
        let named =
            || NAMES.iter().find(|row| row.0 == name).map(|row| (row.1.iter().map(|name| pdf(name)).collect(), row.2));
        let (expected, broken): (Vec<_>, _) = row.or_else(named).unwrap();
        let notes = extracted.notes.iter().map(|note| format!("note: {note}"));
        let said: Vec<_> = extracted.broken.iter().cloned().chain(notes).collect();
        if found != expected || said != broken {
            wrong.push(format!("{name}: {found:?}, {said:?}\n  expected {expected:?}, {broken:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_system_that_takes_two_names_for_one_gets_a_number() {
    struct Picky(Vec<String>);
    impl Shelf for Picky {
        type File = Vec<u8>;
        fn create(&mut self, name: &str) -> io::Result<Vec<u8>> {
            self.0.push(name.to_owned());
            if self.0.len() < 3 { Err(ErrorKind::AlreadyExists.into()) } else { Ok(Vec::new()) }
        }
        fn keep(&mut self, _: Vec<u8>) -> io::Result<()> {
            Ok(())
        }
    }
    let mut picky = Picky(Vec::new());
    unpack(&fs::read(corpus().join("001-mixed.eml")).unwrap(), false, &mut picky).unwrap();
    assert_eq!(picky.0, ["offer.pdf", "offer (2).pdf", "offer (3).pdf"]);
}

#[test]
fn what_is_harmless_stays() {
    let kept = ["請求書 11月.pdf", "Über uns (2).docx", "a.tar.gz", "ﾃｽﾄ.csv", "📎.txt", "-rf", "COM10", "console.log"];
    for name in kept {
        assert_eq!(clean(name).as_deref(), Some(name));
    }
}

#[test]
fn what_is_dangerous_goes() {
    let cases = [
        ("../../etc/passwd", "_._etc_passwd"),
        ("..\\..\\x", "_._x"),
        ("C:\\x", "C__x"),
        ("/etc/shadow", "_etc_shadow"),
        ("a:stream", "a_stream"),
        (".profile", "profile"),
        (" \u{3000}. .a. .", "a"),
        ("a..b", "a.b"),
        ("a.\u{200b}.b", "a.b"),
        ("nul", "_nul"),
        ("Con.txt", "_Con.txt"),
        ("COM1 .x", "_COM1 .x"),
        ("lpt³.tar.gz", "_lpt³.tar.gz"),
        ("NUL\u{202e}", "_NUL"),
        ("fdp.\u{202e}gpj.exe", "fdp.gpj.exe"),
        ("a\0\r\n\x1b[2J\u{9b}\u{2028}\tb", "a[2J b"),
        ("<>\"|?*", "______"),
    ];
    for (name, expected) in cases {
        assert_eq!(clean(name).as_deref(), Some(expected), "{name:?}");
    }
    for nothing in ["", ".", "..", " . ", "\u{202e}\0", "\u{3000}", "\r\n"] {
        assert_eq!(clean(nothing), None, "{nothing:?}");
    }
}

#[test]
fn a_long_name_keeps_its_ending_and_its_characters() {
    let long = clean(&format!("{}.pdf", "注文".repeat(2500))).unwrap();
    assert!(
        long.len() <= LONGEST_NAME
            && long.len() > LONGEST_NAME - 4
            && long.ends_with("文.pdf") | long.ends_with("注.pdf")
    );
    assert_eq!(clean(&"x".repeat(5000)).unwrap(), "x".repeat(LONGEST_NAME));
    assert_eq!(clean(&format!("a.{}", "x".repeat(5000))).unwrap().len(), LONGEST_NAME);
    assert_eq!(clean(&format!("{} . .pdf", "x".repeat(110))).unwrap(), format!("{} . .pdf", "x".repeat(110)));
    assert!(numbered(&long, 12).ends_with(" (12).pdf") && numbered(&long, 12).len() <= LONGEST_NAME);
}

#[test]
fn cleaning_twice_changes_nothing() {
    let odd = ["../../x", "a. .b", &"あ. ".repeat(90), "COM¹", "..nul", " .con. ", "x\u{ad}.", &"..a ".repeat(99)];
    for name in odd {
        let once = clean(name).unwrap();
        assert_eq!(clean(&once).as_deref(), Some(once.as_str()), "{name:?}");
        assert!(numbered(&once, 999).len() <= LONGEST_NAME, "{name:?}");
    }
}
