//! Sessions for one mailbox, one after the other, each with a token that is good.

use std::time::Instant;

use exoimap::exchange::Step;
use exoimap::imap::session::Session;
use exoimap::{Error, Result, Secret, Stream};

use super::output::Output;
use super::session::Setting;

/// Makes one session after the other for a mailbox.
pub(crate) struct SignIn<'a> {
    setting: &'a Setting,
    output: &'a Output,
    mailbox: &'a str,
    used: Option<Secret>,
    /// A SELECT or EXAMINE comes next, and proves what the sign-in leaves open.
    is_short: bool,
    /// When the token of the last session ends.
    pub(crate) expires: Option<Instant>,
}

impl<'a> SignIn<'a> {
    pub(crate) fn new(setting: &'a Setting, output: &'a Output, mailbox: &'a str) -> SignIn<'a> {
        SignIn { setting, output, mailbox, used: None, is_short: false, expires: None }
    }

    /// In fewer turns, for whoever opens a folder next.
    pub(crate) fn shortly(setting: &'a Setting, output: &'a Output, mailbox: &'a str) -> SignIn<'a> {
        SignIn { is_short: true, ..SignIn::new(setting, output, mailbox) }
    }

    /// A new session; `why` is what ended the one before.
    pub(crate) fn session(&mut self, why: Option<&Error>) -> Result<Session<Stream>> {
        let expired = why.and_then(Error::reply).is_some_and(|reply| reply.text.contains("AccessTokenExpired"));
        let token = self.setting.token(self.output, self.used.as_ref().filter(|_| expired))?;
        self.used = Some(token.secret().clone());
        self.expires = token.expires();
        let step = &mut |step: Step| self.output.step(&format!("{}: {}", step.phase.name(), step.detail));
        match self.is_short {
            true => self.setting.sign_in_shortly(self.mailbox, &token, self.output, step),
            false => self.setting.sign_in(self.mailbox, &token, self.output, step),
        }
    }
}
