//! `exoimap check`: the whole way, a line a step with its time.

use std::cell::Cell;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use exoimap::exchange::{Step, explain, hints};
use exoimap::imap::mailbox_name::MailboxName;
use exoimap::{Phase, Result};
use serde_json::json;

use super::exit::Exit;
use super::output::Output;
use super::session::Setting;

pub(crate) fn run(setting: &Setting, output: &Output) -> Result<Exit> {
    setting.mailbox()?;
    let clock = Cell::new(Instant::now());
    match walk(setting, output, &clock) {
        Ok(()) => Ok(Exit::Done),
        Err(error) if output.json => {
            let hints = hints(&error, &setting.facts(setting.mailbox().ok()));
            output.object(
                &json!({"step": error.phase().name(), "ok": false, "ms": milliseconds(clock.get().elapsed()), "error": error.to_string(), "hints": hints}),
            )?;
            Err(error)
        }
        Err(error) => {
            let took = clock.get().elapsed().as_secs_f64();
            output.line(&[&format!("{:<13} {took:>8.3} s  failed", error.phase().name())])?;
            Err(error)
        }
    }
}

fn walk(setting: &Setting, output: &Output, clock: &Cell<Instant>) -> Result<()> {
    let start = Instant::now();
    let token = setting.token(output, None)?;
    report(output, clock, &Step { phase: Phase::Token, took: start.elapsed(), detail: token_detail(setting) })?;

    let mut unsaid = Ok(());
    let session = setting.sign_in(setting.mailbox()?, &token, &mut |step| {
        if unsaid.is_ok() {
            unsaid = report(output, clock, &step);
        }
    });
    unsaid?;
    let mut session = session?;

    let start = Instant::now();
    // CLOSE, where UNSELECT is not offered, expunges nothing after EXAMINE.
    let writable = session.capabilities().has("UNSELECT");
    let inbox = MailboxName::inbox();
    let opened = if writable { session.select(&inbox) } else { session.examine(&inbox) };
    let selected = opened.map_err(explain)?;
    let mailbox = selected.mailbox().clone();
    let detail = format!(
        "INBOX has {} messages, UIDVALIDITY {}, {}",
        mailbox.exists,
        mailbox.uid_validity.map_or_else(|| "unknown".to_owned(), |validity| validity.to_string()),
        if mailbox.read_only { "read-only" } else { "read-write" }
    );
    selected.unselect().map_err(explain)?;
    report(output, clock, &Step { phase: Phase::Select, took: start.elapsed(), detail })?;
    session.alerts().iter().for_each(|alert| output.warn(&format!("the server says: {alert}")));

    let start = Instant::now();
    session.logout().map_err(explain)?;
    report(
        output,
        clock,
        &Step { phase: Phase::Logout, took: start.elapsed(), detail: format!("{} can be read", setting.mailbox()?) },
    )
}

/// Says a step, and starts the clock of the next one.
fn report(output: &Output, clock: &Cell<Instant>, step: &Step) -> Result<()> {
    clock.set(Instant::now());
    let Step { phase, took, detail } = step;
    if output.json {
        return output.object(&json!({"step": phase.name(), "ok": true, "ms": milliseconds(*took), "detail": detail}));
    }
    output.line(&[&format!("{:<13} {:>8.3} s  {detail}", phase.name(), took.as_secs_f64())])
}

fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

/// Where the token came from and what it allows; never the token.
fn token_detail(setting: &Setting) -> String {
    let source = if setting.has_token() { "given" } else { "from Entra ID" };
    let Some(claims) = setting.claims() else { return format!("{source}; it says nothing about itself") };
    let audience = claims.audience.as_deref().unwrap_or("nobody");
    let roles =
        if claims.roles.is_empty() { "no roles".to_owned() } else { format!("roles {}", claims.roles.join(" ")) };
    format!("{source}, for {audience}, {roles}, {}", time_left(claims.expires))
}

fn time_left(expires: Option<u64>) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    match expires {
        Some(expires) if expires > now => format!("good for {} minutes", (expires - now) / 60),
        Some(expires) => format!("expired {} minutes ago", (now - expires) / 60),
        None => "without an end".to_owned(),
    }
}
