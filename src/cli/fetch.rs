//! `exoimap fetch`: what is new in a folder, delivered to a directory, for one mailbox or many.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ArgMatches;
use clap::parser::ValueSource;
use exoimap::delivery::{self, Action, Destination, Format, Job, Outcome, Program, Source, Spool};
use exoimap::{Error, MailboxName, Patience, Result};
use serde_json::json;

use super::exit::Exit;
use super::many;
use super::options;
use super::output::Output;
use super::progress::Told;
use super::selection;
use super::session::{Setting, usage};
use super::sign_in::SignIn;

/// Files that all threads together keep open; 1,024 is a usual limit of a process.
const OPEN_FILES: usize = 750;

pub(crate) fn run(arguments: &ArgMatches, setting: &Setting, output: &Output) -> Result<Exit> {
    let fetch = Fetch::new(arguments, setting, output)?;
    match setting.mailboxes.as_slice() {
        [] => setting.mailbox().map(|_| Exit::Done),
        [mailbox] if !fetch.nested => fetch.mailbox(mailbox, &fetch.to, None, &mut setting.patience(output)),
        mailboxes => {
            mailboxes.iter().try_for_each(|mailbox| fits_a_folder(mailbox))?;
            fetch.mailboxes(mailboxes)
        }
    }
}

/// What the options say.
struct Fetch<'a> {
    setting: &'a Setting,
    output: &'a Output,
    to: PathBuf,
    format: Format,
    job: Job,
    dry_run: bool,
    jobs: usize,
    /// Each mailbox has a directory of its own: they came as a list, or there are several.
    nested: bool,
}

impl Fetch<'_> {
    fn new<'a>(arguments: &ArgMatches, setting: &'a Setting, output: &'a Output) -> Result<Fetch<'a>> {
        let text = |name: &str| arguments.get_one::<String>(name).map(String::as_str);
        let to = text("to").unwrap_or_default();
        if to.is_empty() {
            return Err(usage("--to names no directory"));
        }
        let (folder, selection) = selection::read(arguments)?;
        let jobs = usize::from(arguments.get_one::<u16>("jobs").copied().unwrap_or(1));
        let nested = setting.mailboxes.len() > 1 || text("mailboxes").is_some();
        let job = Job {
            selection,
            attachments: arguments.get_flag("attachments"),
            skip_inline: arguments.get_flag("skip-inline"),
            headers: output.json,
            refetch: arguments.get_flag("refetch"),
            from_now: arguments.get_flag("from-now"),
            accept_uidvalidity: arguments.get_flag("accept-uidvalidity"),
            action: action(arguments, &folder)?,
            older_than: arguments.get_one::<Duration>("older-than").copied(),
            program: program(arguments)?,
            failed_to: failed_to(arguments, &folder)?,
            give_up_after: arguments.get_one::<u32>("give-up-after").copied().unwrap_or(10),
            group: (OPEN_FILES / jobs.max(1)).clamp(10, 250),
            deadline: setting.deadline,
            ..Job::new("", folder)
        };
        let format = text("format").and_then(Format::named).unwrap_or_default();
        let fetch =
            Fetch { setting, output, to: to.into(), format, job, dry_run: arguments.get_flag("dry-run"), jobs, nested };
        if to == "-" {
            fetch.check_stream(arguments)?;
        }
        Ok(fetch)
    }

    /// stdout remembers nothing, so nothing can depend on what was delivered.
    fn check_stream(&self, arguments: &ArgMatches) -> Result<()> {
        let job = &self.job;
        let named = |name: &str| arguments.value_source(name) == Some(ValueSource::CommandLine);
        let cannot = [
            (job.attachments, "--attachments"),
            (job.action.is_some(), "--mark-seen, --move-to and --delete"),
            (job.program.is_some(), "a program"),
            (job.refetch || job.from_now || job.accept_uidvalidity, "--refetch, --from-now and --accept-uidvalidity"),
            (self.dry_run, "--dry-run"),
            (self.output.json, "--json"),
            (self.nested, "several mailboxes"),
            (named("format") && self.format != Format::Mbox, "a format that is not mbox"),
        ];
        match cannot.iter().find(|(is_asked, _)| *is_asked) {
            Some((_, what)) => Err(usage(format!("--to - writes mbox to stdout and goes without {what}"))),
            None => Ok(()),
        }
    }

    /// Several mailboxes. Whose turn is longest ago comes first: where the time of a run (`--max-time`) is
    /// too short for all, it is not always the last of the list who get nothing.
    fn mailboxes(&self, mailboxes: &[String]) -> Result<Exit> {
        let dir = |mailbox: &str| self.to.join(mailbox.to_lowercase());
        let mut turns: Vec<&str> = mailboxes.iter().map(String::as_str).collect();
        turns.sort_by_cached_key(|mailbox| Destination::last_run(&dir(mailbox)));
        many::run(self.setting, self.output, &turns, self.jobs, &|mailbox, patience| {
            self.mailbox(mailbox, &dir(mailbox), Some(mailbox), patience)
        })
    }

    fn mailbox(&self, mailbox: &str, dir: &Path, whose: Option<&str>, patience: &mut Patience) -> Result<Exit> {
        let job = Job { mailbox: mailbox.to_owned(), ..self.job.clone() };
        let mut told = Told::new(self.output, whose);
        let mut sign_in = SignIn::shortly(self.setting, self.output, mailbox);
        let mut connect = |why: Option<&Error>| sign_in.session(why);
        if dir == Path::new("-") {
            let mut out = self.output.stream();
            let outcome = delivery::write_all(&job, &mut Spool::new()?, &mut out, &mut connect, patience, &mut told)?;
            return Ok(self.summary(&outcome, None, "stdout"));
        }
        let host = &self.setting.server.host;
        let source = Source { host, mailbox, folder: &job.folder, format: self.format };
        if self.dry_run {
            let mut destination = Destination::look(dir, &source)?;
            let would = delivery::dry_run(&job, &mut destination, &mut connect, &mut told)?;
            for (uid, path) in &would.fetch {
                let (text, path) = (uid.to_string(), path.to_string_lossy());
                match self.output.json {
                    true => self.output.object(&json!({"uid": uid.get(), "path": path, "dry_run": true}))?,
                    false => self.output.line(&[&text, &path])?,
                }
            }
            for (uids, action) in &would.change {
                self.output.note(&format!("would be {action}: {} ({uids})", in_words(uids.len(), "message")));
                for uid in uids.iter().filter(|_| self.output.json) {
                    self.output.object(&json!({"uid": uid.get(), "would_be": action.to_string(), "dry_run": true}))?;
                }
            }
            return Ok(Exit::Done);
        }
        let mut destination = Destination::open(dir, &source)?;
        let outcome = delivery::run(&job, &mut destination, &mut connect, patience, &mut told)?;
        Ok(self.summary(&outcome, whose, &dir.to_string_lossy()))
    }

    fn summary(&self, outcome: &Outcome, whose: Option<&str>, to: &str) -> Exit {
        let mut said = Vec::new();
        let counted = [
            (outcome.taken_as_done, "there already and taken as done"),
            (outcome.delivered, "delivered"),
            (outcome.acted, "marked, moved or deleted"),
            (outcome.failed.len() as u64, "failed"),
            (outcome.gave_up.len() as u64, "given up"),
            (outcome.not_asked, "not asked for"),
            (outcome.not_taken, "not taken by the program"),
            (outcome.set_aside, "moved because the program refused them"),
            (outcome.broken, "parts not decoded"),
            (outcome.unlisted, "not listed by the server"),
        ];
        said.extend(counted.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
        let folder = &self.job.folder;
        let text = if said.is_empty() {
            format!("nothing new in {folder}")
        } else {
            format!("{} ({folder} to {to})", said.join(", "))
        };
        match whose {
            Some(whose) => self.output.note(&format!("{whose}: {text}")),
            None if said.is_empty() || outcome.taken_as_done > 0 => self.output.note(&text),
            None => self.output.step(&text),
        }
        if outcome.is_partial() { Exit::Partly } else { Exit::Done }
    }
}

/// Each of several mailboxes has a folder of its name, and no address leads out of the directory.
fn fits_a_folder(mailbox: &str) -> Result<()> {
    let odd = |c: char| c.is_control() || "/\\:<>\"|?*".contains(c);
    if mailbox.contains(odd) || mailbox.starts_with('.') || mailbox.ends_with('.') {
        return Err(usage(format!(
            "the mailbox {mailbox:?} is no name for a folder: fetch it alone, with a --to of its own"
        )));
    }
    Ok(())
}

fn action(arguments: &ArgMatches, folder: &MailboxName) -> Result<Option<Action>> {
    if arguments.get_flag("mark-seen") {
        return Ok(Some(Action::MarkSeen));
    }
    if arguments.get_flag("delete") {
        return Ok(Some(Action::Delete));
    }
    let Some(to) = arguments.get_one::<String>("move-to") else { return Ok(None) };
    let to = MailboxName::new(to)?;
    if to == *folder {
        return Err(usage(format!("--move-to {to} is the folder that is fetched from")));
    }
    Ok(Some(Action::MoveTo(to)))
}

fn failed_to(arguments: &ArgMatches, folder: &MailboxName) -> Result<Option<MailboxName>> {
    let Some(to) = arguments.get_one::<String>("failed-to") else { return Ok(None) };
    let to = MailboxName::new(to)?;
    if to == *folder {
        return Err(usage(format!("--failed-to {to} is the folder that is fetched from")));
    }
    Ok(Some(to))
}

fn in_words(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn program(arguments: &ArgMatches) -> Result<Option<Program>> {
    let mut words = arguments.get_many::<String>("program").into_iter().flatten();
    let Some(name) = words.next() else { return Ok(None) };
    let timeout = arguments.get_one::<Duration>("program-timeout").copied();
    let private = std::env::vars_os()
        .filter(|(name, value)| options::is_private(&name.to_string_lossy(), &value.to_string_lossy()));
    let program = Program::new(name, words.cloned().collect(), timeout)?;
    Ok(Some(program.without(private.map(|(name, _)| name))))
}
