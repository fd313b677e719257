//! Names that a sender chose, made fit to be the names of files on any system.
//!
//! What a name may do to us: leave its directory, hit a device or another file, hide its real ending from a
//! reader, or be refused by the file system. What is harmless stays as it is, Japanese or German, so that a
//! person finds the file under the name seen in the mail.

use super::words::pair;

/// The bytes that every file system takes, a `._` before it included. In UTF-16 they are never more units.
const LONGEST: usize = 240;
/// A longer ending is not an ending but a dot in a sentence.
const LONGEST_ENDING: usize = 20;
/// Names that Windows keeps for devices, with any ending and in any case.
const DEVICES: [&str; 8] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$", "CONFIG$"];

/// The name without what is dangerous in it; `None` if nothing is left of it.
pub(super) fn clean(name: &str) -> Option<String> {
    let mut kept = String::new();
    for c in name.chars().filter(|c| !is_unseen(*c)) {
        match c {
            '/' | '\\' | ':' | '<' | '>' | '"' | '|' | '?' | '*' => kept.push('_'),
            '.' if kept.ends_with('.') => {}
            '\t' => kept.push(' '),
            _ => kept.push(c),
        }
    }
    let trimmed = fit(trim(&kept), LONGEST);
    match trimmed.as_str() {
        "" => None,
        device if is_device(device) => Some(format!("_{trimmed}")),
        _ => Some(trimmed),
    }
}

/// The name with ` (n)` before its ending, for when another file has the name.
pub(super) fn numbered(name: &str, n: usize) -> String {
    let number = format!(" ({n})");
    let fitting = fit(name, LONGEST.saturating_sub(number.len()));
    let (stem, ending) = split(&fitting);
    format!("{stem}{number}{ending}")
}

/// What two names have in common that most file systems take for one.
pub(super) fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

const ENDINGS: &str = "application/pdf pdf application/zip zip application/x-zip-compressed zip application/json json \
    application/xml xml text/xml xml application/msword doc application/vnd.ms-excel xls \
    application/vnd.openxmlformats-officedocument.wordprocessingml.document docx \
    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx \
    application/vnd.openxmlformats-officedocument.presentationml.presentation pptx \
    application/ms-tnef dat application/vnd.ms-tnef dat application/pkcs7-mime p7m application/x-pkcs7-mime p7m \
    application/pkcs7-signature p7s application/x-pkcs7-signature p7s application/pgp-signature asc image/jpeg jpg \
    image/png png image/gif gif image/tiff tif image/bmp bmp image/svg+xml svg message/rfc822 eml message/global eml \
    text/calendar ics text/csv csv text/html html text/vcard vcf text/x-vcard vcf";

pub(super) fn made_up(number: usize, media_type: &str) -> String {
    let is_text = media_type.starts_with("text/") || media_type.starts_with("message/");
    let ending = pair(ENDINGS, media_type).unwrap_or(if is_text { "txt" } else { "bin" });
    format!("part-{number}.{ending}")
}

/// Controls, and characters that reorder, hide or break what a reader sees; the tabulator is a blank.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\0'..='\x08' | '\n'..='\x1f' | '\x7f'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Leading dots hide a file; Windows drops trailing dots and blanks, and with them the difference.
fn trim(name: &str) -> &str {
    name.trim_matches(|c: char| c == '.' || c.is_whitespace())
}

/// The name in at most `most` bytes, cut between characters, its ending kept.
fn fit(name: &str, most: usize) -> String {
    if name.len() <= most {
        return name.to_owned();
    }
    let (stem, ending) = split(name);
    let most = most.saturating_sub(ending.len());
    let cut = (0..=most).rev().find(|at| stem.is_char_boundary(*at)).unwrap_or(0);
    format!("{}{ending}", trim(stem.get(..cut).unwrap_or_default()))
}

/// A name as its stem and its ending with the dot, which may be empty.
fn split(name: &str) -> (&str, &str) {
    let (stem, ending) = name.rfind('.').and_then(|dot| name.split_at_checked(dot)).unwrap_or((name, ""));
    if stem.is_empty() || ending.len() > LONGEST_ENDING { (name, "") } else { (stem, ending) }
}

/// `NUL`, `nul.txt`, `COM1`, `lpt³.tar.gz`; Windows ignores blanks before the dot.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let numbered = stem.strip_prefix("COM").or(stem.strip_prefix("LPT"));
    let is_number = |rest: &str| rest.chars().count() == 1 && rest.contains(|c| "0123456789¹²³".contains(c));
    DEVICES.contains(&stem.as_str()) || numbered.is_some_and(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_harmless_stays() {
        let kept =
            ["請求書 11月.pdf", "Über uns (2).docx", "a.tar.gz", "ﾃｽﾄ.csv", "📎.txt", "-rf", "COM10", "console.log"];
        for name in kept {
            assert_eq!(clean(name).as_deref(), Some(name));
        }
    }

    #[test]
    fn what_is_dangerous_goes() {
        let cases = [
            ("../../etc/passwd", "_._etc_passwd"),
            ("..\\..\\x", "_._x"),
            ("C:\\x", "C__x"),
            ("/etc/shadow", "_etc_shadow"),
            ("a:stream", "a_stream"),
            (".profile", "profile"),
            (" \u{3000}. .a. .", "a"),
            ("a..b", "a.b"),
            ("a.\u{200b}.b", "a.b"),
            ("nul", "_nul"),
            ("Con.txt", "_Con.txt"),
            ("COM1 .x", "_COM1 .x"),
            ("lpt³.tar.gz", "_lpt³.tar.gz"),
            ("NUL\u{202e}", "_NUL"),
            ("fdp.\u{202e}gpj.exe", "fdp.gpj.exe"),
            ("a\0\r\n\x1b[2J\u{9b}\u{2028}\tb", "a[2J b"),
            ("<>\"|?*", "______"),
        ];
        for (name, expected) in cases {
            assert_eq!(clean(name).as_deref(), Some(expected), "{name:?}");
        }
        for nothing in ["", ".", "..", " . ", "\u{202e}\0", "\u{3000}", "\r\n"] {
            assert_eq!(clean(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending_and_its_characters() {
        let long = clean(&format!("{}.pdf", "注文".repeat(2500))).unwrap();
        assert!(
            long.len() <= LONGEST && long.len() > LONGEST - 4 && long.ends_with("文.pdf") | long.ends_with("注.pdf")
        );
        assert_eq!(clean(&"x".repeat(5000)).unwrap(), "x".repeat(LONGEST));
        assert_eq!(clean(&format!("a.{}", "x".repeat(5000))).unwrap().len(), LONGEST);
        assert_eq!(clean(&format!("{} . .pdf", "x".repeat(110))).unwrap(), format!("{} . .pdf", "x".repeat(110)));
        assert!(numbered(&long, 12).ends_with(" (12).pdf") && numbered(&long, 12).len() <= LONGEST);
    }

    #[test]
    fn cleaning_twice_changes_nothing() {
        let odd = ["../../x", "a. .b", &"あ. ".repeat(90), "COM¹", "..nul", " .con. ", "x\u{ad}.", &"..a ".repeat(99)];
        for name in odd {
            let once = clean(name).unwrap();
            assert_eq!(clean(&once).as_deref(), Some(once.as_str()), "{name:?}");
            assert!(numbered(&once, 999).len() <= LONGEST, "{name:?}");
        }
    }
}
