//! What an administrator must do: hints for an error, and the steps of the set-up.
//!
//! Nothing here talks to anybody. Texts are templates; values from outside are checked and, where they stand in a command,
//! quoted before they are filled in.
//!
//! A new hint is a row in the file of its subject: the words that a person would search for, when it fits, what it says.
//! `hint_tests.rs` wants a case that reaches it, `docs/troubleshooting.md` a heading with its words. A row does not repeat
//! the error; it names the next action. What is a guess says "perhaps".

mod entra;
mod machine;
mod session;
mod setup;

#[cfg(test)]
mod hint_tests;
#[cfg(test)]
mod setup_tests;

use std::io;

use crate::entra::{Claims, is_guid};
use crate::error::{Cause, Error, Kind, Phase, io_cause};
pub(crate) use setup::{Proven, Setup, SetupStep, Template};

/// What is known besides the error, filled into the hints.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
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
    pub(crate) claims: Option<Claims>,
}

/// Cmdlets of Exchange Online PowerShell.
const CMDLETS: [&str; 4] = ["-CASMailbox ", "-MailboxPermission ", "-ServicePrincipal ", "Get-Mailbox "];

/// The most hints of one error.
const MOST: usize = 3;

/// By subject, in the order of the steps to a session.
static TABLE: [&[Row]; 4] = [entra::ROWS, machine::NETWORK, session::ROWS, machine::FILES];

/// For errors that no row of the table fits.
static LAST: [&[Row]; 2] = [entra::LAST, session::LAST];

/// What to do about `error`, most probable first.
pub fn hints(error: &Error, facts: &Facts) -> Vec<String> {
    let seen = Seen { error, facts };
    let mut hints: Vec<_> = rows(&seen).map(|row| seen.filled(row.says)).collect();
    // Where its cmdlets run is said once.
    if let Some(first) = hints.iter_mut().find(|hint| CMDLETS.iter().any(|name| hint.contains(name))) {
        first.push_str(" (in Exchange Online PowerShell: Connect-ExchangeOnline)");
    }
    hints
}

/// The heading of `docs/troubleshooting.md` that tells more about `error`.
pub(crate) fn heading(error: &Error, facts: &Facts) -> Option<&'static str> {
    rows(&Seen { error, facts }).next().map(|row| row.words)
}

fn rows<'a>(seen: &'a Seen) -> impl Iterator<Item = &'static Row> + 'a {
    // The limit that ended the run is the caller's own.
    let is_over = seen.cause(Cause::TimeLimit);
    let fitting =
        move |table: &'static [&[Row]]| table.iter().copied().flatten().filter(move |row| !is_over && (row.fits)(seen));
    let last = if fitting(&TABLE).next().is_some() { &[][..] } else { &LAST };
    fitting(&TABLE).chain(fitting(last)).take(MOST)
}

struct Row {
    /// What a person would paste into a search box: the words that the other side said.
    words: &'static str,
    fits: fn(&Seen) -> bool,
    /// A template; `Seen::filled` knows the placeholders.
    says: &'static str,
}

const fn row(words: &'static str, fits: fn(&Seen) -> bool, says: &'static str) -> Row {
    Row { words, fits, says }
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

    /// It is an error of ours that has this cause.
    fn cause(&self, cause: Cause) -> bool {
        self.error.cause() == Some(cause)
    }

    /// Entra ID named one of these AADSTS numbers.
    fn code(&self, codes: &[u64]) -> bool {
        self.error.entra().is_some_and(|reply| reply.codes.iter().any(|code| codes.contains(code)))
    }

    /// The server's words hold `words`, whatever the case.
    fn replied(&self, words: &str) -> bool {
        self.error.reply().is_some_and(|reply| reply.to_string().to_ascii_lowercase().contains(words))
    }

    /// The error holds one of these, words of the system or of the TLS library.
    fn says(&self, words: &[&str]) -> bool {
        let said = self.error.to_string();
        words.iter().any(|words| said.contains(words))
    }

    /// What the system called it, somewhere in the chain of causes.
    fn system(&self, kinds: &[io::ErrorKind]) -> bool {
        io_cause(self.error).is_some_and(|io| kinds.contains(&io.kind()))
    }

    fn claim(&self, is: impl Fn(&Claims) -> bool) -> bool {
        self.facts.claims.as_ref().is_some_and(is)
    }

    /// Host and port of the connection that failed.
    fn peer(&self) -> (&str, u16) {
        self.error.peer().unwrap_or((&self.facts.host, 993))
    }

    /// A template with what is known in place of its placeholders.
    fn filled(&self, template: &str) -> String {
        let claims = self.facts.claims.as_ref();
        let claim = |of: fn(&Claims) -> Option<&String>| claims.and_then(of).map(String::as_str);
        let id = |ids: [Option<&str>; 2]| ids.into_iter().flatten().find(|id| is_guid(id)).map(str::to_owned);
        let object = id([claim(|claims| claims.object_id.as_ref()), None]);
        let object = object.unwrap_or_else(|| "<object id of the enterprise application>".to_owned());
        // Full access is given to the user whose token it is, or to the service principal.
        let is_users = claims.is_some_and(|claims| claims.scopes.is_some());
        let user = claims.and_then(|claims| claims.all.get("upn")).and_then(|upn| upn.as_str());
        let user = user.map_or_else(|| "<user>".to_owned(), argument);
        let client = id([claim(|claims| claims.application.as_ref()), self.facts.client_id.as_deref()]);
        let code = self.error.entra().and_then(|reply| reply.codes.first()).map(ToString::to_string);
        let wait = self.error.retry_after().unwrap_or_default().as_secs_f64().ceil();
        let (host, port) = self.peer();
        fill(
            template,
            &[
                ("client", &client.unwrap_or_else(|| "<client id>".to_owned())),
                ("trustee", if is_users { &user } else { &object }),
                ("object", &object),
                ("who", if is_users { "user" } else { "application" }),
                ("tenant", self.facts.tenant.as_deref().unwrap_or("<tenant>")),
                ("their tenant", claim(|claims| claims.tenant.as_ref()).unwrap_or("<tenant>")),
                ("audience", claim(|claims| claims.audience.as_ref()).unwrap_or("nobody")),
                ("address", &self.facts.mailbox),
                ("mailbox", &argument(&self.facts.mailbox)),
                ("server", &self.facts.host),
                ("host", host),
                ("port", &port.to_string()),
                ("code", code.as_deref().unwrap_or("<number>")),
                ("wait", &wait.to_string()),
            ],
        )
    }
}

/// `template` with each `{name}` replaced by its value; a value is not looked at again, and braces around anything else
/// stay as they are.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let named = after.split_once('}');
        match named.and_then(|(name, after)| Some((values.iter().find(|(known, _)| *known == name)?, after))) {
            Some(((_, value), after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled + rest
}

/// `text` between single quotes of PowerShell, where nothing is expanded.
///
/// PowerShell takes the typographic single quotes for quotes too, and inside of them each is written
/// twice (about_Quoting_Rules; `CodeGeneration.EscapeSingleQuotedStringContent`).
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        quoted.push(c);
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(c);
        }
    }
    quoted.push('\'');
    quoted
}

/// `text` as an argument in PowerShell: bare if it is plainly one word, else quoted.
fn argument(text: &str) -> String {
    if is_word(text) { text.to_owned() } else { quoted(text) }
}

fn is_word(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@._-".contains(&byte);
    text.bytes().all(plain) && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_one_value() {
        assert_eq!(argument("orders@contoso.com"), "orders@contoso.com");
        for (text, safe) in [
            ("o'brien@contoso.com", "'o''brien@contoso.com'"),
            ("o\u{2019}brien@contoso.com", "'o\u{2019}\u{2019}brien@contoso.com'"),
            ("\u{201a}x\u{201b}@contoso.com", "'\u{201a}\u{201a}x\u{201b}\u{201b}@contoso.com'"),
            ("$(reboot)@contoso.com", "'$(reboot)@contoso.com'"),
            ("a;b@contoso.com", "'a;b@contoso.com'"),
            ("-x@contoso.com", "'-x@contoso.com'"),
            ("@x@contoso.com", "'@x@contoso.com'"),
            ("a`b@contoso.com", "'a`b@contoso.com'"),
            ("", "''"),
        ] {
            assert_eq!(argument(text), safe, "{text}");
        }
    }

    #[test]
    fn values_are_filled_in_once() {
        let values = [("a", "{b}"), ("b", "x"), ("two words", "y")];
        assert_eq!(fill("1 {a} {b} {two words} {c} { {b} }", &values), "1 {b} x y {c} { x }");
        assert_eq!(fill("{", &values), "{");
        assert_eq!(fill("if (-not $x) { throw {a} }", &values), "if (-not $x) { throw {b} }");
    }
}
