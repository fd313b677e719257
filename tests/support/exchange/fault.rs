//! What a test can make go wrong, each seen in the wild.

use std::sync::Mutex;

/// A fault is used up when it happens, unless it was armed for more occasions.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    // When a connection is made.
    /// Accepts, shakes hands, greets, and never says a word more.
    SilentAfterGreeting,
    /// `* PREAUTH`, which a client that came to sign in must refuse.
    Preauth,
    /// `* BYE` in place of the greeting.
    ByeGreeting,
    /// CAPABILITY without SASL-IR, and an initial response is refused.
    NoSaslIr,
    /// CAPABILITY without UNSELECT, and the command is unknown.
    NoUnselect,
    /// CAPABILITY without MOVE, and the command is unknown.
    NoMove,
    /// CAPABILITY without AUTH=XOAUTH2.
    NoXoauth2,

    // At the sign-in.
    /// LOGIN opens a mailbox whatever the password is: Exchange never does that, a trial of clients that
    /// have no XOAUTH2 does.
    TakesLogin,
    /// A JSON challenge, as others send it, then NO.
    ChallengeThenNo,

    /// The connection is gone at a STATUS of that folder.
    EndAtStatus {
        folder: &'static str,
    },

    // At SELECT or EXAMINE.
    /// UIDVALIDITY grows by one first.
    ChangeUidValidity,
    /// `NO <name> doesn't exist.`
    FolderVanished,

    // At a command on messages: FETCH, SEARCH, STORE, COPY, MOVE, APPEND.
    ThrottleNo {
        ms: u64,
    },
    ThrottleBadThenBye {
        ms: u64,
    },
    /// `Server Unavailable. 15` with neither tag nor star in place of the answer, then the end.
    ServerUnavailableBare,

    // At any command after the login.
    /// Answers a command of that name (`FETCH` also means `UID FETCH`), AUTHENTICATE too, with
    /// that tagged text.
    Refuse {
        command: &'static str,
        answer: &'static str,
    },

    /// The connection is gone at a command of that name, before it is carried out or behind it.
    DropAt {
        command: &'static str,
        done: bool,
    },

    /// Says OK to a command of that name and changes nothing, as Courier does under an ACL.
    Ignores {
        command: &'static str,
    },

    /// The same, and meanwhile another client removes this message: its EXPUNGE looks as if it were the answer.
    RemovesAnother {
        command: &'static str,
        uid: u32,
    },
    /// What is gone is said by VANISHED (RFC 7162), though nobody enabled it.
    Vanished,

    // At COPY and MOVE.
    /// `[COPYUID …]` alone on its line (MailKit#115).
    BareCopyUid,
    /// None at all.
    NoCopyUid,
    /// `[COPYUID 14  ]`, both sets empty (MailKit#555).
    EmptyCopyUid,

    // At APPEND.
    /// A message of more bytes is refused before it is sent.
    LargestMessage(usize),

    // In IDLE.
    /// Accepts it, and tells nothing (angus-mail#176).
    SilentIdle,
    /// A message comes in, and is told before the `+` (php-imap#258).
    EarlyExists,

    // In a FETCH that asks for BODYSTRUCTURE.
    /// `BAD Command Error. 10`
    NoStructure,

    /// Answers a command on messages with that tagged text once it comes to this one.
    RefuseUid {
        command: &'static str,
        uid: u32,
        answer: &'static str,
    },
    /// One more untagged line at the end of what SELECT, EXAMINE, SEARCH or LIST says.
    Say {
        at: &'static str,
        line: &'static str,
    },

    // In a SEARCH.
    /// Leaves this message out.
    Unlisted {
        uid: u32,
    },

    /// A FETCH ends so once it comes to this message; with `structure` only one that asks for BODYSTRUCTURE. What
    /// begins with NO or BAD is its tagged answer; after anything else, or nothing, the connection is gone.
    EndAt {
        uid: u32,
        structure: bool,
        says: &'static str,
    },

    // In a FETCH that asks for BODY[], with or without PEEK.
    /// A literal that nobody can take in this message's place: where it ends, nobody knows.
    Unframed {
        uid: u32,
    },
    /// A third of this message, as if it were all.
    CutShort {
        uid: u32,
    },
    /// No FETCH response for this message, and the next SEARCH leaves it out.
    Vanishes {
        uid: u32,
    },
    /// Two messages come in, and the server says so by EXISTS and UIDNEXT.
    NewsInFetch,
    /// Half of the literal, then the connection is gone.
    DropInLiteral {
        uid: u32,
    },
    /// The connection is gone once that many bodies went over it.
    DropAfterMessages(usize),
    /// The same, and meanwhile the folder gets a new UIDVALIDITY.
    DropAndRenumber {
        after_messages: usize,
    },
    /// `* BYE Session invalidated - AccessTokenExpired` once that many bodies went over it.
    ByeTokenExpired {
        after_messages: usize,
    },
    /// No FETCH response for this message; the tagged OK all the same.
    OkWithoutData {
        uid: u32,
    },
    /// The message that Exchange makes up when it cannot render the real one.
    Placeholder {
        uid: u32,
    },
    /// UID behind the body, though it was asked for first.
    UidAfterBody,
    /// Between two messages: flags of another one, and a message that comes and goes.
    UnsolicitedBetween,
    /// The response for `uid` claims to be for `says`.
    WrongUid {
        uid: u32,
        says: u32,
    },
}

impl Fault {
    /// What servers say at a message that they cannot read, Dovecot's own words and Exchange's among it, before they hang up.
    pub const LAST_WORDS: [&str; 5] = [
        "",
        "* BYE Connection closed. 14",
        "* BYE Server Unavailable. 15",
        "Server Unavailable. 15",
        "* BYE FETCH failed: Internal error occurred. Refer to server log for more information. [2026-11-26 08:23:08]",
    ];

    /// The same, refusals, and an answer that loses the framing.
    pub const FAILURES: [&str; 9] = [
        "NO The specified message could not be retrieved.",
        "NO [SERVERBUG] Internal error occurred. Refer to server log for more information. [2026-11-26 08:23:08]",
        "BAD Command Error. 10",
        Fault::LAST_WORDS[0],
        Fault::LAST_WORDS[1],
        Fault::LAST_WORDS[2],
        Fault::LAST_WORDS[3],
        Fault::LAST_WORDS[4],
        "* 4 FETCH (UID 16110 BODY[HEADER] {99999999999}",
    ];
}

/// The armed faults with the number of occasions they are good for.
#[derive(Default)]
pub(super) struct Faults {
    armed: Mutex<Vec<(Fault, usize)>>,
}

impl Faults {
    pub(super) fn arm(&self, fault: Fault, times: usize) {
        self.armed.lock().unwrap().push((fault, times));
    }

    pub(super) fn clear(&self) {
        self.armed.lock().unwrap().clear();
    }

    pub(super) fn left(&self) -> usize {
        self.armed.lock().unwrap().len()
    }

    /// Uses up one occasion of the first fault that fits.
    pub(super) fn take(&self, fits: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut armed = self.armed.lock().unwrap();
        let at = armed.iter().position(|(fault, _)| fits(fault))?;
        let fault = armed[at].0.clone();
        match armed[at].1 {
            0 | 1 => drop(armed.remove(at)),
            usize::MAX => {}
            _ => armed[at].1 -= 1,
        }
        Some(fault)
    }

    pub(super) fn happens(&self, fault: &Fault) -> bool {
        self.take(|armed| armed == fault).is_some()
    }
}
