//! `exoimap token`: a token for another program, or what it says.

use crate::imap::xoauth2;
use crate::{Error, Kind, Phase, Result};
use clap::ArgMatches;
use serde_json::json;

use super::exit::Exit;
use super::output::Output;
use super::session::Setting;

pub(crate) fn run(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    let sasl = arguments.get_flag("xoauth2");
    if sasl {
        setting.mailbox()?;
    }
    let token = setting.token(output, None, &mut setting.retry(output))?;
    if arguments.get_flag("claims") {
        let Some(claims) = setting.claims() else {
            return Err(Error::new(
                Kind::Refused,
                Phase::Token,
                "the token is not a JSON web token, so it says nothing",
            ));
        };
        if output.json {
            output.object(&claims.all)?
        } else {
            output.pretty(&claims.all)?
        }
        return Ok(Exit::Done);
    }
    let asked = match sasl {
        true => xoauth2::initial_response(setting.mailbox()?, token.secret())?,
        false => token.secret().clone(),
    };
    let text = asked.expose_str().unwrap_or_default();
    match (output.json, sasl) {
        (false, _) => output.secret(&asked)?,
        (true, true) => output.write(&format!("{}\n", json!({"xoauth2": text})))?,
        (true, false) => {
            let left = token.lasts().map(|left| left.as_secs());
            let object = json!({"access_token": text, "token_type": "Bearer", "expires_in": left});
            output.write(&format!("{object}\n"))?;
        }
    }
    Ok(Exit::Done)
}
