//! CAPABILITY and AUTHENTICATE: what is offered, and who comes in.

use std::sync::atomic::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::mailboxes::MailboxState;
use super::super::{clock, jwt};
use super::World;
use super::arguments::Argument;
use super::fault::Fault;
use super::session::{ARGUMENT_ERROR, Answer, Command, Session, refuse};

/// Who has signed in.
pub(super) struct Login {
    pub(super) address: String,
    pub(super) state: MailboxState,
    pub(super) expires: i64,
}

/// What this connection claims to be capable of.
pub(super) struct Offer {
    pub(super) sasl_ir: bool,
    pub(super) unselect: bool,
    pub(super) mov: bool,
    pub(super) xoauth2: bool,
}

impl Offer {
    pub(super) fn of(world: &World) -> Offer {
        Offer {
            sasl_ir: !world.faults.happens(&Fault::NoSaslIr),
            unselect: !world.faults.happens(&Fault::NoUnselect),
            mov: !world.faults.happens(&Fault::NoMove),
            xoauth2: !world.faults.happens(&Fault::NoXoauth2),
        }
    }
}

impl Session {
    pub(super) fn capability(&mut self) -> Answer {
        let mut offered = vec!["IMAP4", "IMAP4rev1", "AUTH=PLAIN"];
        offered.extend(self.offer.xoauth2.then_some("AUTH=XOAUTH2"));
        offered.extend(self.offer.sasl_ir.then_some("SASL-IR"));
        offered.push("UIDPLUS");
        offered.extend(self.offer.mov.then_some("MOVE"));
        offered.push("ID");
        offered.extend(self.offer.unselect.then_some("UNSELECT"));
        if self.login.is_some() {
            offered.extend(["CLIENTACCESSRULES", "CLIENTNETWORKPRESENCELOCATION", "BACKENDAUTHENTICATE"]);
        }
        offered.extend(["CHILDREN", "IDLE", "NAMESPACE", "LITERAL+"]);
        self.wire.line(&format!("* CAPABILITY {}", offered.join(" ")))?;
        Ok("OK CAPABILITY completed.".into())
    }

    pub(super) fn authenticate(&mut self, command: &Command) -> Answer {
        let mut words = command.arguments.iter().filter_map(Argument::text);
        let mechanism = words.next().unwrap_or_default();
        if !mechanism.eq_ignore_ascii_case("XOAUTH2") || !self.offer.xoauth2 {
            return refuse("NO AUTHENTICATE failed.");
        }
        let initial = words.next();
        if initial.is_some() && !self.offer.sasl_ir {
            return refuse(ARGUMENT_ERROR);
        }
        let response = match initial {
            Some(response) => response.into_bytes(),
            None => {
                self.wire.line("+ ")?;
                self.wire.read_line()?
            }
        };
        if self.world.faults.happens(&Fault::ChallengeThenNo) {
            let challenge = r#"{"status":"400","schemes":"Bearer","scope":"https://mail.example.com/"}"#;
            self.wire.line(&format!("+ {}", STANDARD.encode(challenge)))?;
            self.wire.read_line()?;
            return refuse("NO AUTHENTICATE failed.");
        }
        let Some(login) = self.accept(&response) else {
            return refuse("NO AUTHENTICATE failed.");
        };
        self.world.logins.fetch_add(1, Ordering::SeqCst);
        let disabled = login.state == MailboxState::UserDisabled;
        self.login = Some(login);
        Ok(if disabled {
            "OK [Error=\"UserDisabled\" AuthResult=27 \
             Proxy=LO2P123MB7360.GBRP123.PROD.OUTLOOK.COM:1993:SSL Service=Imap4] \
             AUTHENTICATE completed."
        } else {
            "OK AUTHENTICATE completed."
        }
        .into())
    }

    pub(super) fn log_in(&mut self, command: &Command) -> Answer {
        let user = command.arguments.first().and_then(Argument::text).unwrap_or_default().to_ascii_lowercase();
        let state = self.world.mailboxes.lock().unwrap().mailbox(&user).map(|mailbox| mailbox.state);
        match state.filter(|_| self.world.faults.happens(&Fault::TakesLogin)) {
            None => refuse("NO LOGIN failed."),
            Some(state) => {
                self.login = Some(Login { address: user, state, expires: i64::MAX });
                Ok("OK LOGIN completed.".into())
            }
        }
    }

    /// `user=<mailbox>^Aauth=Bearer <token>^A^A`, a token that is good, a mailbox that exists.
    fn accept(&self, response: &[u8]) -> Option<Login> {
        let sasl = String::from_utf8(STANDARD.decode(response).ok()?).ok()?;
        let sasl = sasl.strip_suffix("\x01\x01")?;
        let (user, bearer) = sasl.strip_prefix("user=")?.split_once('\x01')?;
        let token = bearer.strip_prefix("auth=Bearer ")?;
        let claims = jwt::verify(&self.world.key, token)?;
        let expires = claims["exp"].as_i64()?;
        let is_application = claims["roles"].as_array().is_some_and(|roles| roles.contains(&"IMAP.AccessAsApp".into()));
        // A user's token opens that user's mailbox.
        let is_user =
            claims["scp"].as_str().is_some_and(|scp| scp.split(' ').any(|word| word == "IMAP.AccessAsUser.All"))
                && claims["upn"].as_str().is_some_and(|upn| upn.eq_ignore_ascii_case(user));
        let good = claims["aud"] == self.world.audience.as_str()
            && (is_application || is_user)
            && claims["nbf"].as_i64()? <= clock::now()
            && expires > clock::now();
        let is_known = self.world.principals.lock().unwrap().as_ref().is_none_or(|principals| {
            let registered = claims["appid"].as_str().and_then(|application| principals.get(application));
            registered.is_some_and(|object_id| claims["oid"] == object_id.as_str())
        });
        let mut mailboxes = self.world.mailboxes.lock().unwrap();
        let state = mailboxes.mailbox(user)?.state;
        (good && is_known).then(|| Login { address: user.to_ascii_lowercase(), state, expires })
    }
}
