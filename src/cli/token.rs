//! `exoimap token`: a token for another program, or what it says.

use crate::imap::xoauth2;
use crate::{Error, Kind, Phase, Result};
use serde_json::json;

use super::{Call, Exit, Output};

pub(crate) fn run(call: &Call) -> Result<Exit> {
    let (arguments, output, setting) = (&call.arguments, &call.output, call.setting()?);
    let sasl = arguments.has("xoauth2");
    if sasl {
        setting.mailbox()?;
    }
    let token = setting.token(None, &mut setting.retry())?;
    if arguments.has("claims") {
        let Some(claims) = setting.claims() else {
            let message = "the token is not a JSON web token, so it says nothing";
            return Err(Error::new(Kind::Refused, Phase::Token, message));
        };
        let print = if output.json { Output::object } else { Output::pretty };
        return print(output, &claims.all).map(|()| Exit::Done);
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
