//! What to do about an error: a table from what is known to what an administrator must run.
//!
//! The first rows that fit are shown, at most three, most probable first. What is a guess says "perhaps".
//! A row does not repeat the error; it names the next action, filled in with what is known.
//!
//! A new row goes into the file of its subject. `hint_tests.rs` wants a case that reaches it, and
//! `docs/troubleshooting.md` a heading with its `words`.

mod entra;
mod local;
mod proxy;
mod session;
mod sign_in;
mod way;

use std::error::Error as StdError;
use std::io;

use super::powershell::argument;
use crate::entra::{Claims, is_guid};
use crate::error::{Error, Kind, Phase, RUN_IS_OVER};

/// What is known besides the error, filled into the hints.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The mailbox that was asked for.
    pub mailbox: String,
    /// The IMAP server.
    pub host: String,
    /// The tenant, a GUID or a domain.
    pub tenant: Option<String>,
    /// The application's id.
    pub client_id: Option<String>,
    /// What the token says.
    pub claims: Option<Claims>,
}

/// The most hints of one error.
const MOST: usize = 3;

/// By subject, in the order of the way.
static TABLE: [&[Row]; 6] = [entra::ROWS, proxy::ROWS, way::ROWS, sign_in::ROWS, session::ROWS, local::ROWS];

/// For errors that no row of the table fits.
static LAST: [&[Row]; 2] = [entra::LAST, session::LAST];

/// What to do about `error`, most probable first.
pub fn hints(error: &Error, facts: &Facts) -> Vec<String> {
    let seen = Seen { error, facts };
    rows(&seen).map(|row| (row.says)(&seen)).collect()
}

/// The heading of `docs/troubleshooting.md` that tells more about `error`.
pub fn heading(error: &Error, facts: &Facts) -> Option<&'static str> {
    rows(&Seen { error, facts }).next().map(|row| row.words)
}

fn rows<'a>(seen: &'a Seen) -> impl Iterator<Item = &'static Row> + 'a {
    // What the caller's own limit cut off needs no advice.
    let is_over = seen.says(&[RUN_IS_OVER]);
    let fitting =
        move |table: &'static [&[Row]]| table.iter().copied().flatten().filter(move |row| !is_over && (row.fits)(seen));
    let last = if fitting(&TABLE).next().is_some() { &[][..] } else { &LAST };
    fitting(&TABLE).chain(fitting(last)).take(MOST)
}

struct Row {
    /// What a person would paste into a search box: the words that the other side said.
    words: &'static str,
    fits: fn(&Seen) -> bool,
    says: fn(&Seen) -> String,
}

/// An error with what is known besides.
struct Seen<'a> {
    error: &'a Error,
    facts: &'a Facts,
}

impl Seen<'_> {
    fn phase(&self, phase: Phase) -> bool {
        self.error.phase() == phase
    }

    fn kind(&self, kind: Kind) -> bool {
        self.error.kind() == kind
    }

    /// Entra ID named one of these AADSTS numbers.
    fn code(&self, codes: &[u64]) -> bool {
        self.error.entra().is_some_and(|reply| reply.codes.iter().any(|code| codes.contains(code)))
    }

    /// The server's words hold `words`, whatever the case.
    fn replied(&self, words: &str) -> bool {
        self.error.reply().is_some_and(|reply| reply.to_string().to_ascii_lowercase().contains(words))
    }

    /// The error itself holds one of these.
    fn says(&self, words: &[&str]) -> bool {
        let said = self.error.to_string();
        words.iter().any(|words| said.contains(words))
    }

    /// What the system called it, somewhere in the chain of causes.
    fn system(&self, kinds: &[io::ErrorKind]) -> bool {
        let mut next = StdError::source(self.error);
        while let Some(cause) = next {
            if let Some(io) = cause.downcast_ref::<io::Error>() {
                return kinds.contains(&io.kind());
            }
            next = cause.source();
        }
        false
    }

    fn claim(&self, is: impl Fn(&Claims) -> bool) -> bool {
        self.facts.claims.as_ref().is_some_and(is)
    }

    /// Host and port of the connection that failed.
    fn peer(&self) -> (&str, u16) {
        self.error.peer().unwrap_or((&self.facts.host, 993))
    }

    /// The application, by its token or by the options; only what can be pasted.
    fn client_id(&self) -> &str {
        let claimed = self.facts.claims.as_ref().and_then(|claims| claims.application.as_deref());
        [claimed, self.facts.client_id.as_deref()].into_iter().flatten().find(|id| is_guid(id)).unwrap_or("<client id>")
    }

    /// The service principal, which the token alone knows.
    fn object_id(&self) -> &str {
        let claimed = self.facts.claims.as_ref().and_then(|claims| claims.object_id.as_deref());
        claimed.filter(|id| is_guid(id)).unwrap_or("<object id of the enterprise application>")
    }

    /// Who is to have full access, as PowerShell takes it: the user whose token it is, or the service principal.
    fn trustee(&self) -> String {
        match &self.facts.claims {
            Some(claims) if claims.scopes.is_some() => {
                claims.all.get("upn").and_then(|upn| upn.as_str()).map_or_else(|| "<user>".to_owned(), argument)
            }
            _ => self.object_id().to_owned(),
        }
    }

    fn tenant(&self) -> &str {
        self.facts.tenant.as_deref().unwrap_or("<tenant>")
    }

    /// The mailbox as PowerShell takes it.
    fn mailbox(&self) -> String {
        argument(&self.facts.mailbox)
    }
}

#[cfg(test)]
#[path = "hint_tests.rs"]
mod tests;
