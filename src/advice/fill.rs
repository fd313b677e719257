//! Templates, and values in a shell: what an administrator pastes must say what we meant, and nothing more.

/// `template` with each `{name}` replaced by its value; a value is not looked at again, and braces around anything else
/// stay as they are.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
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
