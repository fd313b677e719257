//! The transcripts in `fixtures/` are what they claim to be.

use std::io::{self, ErrorKind, Read, Write};

use crate::script::{Piece, Player, Script, Turn, crlf_lines, fixtures, literal_announced};

/// Fixtures whose literals are not as long as announced, or whose parentheses do not
/// close, and why.
const WRONG_ON_PURPOSE: [(&str, &str); 15] = [
    ("051-expired-in-literal", "the connection ends inside the literal"),
    ("057-eof-in-literal", "the connection ends inside the literal"),
    ("300-literal-ten-gigabytes", "the announcement is the attack"),
    ("301-literal-two-to-the-32", "the announcement is the attack"),
    ("302-literal-negative", "{-1} announces no literal"),
    ("304-literal-no-number", "{} announces no literal"),
    ("305-literal-beyond-64-bits", "no integer holds the count"),
    ("306-literal-in-capability", "the announcement is the attack"),
    ("307-literal-in-flags", "the announcement is the attack"),
    ("309-literal-too-short", "the count is too small"),
    ("310-literal-too-long", "the count is too large"),
    ("312-literal-in-body-quoted", "a quoted string runs over the line's end"),
    ("321-deep-unclosed", "the parentheses never close"),
    ("333-paren-missing", "the closing parenthesis is missing"),
    ("334-paren-extra", "there is one parenthesis too many"),
];

#[test]
fn every_fixture_opens_with_what_it_shows_and_where_it_comes_from() {
    for (name, script, _) in fixtures() {
        for heading in [script.shows(), script.from()] {
            assert!(heading.is_some_and(|text| !text.trim().is_empty()), "{name}");
        }
    }
}

#[test]
fn every_fixture_is_printed_as_it_was_written() {
    for (name, script, text) in fixtures() {
        assert_eq!(script.to_text(), text, "{name}");
    }
}

#[test]
fn every_literal_is_as_long_as_announced_unless_it_is_wrong_on_purpose() {
    for (name, script, _) in fixtures() {
        let reason = WRONG_ON_PURPOSE.iter().find(|(wrong, _)| *wrong == name).map(|(_, reason)| *reason);
        let checked = check_server(&script.server_bytes()).and_then(|()| check_client(&script));
        match (checked, reason) {
            (Err(why), None) => panic!("{name}: {why}"),
            (Ok(()), Some(reason)) => panic!("{name} is not wrong any more ({reason})"),
            _ => {}
        }
    }
}

/// The player agrees with every transcript about whose turn it is.
#[test]
fn every_fixture_can_be_played() {
    for (name, script, _) in fixtures() {
        for slice in [1, 8192] {
            let mut player = Player::new(&script, slice);
            converse(&script, &mut player).unwrap_or_else(|why| panic!("{name}: {why}"));
            let silent = script.turns.contains(&Turn::Comment("! silence".into()));
            assert!(player.finished(), "{name}");
            match player.read(&mut [0]) {
                Ok(n) => assert!(n == 0 && !silent, "{name}"),
                Err(why) => assert!(why.kind() == ErrorKind::TimedOut && silent, "{name}"),
            }
        }
    }
}

#[test]
fn a_literal_that_is_off_by_little_is_noticed() {
    for (before, after) in [
        ("* 1 FETCH (UID 7 BODY[]", "From: a\r\n\r\ntext\r\n)\r\na6 OK done\r\n"),
        ("* 1 FETCH (BODY[]", "From: a\r\n\r\ntext\r\n UID 7)\r\na6 OK done\r\n"),
        ("* LIST () \"/\"", "a folder of mine.\r\na6 OK done\r\n"),
    ] {
        for n in 14..=20 {
            let checked = check_server(format!("{before} {{{n}}}\r\n{after}").as_bytes());
            assert_eq!(checked.is_ok(), n == 17, "{before} {{{n}}}: {checked:?}");
        }
    }
}

#[test]
fn the_list_of_wrong_ones_names_fixtures_that_exist() {
    let names: Vec<String> = fixtures().into_iter().map(|(name, ..)| name).collect();
    for (name, _) in WRONG_ON_PURPOSE {
        assert!(names.iter().any(|known| known == name), "{name}");
    }
}

/// The client's side, knowing the script.
fn converse(script: &Script, mut stream: impl Read + Write) -> io::Result<()> {
    for turn in &script.turns {
        match turn {
            Turn::Client(pieces) => stream.write_all(&bytes(pieces))?,
            Turn::Server(pieces) => {
                let expected = bytes(pieces);
                let mut heard = vec![0; expected.len()];
                stream.read_exact(&mut heard)?;
                assert!(heard == expected);
            }
            Turn::Comment(_) => {}
        }
    }
    Ok(())
}

/// A wrong count shows in what follows the literal: it is no delimiter, or the
/// parentheses of the response do not come out even.
fn check_server(bytes: &[u8]) -> Result<(), String> {
    let mut rest = bytes;
    while let Some(first) = crlf_lines(rest).next() {
        let mut line = first;
        let mut depth = depth_after(0, line);
        rest = &rest[line.len()..];
        while let Some(n) = literal_announced(line) {
            let after = rest.get(n..).ok_or_else(|| format!("{n} bytes announced, {} left", rest.len()))?;
            if !matches!(after.first(), Some(b' ' | b')' | b'\r')) {
                return Err(format!("a literal of {n} bytes has no delimiter behind it"));
            }
            line = crlf_lines(after).next().unwrap_or_default();
            depth = depth_after(depth, line);
            rest = &after[line.len()..];
        }
        // Free text and lines that no grammar knows may hold any parentheses.
        if first.windows(6).any(|word| word == b"FETCH ") && first.starts_with(b"*") && depth != 0 {
            return Err(format!("depth {depth} at the end of \"{}\"", first.escape_ascii()));
        }
    }
    Ok(())
}

/// The depth of parentheses behind a line, quoted strings left out.
fn depth_after(start: i32, line: &[u8]) -> i32 {
    let (mut depth, mut quoted, mut escaped) = (start, false, false);
    for byte in line {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    depth
}

/// A literal of the client's comes when the server says `+`, and ends its line.
fn check_client(script: &Script) -> Result<(), String> {
    let spoken: Vec<&Turn> = script.turns.iter().filter(|turn| !matches!(turn, Turn::Comment(_))).collect();
    for turns in spoken.windows(3) {
        if let [Turn::Client(command), Turn::Server(answer), Turn::Client(data)] = turns
            && let Some(n) = crlf_lines(&bytes(command)).last().and_then(literal_announced)
            && bytes(answer).starts_with(b"+")
            && bytes(data).get(n..) != Some(b"\r\n")
        {
            return Err(format!("the client announces {n} bytes and sends others"));
        }
    }
    Ok(())
}

fn bytes(pieces: &[Piece]) -> Vec<u8> {
    Script { turns: vec![Turn::Server(pieces.to_vec())] }.server_bytes()
}
