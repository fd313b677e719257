//! Values in PowerShell: what an administrator pastes must say what we meant, and nothing more.

/// `text` between single quotes, where nothing is expanded.
///
/// PowerShell takes the typographic single quotes for quotes too, and inside of them each is written
/// twice (about_Quoting_Rules; `CodeGeneration.EscapeSingleQuotedStringContent`).
pub(super) fn quoted(text: &str) -> String {
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

/// `text` as an argument: bare where that is plainly one word, quoted where it is not.
pub(super) fn argument(text: &str) -> String {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"@._-".contains(&octet);
    let is_word = text.bytes().all(plain) && text.bytes().next().is_some_and(|octet| octet.is_ascii_alphabetic());
    if is_word { text.to_owned() } else { quoted(text) }
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
}
