//! Which proxy: what `--proxy` says, else what the environment does.

use crate::{Error, Proxy, Result};
use clap::ArgMatches;

use super::environment;

pub(crate) fn proxy(arguments: &ArgMatches) -> Result<Option<Proxy>> {
    let Some(url) = arguments.get_one::<String>("proxy").map(|url| url.trim()) else {
        return Proxy::from_environment(environment::value);
    };
    // curl's users write the first.
    if matches!(url, "" | "none") {
        return Ok(None);
    }
    // Every user of this machine sees the arguments; what they hold is not said again.
    if url.contains('@') {
        return Err(Error::usage(
            "--proxy holds a user or a password, which everybody could see in the list of processes: name that proxy in EXOIMAP_PROXY, in the environment or a file (--env-file)",
        ));
    }
    Ok(Some(Proxy::parse(url, "--proxy")?.except(&Proxy::exceptions(environment::value))))
}
