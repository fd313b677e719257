//! BODYSTRUCTURE of a message, as far as the samples need it.

use std::sync::Arc;

use super::super::mailboxes::Message;

/// `body-type-mpart` or `body-type-1part` with their extensions, the oddities of Exchange left to fixtures.
pub(super) fn structure(message: &Message) -> String {
    let kind = message.field("Content-Type").unwrap_or_else(|| "text/plain".into());
    let (media, _) = kind.split_once(';').unwrap_or((&kind, ""));
    let (main, sub) = media.trim().split_once('/').unwrap_or(("text", "plain"));
    if main.eq_ignore_ascii_case("multipart") {
        let parts: String = parts(message, &parameter(&kind, "boundary")).iter().map(structure).collect();
        return format!("({parts} \"{sub}\" (\"boundary\" \"x\") NIL NIL)");
    }
    let disposition = match message.field("Content-Disposition") {
        Some(field) => {
            let (word, rest) = field.split_once(';').unwrap_or((&field, ""));
            let name = if rest.contains("filename") { "(\"filename\" \"x\")" } else { "NIL" };
            format!("(\"{}\" {name})", word.trim())
        }
        None => "NIL".into(),
    };
    let lines = if main.eq_ignore_ascii_case("text") { " 1" } else { "" };
    let bytes = message.text().len();
    format!(
        "(\"{main}\" \"{sub}\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" {bytes}{lines} NIL {disposition} NIL NIL)"
    )
}

fn parameter(field: &str, name: &str) -> String {
    let value = field.split(&format!("{name}=")).nth(1).unwrap_or_default();
    value.trim_matches('"').split(['"', ';']).next().unwrap_or_default().to_string()
}

fn parts(message: &Message, boundary: &str) -> Vec<Message> {
    let text = String::from_utf8_lossy(message.text()).into_owned();
    let border = format!("--{boundary}");
    let pieces = text.split(border.as_str()).skip(1).take_while(|piece| !piece.starts_with("--"));
    let bytes = |piece: &str| Arc::new(piece.trim_start_matches("\r\n").as_bytes().to_vec());
    pieces.map(|piece| Message { bytes: bytes(piece), ..message.clone() }).collect()
}
