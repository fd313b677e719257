//! What others wrote, made safe to show: no byte of a server, a file or a user reaches a terminal raw, and none of a
//! credential at all.

use crate::secret::hide;

/// Text of somebody else, with control characters and bidirectional controls escaped, and without what it repeats of our
/// credentials.
///
/// What is escaped: C0, DEL and C1 controls (an escape sequence would move the cursor or retitle the
/// window), the bidirectional controls that reorder what a reader sees, and the line separators that
/// would forge a second line in a log. Everything else, Japanese or German, stays as it is.
pub(crate) fn safe(text: &str) -> String {
    escape(&hide(text))
}

/// The same escapes alone: for a path, which must stay what it is.
pub(crate) fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0'..='\x1f' | '\x7f' => shown.push_str(&format!("\\x{:02x}", u32::from(c))),
            _ if is_deceptive(c) => shown.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            _ => shown.push(c),
        }
    }
    shown
}

/// C1 controls, bidirectional controls, line separators.
fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'
        | '\u{61c}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A setting in quotes, unless it has the look of a secret that was put in the wrong place.
pub(crate) fn shown(setting: &str) -> String {
    if may_be_secret(setting) {
        return "(not shown, because it may be a secret)".to_owned();
    }
    format!("{setting:?}")
}

/// True for what is long, in one piece, with letters and digits mixed.
pub(crate) fn may_be_secret(setting: &str) -> bool {
    let has = |is: fn(&u8) -> bool| setting.as_bytes().iter().any(&is);
    let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    setting.len() >= 20 && is_mixed && !setting.contains(['@', '/', '\\', ' '])
}

/// A word for a POSIX shell: bare if it is plainly one, else in quotes. Windows writes paths with a backslash.
pub(crate) fn shell_word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@._-/:".contains(&byte) || cfg!(windows) && byte == b'\\';
    let is_bare = !text.is_empty() && text.bytes().all(plain);
    if is_bare { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Bytes of somebody else as one safe line: invalid UTF-8 becomes U+FFFD, controls are escaped.
pub(crate) fn escape_bytes(bytes: &[u8]) -> String {
    safe(&String::from_utf8_lossy(bytes))
}

/// The first `most` bytes of a text, cut at a character, with `…` where something was left out. What repeats a
/// credential is hidden before half of it is cut off.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    let text = hide(text);
    if text.len() <= most {
        return text.into_owned();
    }
    let cut = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= most).last().unwrap_or(0);
    format!("{}…", text.get(..cut).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_and_deceptive_characters_are_escaped_and_the_rest_is_not() {
        assert_eq!(safe("注文 ü\tx\x1b[2J"), "注文 ü\\x09x\\x1b[2J");
        assert_eq!(safe("a\u{202e}b\u{9b}c\u{2028}"), "a\\u{202e}b\\u{9b}c\\u{2028}");
        assert_eq!(escape_bytes(b"a\xffb\r\n"), "a\u{fffd}b\\x0d\\x0a");
    }

    #[test]
    fn a_word_stays_one_word_in_a_shell() {
        for bare in ["orders@contoso.com", "/etc/x-1_2.pem", "Done"] {
            assert_eq!(shell_word(bare), bare);
        }
        for (word, safe) in [
            ("o'brien; x@contoso.com", r"'o'\''brien; x@contoso.com'"),
            ("~x", "'~x'"),
            ("", "''"),
            ("$(x)", "'$(x)'"),
            ("注文", "'注文'"),
        ] {
            assert_eq!(shell_word(word), safe);
        }
    }

    #[test]
    fn shortening_cuts_between_characters() {
        assert_eq!(shorten("注文書", 9), "注文書");
        assert_eq!(shorten("注文書", 7), "注文…");
        assert_eq!(shorten("注文書", 2), "…");
    }
}
