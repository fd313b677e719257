//! Values in a shell: what an administrator pastes must say what we meant, and nothing more.

/// `text` between single quotes of PowerShell, where nothing is expanded.
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

/// `text` as an argument in PowerShell: bare if it is plainly one word, else quoted.
pub(super) fn argument(text: &str) -> String {
    if is_word(text) { text.to_owned() } else { quoted(text) }
}

/// The same in a POSIX shell.
pub(super) fn shell_argument(text: &str) -> String {
    if is_word(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
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
        assert_eq!(shell_argument("o'brien; x@contoso.com"), r"'o'\''brien; x@contoso.com'");
    }
}
