//! What selections compile to, what they refuse, and what they find on a scripted server.

use super::*;
use crate::MailboxName;
use crate::dice::Dice;
use crate::error::{Kind, Phase};
use crate::imap::command::Command;
use crate::imap::wire::Limits;
use crate::imap::xoauth2::initial_response;
use crate::imap::{Client, Listener, Session};
use crate::script::{Player, Script};
use crate::secret::Secret;

fn all() -> Selection {
    Selection::default()
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn keys(selection: &Selection, from: u32) -> Vec<String> {
    selection.searches(from).into_iter().map(|search| search.keys).collect()
}

#[test]
fn a_selection_is_flat_keys_in_one_order() {
    assert_eq!(keys(&all(), 1), ["ALL"]);
    assert_eq!(keys(&all(), 0), ["ALL"]);
    assert_eq!(keys(&all(), 16111), ["UID 16111:*"]);
    let some = all().with_unseen().with_since(day("2026-11-02")).unwrap().with_from("x").unwrap();
    assert_eq!(keys(&some, 1), ["UNSEEN SINCE 2-Nov-2026 FROM \"x\""]);
    assert_eq!(keys(&some, 7), ["UID 7:* UNSEEN SINCE 2-Nov-2026 FROM \"x\""]);
    let more = some.with_before(day("2026-11-03")).unwrap().with_to("b c").unwrap().with_subject("NIL").unwrap();
    let more = more.with_larger(10240).with_query(" FLAGGED HEADER X-A \"(b)\" ").unwrap().with_uids("3").unwrap();
    let expected = "UID 3 UNSEEN SINCE 2-Nov-2026 BEFORE 3-Nov-2026 FROM \"x\" TO \"b c\" SUBJECT \"NIL\" LARGER 10240 \
                    FLAGGED HEADER X-A \"(b)\"";
    assert_eq!(keys(&more, 1), [expected]);
}

#[test]
fn uids_are_sent_as_far_as_they_are_looked_at() {
    let uids = |set: &str, from| keys(&all().with_uids(set).unwrap(), from);
    assert_eq!(uids("7,1:5,100:*", 1), ["UID 1:5,7,100:*"]);
    assert_eq!(uids("7,1:5,*:100", 3), ["UID 3:5,7,100:*"]);
    assert_eq!(uids("1:5", 6), [""; 0]);
    assert_eq!(uids("*", 6), ["UID *"]);
    assert_eq!(uids("2,*:*", 1), ["UID 2", "UID *"]);
    assert_eq!(uids("4294967295", 1), ["UID 4294967295"]);
    for bad in ["", "0", "1,", "a", "*:", ":*", "1:2:3", "*:1:2", "1 2", "$", "**", "-*"] {
        let error = all().with_uids(bad).unwrap_err();
        assert!(error.kind() == Kind::Usage && error.setting() == Some("uid"), "{bad:?}: {error}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused_with_its_option() {
    let refused = |made: Result<Selection>, setting: &str| {
        let error = made.unwrap_err();
        assert!(error.kind() == Kind::Usage && error.setting() == Some(setting), "{error}");
    };
    refused(all().with_since(day("2026-11-02")).unwrap().with_before(day("2026-11-02")), "since");
    refused(all().with_limit(0), "limit");
    for bad in ["", " ", "a\r\nb", "a\tb", "\u{1b}", "\u{85}", &"x".repeat(501)] {
        refused(all().with_from(bad), "from");
        refused(all().with_to(bad), "to-address");
        refused(all().with_subject(bad), "subject");
    }
    for bad in [
        "",
        " ",
        "SUBJECT \"x",
        "SUBJECT \"a\\\"b\"",
        "SUBJECT \"a\\\\b\"",
        "SUBJECT {3}",
        "SUBJECT {3+}",
        "(SEEN)",
        "SEEN)",
        "é",
        "SEEN\r\na2 LOGOUT",
        "charset utf-8 SEEN",
        "RETURN ALL",
        "NOT Keyword x",
        "UNKEYWORD x",
        &"A".repeat(1001),
    ] {
        refused(all().with_query(bad), "query");
    }
    assert!(all().with_query("SUBJECT \"RETURN (charset) {3}\" FROM keywords").is_ok());
}

#[test]
fn anything_narrows_and_the_limit_keeps_the_first() {
    assert!(!all().is_narrowed());
    assert!(all().with_limit(3).unwrap().is_narrowed() && all().with_uids("1:*").unwrap().is_narrowed());
    let uids = || UidSet::parse("1:5,9:4000000000").unwrap();
    assert_eq!(all().with_limit(7).unwrap().limited(uids()).to_string(), "1:5,9:10");
    assert_eq!(all().with_limit(u64::MAX).unwrap().limited(uids()), uids());
    assert_eq!(all().limited(uids()), uids());
}

#[test]
#[cfg(not(feature = "attachments"))]
fn without_the_decoder_a_text_must_be_plain() {
    for text in ["für", "a\"b", "a\\b"] {
        assert!(all().with_subject(text).unwrap_err().to_string().contains("attachments"));
    }
}

impl Dice {
    fn text(&mut self) -> String {
        let letters =
            ['a', 'Z', ' ', '(', ')', '{', '}', '3', '+', '*', '%', ',', '~', '\\', '"', '注', 'ü', '\r', '\n'];
        let tame = if self.below(3) == 0 { letters.len() } else { 12 };
        let most = if self.below(4) == 0 { 600 } else { 20 };
        (0..self.below(most)).map(|_| letters[self.below(tame as u32) as usize]).collect()
    }

    fn query(&mut self) -> String {
        let words =
            ["SEEN", "NOT", "FROM", "\"a (b)\"", "1:*", "(", "CHARSET", "\"", "{3}", "\"RETURN\"", "KEYWORD", "\\"];
        let tame = if self.below(3) == 0 { words.len() } else { 5 };
        (0..self.below(150)).map(|_| words[self.below(tame as u32) as usize]).collect::<Vec<_>>().join(" ")
    }

    fn uids(&mut self) -> String {
        let mut parts: Vec<String> = Vec::new();
        let most = if self.below(10) == 0 { 3000 } else { 8 };
        for _ in 0..=self.below(most) {
            let (a, b) = (self.below(u32::MAX / 2) + 1, self.below(4000) + 1);
            parts.push(match self.below(8) {
                0 => format!("{a}:{b}"),
                1 => format!("{b}:*"),
                2 => "*".to_owned(),
                _ => a.to_string(),
            });
        }
        parts.join(",")
    }

    /// A selection of whatever options take what comes; each keeps the one before where it does not.
    fn selection(&mut self) -> Selection {
        let mut made = all();
        for _ in 0..self.below(9) {
            let next = match self.below(10) {
                0 => made.clone().with_uids(&self.uids()),
                1 => Ok(made.clone().with_unseen()),
                2 => made.clone().with_since(day("2026-12-31")),
                3 => made.clone().with_before(day("2027-12-31")),
                4 => made.clone().with_from(&self.text()),
                5 => made.clone().with_to(&self.text()),
                6 => made.clone().with_subject(&self.text()),
                7 => Ok(made.clone().with_larger(u32::MAX)),
                8 => made.clone().with_query(&self.query()),
                _ => made.clone().with_limit(5),
            };
            if let Ok(next) = next {
                made = next;
            }
        }
        made
    }
}

/// The text outside quoted strings; a panic where one is not closed.
fn unquoted(keys: &str) -> String {
    let pieces: Vec<_> = keys.split('"').collect();
    assert!(pieces.len() % 2 == 1, "{keys}");
    pieces.into_iter().step_by(2).collect()
}

#[test]
fn any_selection_compiles_to_commands_that_exchange_can_take() {
    let mut seed = Dice(7);
    for _ in 0..3000 {
        let selection = seed.selection();
        let from = [0, 1, 5, 16111, u32::MAX][seed.below(5) as usize];
        let mut sent = UidSet::new();
        for search in selection.searches(from) {
            let command = format!("a4294967295 UID SEARCH {}\r\n", search.keys);
            assert!(command.len() < 4096, "{} bytes: {command}", command.len());
            assert!(search.keys.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !search.keys.contains('\\'));
            let plain = unquoted(&search.keys);
            assert!(!plain.contains(['(', ')', '{', '}']), "{plain}");
            for word in ["CHARSET", "RETURN", "KEYWORD", "UNKEYWORD"] {
                assert!(plain.split(' ').all(|plain| plain != word), "{plain}");
            }
            assert!(Command::new("UID SEARCH", Phase::Command).raw(&search.keys).is_ok(), "{command}");
            if !search.newest {
                sent.extend(&search.among);
            }
            // What the wire says is what is meant.
            if let Some(set) = search.keys.strip_prefix("UID ").filter(|_| selection.uids.is_some() && !search.newest) {
                let set = set.split(' ').next().unwrap().replace('*', "4294967295");
                assert_eq!(UidSet::parse(&set), Some(search.among));
            }
        }
        let meant = selection.uids.as_ref().map_or_else(|| since_uid(from), |uids| uids.within(&since_uid(from)));
        assert_eq!(sent, meant);
    }
}

/// What another's grammar makes of a command: whether it is a UID SEARCH without a charset, and nothing more.
fn is_search(keys: &str) -> bool {
    use imap_codec::imap_types::command::CommandBody;
    use imap_codec::{CommandCodec, decode::Decoder};
    let command = format!("a1 UID SEARCH {keys}\r\n");
    match CommandCodec::default().decode(command.as_bytes()) {
        Ok((rest, command)) => {
            rest.is_empty() && matches!(command.body, CommandBody::Search { charset: None, uid: true, .. })
        }
        Err(_) => false,
    }
}

/// A query is sent as it is: then no more can be asked than that it spoils nothing else.
#[test]
fn any_selection_is_a_search_to_another_grammar_too() {
    let mut seed = Dice(23);
    let (mut with_query, mut without) = (0, 0);
    let queries = ["FLAGGED", "NOT DELETED", "OR FROM \"a (b)\" UNSEEN", "HEADER X-A \"\"", "1:* ON 2-Nov-2026"];
    for _ in 0..3000 {
        let mut selection = seed.selection();
        if seed.below(4) == 0 {
            selection = selection.with_query(queries[seed.below(5) as usize]).unwrap();
        }
        let from = [0, 1, 5, 16111, u32::MAX][seed.below(5) as usize];
        let is_sound = selection.query.as_deref().is_none_or(is_search);
        for search in selection.searches(from) {
            assert_eq!(is_search(&search.keys), is_sound, "{}", search.keys);
            *(if selection.query.is_some() { &mut with_query } else { &mut without }) += usize::from(is_sound);
        }
    }
    assert!(with_query > 100 && without > 1000, "{with_query} with a query, {without} without");
    assert!(!is_search("SEEN FROM") && !is_search("CHARSET UTF-8 SEEN") && !is_search("SUBJECT \"x"));
}

/// Signs in to a scripted server, opens the inbox and finds; the script ends where the search does.
fn found(dialogue: &str, selection: &Selection, from: u32) -> (Result<Found>, Option<String>) {
    let script = format!(
        "S: * OK ready\nC: a1 CAPABILITY\nS: * CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR\nS: a1 OK\n\
         C: a2 AUTHENTICATE XOAUTH2 <secret 52 bytes>\nS: a2 OK\nC: a3 EXAMINE INBOX\nS: * 4 EXISTS\n\
         S: * OK [UIDVALIDITY 14] v\nS: * OK [UIDNEXT 21] n\nS: a3 OK [READ-ONLY] done\n{dialogue}"
    );
    let player = Player::new(&Script::parse(&script).unwrap(), 7);
    // Little room: for 300 UIDs.
    let limits = Limits { response: 1000, ..Limits::default() };
    let mut client = Client::greet(player, limits, Listener::default()).unwrap();
    let offered = client.capability().unwrap();
    let mut session: Session<Player> = client
        .authenticate_xoauth2(&offered, initial_response("o@contoso.com", &Secret::new("token")).unwrap())
        .unwrap();
    let found = selection.find(&mut session.examine(&MailboxName::inbox()).unwrap(), from);
    let mismatch = session.stream_mut().mismatch();
    assert!(mismatch.is_some() || session.stream_mut().finished(), "the script has more to say");
    (found, mismatch)
}

fn uids(dialogue: &str, selection: &Selection, from: u32) -> String {
    let (found, mismatch) = found(dialogue, selection, from);
    assert_eq!(mismatch, None);
    let found = found.unwrap();
    assert!(found.unreadable.is_empty());
    found.uids.to_string()
}

#[test]
fn the_last_message_is_no_news() {
    let dialogue = "C: a4 UID SEARCH UID 20:*\nS: * SEARCH 19\nS: a4 OK\n";
    assert_eq!(uids(dialogue, &all(), 20), "");
    let dialogue = "C: a4 UID SEARCH UID 3:5,18:* UNSEEN\nS: * SEARCH 3 7 19 18\nS: a4 OK\n";
    assert_eq!(uids(dialogue, &all().with_uids("3:5,18:*").unwrap().with_unseen(), 1), "3,18:19");
    let dialogue = "C: a4 UID SEARCH UID *\nS: * SEARCH 18 19\nS: a4 OK\n";
    assert_eq!(uids(dialogue, &all().with_uids("*").unwrap(), 1), "19");
}

#[test]
fn no_answer_where_there_must_be_one_is_asked_again_and_not_believed() {
    let nothing = "C: a4 UID SEARCH ALL\nS: * SEARCH\nS: a4 OK\n";
    assert_eq!(found(nothing, &all(), 1).0.unwrap_err().kind(), Kind::Protocol);
    let twice = |answer: &str| {
        format!(
            "C: a4 UID SEARCH UID 10:*\nS: * SEARCH\nS: a4 OK\nC: a5 UID SEARCH ALL\nS: * SEARCH{answer}\nS: a5 OK\n"
        )
    };
    assert_eq!(found(&twice(""), &all(), 10).0.unwrap_err().kind(), Kind::Protocol);
    assert_eq!(uids(&twice(" 9 12"), &all(), 10), "12");
    // Where something narrows, nothing is an answer.
    let dialogue = "C: a4 UID SEARCH UID 10:* UNSEEN\nS: * SEARCH\nS: a4 OK\n";
    assert_eq!(uids(dialogue, &all().with_unseen(), 10), "");
}

#[test]
fn a_long_set_is_several_searches() {
    let set = UidSet::from_iter((1..=2000).filter_map(|n| Uid::new(n * 3)));
    let selection = all().with_uids(&set.to_string()).unwrap().with_query("NOT DELETED").unwrap();
    let searches = selection.searches(1);
    assert!(searches.len() > 1);
    let mut dialogue = String::new();
    for (at, search) in searches.iter().enumerate() {
        let (tag, first) = (at + 4, search.among.iter().next().unwrap());
        dialogue += &format!("C: a{tag} UID SEARCH {}\nS: * SEARCH {first} 1\nS: a{tag} OK\n", search.keys);
    }
    let firsts: UidSet = searches.iter().filter_map(|search| search.among.iter().next()).collect();
    assert_eq!(uids(&dialogue, &selection, 1), firsts.to_string());
}

#[cfg(feature = "attachments")]
mod ours {
    use super::*;

    /// A FETCH response with header bytes as a script writes them.
    fn header(uid: u32, fields: &[u8]) -> String {
        let bytes = fields.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
        format!("S: * 1 FETCH (UID {uid} BODY[HEADER.FIELDS (SUBJECT)] {{{}}}\nS: {bytes})\n", fields.len())
    }

    #[test]
    fn what_is_not_ascii_is_matched_on_decoded_headers() {
        let responses = [
            header(3, b"Subject: =?ISO-2022-JP?B?GyRCQ21KOD1xGyhC?= 4711\r\n\r\n"),
            header(5, "Subject: Die 注文書\r\n\r\n".as_bytes()),
            header(7, b"Subject: =?utf-8?q?=E6=B3=A8=E6=96=87=E6=9B=B8?=\r\n\r\n"),
            header(9, b"Subject: =?utf-8?q?=E8=AB=8B=E6=B1=82=E6=9B=B8?=\r\n\r\n"),
            header(10, b"Subject: \xff\xfe\r\n\r\n"),
            header(11, b"\r\n"),
            // Nobody asked for this one, and this one has no UID.
            header(12, "Subject: 注文書\r\n\r\n".as_bytes()),
            "S: * 2 FETCH (FLAGS (\\\\Seen))\nS: * 2 FETCH (UID 11 FLAGS (\\\\Seen))\n".to_owned(),
        ];
        let dialogue = format!(
            "C: a4 UID SEARCH UID 2:* UNSEEN\nS: * SEARCH 1 3 5 7 9 10 11\nS: a4 OK\n\
             C: a5 UID FETCH 3,5,7,9:11 (UID BODY.PEEK[HEADER.FIELDS (SUBJECT CONTENT-TYPE)])\n{}S: a5 OK\n",
            responses.concat()
        );
        assert_eq!(uids(&dialogue, &all().with_unseen().with_subject("注文書").unwrap(), 2), "3,5,7");
    }

    #[test]
    fn quotes_are_ours_and_all_texts_must_match() {
        let selection = all().with_from("Doe \"J\"").unwrap().with_subject("ÜBER").unwrap().with_to("orders@").unwrap();
        let dialogue = format!(
            "C: a4 UID SEARCH TO \"orders@\"\nS: * SEARCH 3 4\nS: a4 OK\n\
             C: a5 UID FETCH 3:4 (UID BODY.PEEK[HEADER.FIELDS (FROM SUBJECT CONTENT-TYPE)])\n{}{}S: a5 OK\n",
            header(3, b"From: \"Doe \\\"J\\\"\" <doe@example.com>\r\nSubject: =?iso-8859-1?q?=FCber?=\r\n\r\n"),
            header(4, b"From: doe@example.com\r\nSubject: =?iso-8859-1?q?=FCber?=\r\n\r\n"),
        );
        assert_eq!(uids(&dialogue, &selection, 1), "3");
    }

    #[test]
    fn a_header_that_does_not_come_is_told_unless_the_message_is_gone() {
        let dialogue = format!(
            "C: a4 UID SEARCH ALL\nS: * SEARCH 3 4 5 6\nS: a4 OK\n\
             C: a5 UID FETCH 3:6 (UID BODY.PEEK[HEADER.FIELDS (SUBJECT CONTENT-TYPE)])\n{}\
             S: * 2 FETCH (UID 4 BODY[HEADER.FIELDS (SUBJECT)] NIL)\nS: a5 OK FETCH completed.\n\
             C: a6 UID SEARCH UID 4:6\nS: * SEARCH 4 6 9\nS: a6 OK\n",
            header(3, "Subject: 注文\r\n\r\n".as_bytes())
        );
        let (found, mismatch) = found(&dialogue, &all().with_subject("注文").unwrap(), 1);
        let found = found.unwrap();
        assert_eq!((found.uids.to_string(), found.unreadable.to_string(), mismatch), ("3".into(), "4,6".into(), None));
    }

    #[test]
    fn a_header_without_end_ends_the_session_and_not_the_work() {
        let dialogue = "C: a4 UID SEARCH ALL\nS: * SEARCH 3\nS: a4 OK\n\
             C: a5 UID FETCH 3 (UID BODY.PEEK[HEADER.FIELDS (SUBJECT CONTENT-TYPE)])\n\
             S: * 1 FETCH (UID 3 BODY[HEADER.FIELDS (SUBJECT)] {99999999}\n";
        assert_eq!(found(dialogue, &all().with_subject("注文").unwrap(), 1).0.unwrap_err().kind(), Kind::Temporary);
    }
}

/// A line that is longer than what may be held is skipped, and the same asked by ranges of UIDs until each answer fits.
#[test]
fn a_search_whose_answer_is_too_long_is_asked_by_ranges() {
    let ask = |tag: u32, set: &str, answer: &str| {
        format!("C: a{tag} UID SEARCH {set}UNSEEN\nS: * SEARCH{answer}\nS: a{tag} OK done\n")
    };
    let long = " 11 12".repeat(200);
    let dialogue = [
        ask(4, "", &long),
        ask(5, "UID 21:* ", " 22"),
        ask(6, "UID 1:20 ", &long),
        ask(7, "UID 1:10 ", ""),
        ask(8, "UID 11:20 ", " 11 12"),
    ];
    assert_eq!(uids(&dialogue.concat(), &all().with_unseen(), 1), "11:12,22");
    // Of one UID it cannot be too long.
    let (mut never, mut last) = (ask(4, "", &long) + &ask(5, "UID 21:* ", &long), u32::MAX);
    for tag in 6.. {
        last = 21 + (last - 21) / 2;
        never += &ask(tag, &format!("UID 21:{last} "), &long);
        if last == 21 {
            break;
        }
    }
    let (found, mismatch) = found(&never, &all().with_unseen(), 1);
    assert_eq!(mismatch, None);
    assert!(found.unwrap_err().to_string().contains("more than can be read in answer to a search"));
}
