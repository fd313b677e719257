//! Sessions for one mailbox, one after the other, each with a token that is good.

use std::time::Instant;

use crate::exchange::{Next, Step, persist, try_sessions};
use crate::imap::Session;
use crate::{Error, Kind, Phase, Result, Retry, Secret, Stream};

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
    /// When a sign-in must be done.
    pub(crate) end: Option<Instant>,
    /// When the token of the last session ends.
    pub(crate) expires: Option<Instant>,
}

impl<'a> SignIn<'a> {
    pub(crate) fn new(setting: &'a Setting, output: &'a Output, mailbox: &'a str) -> SignIn<'a> {
        SignIn { setting, output, mailbox, used: None, is_short: false, end: setting.deadline, expires: None }
    }

    /// In fewer turns, if a folder is opened next.
    pub(crate) fn shortly(setting: &'a Setting, output: &'a Output, mailbox: &'a str) -> SignIn<'a> {
        SignIn { is_short: true, ..SignIn::new(setting, output, mailbox) }
    }

    /// A new session; `why` is what ended the one before.
    pub(crate) fn session(&mut self, why: Option<&Error>, retry: &mut Retry) -> Result<Session<Stream>> {
        let (output, said) = (self.output, |step: Step| format!("{}: {}", step.phase.name(), step.detail));
        self.session_step_by_step(why, retry, &mut |step| output.step(&said(step)))
    }

    /// [`session`](Self::session), telling `done` of each step.
    pub(crate) fn session_step_by_step(
        &mut self,
        why: Option<&Error>,
        retry: &mut Retry,
        done: &mut dyn FnMut(Step),
    ) -> Result<Session<Stream>> {
        let is_spent = |e: &Error| {
            let has_expired = e.reply().is_some_and(|reply| reply.text.contains("AccessTokenExpired"));
            has_expired || (e.phase(), e.kind()) == (Phase::Authenticate, Kind::Refused)
        };
        let token = self.setting.token(self.output, self.used.as_ref().filter(|_| why.is_some_and(is_spent)), retry)?;
        self.used = Some(token.secret().clone());
        self.expires = token.expires();
        self.setting.sign_in(self.mailbox, &token, self.output, self.is_short, self.end, done)
    }

    /// Does `work` in as many sessions as it takes and `--max-wait` allows.
    pub(crate) fn persist(
        mut self,
        retry: &mut Retry,
        work: &mut dyn FnMut(&mut Session<Stream>, &mut Retry) -> Result<Next>,
    ) -> Result<()> {
        persist(&mut |why, retry| self.session(why, retry), retry, work)
    }

    /// A session to keep, after as many tries.
    pub(crate) fn keep(mut self, retry: &mut Retry) -> Result<Session<Stream>> {
        try_sessions(&mut |why, retry| self.session(why, retry), retry, &mut |session, _| Ok(Some(session)))
    }
}
