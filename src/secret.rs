//! A value that cannot be shown: client secrets, access tokens, SASL responses; and the one guard that keeps what the
//! other side repeats of them out of all that is shown.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Fewer bytes are found where no secret is.
const LEAST: usize = 8;

/// Bytes of a secret, and twice as many of a long one, that are as secret as the whole: others fold lines, or cut them.
const PART: usize = 16;

/// The names of HTML for characters that it escapes.
const ENTITIES: [&str; 8] = ["amp;&", "lt;<", "gt;>", "quot;\"", "#34;\"", "#39;'", "#039;'", "#x27;'"];

/// A run of months has a new token each hour.
const MOST_GUARDED: usize = 128;

/// What stands in place of a word that holds a guarded secret.
pub(crate) const HIDDEN: &str = "(hidden: repeats a credential)";

static GUARDED: RwLock<Guarded> = RwLock::new(Guarded { secrets: Vec::new(), parts: BTreeSet::new() });

/// What is guarded, without blanks, the latest first; and hashes of its parts.
struct Guarded {
    secrets: Vec<Secret>,
    parts: BTreeSet<u64>,
}

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

    /// From now on nothing that is shown holds it. Everything that is sent as a credential comes here first.
    pub(crate) fn guard(&self) {
        let bare = Secret::new(without_blanks(&self.0));
        if bare.len() >= LEAST && bare.expose_str().is_some() {
            let mut guarded = GUARDED.write().unwrap_or_else(PoisonError::into_inner);
            guarded.secrets.retain(|other| *other != bare);
            guarded.parts.extend(bare.parts());
            guarded.secrets.insert(0, bare);
            if guarded.secrets.len() > MOST_GUARDED {
                guarded.secrets.truncate(MOST_GUARDED / 2);
                guarded.parts = guarded.secrets.iter().flat_map(Secret::parts).collect();
            }
        }
    }

    fn parts(&self) -> impl Iterator<Item = u64> {
        hashes(&self.0).step_by((self.len() / PART).clamp(1, PART))
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

/// A hash of each piece of [`PART`] bytes, made from the one before it (Rabin and Karp).
fn hashes(bytes: &[u8]) -> impl Iterator<Item = u64> {
    const BASE: u64 = 0x0100_0000_01b3;
    const FIRST: u64 = BASE.wrapping_pow(PART as u32);
    let mut hash = 0_u64;
    bytes.iter().enumerate().filter_map(move |(at, byte)| {
        let gone =
            at.checked_sub(PART).and_then(|at| bytes.get(at)).map_or(0, |gone| FIRST.wrapping_mul((*gone).into()));
        hash = hash.wrapping_mul(BASE).wrapping_add((*byte).into()).wrapping_sub(gone);
        (at + 1 >= PART).then_some(hash)
    })
}

/// The text, [`HIDDEN`] in place of each word that holds a guarded secret: as it is, or as JSON, a URL, base64 (of
/// UTF-16 too, as Exchange's greeting has it) or modified UTF-7 write it. One across words, or a part, hides them all.
pub(crate) fn hide(text: &str) -> Cow<'_, str> {
    if text.len() < LEAST || !repeats(text, false) {
        return Cow::Borrowed(text);
    }
    let hidden = |word: &str| match word.trim_end_matches(|c| ",:;.)".contains(c)) {
        core if repeats(core, true) => word.replacen(core, HIDDEN, 1),
        _ if repeats(word, true) => HIDDEN.to_owned(),
        _ => word.to_owned(),
    };
    let shown = text.split(' ').map(hidden).collect::<Vec<_>>().join(" ");
    Cow::Owned(if repeats(&shown, false) { HIDDEN.to_owned() } else { shown })
}

/// True if a text holds a guarded secret, or a part of one if that need not be whole.
fn repeats(text: &str, is_whole: bool) -> bool {
    let guarded = GUARDED.read().unwrap_or_else(PoisonError::into_inner);
    let holds = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let mut secrets = guarded.secrets.iter().filter(|secret| is_whole || secret.len() < PART);
        secrets.any(|secret| secret.expose_str().is_some_and(|secret| text.contains(secret)))
            || (!is_whole && hashes(bytes).any(|hash| guarded.parts.contains(&hash)))
    };
    let written = without_blanks(text.as_bytes());
    let stands_in = |run: &[u8]| run.len() > LEAST && decoded(run).any(|bytes| holds(&bytes));
    let repeats = |bytes: Vec<u8>| holds(&bytes) || bytes.split(|byte| !is_base64(*byte)).any(stands_in);
    // As it is, and with its escapes taken away twice: `%252B`, JSON in JSON.
    let meanings = std::iter::successors(Some(written), |text| Some(unescaped(text)).filter(|meant| meant != text));
    !guarded.secrets.is_empty() && meanings.take(3).any(repeats)
}

/// Line ends that an encoding has, and the zeros of UTF-16, say nothing.
fn without_blanks(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace() && *byte != 0).collect()
}

/// `%2B`, `\u002B`, `\x2b`, `\/`, `&lt;` and modified UTF-7's `&ACs-` as what they stand for.
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
            let entity = |entity: &&str| {
                let (name, meant) = entity.split_once(';')?;
                Some((meant.into(), after.strip_prefix(name.as_bytes())?.strip_prefix(b";")?))
            };
            ENTITIES.iter().find_map(entity).or_else(|| {
                let end = after.iter().position(|byte| *byte == b'-' || !is_base64(*byte))?;
                Some((decoded(after.get(..end)?).next()?, after.get(end..)?.strip_prefix(b"-")?))
            })
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
            escaped(letters, |c| format!("%25{c:02X}")),
            escaped("", |c| format!("\\\\u{c:04x}")),
            secret.replace('&', "&amp;").replace('\'', "&#39;").replace('"', "&#34;"),
            secret.replace('&', "&amp;").replace('\'', "&#x27;").replace('"', "&quot;"),
            format!("<{secret}>;{secret}"),
        ] {
            let text = format!("AADSTS7000215: invalid: {said}: (trace id 1)");
            assert_eq!(hide(&text), format!("AADSTS7000215: invalid: {HIDDEN}: (trace id 1)"));
        }
        // Folded, as in an encoded header: no word alone repeats it.
        assert_eq!(hide(&format!("{} \t{}", &secret[..9], &secret[9..])), HIDDEN);
    }

    /// A server may fold a line, or cut it: no line alone has all of it.
    #[test]
    fn a_part_of_a_secret_is_found() {
        let secret = "p4rt-of.a~secret/that+is_40-bytes~long:)";
        let token: String =
            (0..900).map(|n| STANDARD_NO_PAD.encode([n.to_string().as_bytes(), b"~"].concat())).collect();
        [secret, &token].iter().for_each(|secret| Secret::new(*secret).guard());
        for part in [&secret[..17], &secret[23..], &token[..31], &token[1000..1031], &token[token.len() - 62..]] {
            for said in [part.to_owned(), STANDARD_NO_PAD.encode(part)] {
                assert_eq!(hide(&format!("BAD {said} x")), HIDDEN);
            }
        }
        assert_eq!(hide(&secret[..15]), &secret[..15]);
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
