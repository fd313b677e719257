use super::*;
use crate::imap::mailbox_name::MailboxName;

fn set(text: &str) -> UidSet {
    UidSet::parse(text).unwrap()
}

fn uid(uid: u32) -> Uid {
    Uid::new(uid).unwrap()
}

fn state() -> State {
    let mut state = State::new("outlook.office365.com", "Orders@contoso.com", "INBOX/注文 a", Format::Maildir);
    state.uid_validity = UidValidity::new(14);
    (state.mark, state.exists, state.listed) = (16132, 312, 1_795_477_275);
    state.surplus = Surplus { messages: 1, tries: 10 };
    state.delivered = set("16115:16120,16130:16131");
    state.skipped = set("1:16100");
    state.given_up = set("16112");
    state.cut = set("16118");
    state.count_failure(uid(16113), "the server said\n\u{1b}[31m\"no\"", 10);
    state.suspect(uid(16114), "");
    state.add_run(&set("16130"), None);
    state.add_run(&set("16131"), Some(&Action::Delete));
    state.count_refusal(uid(16130), "ended with 1");
    state.add_act(&set("16120"), &Action::MoveTo(MailboxName::new("Done / x").unwrap()));
    state.add_act(&set("16117:16119"), &Action::MarkSeen);
    state.change_size = Some(25);
    let mut list = List::default();
    ["next act move Done", "mbox 18223", "file 16140\t14.16140\t14.16140.eml\t1795477275", "end"]
        .iter()
        .for_each(|line| list.read(line).unwrap());
    state.ready = Some(list);
    state
}

#[test]
fn a_state_survives_its_file_and_nothing_else_does() {
    let text = state().to_text();
    assert_eq!(State::parse(&text), Ok(state()));
    // What must stay as it is on the server has no change pending.
    assert!(text.contains("\nact 16117,16119 mark-seen\n"), "{text}");
    for bad in [
        "mark x",
        "delivered 0",
        "uidvalidity 0",
        "colour red",
        "failed 3",
        "failed 3 4",
        "act 3 burn",
        "then 3",
        "format x",
        "surplus 1",
        "listed -1",
        "change-size 0",
        "ready end",
        "",
    ] {
        assert!(State::parse(&format!("{text}{bad}\n")).is_err(), "{bad:?}");
    }
    assert!(State::parse("exoimap 2\n").is_err() && State::parse(text.trim_end()).is_err());
    // Cut off behind a line, it is a state where nothing is missing, and none where a list has no end.
    let list = text.find("ready next").unwrap();
    let cuts = (list + 1..text.len()).filter(|cut| text.is_char_boundary(*cut) && State::parse(&text[..*cut]).is_ok());
    assert_eq!(cuts.count(), 0);
}

#[test]
fn a_state_of_another_version_is_named_as_that() {
    for head in ["exoimap 1", "exoimap 3", "exoimap 10"] {
        let text = state().to_text().replace("exoimap 2", head);
        assert_eq!(State::parse(&text).unwrap_err(), format!("it is of another version, {head:?}"));
    }
}

/// What was asked first stays; of those of which nothing was asked, the next run may.
#[test]
fn what_comes_after_a_program_is_what_was_asked_first() {
    let mut state = state();
    state.add_run(&set("16130:16132"), Some(&Action::MarkSeen));
    let mut removed = |number| state.remove_run(uid(number));
    assert_eq!(
        [16130, 16131, 16132, 16131].map(&mut removed),
        [Some(Action::MarkSeen), Some(Action::Delete), Some(Action::MarkSeen), None]
    );
    assert!(state.run.is_empty() && state.then.is_empty() && state.refused.is_empty());
}

#[test]
fn changes_are_gathered_by_action() {
    let mut state = state();
    state.add_act(&set("1:3"), &Action::MarkSeen);
    assert_eq!(state.act.len(), 2);
    state.remove_act(&set("1:3,16117,16119"), &Action::MarkSeen);
    state.add_act(&UidSet::new(), &Action::MarkSeen);
    assert_eq!(state.act.len(), 1);
}

#[test]
fn a_surplus_is_said_in_some_runs_and_again_when_it_grows() {
    let mut state = State::new("h", "m", "f", Format::Eml);
    let mut said = |messages| state.found_surplus(messages, 3);
    assert_eq!([1, 1, 1, 1, 1].map(&mut said), [true, true, true, false, false]);
    assert_eq!([2, 2, 1, 0, 1].map(&mut said), [true, true, true, false, true]);
}

#[test]
fn all_messages_are_listed_once_a_day_and_while_some_are_missing() {
    let mut state = State::new("h", "m", "f", Format::Eml);
    state.listed = 1_000_000;
    assert!(!state.is_listing_due(3, 1_000_000 + A_DAY - 1) && state.is_listing_due(3, 1_000_000 + A_DAY));
    assert!(state.is_listing_due(3, 999_999), "the clock was put back");
    state.found_surplus(1, 3);
    assert!(state.is_listing_due(3, 1_000_001));
    state.found_surplus(1, 3);
    state.found_surplus(1, 3);
    assert!(!state.is_listing_due(3, 1_000_001));
}

/// The oldest go first, and nothing that was not delivered becomes so; what fails is still tried.
#[test]
fn a_state_of_too_many_ranges_skips_the_oldest() {
    let mut state = State::new("h", "m", "f", Format::Eml);
    state.delivered = (1..=30_000).filter_map(|number| Uid::new(number * 2)).collect();
    let before = state.delivered.clone();
    state.suspect(uid(101), "");
    state.keep_small();
    let kept = |state: &State| state.delivered.ranges().count() + state.skipped.ranges().count();
    assert!(kept(&state) <= MOST_RANGES + 2 && state.to_text().len() < 200_000, "{}", kept(&state));
    assert_eq!(state.delivered.without(&before), UidSet::new());
    assert!(before.without(&state.known()).is_empty() && !state.known().contains(uid(101)));
    assert!(state.skipped.contains(uid(2)) && state.skipped.contains(uid(3)) && state.delivered.contains(uid(60_000)));
    assert!(!state.known().contains(uid(59_999)), "a gap that is not old stays one");
    let again = state.clone();
    state.keep_small();
    assert!(kept(&state) <= kept(&again));
}
