//! Templates: `{name}` is a placeholder.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in_once() {
        let values = [("a", "{b}"), ("b", "x"), ("two words", "y")];
        assert_eq!(fill("1 {a} {b} {two words} {c} { {b} }", &values), "1 {b} x y {c} { x }");
        assert_eq!(fill("{", &values), "{");
        assert_eq!(fill("if (-not $x) { throw {a} }", &values), "if (-not $x) { throw {b} }");
    }
}
