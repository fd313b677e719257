//! `exoimap check`: every step with its time, one line each; with several mailboxes one line per mailbox.
//!
//! `--report FILE` is one text file that can be mailed to an administrator. It holds what was tried and what was said, and
//! no credential: options that may hold one are named and not shown, the dialogue comes from a transcript, which masks
//! them where they are written.

use std::cell::RefCell;
use std::fs::File;
use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use crate::advice::{Facts, heading, hints};
use crate::calendar::{self, rfc3339};
use crate::exchange::{Step, judge, open, try_sessions};
use crate::imap::Mailbox;
use crate::imap::mailbox_name::MailboxName;
use crate::text::safe;
use crate::threads::lock;
use crate::{Error, Kind, Phase, Result, Retry};
use clap::ArgMatches;
use clap::parser::ValueSource;
use serde_json::{Value, json};

use super::credential::Known;
use super::options::{self, Entry};
use super::output::{self, said};
use super::{Arguments, Call, Exit, Output, Setting, SignIn, parallel};

const DAY: Duration = Duration::from_secs(86_400);

/// Everything is said here, what was wrong with the call too, so that a report and `--json` have it.
pub(crate) fn run(call: &Call) -> Result<Exit> {
    let setting = call.setting();
    let check = Check {
        output: &call.output,
        report: Mutex::new(Report::open(&call.arguments, setting.is_ok())?),
        expect_days: call.arguments.get("expect-days"),
        since: Mutex::new(Instant::now()),
        said: Mutex::new(Ok(())),
    };
    let is_list = call.arguments.raw("mailboxes").is_some();
    let exit = match &setting {
        Ok(setting) => check
            .all(setting, is_list)
            .unwrap_or_else(|error| check.failed(&error, &setting.facts(setting.mailbox().ok()))),
        Err(error) => check.failed(error, &Facts::default()),
    };
    let exit = lock(&check.said).as_ref().map_or_else(|error| check.output.failed("", error, &[]), |()| exit);
    let report = std::mem::take(&mut *lock(&check.report));
    report.write(exit, setting.as_deref().ok()).map(|()| exit)
}

struct Check<'a> {
    output: &'a Output,
    report: Mutex<Report>,
    expect_days: Option<u32>,
    /// When the running step began.
    since: Mutex<Instant>,
    /// An error of our own output, after which nothing more is printed.
    said: Mutex<Result<()>>,
}

impl Check<'_> {
    /// An error is that of the step that failed.
    fn all(&self, setting: &Setting, is_list: bool) -> Result<Exit> {
        let mut retry = setting.retry().answers_only();
        if setting.mailboxes.is_empty() {
            setting.mailbox()?;
        }
        // What all mailboxes have in common.
        self.passed(Phase::Options, options_detail(setting));
        self.passed(Phase::Credential, credential_detail(&setting.credential, self.expect_days)?);
        setting.fresh_token(&mut retry)?;
        self.passed(Phase::Token, token_detail(setting));
        self.passed(Phase::Claims, claims_detail(setting)?);
        match setting.mailboxes.as_slice() {
            [mailbox] if !is_list => {
                walk(setting, mailbox, &mut retry, &mut |step| self.step(&step)).map(|_| Exit::Done)
            }
            mailboxes => {
                let mailboxes: Vec<&str> = mailboxes.iter().map(String::as_str).collect();
                // A person waits: the first line that fails is enough.
                parallel::run(setting, &mailboxes, 1, 1, &|mailbox, retry| self.one(setting, mailbox, retry))
            }
        }
    }

    /// One mailbox of several, in one line.
    fn one(&self, setting: &Setting, mailbox: &str, retry: &mut Retry) -> Result<Exit> {
        let start = Instant::now();
        let walked = walk(setting, mailbox, retry, &mut |step| {
            let line = format!("{mailbox}: {}", line(step.phase.name(), step.took, &step.detail));
            lock(&self.report).line(&line);
            self.output.step(&format!("{mailbox}: {}: {}", step.phase.name(), step.detail));
        });
        let took = start.elapsed();
        match &walked {
            Ok(inbox) => {
                let validity = inbox.uid_validity.map(|validity| validity.get());
                let object = json!({"mailbox": mailbox, "ok": true, "messages": inbox.exists, "uidvalidity": validity});
                self.say("ok", took, &format!("{mailbox}  {}", counts(inbox)), object);
            }
            Err(error) => {
                let (facts, step) = (setting.facts(Some(mailbox)), error.phase().name());
                let hints = hints(error, &facts);
                let object =
                    json!({"mailbox": mailbox, "ok": false, "step": step, "error": said(error), "hints": hints});
                self.say("failed", took, &format!("{mailbox}  failed at {step}"), object);
                lock(&self.report).error(error, &hints, heading(error, &facts));
            }
        }
        walked.map(|_| Exit::Done)
    }

    fn passed(&self, phase: Phase, detail: String) {
        let took = lock(&self.since).elapsed();
        self.step(&Step { phase, took, detail, passed: true });
    }

    /// Says a step, and starts the clock of the next one.
    fn step(&self, step: &Step) {
        let Step { phase, took, detail, passed } = step;
        *lock(&self.since) = Instant::now();
        self.say(phase.name(), *took, detail, json!({"step": phase.name(), "ok": passed, "detail": detail}));
    }

    /// The step that failed: its line, then the error and what to do.
    fn failed(&self, error: &Error, facts: &Facts) -> Exit {
        let (took, step) = (lock(&self.since).elapsed(), error.phase().name());
        let hints = hints(error, facts);
        self.say(step, took, "failed", json!({"step": step, "ok": false, "error": said(error), "hints": hints}));
        lock(&self.report).error(error, &hints, heading(error, facts));
        self.output.failed("", error, &hints)
    }

    /// One line of results, with its time.
    fn say(&self, name: &str, took: Duration, detail: &str, mut object: Value) {
        object["ms"] = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).into();
        let line = line(name, took, detail);
        lock(&self.report).line(&line);
        let mut said = lock(&self.said);
        if said.is_ok() {
            *said = self.output.result(|| object, &[&line]);
        }
    }
}

/// Signs in to a mailbox, opens its inbox and leaves it as it was; once more if that may help.
fn walk(setting: &Setting, mailbox: &str, retry: &mut Retry, done: &mut dyn FnMut(Step)) -> Result<Mailbox> {
    let done = RefCell::new(done);
    let passed = |phase, since: Instant, detail: String| {
        done.borrow_mut()(Step { phase, took: since.elapsed(), detail, passed: true });
    };
    let mut sign_in = SignIn::new(setting, mailbox);
    let mut start = Instant::now();
    let mut connect = |why: Option<&Error>, retry: &mut Retry| {
        if let Some(why) = why {
            let detail = format!("{}; trying again", why.reply().map_or_else(|| why.to_string(), ToString::to_string));
            done.borrow_mut()(Step { phase: why.phase(), took: start.elapsed(), detail, passed: false });
        }
        start = Instant::now();
        sign_in.session_by_steps(why, retry, &mut |step| done.borrow_mut()(step))
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

fn line(name: &str, took: Duration, detail: &str) -> String {
    format!("{name:<13} {:>8.3} s  {}", took.as_secs_f64(), safe(detail))
}

fn counts(mailbox: &Mailbox) -> String {
    format!(
        "{} messages, UIDVALIDITY {}, {}",
        mailbox.exists,
        mailbox.uid_validity.map_or_else(|| "unknown".to_owned(), |validity| validity.to_string()),
        if mailbox.read_only { "read-only" } else { "read-write" }
    )
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
fn credential_detail(credential: &Known, expect_days: Option<u32>) -> Result<String> {
    let Known { detail, ends, .. } = credential;
    let Some(ends) = ends else {
        return Ok(match expect_days {
            None => detail.clone(),
            Some(_) => format!("{detail}; when it ends cannot be seen from here (--expect-days)"),
        });
    };
    let date = rfc3339(*ends);
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

/// A report that is being put together; without `--report` it does nothing.
#[derive(Default)]
pub(crate) struct Report {
    to: Option<(String, File)>,
    options: String,
    lines: String,
}

impl Report {
    /// Opens the file before anything is tried, so that the only run that fails is not in vain. What is
    /// `valid` has passed its checks; anything else may be a secret in the wrong variable.
    pub(crate) fn open(arguments: &Arguments, valid: bool) -> Result<Report> {
        let Some(path) = arguments.text("report") else { return Ok(Report::default()) };
        let file = output::open("report", path, false, arguments.deadline())?;
        Ok(Report { to: Some((path.to_owned(), file)), options: options(&arguments.0, valid), lines: String::new() })
    }

    /// A line as it was shown.
    pub(crate) fn line(&mut self, line: &str) {
        if self.to.is_some() {
            self.lines.push_str(&format!("{}\n", safe(line)));
        }
    }

    /// An error as it was shown, and what the others call it.
    pub(crate) fn error(&mut self, error: &Error, hints: &[String], heading: Option<&str>) {
        self.line(&format!("exoimap: {}", said(error)));
        hints.iter().for_each(|hint| self.line(&format!("hint: {hint}")));
        if let Some(heading) = heading {
            self.line(&format!("more in docs/troubleshooting.md under: {heading}"));
        }
        if let Some(reply) = error.entra() {
            let ids = [
                ("AADSTS", reply.codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
                ("trace id", reply.trace_id.clone()),
                ("correlation id", reply.correlation_id.clone()),
                ("at", reply.timestamp.clone()),
            ];
            ids.iter().for_each(|(name, id)| self.line(&format!("Entra ID: {name} {id}")));
        }
    }

    /// Writes it down.
    pub(crate) fn write(self, exit: Exit, setting: Option<&Setting>) -> Result<()> {
        let Some((path, mut file)) = self.to else { return Ok(()) };
        let claims = setting.and_then(Setting::claims).map_or_else(
            || "none: there was no token, or it says nothing about itself\n".to_owned(),
            |claims| format!("{:#}\n", claims.all),
        );
        // A line of JSON may hold what others wrote; its line ends are ours.
        let claims: String = claims.lines().map(|line| format!("{}\n", safe(line))).collect();
        let dialogue = setting.map(Setting::dialogue).filter(|dialogue| !dialogue.is_empty());
        let text = format!(
            "exoimap {}, {} {}, {}\n\n# Options\n{}\n# Steps\n{}exit {}\n\n# Claims of the token\n{claims}\n# Dialogue\n{}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH,
            rfc3339(SystemTime::now()),
            self.options,
            self.lines,
            exit as u8,
            dialogue.as_deref().unwrap_or("none: no server was talked to\n"),
        );
        let failed = |e| Error::file(Kind::Local, Phase::Options, format!("writing {path} (--report)"), e);
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
    }
}

/// The options that are not as they always are, then the names of the variables that count.
fn options(arguments: &ArgMatches, valid: bool) -> String {
    let mut text = String::new();
    let shown = |id: &str| options::named(id).is_some_and(Entry::is_shown);
    for id in arguments.ids().map(clap::Id::as_str) {
        let Some(source) = arguments.value_source(id).filter(|source| *source != ValueSource::DefaultValue) else {
            continue;
        };
        let from = if source == ValueSource::EnvVariable { " (from the environment)" } else { "" };
        let raw = arguments.get_raw(id).into_iter().flatten().map(|value| value.to_string_lossy().into_owned());
        let value = if valid && shown(id) { raw.collect::<Vec<_>>().join(" ") } else { "(set)".to_owned() };
        text.push_str(&format!("--{id} {}{from}\n", safe(&value)));
    }
    let counts = |name: &str| options::is_setting(name) || options::variable_named(name).is_some();
    let mut names: Vec<_> = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    names.retain(|name| counts(name));
    names.sort();
    text.push_str(&format!("in the environment: {}\n", safe(&names.join(" "))));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use crate::entra::TokenSource;

    #[test]
    fn a_credential_that_ends_soon_fails_where_it_is_asked_for() {
        let known = |detail: &str, ends| {
            let source = TokenSource::Token(Secret::new("x"));
            Known { source, detail: detail.to_owned(), ends }
        };
        let ends_in =
            |days: u32| known("certificate x", Some(SystemTime::now() + DAY * days + Duration::from_secs(60)));
        assert!(credential_detail(&ends_in(20), None).unwrap().starts_with("certificate x, ends in 20 days, on 20"));
        assert!(credential_detail(&ends_in(20), Some(20)).is_ok());
        let error = credential_detail(&ends_in(20), Some(30)).unwrap_err();
        assert_eq!((error.kind(), error.phase()), (Kind::Refused, Phase::Credential));
        assert!(error.to_string().contains("ends in 20 days") && error.to_string().ends_with("--expect-days 30"));
        let over = known("x", Some(SystemTime::UNIX_EPOCH));
        let error = credential_detail(&over, None).unwrap_err();
        assert_eq!(error.to_string(), "credential: x ended on 1970-01-01T00:00:00Z");
        let unknown = known("client secret of x", None);
        assert!(credential_detail(&unknown, Some(30)).unwrap().contains("cannot be seen from here"));
    }
}
