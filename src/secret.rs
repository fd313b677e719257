//! A value that cannot be shown: client secrets, access tokens, SASL responses; and what finds one that the
//! other side repeats.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A form of fewer characters is found where no secret is.
const LEAST_OF_A_FORM: usize = 8;

/// Octets that must never be shown.
///
/// There is no `Display`, and `Debug` prints a placeholder; whoever needs the octets says
/// [`expose`](Secret::expose), a word that can be searched for. The memory is overwritten when the
/// value is dropped, as far as safe Rust can promise that.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the octets over.
    pub fn new(octets: impl Into<Vec<u8>>) -> Secret {
        Secret(octets.into())
    }

    /// The octets themselves, for the one place that sends them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The secret as text, where it is text.
    pub fn expose_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Its length in octets, which may be shown.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    fn is_in(&self, octets: &[u8]) -> bool {
        let first = self.0.first();
        octets.windows(self.len()).any(|part| part.first() == first && part == self.expose())
    }

    /// True where there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} octets)", self.0.len())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.fill(0);
        // Keeps the compiler from leaving out a write that nobody reads.
        std::hint::black_box(&self.0);
    }
}

/// Finds secrets in what the other side says: as they are, and in base64, wherever in its text they begin.
///
/// Tokens and SASL responses hold nothing but visible ASCII (`xoauth2` sends no other), and so does base64.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    secrets: Vec<Secret>,
    forms: Vec<Secret>,
}

impl Guard {
    /// Looks for this secret too.
    pub(crate) fn add(&mut self, secret: &Secret) {
        if secret.len() < LEAST_OF_A_FORM || self.secrets.contains(secret) {
            return;
        }
        self.secrets.push(secret.clone());
        // A server that encodes in UTF-16 first (Exchange's greeting does so) hides it from the rest.
        let wide = Secret::new(secret.expose().iter().flat_map(|octet| [*octet, 0]).collect::<Vec<_>>());
        let encoded = [secret, &wide].into_iter().flat_map(in_base64);
        self.forms.extend(encoded.filter(|form| form.len() >= LEAST_OF_A_FORM).chain([secret.clone()]));
    }

    /// True where a secret is in there.
    pub(crate) fn finds(&self, octets: &[u8]) -> bool {
        let Some(least) = self.forms.iter().map(Secret::len).min() else { return false };
        // Most of what a server says is made of shorter words, so that one look at each octet will do.
        let words = octets.split(|octet| !octet.is_ascii_graphic()).filter(|word| word.len() >= least);
        words.into_iter().any(|word| self.forms.iter().any(|form| form.is_in(word)))
    }

    /// The text, a mask over each secret in it, and over the base64 around it.
    pub(crate) fn masked(&self, mut text: String) -> String {
        // To look for a long text has its price even where the line is shorter.
        if !self.finds(text.as_bytes()) {
            return text;
        }
        for form in self.forms.iter().filter_map(Secret::expose_str) {
            let (mut shown, mut rest) = (String::new(), text.as_str());
            while let Some((before, behind)) = rest.split_once(form) {
                let before = before.trim_end_matches(is_base64);
                let behind = behind.trim_start_matches(is_base64);
                shown.push_str(before);
                shown.push_str(&mask(rest.len() - before.len() - behind.len()));
                rest = behind;
            }
            shown.push_str(rest);
            text = shown;
        }
        text
    }
}

/// What stands in a transcript for octets that must not.
pub(crate) fn mask(octets: usize) -> String {
    format!("<secret {octets} octets>")
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/-_=".contains(c)
}

/// The secret as it stands in a longer text's base64, of either alphabet, without the characters at its ends
/// that depend on its neighbours. They begin at three places: with 0, 1 or 2 octets before it in their group.
fn in_base64(secret: &Secret) -> Vec<Secret> {
    let mut forms = Vec::new();
    for (before, start) in [(0, 0), (1, 2), (2, 3)] {
        let octets = Secret::new([&vec![0; before][..], secret.expose()].concat());
        let whole = octets.len() * 8 / 6;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = Secret::new(engine.encode(octets.expose()));
            forms.push(Secret::new(encoded.expose().get(start..whole).unwrap_or_default()));
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wherever it begins, whatever stands beside it, in both alphabets and in UTF-16.
    #[test]
    fn a_secret_is_found_in_base64() {
        let token = "eyJ0eXAiOiJKV1QifQ.e30_-w~?>~?>.tok-SECRET-123";
        let mut guard = Guard::default();
        assert!(!guard.finds(token.as_bytes()));
        guard.add(&Secret::new(token));
        for before in ["", "x", "{\"", "abc", "user=a@contoso.com\u{1}auth=Bearer "] {
            for behind in ["", "y", "\"}", "\u{1}\u{1}"] {
                let text = format!("{before}{token}{behind}");
                let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                for octets in [text.as_bytes(), &wide] {
                    for encoded in [STANDARD_NO_PAD.encode(octets), URL_SAFE_NO_PAD.encode(octets)] {
                        assert!(guard.finds(format!("+ {encoded}==").as_bytes()), "{before:?} {behind:?}");
                        let masked = guard.masked(format!("S: + {encoded}== x"));
                        assert_eq!(masked, format!("S: + <secret {} octets> x", encoded.len() + 2));
                    }
                }
                assert!(guard.finds(text.as_bytes()));
            }
        }
        for other in ["", "+ eyJzdGF0dXMiOiI0MDEifQ==", "eyJ0eXAiOiJKV1QifQ", "tok-SECRET-123"] {
            assert!(!guard.finds(other.as_bytes()), "{other}");
            assert_eq!(guard.masked(other.to_owned()), other);
        }
        assert_eq!(guard.masked(format!("{token}, {token}?")), "<secret 46 octets>, <secret 46 octets>?");
    }

    /// No mask holds what it stands for, if only by chance.
    #[test]
    fn short_secrets_do_no_harm() {
        for secret in ["", "t", "<", "secret", "octets"] {
            let mut guard = Guard::default();
            guard.add(&Secret::new(secret));
            guard.finds(b"* OK secret octets t");
            guard.masked("* OK secret octets t".to_owned());
        }
    }

    #[test]
    fn debug_shows_the_length_alone() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "Secret(7 octets) Some(Secret(7 octets))");
        assert_eq!(secret.expose_str(), Some("hunter2"));
    }
}
