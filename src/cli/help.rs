//! The text of the help around the options, and how wide it is; which build this is.

use super::options;

/// What the program is for.
pub(crate) const ABOUT: &str = "Get mail out of Exchange Online, for unattended jobs";

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 local failure; 2 usage; 3 nothing came; 4 an administrator must act; 5 temporary failure, \
retry later; 6 partly done; 7 protocol error by the server, or one of our limits exceeded.";

/// The columns of a line where the terminal does not say how many it has.
const COLUMNS: usize = 100;

/// What stands at the end of a help.
pub(crate) fn closing(output: &str) -> String {
    let credential = format!(
        "Credential: {}, a managed identity (--auth managed-identity) or a person's sign-in (--auth device-code). No secret is taken from the command line.",
        options::credentials()
    );
    let paragraphs = [output, &credential, EXIT_CODES];
    paragraphs.iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join("\n\n")
}

/// A help as it is shown: wrapped to the terminal.
pub(crate) fn shown(text: &str) -> String {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    wrapped(text, columns.unwrap_or(COLUMNS).clamp(60, 160))
}

/// Lines of at most `columns`; what follows the name of an option stays below itself.
fn wrapped(text: &str, columns: usize) -> String {
    let mut out = String::with_capacity(text.len());
    // A note in brackets stays in one piece.
    for line in text.replace("[env: ", "[env:\u{a0}").replace("[default: ", "[default:\u{a0}").lines() {
        let indent = line.len() - line.trim_start().len();
        // The help of an option begins after two blanks; an option without help is as long as it is.
        let column = match line.trim_start().find("  ") {
            Some(at) if indent > 0 => {
                let rest = &line[indent + at..];
                line[..indent + at].chars().count() + rest.len() - rest.trim_start().len()
            }
            _ => indent,
        };
        let mut used = 0;
        for (at, word) in line.split(' ').enumerate() {
            let length = word.chars().count();
            if used > column && used + 1 + length > columns {
                out.push('\n');
                out.push_str(&" ".repeat(column));
                used = column;
            } else if at > 0 {
                out.push(' ');
                used += 1;
            }
            out.push_str(word);
            used += length;
        }
        out.push('\n');
    }
    out.replace('\u{a0}', " ")
}

/// `-V`.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// `--version`: commit, target, TLS library, features. `tests/build` names the commit.
pub(crate) fn long_version() -> String {
    let tls = match () {
        () if cfg!(windows) => "SChannel",
        () if cfg!(target_vendor = "apple") => "Secure Transport",
        () if cfg!(feature = "vendored") => "OpenSSL, built in",
        () => "OpenSSL of this system",
    };
    let libc = match () {
        () if cfg!(target_env = "musl") => "-musl",
        () if cfg!(target_env = "msvc") => "-msvc",
        () if cfg!(target_env = "gnu") => "-gnu",
        () => "",
    };
    let features = [("attachments", cfg!(feature = "attachments")), ("certificate", cfg!(feature = "certificate"))];
    let features: Vec<_> = features.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| *name).collect();
    format!(
        "{VERSION}\ncommit    {}\ntarget    {}-{}{libc}\nTLS       {tls}\nfeatures  {}",
        option_env!("EXOIMAP_COMMIT").unwrap_or("unknown (not built by tests/build)"),
        std::env::consts::ARCH,
        std::env::consts::OS,
        features.join(", "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_an_option_stays_below_itself() {
        let text = "Usage: x\n\n  -q, --quiet   One two three four five six\n      --long-name <VALUE>  注文 b c d e f\n\na b c d e f g h i j k l m n o p q\n";
        let wanted = "Usage: x\n\n  -q, --quiet   One two three\n                four five six\n      --long-name <VALUE>  注文 b\n                           c d e\n                           f\n\na b c d e f g h i j k l m n o p\nq\n";
        assert_eq!(wrapped(text, 32), wanted);
        assert_eq!(wrapped(text, 200), text);
    }
}
