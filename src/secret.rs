//! A value that cannot be shown: client secrets, access tokens, SASL responses; and the one guard that keeps what the
//! other side repeats of them out of all that is shown.

use std::borrow::Cow;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Fewer bytes are found where no secret is.
const LEAST: usize = 8;

/// A run of months has a new token each hour.
const MOST_GUARDED: usize = 64;

/// What stands in place of a word that holds a guarded secret.
pub(crate) const HIDDEN: &str = "(hidden: repeats a credential)";

/// What is guarded, without blanks, the latest first.
static GUARDED: RwLock<Vec<Secret>> = RwLock::new(Vec::new());

/// Bytes that must never be shown.
///
/// There is no `Display`, and `Debug` prints a placeholder; code that needs the bytes says
/// [`expose`](Secret::expose), a word that can be searched for. The memory is overwritten when the
/// value is dropped, as far as safe Rust can promise that.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the bytes over.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Secret {
        Secret(bytes.into())
    }

    /// The bytes themselves, for the one place that sends them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The secret as text, where it is text.
    pub fn expose_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Its length in bytes, which may be shown.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// True where there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// From now on nothing that is shown holds it. Everything that is sent as a credential comes here first.
    pub(crate) fn guard(&self) {
        let bare = Secret::new(without_blanks(&self.0));
        if bare.len() >= LEAST && bare.expose_str().is_some() {
            let mut guarded = GUARDED.write().unwrap_or_else(PoisonError::into_inner);
            guarded.retain(|other| *other != bare);
            guarded.insert(0, bare);
            guarded.truncate(MOST_GUARDED);
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.fill(0);
        // Keeps the compiler from leaving out a write that nobody reads.
        std::hint::black_box(&self.0);
    }
}

/// The text, [`HIDDEN`] in place of each word that holds a guarded secret: as it is, or as JSON, a URL, base64 (of
/// UTF-16 too, as Exchange's greeting has it) or modified UTF-7 write it. One that goes across words hides them all.
pub(crate) fn hide(text: &str) -> Cow<'_, str> {
    if !repeats(text) {
        return Cow::Borrowed(text);
    }
    let hidden = |word: &str| match word.trim_end_matches(|c| ",:;.)".contains(c)) {
        core if repeats(core) => word.replacen(core, HIDDEN, 1),
        _ if repeats(word) => HIDDEN.to_owned(),
        _ => word.to_owned(),
    };
    let shown = text.split(' ').map(hidden).collect::<Vec<_>>().join(" ");
    Cow::Owned(if repeats(&shown) { HIDDEN.to_owned() } else { shown })
}

fn repeats(text: &str) -> bool {
    let guarded = GUARDED.read().unwrap_or_else(PoisonError::into_inner);
    // However it is written, it is not shorter than it is.
    let least = guarded.iter().map(Secret::len).min().unwrap_or(usize::MAX);
    if text.len() < least {
        return false;
    }
    let holds = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        guarded.iter().filter_map(Secret::expose_str).any(|secret| text.contains(secret))
    };
    let written = without_blanks(text.as_bytes());
    let meant = unescaped(&written);
    let stands_in = |run: &[u8]| run.len() / 4 * 3 + 2 >= least && decoded(run).any(|bytes| holds(&bytes));
    let runs = |bytes: &[u8]| bytes.split(|byte| !is_base64(*byte)).any(stands_in);
    holds(&written) || runs(&written) || (meant != written && (holds(&meant) || runs(&meant)))
}

/// Line ends that an encoding has, and the zeros of UTF-16, say nothing.
fn without_blanks(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace() && *byte != 0).collect()
}

/// `%2B`, `\u002B`, `\x2b`, `\/` and modified UTF-7's `&ACs-` as what they stand for.
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let (mut plain, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    while let [first, after @ ..] = rest {
        let (meant, after) = escape(rest).unwrap_or_else(|| (vec![*first], after));
        plain.extend(meant);
        rest = after;
    }
    plain
}

/// What the escape that `text` begins with stands for, and what follows it.
fn escape(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    match text {
        [b'%', a, b, after @ ..] | [b'\\', b'x', a, b, after @ ..] | [b'\\', b'u', b'0', b'0', a, b, after @ ..] => {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            Some((vec![u8::try_from(digit(*a)? * 16 + digit(*b)?).ok()?], after))
        }
        [b'\\', escaped, after @ ..] => Some((vec![*escaped], after)),
        [b'&', after @ ..] => {
            let end = after.iter().position(|byte| *byte == b'-' || !is_base64(*byte))?;
            Some((decoded(after.get(..end)?).next()?, after.get(end..)?.strip_prefix(b"-")?))
        }
        _ => None,
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_,".contains(&byte)
}

/// What a run of base64, in any of its alphabets, stands for without the zeros of UTF-16. It may begin within the run.
fn decoded(run: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..4.min(run.len())).filter_map(move |start| {
        let run = run.get(start..)?.iter().map(|byte| match byte {
            b'-' => b'+',
            b'_' | b',' => b'/',
            byte => *byte,
        });
        let mut run: Vec<_> = run.collect();
        run.resize(run.len().next_multiple_of(4), b'A');
        STANDARD.decode(run).ok().map(|bytes| without_blanks(&bytes))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

    /// Wherever it begins, whatever stands beside it, in every alphabet and in UTF-16.
    #[test]
    fn a_secret_is_found_in_base64() {
        let token = "eyJ0eXAiOiJKV1QifQ.e30_-w~?>~?>.tok-SECRET-123";
        Secret::new(token).guard();
        for before in ["", "x", "{\"", "abc", "user=a@contoso.com\u{1}auth=Bearer "] {
            for after in ["", "y", "\"}", "\u{1}\u{1}"] {
                let text = format!("{before}{token}{after}");
                let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
                for bytes in [text.as_bytes(), &wide(u16::to_le_bytes), &wide(u16::to_be_bytes)] {
                    for encoded in [STANDARD_NO_PAD.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)] {
                        for text in [
                            format!("{encoded}=="),
                            format!("\"{encoded}\""),
                            format!("&{}-", encoded.replace('/', ",")),
                        ] {
                            assert_eq!(hide(&format!("+ {text} x")), format!("+ {HIDDEN} x"), "{before:?} {after:?}");
                        }
                    }
                }
            }
        }
        for other in ["", "+ eyJzdGF0dXMiOiI0MDEifQ==", "e30_-w~?>~?>", "tok-SECRET-123"] {
            assert_eq!(hide(other), other);
        }
    }

    #[test]
    fn a_secret_is_found_however_others_write_it() {
        let secret = "Gu8~Q+cd/ef&gh'ij.kl_mn-\"op";
        Secret::new(secret).guard();
        let escaped = |as_it_is: &str, form: fn(u32) -> String| -> String {
            secret.chars().map(|c| if as_it_is.contains(c) { c.to_string() } else { form(c.into()) }).collect()
        };
        let letters = "abcdefghijklmnopQGu8~._-";
        for said in [
            secret.to_owned(),
            escaped(letters, |c| format!("\\u{c:04X}")),
            escaped(letters, |c| format!("\\u{c:04x}")),
            escaped("", |c| format!("%{c:02x}")),
            escaped(letters, |c| format!("%{c:02X}")),
            secret.replace('/', "\\/").replace('"', "\\\""),
            format!("{}&{}-{}", &secret[..4], STANDARD_NO_PAD.encode(b"\0Q\0+"), &secret[6..]),
            format!("<{secret}>;{secret}"),
        ] {
            let text = format!("AADSTS7000215: invalid: {said}: (trace id 1)");
            assert_eq!(hide(&text), format!("AADSTS7000215: invalid: {HIDDEN}: (trace id 1)"));
        }
        // Folded, as in an encoded header: no word alone repeats it.
        assert_eq!(hide(&format!("{} \t{}", &secret[..9], &secret[9..])), HIDDEN);
    }

    /// Fewer than 8 bytes stand in any text; and what hides a secret may hold it.
    #[test]
    fn short_secrets_do_no_harm() {
        for secret in ["", "t", "<", "secret", "repeats", "q q q q"] {
            Secret::new(secret).guard();
        }
        assert_eq!(hide("* OK secret repeats q q q q"), "* OK secret repeats q q q q");
    }

    #[test]
    fn debug_shows_the_length_alone() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "Secret(7 bytes) Some(Secret(7 bytes))");
        assert_eq!(secret.expose_str(), Some("hunter2"));
    }
}
