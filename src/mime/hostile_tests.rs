//! What nobody sane sends, and what Python says of the rest.

use super::*;
use crate::mime::tests::{python, sha256};

/// Where Python's `email` finds something else, and why we do.
#[rustfmt::skip]
const DIFFERS: [(&str, &str); 36] = [
    ("010-rfc822", "it writes the inner messages anew, we copy them"),
    ("014-report", "it writes the report anew, we copy it"),
    ("100-no-boundary", "it guesses no boundary"),
    ("101-boundary-never-comes", "it guesses no boundary"),
    ("107-no-parts", "it calls the multipart itself an empty part"),
    ("108-header-only-multipart", "it calls the multipart itself an empty part"),
    ("109-same-boundary", "it lets the outer multipart take the inner one's delimiters"),
    ("110-deep", "it has no limit but Python's recursion"),
    ("112-no-type-syntax", "it takes `application/` for a type"),
    ("113-no-colon", "it lets a line without a colon end the header"),
    ("118-rfc822-base64", "it does not decode messages"),
    ("203-base64-cut", "it gives up where a byte is cut"),
    ("204-base64-pieces", "it stops at the first padding"),
    ("206-base64-lie", "it decodes what was never encoded"),
    ("211-qp-bad", "it has rules of its own for escapes that are none"),
    ("213-uuencode-in-text", "it leaves it in the text"),
    ("215-encoding-comment", "it knows no comments there"),
    ("218-qp-blanks", "it keeps blanks at line ends"),
    ("304-2231-both", "it takes the one that comes first"),
    ("305-2231-odd", "it cuts a name at its apostrophe"),
    ("313-2047-glued", "it wants blanks around encoded words"),
    ("314-2047-in-2231", "it decodes the sections each alone"),
    ("315-unquoted", "it cuts a name at its blank"),
    ("316-quotes", "it cuts a name at its quote"),
    ("402-iso-2022-jp-2231", "it decodes the sections each alone"),
    ("403-iso-2022-jp-raw", "it knows no raw ISO-2022-JP"),
    ("404-shift-jis-raw", "it knows no raw Shift_JIS"),
    ("405-shift-jis-coded", "its Shift_JIS is without Microsoft's characters, it knows not all names"),
    ("407-euc-jp", "it knows no raw EUC-JP"),
    ("408-half-width", "its ISO-2022-JP has no half-width kana"),
    ("409-cp50221", "it does not know that name"),
    ("410-utf-7", "it knows UTF-7"),
    ("411-latin-raw", "it knows no raw Latin-1"),
    ("412-hint", "it takes no hint from the text"),
    ("501-traversal-coded", "it ignores sections without quotes, overlong UTF-8 is nothing to it"),
    ("512-sections-many", "it ignores the sections behind a gap"),
];

#[test]
fn every_truncation_of_every_fixture_is_survived() {
    for (_, message) in fixtures() {
        let step = 1 + message.len() / 80;
        for cut in (0..message.len()).step_by(step) {
            unpacked(&message[..cut]);
        }
    }
}

#[test]
fn seeded_mutations_are_survived() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    const LIKELY: &[u8] = b"\r\n\r\n--=?\"\\;:*'%=\x1b$B\x81\x5c\xe3\x00 \tb1";
    for (_, message) in fixtures().into_iter().filter(|(_, message)| message.len() < 10_000) {
        for _ in 0..30 {
            let mut message = message.clone();
            for _ in 0..=random(4) {
                let at = random(message.len());
                match random(4) {
                    0 => message[at] = LIKELY[random(LIKELY.len())],
                    1 => message.insert(at, LIKELY[random(LIKELY.len())]),
                    2 => drop(message.drain(at..(at + 1 + random(20)).min(message.len()))),
                    _ => {
                        let piece = message[at..(at + random(60)).min(message.len())].to_vec();
                        let to = random(message.len());
                        message.splice(to..to, piece);
                    }
                }
                if message.is_empty() {
                    break;
                }
            }
            unpacked(&message);
        }
    }
}

#[test]
fn what_is_huge_ends_and_is_said_once() {
    let deep: Vec<u8> = (0..10_000)
        .flat_map(|n| format!("Content-Type: multipart/mixed; boundary=n{n}\r\n\r\n--n{n}\r\n").into_bytes())
        .collect();
    let (extracted, _) = unpacked(&deep);
    assert!(extracted.attachments.is_empty());
    assert_eq!(extracted.broken.iter().filter(|line| line.contains("nested deeper than 100")).count(), 1);

    let messages = b"Content-Type: message/rfc822\r\n\r\n".repeat(10_000);
    assert_eq!(unpacked(&messages).0.attachments.len(), 1);

    let part = "--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nx\r\n";
    let many = format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n", part.repeat(10_000));
    let (extracted, _) = unpacked(many.as_bytes());
    assert_eq!(extracted.attachments.len(), 999);
    assert_eq!(extracted.broken, ["it has more than 1000 parts, the rest were left in it"]);
    assert_eq!(extracted.attachments.last().unwrap().name, "a (999).pdf");
}

/// What is quadratic in somebody's parser: four times the size takes four times the work, not sixteen.
#[test]
#[cfg(target_os = "linux")]
fn work_grows_as_the_message_does() {
    // Nanoseconds of this thread alone: other load does not count.
    let worked = || {
        let stat = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        stat.split(' ').next().unwrap().parse::<u64>().unwrap()
    };
    type Shape<'a> = &'a dyn Fn(&str) -> String;
    let work = |message: Shape, piece: &str, size: usize| {
        let message = message(&piece.repeat(size / piece.len()));
        let start = worked();
        unpacked(message.as_bytes());
        worked() - start
    };
    let fields =
        |piece: &str| format!("Subject: {piece}\r\nTo: {piece}\r\nContent-Disposition: x; filename={piece}\r\n\r\n");
    let lines = |piece: &str| format!("{piece}\r\n\r\n");
    let mixed = |piece: &str| format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{piece}");
    let coded = |piece: &str| format!("Content-Type: x/y\r\nContent-Transfer-Encoding: base64\r\n\r\n{piece}");
    let of_fields: &[&str] = &[
        "=?a?b?",
        "=?",
        "?=",
        "=?a?q?x?= ",
        "=?utf-8?B?4pyT?= ",
        "=?iso-2022-jp?B?GyRC?= ",
        "*0*=",
        "\"",
        ";a=\"",
        "%",
        "(",
        ")",
        "\x1b$B",
        "\x1b$B!!",
        "\x1b(B",
        "filename*1=x;",
        "filename=a ",
        "a@b, ",
        "<",
        ">",
        "@",
        ":;",
        "[",
        "\\",
        "'",
        " ",
        "é",
    ];
    let of_lines: &[&str] = &["a:\r\n ", "a:\r\n", " \r\n", "a: b;\r\nc=\r\n", "a\r\nTo: b\r\n"];
    let of_bodies: &[&str] = &[
        "--\r\n",
        "--b\r\n",
        "--b-\r\n",
        "--c\r\n",
        "\r\n",
        "begin 644 a\r\n",
        "begin 644 a\r\n#0V%T\r\n",
        "end\r\n",
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n",
    ];
    let of_base64: &[&str] = &["A", "=", "AAAA\r\n", "A b c\r\n", "> A\r\n", "-"];
    let all: [(Shape, &[&str]); 4] =
        [(&fields, of_fields), (&lines, of_lines), (&mixed, of_bodies), (&coded, of_base64)];
    for (message, pieces) in all {
        for piece in pieces {
            let (small, large) = (work(message, piece, 50_000), work(message, piece, 200_000));
            assert!(large < 9 * small + 40_000_000, "{piece:?}: {small} ns, then {large} ns");
        }
    }
}

#[test]
fn python_finds_the_same() {
    let lines = python(&corpus());
    assert_eq!(lines.len(), fixtures().len());
    let mut wrong = Vec::new();
    for (line, (name, message)) in lines.iter().zip(fixtures()) {
        assert_eq!(line["file"], name);
        let (extracted, bytes) = unpacked(&message);
        let ours = extracted
            .attachments
            .iter()
            .map(|ours| (ours.name.clone(), ours.media_type.clone(), sha256(bytes.get(&ours.name).unwrap())));
        let mut taken = HashSet::new();
        let theirs = line["attachments"].as_array().into_iter().flatten().map(|theirs| {
            let kind = theirs["type"].as_str().unwrap();
            let named = theirs["name"].as_str().and_then(clean);
            let name =
                named.unwrap_or_else(|| made_up(usize::try_from(theirs["number"].as_u64().unwrap()).unwrap(), kind));
            let name = if kind == "message/rfc822" && !name.ends_with(".eml") { format!("{name}.eml") } else { name };
            (free(&name, &mut taken), kind.to_owned(), theirs["sha256"].as_str().unwrap().to_owned())
        });
        let same = ours.eq(theirs) && !line["attachments"].is_null();
        let reason = DIFFERS.iter().find(|(differs, _)| *differs == name);
        if same == reason.is_some() {
            wrong.push(format!("{name}: same: {same}, {reason:?}\n  {:?}\n  {line}", extracted.attachments));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The name, or the first with a number that is not taken.
fn free(name: &str, taken: &mut HashSet<String>) -> String {
    let numbered = (2..).map(|n| numbered(name, n));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| taken.insert(folded(name))).unwrap()
}
