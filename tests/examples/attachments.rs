//! One message and its attachments in a directory, durable, under names that are safe: `attachments UID DIR`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod site;

use std::path::Path;

use exoimap::delivery::{self, Delivered, Destination, Job, Source, Watch};
use exoimap::{MailboxName, Result, Retry, Selection};

/// Is told of each group of messages as soon as it is durable.
struct Print;

impl Watch for Print {
    fn delivered(&mut self, messages: &[Delivered]) -> Result<()> {
        for message in messages {
            println!("{}", message.path.display());
            for attachment in &message.attachments {
                println!("  {} ({}, {} bytes)", attachment.name, attachment.media_type, attachment.size);
            }
        }
        Ok(())
    }
    fn warn(&mut self, text: &str) {
        eprintln!("{text}");
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, uid, dir] = &arguments[..] else {
        println!("usage: attachments UID DIR");
        return Ok(());
    };
    let site = site::Site::from_environment()?;
    let folder = MailboxName::inbox();
    let mut job = Job::new(&site.mailbox, folder.clone());
    job.selection = Selection::default().with_uids(uid)?;
    job.attachments = true;
    let source = Source::new("outlook.office365.com", &site.mailbox, &folder);
    let mut destination = Destination::open(Path::new(dir), &source)?;
    delivery::run(&job, &mut destination, &mut |_, _| site.sign_in(), &mut Retry::none(), &mut Print)?;
    Ok(())
}
