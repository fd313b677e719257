//! A value that cannot be shown: client secrets, access tokens, SASL responses.

use std::fmt;

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
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True where there is nothing in it.
    pub fn is_empty(&self) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_length_alone() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "Secret(7 octets) Some(Secret(7 octets))");
        assert_eq!(secret.expose_str(), Some("hunter2"));
    }
}
