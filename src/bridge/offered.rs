//! What the server can do, in words for the client.

use crate::imap::Capabilities;

/// What is about signing in, which is over, or about Exchange's own clients.
const LEFT_OUT: [&str; 5] =
    ["LOGINDISABLED", "STARTTLS", "SASL-IR", "CLIENTACCESSRULES", "CLIENTNETWORKPRESENCELOCATION"];

/// What Exchange offers before and after, and what we add: until a session has said what it offers itself.
pub(super) const UNTIL_KNOWN: &str =
    "IMAP4 IMAP4rev1 UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+ AUTH=PLAIN SASL-IR";

/// The words of the server that hold for a client that is signed in.
pub(super) fn offered(capabilities: &Capabilities) -> String {
    let is_left_out = |word: &str| {
        let word = word.to_ascii_uppercase();
        LEFT_OUT.contains(&word.as_str()) || word.starts_with("AUTH=") || word.starts_with("BACKENDAUTHENTICATE")
    };
    capabilities.words().filter(|word| !is_left_out(word)).collect::<Vec<_>>().join(" ")
}
