//! `--version`: which build this is.

/// `-V`.
pub(crate) const SHORT: &str = env!("CARGO_PKG_VERSION");

/// `--version`: commit, target, TLS library, features. `tests/build` names the commit.
pub(crate) fn long() -> String {
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
        "{SHORT}\ncommit    {}\ntarget    {}-{}{libc}\nTLS       {tls}\nfeatures  {}",
        option_env!("EXOIMAP_COMMIT").unwrap_or("unknown (not built by tests/build)"),
        std::env::consts::ARCH,
        std::env::consts::OS,
        features.join(", "),
    )
}
