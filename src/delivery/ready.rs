//! The list that makes a group of deliveries one step: what is about to get its name, and what comes then.
//!
//! ```text
//! exoimap ready 1
//! next act move Done
//! mbox 18223
//! 16101<TAB>14.16101<TAB>14.16101.eml<TAB>1795477275
//! end
//! ```
//! `mbox`: its length before the group; it may be cut back to it as long as `appended` is not said.

use std::path::{Component, Path};

use super::action::Action;
use super::format::{HOLD, MBOX};
use crate::imap::types::Uid;

const HEAD: &str = "exoimap ready 1";

/// What a delivered message waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Next {
    #[default]
    Nothing,
    /// A program must take it; then comes a change on the server, where one was asked for.
    Run(Option<Action>),
    /// A change on the server.
    Act(Action),
}

/// A temporary file or folder that gets its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) uid: Uid,
    /// Its name among the temporary files.
    pub(super) temporary: String,
    /// Where it goes, below the directory.
    pub(super) place: String,
    /// The message's date, which an mbox needs.
    pub(super) seconds: u64,
}

impl Entry {
    /// True for a message that gets into somebody's hands: the folder of its attachments is none, and one that is
    /// only held for a program was delivered before.
    pub(super) fn is_delivery(&self) -> bool {
        let Entry { place, .. } = self;
        !place.starts_with(HOLD) && (place == MBOX || place.contains('/') || place.ends_with(".eml"))
    }
}

/// The list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct List {
    pub(super) next: Next,
    /// The length of the mbox before the group.
    pub(super) mbox: Option<u64>,
    /// True once the mbox holds the group, durably.
    pub(super) appended: bool,
    pub(super) entries: Vec<Entry>,
}

impl List {
    pub(super) fn to_text(&self) -> String {
        let mut text = format!("{HEAD}\n");
        match &self.next {
            Next::Nothing => {}
            Next::Run(None) => text.push_str("next run\n"),
            Next::Run(Some(action)) => text.push_str(&format!("next run {}\n", action.to_text())),
            Next::Act(action) => text.push_str(&format!("next act {}\n", action.to_text())),
        }
        if let Some(length) = self.mbox {
            text.push_str(&format!("mbox {length}\n"));
        }
        if self.appended {
            text.push_str("appended\n");
        }
        for Entry { uid, temporary, place, seconds } in &self.entries {
            text.push_str(&format!("{uid}\t{temporary}\t{place}\t{seconds}\n"));
        }
        text + "end\n"
    }

    /// Reads a list that is whole; any other is none.
    pub(super) fn parse(text: &str) -> Option<List> {
        let mut lines = text.strip_prefix(HEAD)?.strip_prefix('\n')?.strip_suffix("end\n")?.lines();
        let mut list = List::default();
        lines.try_for_each(|line| {
            if line == "appended" {
                list.appended = true;
            } else if line == "next run" {
                list.next = Next::Run(None);
            } else if let Some(action) = line.strip_prefix("next run ") {
                list.next = Next::Run(Some(Action::parse(action)?));
            } else if let Some(action) = line.strip_prefix("next act ") {
                list.next = Next::Act(Action::parse(action)?);
            } else if let Some(length) = line.strip_prefix("mbox ") {
                list.mbox = Some(length.parse().ok()?);
            } else {
                list.entries.push(entry(line)?);
            }
            Some(())
        })?;
        Some(list)
    }
}

fn entry(line: &str) -> Option<Entry> {
    let mut fields = line.split('\t');
    let uid = fields.next()?.parse().ok().and_then(Uid::new)?;
    let (temporary, place) = (fields.next()?, fields.next()?);
    let seconds = fields.next()?.parse().ok()?;
    // The list is ours, but it names files: none of them may be elsewhere.
    let below = |path: &str| Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let whole =
        fields.next().is_none() && below(temporary) && below(place) && !place.is_empty() && !temporary.is_empty();
    whole.then(|| Entry { uid, temporary: temporary.to_owned(), place: place.to_owned(), seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_survives_its_file_and_a_damaged_one_is_none() {
        let uid = Uid::new(7).unwrap();
        let entry = Entry { uid, temporary: "14.7".into(), place: "cur/5.V14U7.exoimap:2,S".into(), seconds: 5 };
        let mut list = List { next: Next::Act(Action::Delete), mbox: Some(9), appended: true, entries: vec![entry] };
        for next in [Next::Nothing, Next::Run(None), Next::Run(Some(Action::Delete)), Next::Act(Action::Delete)] {
            list.next = next;
            assert_eq!(List::parse(&list.to_text()).as_ref(), Some(&list));
        }
        let text = list.to_text();
        assert!((0..text.len()).all(|cut| List::parse(&text[..cut]).is_none()));
        for place in ["../x", "/x", "a/../../x", ""] {
            assert_eq!(List::parse(&text.replace("cur/5.V14U7.exoimap:2,S", place)), None, "{place}");
        }
    }
}
