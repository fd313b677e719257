//! `exoimap check`: every step with its time, one line each; with several mailboxes one line per mailbox.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant, SystemTime};

use crate::advice::{Facts, heading, hints};
use crate::exchange::{Step, judge, open, try_sessions};
use crate::imap::Mailbox;
use crate::imap::mailbox_name::MailboxName;
use crate::{Error, Kind, Phase, Result, Retry, calendar, text::Escaped};
use clap::ArgMatches;
use serde_json::{Value, json};

use super::credential::Described;
use super::exit::{Exit, worst};
use super::output::{Output, said};
use super::report::Report;
use super::session::Setting;
use super::sign_in::SignIn;

const DAY: Duration = Duration::from_secs(86_400);

/// Everything is said here, what was wrong with the call too, so that a report and `--json` have it.
pub(crate) fn run(arguments: &ArgMatches, setting: Result<Setting>, output: &Output) -> Result<Exit> {
    let report = Report::open(arguments, setting.is_ok())?;
    let check = Check {
        output,
        report: RefCell::new(report),
        expect_days: arguments.get_one::<u32>("expect-days").copied(),
        since: Cell::new(Instant::now()),
    };
    let exit = match &setting {
        Ok(setting) => check.all(setting, setting.mailboxes.len() > 1 || arguments.contains_id("mailboxes")),
        Err(error) => check.failed(error, Facts::default()),
    };
    let exit = exit.unwrap_or_else(|error| output.failed(&error, &[]));
    check.report.into_inner().write(exit, setting.as_ref().ok()).map(|()| exit)
}

struct Check<'a> {
    output: &'a Output,
    report: RefCell<Report>,
    expect_days: Option<u32>,
    /// When the running step began.
    since: Cell<Instant>,
}

impl Check<'_> {
    /// An error of this is one of our own output; whatever a step meets is said here.
    fn all(&self, setting: &Setting, listed: bool) -> Result<Exit> {
        let mut retry = setting.retry(self.output).answers_only();
        if let Err(error) = self.token(setting, &mut retry)? {
            return self.failed(&error, setting.facts(setting.mailbox().ok()));
        }
        let [mailbox] = setting.mailboxes.as_slice() else { return self.each(setting, &mut retry) };
        if listed {
            return self.each(setting, &mut retry);
        }
        let mut unsaid = Ok(());
        let walked = walk(setting, mailbox, &mut retry, self.output, &mut |step| {
            if unsaid.is_ok() {
                unsaid = self.step(&step);
            }
        });
        unsaid?;
        match walked {
            Ok(_) => Ok(Exit::Done),
            Err(error) => self.failed(&error, setting.facts(Some(mailbox))),
        }
    }

    /// What all mailboxes have in common: options, credential, token, claims.
    fn token(&self, setting: &Setting, retry: &mut Retry) -> Result<Result<()>> {
        if setting.mailboxes.is_empty()
            && let Err(error) = setting.mailbox()
        {
            return Ok(Err(error));
        }
        self.passed(Phase::Options, options_detail(setting))?;
        match credential_detail(setting.credential(), self.expect_days) {
            Ok(detail) => self.passed(Phase::Credential, detail)?,
            Err(error) => return Ok(Err(error)),
        }
        if let Err(error) = setting.fresh_token(self.output, retry) {
            return Ok(Err(error));
        }
        self.passed(Phase::Token, token_detail(setting))?;
        match claims_detail(setting) {
            Ok(detail) => self.passed(Phase::Claims, detail)?,
            Err(error) => return Ok(Err(error)),
        }
        Ok(Ok(()))
    }

    /// One line per mailbox; a failure stops the others only if they would fail in the same way.
    fn each(&self, setting: &Setting, retry: &mut Retry) -> Result<Exit> {
        let mut ended = Vec::new();
        for (done, mailbox) in setting.mailboxes.iter().enumerate() {
            let start = Instant::now();
            let walked = walk(setting, mailbox, retry, self.output, &mut |step| {
                let line = format!("{mailbox}: {}", line(step.phase, step.took, &step.detail));
                self.report.borrow_mut().line(&line);
                self.output.step(&format!("{mailbox}: {}: {}", step.phase.name(), step.detail));
            });
            match walked {
                Ok(inbox) => {
                    self.report_line(
                        &format!("{:<13} {:>8.3} s  {mailbox}  {}", "ok", start.elapsed().as_secs_f64(), counts(&inbox)),
                        &json!({"mailbox": mailbox, "ok": true, "ms": milliseconds(start.elapsed()), "messages": inbox.exists,
                            "uidvalidity": inbox.uid_validity.map(|validity| validity.get())}),
                    )?;
                    ended.push(Exit::Done);
                }
                Err(error) => {
                    let facts = setting.facts(Some(mailbox));
                    let hints = hints(&error, &facts);
                    let phase = error.phase();
                    self.report_line(
                        &format!("{:<13} {:>8.3} s  {mailbox}  failed at {}", "failed", start.elapsed().as_secs_f64(), phase.name()),
                        &json!({"mailbox": mailbox, "ok": false, "ms": milliseconds(start.elapsed()), "step": phase.name(),
                            "error": said(&error), "hints": hints}),
                    )?;
                    self.report.borrow_mut().error(&error, &hints, heading(&error, &facts));
                    ended.push(self.output.failed_for(&format!("{mailbox}: "), &error, &hints));
                    let left = setting.mailboxes.len() - done - 1;
                    if left > 0 && matches!(phase, Phase::Resolve | Phase::Connect | Phase::Proxy | Phase::Tls) {
                        self.output.warn(&format!("{left} more mailboxes were not tried: the way there is the same"));
                        break;
                    }
                }
            }
        }
        Ok(worst(&ended))
    }

    fn passed(&self, phase: Phase, detail: String) -> Result<()> {
        self.step(&Step { phase, took: self.since.get().elapsed(), detail, passed: true })
    }

    /// Says a step, and starts the clock of the next one.
    fn step(&self, step: &Step) -> Result<()> {
        let Step { phase, took, detail, passed } = step;
        self.since.set(Instant::now());
        self.report_line(
            &line(*phase, *took, detail),
            &json!({"step": phase.name(), "ok": passed, "ms": milliseconds(*took), "detail": detail}),
        )
    }

    /// The step that failed: its line, then the error and what to do.
    fn failed(&self, error: &Error, facts: Facts) -> Result<Exit> {
        let took = self.since.get().elapsed();
        let hints = hints(error, &facts);
        self.report_line(
            &line(error.phase(), took, "failed"),
            &json!({"step": error.phase().name(), "ok": false, "ms": milliseconds(took), "error": said(error), "hints": hints}),
        )?;
        self.report.borrow_mut().error(error, &hints, heading(error, &facts));
        Ok(self.output.failed(error, &hints))
    }

    fn report_line(&self, text: &str, object: &Value) -> Result<()> {
        self.report.borrow_mut().line(text);
        if self.output.json { self.output.object(object) } else { self.output.line(&[text]) }
    }
}

/// Signs in to a mailbox, opens its inbox and leaves it as it was; once more if that may help.
fn walk(
    setting: &Setting,
    mailbox: &str,
    retry: &mut Retry,
    output: &Output,
    done: &mut dyn FnMut(Step),
) -> Result<Mailbox> {
    let done = RefCell::new(done);
    let passed = |phase, since: Instant, detail: String| {
        done.borrow_mut()(Step { phase, took: since.elapsed(), detail, passed: true });
    };
    let mut sign_in = SignIn::new(setting, output, mailbox);
    let mut start = Instant::now();
    let mut connect = |why: Option<&Error>, retry: &mut Retry| {
        if let Some(why) = why {
            let detail = format!("{}; trying again", why.reply().map_or_else(|| why.to_string(), ToString::to_string));
            done.borrow_mut()(Step { phase: why.phase(), took: start.elapsed(), detail, passed: false });
        }
        start = Instant::now();
        sign_in.session_step_by_step(why, retry, &mut |step| done.borrow_mut()(step))
    };
    try_sessions(&mut connect, retry, &mut |mut session, _| {
        let start = Instant::now();
        // CLOSE, where UNSELECT is not offered, expunges nothing after EXAMINE.
        let writable = session.capabilities().has("UNSELECT");
        let inbox = MailboxName::inbox();
        let selected = open(&mut session, &inbox, writable)?;
        let found = selected.mailbox().clone();
        passed(Phase::Select, start, format!("INBOX has {}", counts(&found)));

        let start = Instant::now();
        selected.unselect()?;
        passed(Phase::Unselect, start, "the mailbox is as it was".to_owned());

        let start = Instant::now();
        session.logout()?;
        passed(Phase::Logout, start, format!("{mailbox} can be read"));
        Ok(Some(found))
    })
}

fn line(phase: Phase, took: Duration, detail: &str) -> String {
    format!("{:<13} {:>8.3} s  {}", phase.name(), took.as_secs_f64(), Escaped(detail))
}

fn counts(mailbox: &Mailbox) -> String {
    format!(
        "{} messages, UIDVALIDITY {}, {}",
        mailbox.exists,
        mailbox.uid_validity.map_or_else(|| "unknown".to_owned(), |validity| validity.to_string()),
        if mailbox.read_only { "read-only" } else { "read-write" }
    )
}

fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn options_detail(setting: &Setting) -> String {
    let mailboxes = match setting.mailboxes.as_slice() {
        [mailbox] => mailbox.clone(),
        several => format!("{} mailboxes", several.len()),
    };
    let named = [("tenant", &setting.tenant), ("application", &setting.client_id)];
    let named: String = named.iter().filter_map(|(name, id)| Some(format!(", {name} {}", id.as_deref()?))).collect();
    format!("{mailboxes} at {}:{}{named}", setting.server.host, setting.server.port)
}

/// Which credential it is; an error where it has ended, or ends sooner than `expect_days`.
fn credential_detail(credential: &Described, expect_days: Option<u32>) -> Result<String> {
    let Described { detail, ends } = credential;
    let Some(ends) = ends else {
        return Ok(match expect_days {
            None => detail.clone(),
            Some(_) => format!("{detail}; when it ends cannot be seen from here (--expect-days)"),
        });
    };
    let date = calendar::rfc3339(*ends);
    let refused = |why: String| Err(Error::new(Kind::Refused, Phase::Credential, format!("{detail} {why}")));
    let Ok(left) = ends.duration_since(SystemTime::now()) else {
        return refused(format!("ended on {date}"));
    };
    let days = left.as_secs() / DAY.as_secs();
    match expect_days {
        Some(expected) if left < DAY * expected => {
            refused(format!("ends in {days} days, on {date}, sooner than --expect-days {expected}"))
        }
        _ => Ok(format!("{detail}, ends in {days} days, on {date}")),
    }
}

/// Where the token came from and what it allows; never the token.
fn token_detail(setting: &Setting) -> String {
    let source = setting.token_source();
    let Some(claims) = setting.claims() else { return format!("{source}; it says nothing about itself") };
    let audience = claims.audience.as_deref().unwrap_or("nobody");
    let roles = match &claims.scopes {
        Some(scopes) => format!("scp {scopes}"),
        None if claims.roles.is_empty() => "no roles".to_owned(),
        None => format!("roles {}", claims.roles.join(" ")),
    };
    format!("{source}, for {audience}, {roles}, {}", time_left(claims.expires))
}

/// What the claims say of who we are, and what is doubtful about it.
fn claims_detail(setting: &Setting) -> Result<String> {
    let Some(claims) = setting.claims() else {
        return Ok("the token is not a JSON web token and says nothing about itself; the server decides".to_owned());
    };
    let doubts = judge(&claims, setting.tenant.as_deref(), setting.client_id.as_deref())?;
    let said = [("application", &claims.application), ("object id", &claims.object_id), ("tenant", &claims.tenant)];
    let said: Vec<_> = said.iter().filter_map(|(name, id)| Some(format!("{name} {}", id.as_deref()?))).collect();
    let doubts: String = doubts.iter().map(|doubt| format!("; but {doubt}")).collect();
    Ok(format!("{}{doubts}", said.join(", ")))
}

fn time_left(expires: Option<i64>) -> String {
    match expires.map(|expires| expires.saturating_sub(calendar::now())) {
        Some(left @ 1..) => format!("good for {} minutes", left / 60),
        Some(left) => format!("expired {} minutes ago", left.unsigned_abs() / 60),
        None => "without an end".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_that_ends_soon_fails_where_it_is_asked_for() {
        let ends_in = |days: u32| Described {
            detail: "certificate x".to_owned(),
            ends: Some(SystemTime::now() + DAY * days + Duration::from_secs(60)),
        };
        assert!(credential_detail(&ends_in(20), None).unwrap().starts_with("certificate x, ends in 20 days, on 20"));
        assert!(credential_detail(&ends_in(20), Some(20)).is_ok());
        let error = credential_detail(&ends_in(20), Some(30)).unwrap_err();
        assert_eq!((error.kind(), error.phase()), (Kind::Refused, Phase::Credential));
        assert!(error.to_string().contains("ends in 20 days") && error.to_string().ends_with("--expect-days 30"));
        let over = Described { detail: "x".into(), ends: Some(SystemTime::UNIX_EPOCH) };
        let error = credential_detail(&over, None).unwrap_err();
        assert_eq!(error.to_string(), "credential: x ended on 1970-01-01T00:00:00Z");
        let unknown = Described { detail: "client secret of x".into(), ends: None };
        assert!(credential_detail(&unknown, Some(30)).unwrap().contains("cannot be seen from here"));
    }
}
