//! What a folder is called on the test server's disk.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

/// A folder's name in Maildir++: `INBOX` is the Maildir itself, `a/é` is `.a.&AOk-`.
pub(super) fn maildir_name(folder: &str) -> String {
    if folder.eq_ignore_ascii_case("INBOX") {
        return String::new();
    }
    let mut name = String::from(".");
    let mut shifted: Vec<u8> = Vec::new();
    for character in folder.chars() {
        if !(' '..='~').contains(&character) {
            let mut units = [0; 2];
            let units = character.encode_utf16(&mut units);
            shifted.extend(units.iter().flat_map(|unit| unit.to_be_bytes()));
            continue;
        }
        shift_back(&mut name, &mut shifted);
        match character {
            '/' => name.push('.'),
            // As the listescape plugin writes it.
            '.' => name.push_str("\\2e"),
            '\\' => name.push_str("\\5c"),
            '&' => name.push_str("&-"),
            other => name.push(other),
        }
    }
    shift_back(&mut name, &mut shifted);
    name
}

/// Ends a modified BASE64 section (RFC 3501, 5.1.3), if one is open.
fn shift_back(name: &mut String, shifted: &mut Vec<u8>) {
    if !shifted.is_empty() {
        let encoded = BASE64.encode(shifted.as_slice()).replace('/', ",");
        name.push_str(&format!("&{}-", encoded.trim_end_matches('=')));
        shifted.clear();
    }
}
