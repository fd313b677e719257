//! The fields of a message that people sort it by, decoded; and whether a text is in one of them.

use super::header::{field, fields, parameter, unfolded};
use super::{address, date, words};

/// The bytes of a field that are read: To of some thousand recipients has fewer.
const LONGEST_FIELD: usize = 512 << 10;

/// The fields of a message that people sort it by, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Headers {
    /// As RFC 3339 if it is a moment and all of it is understood, otherwise the text as it is.
    pub date: Option<String>,
    /// `Name <address>`, the name quoted if it could be taken for more; so are the others.
    pub from: Option<String>,
    /// To; a list of more than 100,000 bytes ends in `…` after a whole address.
    pub to: Option<String>,
    /// Cc
    pub cc: Option<String>,
    /// Subject
    pub subject: Option<String>,
    /// With its angle brackets.
    pub message_id: Option<String>,
}

/// Reads the fields of a header; what follows it is left alone.
pub fn headers(header: &[u8]) -> Headers {
    let hint = hint(header);
    let shown = |name| Some(shown(name, field(header, name)?, hint.as_deref())).filter(|text| !text.is_empty());
    Headers {
        date: shown("Date"),
        from: shown("From"),
        to: shown("To"),
        cc: shown("Cc"),
        subject: shown("Subject"),
        message_id: shown("Message-ID"),
    }
}

/// The charset that the message declares, for bytes of the header that declare none.
fn hint(header: &[u8]) -> Option<Vec<u8>> {
    field(header, "Content-Type").and_then(|value| parameter(value, "charset"))
}

fn shown(name: &str, value: &[u8], hint: Option<&[u8]>) -> String {
    let value = unfolded(value, LONGEST_FIELD);
    match name.to_ascii_lowercase().as_str() {
        "from" | "to" | "cc" => address::list(&words::pieces(&value, hint)),
        _ => {
            let text = words::text(&value, hint).text.trim().to_owned();
            let moment = if name.eq_ignore_ascii_case("date") { date::parse(&text) } else { None };
            moment.map_or(text, |moment| moment.to_rfc3339())
        }
    }
}

/// True if a field called `name` (`From`, `To`, `Cc`, `Subject`) has `text` somewhere in it, in any case: as
/// [`headers`] shows it, or as it is written, with or without the backslashes of a quoted name.
pub(crate) fn has(header: &[u8], name: &str, text: &str) -> bool {
    let (hint, text) = (hint(header), folded(text));
    let hint = hint.as_deref();
    fields(header).filter(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes())).any(|(_, value)| {
        let written = words::text(&unfolded(value, LONGEST_FIELD), hint).text;
        let meant = written.replace("\\\"", "\"").replace("\\\\", "\\");
        [shown(name, value, hint), written, meant].iter().any(|found| folded(found).contains(&text))
    })
}

/// Without regard to case, each character on its own, so that a part of a text is found in the whole.
fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c }).collect()
}

#[cfg(test)]
#[path = "headers_tests.rs"]
mod tests;
