//! A week of waiting in the time that a clock takes which is only told to move: a server that goes silent,
//! expires, drops the line, pushes early and late; not one message is missed, and none is late.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;

use super::*;
use crate::dice::Dice;
use crate::error::{Error, Kind};
use crate::imap::wire::Limits;
use crate::imap::xoauth2::initial_response;
use crate::imap::{Client, Listener};
use crate::secret::Secret;

/// How a connection behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    /// As RFC 2177 has it.
    Fair,
    /// IDLE is accepted and nothing is ever told (angus-mail#176).
    Silent,
    /// What came is told before the `+` (php-imap#258), and a message comes right after each search.
    Early,
    /// `* BYE Session invalidated - AccessTokenExpired` in IDLE after 25 minutes.
    Expires,
    /// The line is cut after 7 minutes.
    Drops,
    /// Cut in the answer to the search.
    DropsInSearch,
    /// No IDLE among the capabilities.
    NoIdle,
    /// IDLE is among them and refused.
    Refuses,
    /// The server ends IDLE by itself after a minute.
    Ends,
    /// The server ends IDLE by itself, at once and each time.
    EndsAtOnce,
    /// `* BYE Session invalidated - AccessTokenExpired` as soon as IDLE begins.
    ByeAtIdle,
    /// The line is cut as soon as IDLE begins.
    DropsAtIdle,
    /// DONE is never answered.
    Deaf,
}

const MOODS: [Mood; 10] = [
    Mood::Fair,
    Mood::Silent,
    Mood::Early,
    Mood::Expires,
    Mood::Drops,
    Mood::DropsInSearch,
    Mood::NoIdle,
    Mood::Refuses,
    Mood::Ends,
    Mood::EndsAtOnce,
];

const MINUTE: Duration = Duration::from_secs(60);
const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// The clock and the mail, which all connections share.
struct World {
    start: Instant,
    now: Cell<Duration>,
    /// When message 1, 2, … arrives.
    arrivals: RefCell<Vec<Duration>>,
    connections: Cell<usize>,
}

impl World {
    fn exists(&self) -> usize {
        self.arrivals.borrow().iter().filter(|at| **at <= self.now.get()).count()
    }

    /// The arrival after now.
    fn next(&self) -> Option<Duration> {
        self.arrivals.borrow().iter().copied().find(|at| *at > self.now.get())
    }

    fn arrives_now(&self) {
        let mut arrivals = self.arrivals.borrow_mut();
        let at = arrivals.partition_point(|at| *at <= self.now.get());
        arrivals.insert(at, self.now.get());
    }
}

/// The server's end of a connection.
struct Line {
    world: Rc<World>,
    mood: Mood,
    since: Duration,
    said: VecDeque<u8>,
    heard: Vec<u8>,
    idle: Option<String>,
    told: usize,
    is_cut: bool,
}

impl Line {
    fn say(&mut self, line: &str) {
        self.said.extend(line.bytes().chain(*b"\r\n"));
    }

    fn tell(&mut self) {
        if self.told != self.world.exists() {
            self.told = self.world.exists();
            self.say(&format!("* {} EXISTS", self.told));
        }
    }

    fn answer(&mut self, line: &str) {
        if line == "DONE" && self.mood == Mood::Deaf {
            return;
        }
        if line == "DONE" {
            let tag = self.idle.take().unwrap_or_default();
            self.tell();
            return self.say(&format!("{tag} OK IDLE completed."));
        }
        let (tag, command) = line.split_once(' ').unwrap_or_default();
        let word = command.split(' ').next().unwrap_or_default();
        match word {
            "CAPABILITY" if self.mood == Mood::NoIdle => {
                self.say("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR UNSELECT")
            }
            "CAPABILITY" => self.say("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR UNSELECT IDLE"),
            "EXAMINE" => {
                self.told = self.world.exists();
                let next = self.told + 1;
                self.say(&format!("* {} EXISTS\r\n* OK [UIDVALIDITY 14] x\r\n* OK [UIDNEXT {next}] x", self.told));
            }
            "UID" => {
                let from: usize =
                    command.trim_start_matches("UID SEARCH UID ").trim_end_matches(":*").parse().unwrap_or(1);
                let found: Vec<_> = (from..=self.world.exists()).map(|uid| uid.to_string()).collect();
                if self.mood == Mood::DropsInSearch {
                    self.say("* SEARCH");
                    return self.is_cut = true;
                }
                if self.mood == Mood::Early && found.is_empty() && self.world.now.get() < WEEK {
                    self.world.arrives_now();
                }
                self.say(&format!("* SEARCH {}", found.join(" ")));
                if self.mood == Mood::Early {
                    self.tell();
                }
            }
            "IDLE" if self.mood == Mood::Refuses => return self.say(&format!("{tag} BAD Command Error. 10")),
            "IDLE" => {
                if self.mood == Mood::Early {
                    self.tell();
                }
                self.say("+ IDLE accepted, awaiting DONE command.");
                match self.mood {
                    Mood::ByeAtIdle => self.say("* BYE Session invalidated - AccessTokenExpired"),
                    Mood::EndsAtOnce => self.say(&format!("{tag} OK IDLE completed.")),
                    _ => self.idle = Some(tag.to_owned()),
                }
                return self.is_cut = matches!(self.mood, Mood::ByeAtIdle | Mood::DropsAtIdle);
            }
            _ => {}
        }
        self.say(&format!("{tag} OK {word} completed."));
    }

    /// What happens next while nobody says anything, if it does before `end`.
    fn happens_before(&mut self, end: Duration) -> bool {
        let own = match self.mood {
            Mood::Expires => Some(self.since + 25 * MINUTE),
            Mood::Drops => Some(self.since + 7 * MINUTE),
            Mood::Ends => self.idle.as_ref().map(|_| self.world.now.get() + MINUTE),
            _ => None,
        };
        let tells = self.idle.is_some() && self.mood != Mood::Silent;
        let next = self.world.next().filter(|_| tells);
        let Some(at) = own.into_iter().chain(next).min().filter(|at| *at <= end) else {
            self.world.now.set(end);
            return false;
        };
        self.world.now.set(at.max(self.world.now.get()));
        if own.is_some_and(|own| own <= at) {
            match self.mood {
                Mood::Expires => self.say("* BYE Session invalidated - AccessTokenExpired"),
                Mood::Ends => {
                    let tag = self.idle.take().unwrap_or_default();
                    return (self.say(&format!("{tag} OK IDLE completed.")), true).1;
                }
                _ => {}
            }
            self.is_cut = true;
        } else {
            self.tell();
        }
        true
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.said.read(buffer)? {
            0 if !self.is_cut => Err(io::ErrorKind::TimedOut.into()),
            read => Ok(read),
        }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.heard.extend_from_slice(bytes);
        while let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.heard.drain(..=end).collect();
            if !self.is_cut {
                self.answer(String::from_utf8(line).unwrap().trim_end());
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Readiness for Line {
    fn is_readable_within(&mut self, time: Duration) -> io::Result<bool> {
        let end = self.world.now.get() + time;
        Ok(!self.said.is_empty() || self.is_cut || self.happens_before(end))
    }

    fn now(&self) -> Instant {
        self.world.start + self.world.now.get()
    }
}

fn world(arrivals: Vec<Duration>) -> Rc<World> {
    Rc::new(World {
        start: Instant::now(),
        now: Cell::default(),
        arrivals: RefCell::new(arrivals),
        connections: Cell::default(),
    })
}

fn connected(world: &Rc<World>, mood: Mood) -> Result<Session<Line>> {
    world.connections.set(world.connections.get() + 1);
    let mut line = Line {
        world: Rc::clone(world),
        mood,
        since: world.now.get(),
        said: VecDeque::new(),
        heard: Vec::new(),
        idle: None,
        told: 0,
        is_cut: false,
    };
    line.say("* OK ready");
    let mut client = Client::greet(line, Limits::default(), Listener::default())?;
    let offered = client.capability()?;
    let mut session = client
        .authenticate_xoauth2(&offered, initial_response("orders@contoso.com", &Secret::new("eyJ0eXAiOiJKV1QifQ"))?)?;
    session.capability()?;
    Ok(session)
}

/// `wait` from the message `next` on.
fn wait_for(world: &Rc<World>, mood: &dyn Fn(usize) -> Mood, waiting: &Waiting, next: u32) -> Result<UidSet> {
    let mut connect = |_: Option<&Error>, _: &mut Retry| connected(world, mood(world.connections.get()));
    // One search and no second look, which `Selection` takes where nothing is found.
    let mut find = |selected: &mut Selected<'_, Line>, _: &mut Retry| selected.search(&format!("UID {next}:*"));
    let lifetime = Cell::new(world.start + world.now.get() + 70 * MINUTE);
    let expires = || {
        lifetime.set(world.start + world.now.get() + 70 * MINUTE);
        Some(lifetime.get())
    };
    let clock = crate::clock::Virtual::new();
    let mut retry = Retry::at(Duration::from_secs(600), &clock);
    wait(&MailboxName::inbox(), waiting, &mut connect, &mut retry, &expires, &mut find)
}

/// Arrivals without a pattern.
fn arrivals(seed: u64) -> Vec<Duration> {
    let (mut dice, mut at, mut all) = (Dice(seed), Duration::ZERO, Vec::new());
    while at < WEEK {
        // Bursts, and nights without mail.
        let longest = [4, 300, 3_600, 40_000][dice.below(4) as usize];
        at += Duration::from_secs(dice.below(longest).into());
        all.push(at);
    }
    all
}

#[test]
fn a_week_passes_and_no_message_is_missed() {
    for seed in 1..=5 {
        let world = world(arrivals(seed));
        let (mut next, mut waits, mut late) = (1_u32, 0, Duration::ZERO);
        while (next as usize) <= world.arrivals.borrow().len() {
            let mood = |connection: usize| MOODS[(connection * 7 + seed as usize) % MOODS.len()];
            let found = wait_for(&world, &mood, &Waiting::default(), next).unwrap();
            let now = world.now.get();
            let expected: Vec<u32> = (next..=u32::try_from(world.exists()).unwrap()).collect();
            assert_eq!(found.iter().map(|uid| uid.get()).collect::<Vec<_>>(), expected, "seed {seed} at {now:?}");
            late = late.max(now.saturating_sub(world.arrivals.borrow()[next as usize - 1]));
            next = u32::try_from(world.exists()).unwrap() + 1;
            waits += 1;
            // The fetch takes its time, in which mail comes too.
            world.now.set(now + Duration::from_secs(37));
        }
        assert!(world.now.get() >= WEEK && waits > 50, "{waits} waits");
        // A silent server is asked again after ten minutes, whoever the connection before it was.
        assert!(late <= 11 * MINUTE, "seed {seed}: {late:?} late");
    }
}

#[test]
fn what_is_there_already_ends_the_wait_at_once() {
    for mood in MOODS.into_iter().filter(|mood| *mood != Mood::DropsInSearch) {
        let world = world(vec![Duration::ZERO, MINUTE]);
        let found = wait_for(&world, &|_| mood, &Waiting::default(), 1).unwrap();
        assert_eq!((found.to_string(), world.now.get()), ("1".to_owned(), Duration::ZERO), "{mood:?}");
    }
}

#[test]
fn the_time_ends_the_wait_whatever_the_server_does() {
    for mood in MOODS.into_iter().filter(|mood| !matches!(mood, Mood::DropsInSearch | Mood::Early)) {
        let world = world(vec![5 * 3_600 * Duration::from_secs(1)]);
        let until = Some(world.start + 3 * 60 * MINUTE);
        let found = wait_for(&world, &|_| mood, &Waiting { until, ..Waiting::default() }, 1).unwrap();
        assert!(found.is_empty() && world.now.get() == 180 * MINUTE, "{mood:?}: {found} at {:?}", world.now.get());
    }
}

#[test]
fn a_session_ends_before_its_token() {
    let world = world(vec![4 * 60 * MINUTE]);
    wait_for(&world, &|_| Mood::Silent, &Waiting::default(), 1).unwrap();
    // Tokens of 70 minutes: four sessions for four hours.
    assert!(world.connections.get() == 4 && (240 * MINUTE..250 * MINUTE).contains(&world.now.get()));
}

#[test]
fn what_comes_while_we_look_is_not_waited_for() {
    let world = world(vec![Duration::ZERO]);
    let found = wait_for(&world, &|_| Mood::Early, &Waiting::default(), 2).unwrap();
    assert_eq!((found.to_string(), world.now.get()), ("2".to_owned(), Duration::ZERO));
}

/// Not a message, and not a word from the server, is worth staying beyond the time.
#[test]
fn a_server_that_is_deaf_to_done_delays_no_end() {
    let world = world(vec![4 * 60 * MINUTE]);
    let until = Some(world.start + MINUTE);
    let found = wait_for(&world, &|_| Mood::Deaf, &Waiting { until, ..Waiting::default() }, 1).unwrap();
    assert_eq!((found.is_empty(), world.connections.get(), world.now.get()), (true, 1, MINUTE));
}

/// Each session is good for a look, and for no more.
#[test]
fn a_server_that_ends_the_session_at_each_idle_is_given_up() {
    for mood in [Mood::ByeAtIdle, Mood::DropsAtIdle] {
        let world = world(vec![MINUTE]);
        let error = wait_for(&world, &|_| mood, &Waiting::default(), 1).unwrap_err();
        assert_eq!(error.kind(), Kind::Temporary);
        assert!((5..20).contains(&world.connections.get()), "{mood:?}: {}", world.connections.get());
    }
    // One that has waited in between begins anew.
    let world = world(vec![WEEK]);
    let mood = |connection: usize| if connection.is_multiple_of(4) { Mood::Drops } else { Mood::DropsAtIdle };
    wait_for(&world, &mood, &Waiting::default(), 1).unwrap();
    assert!(world.now.get() >= WEEK);
}

#[test]
fn a_server_that_answers_no_search_is_given_up() {
    let world = world(vec![MINUTE]);
    let error = wait_for(&world, &|_| Mood::DropsInSearch, &Waiting::default(), 1).unwrap_err();
    assert_eq!(error.kind(), Kind::Temporary);
    // Ten minutes of retries, with longer and longer waits between the tries.
    assert!(world.connections.get() < 20, "{}", world.connections.get());
    assert!(world.now.get() <= 10 * MINUTE, "{:?}", world.now.get());
}
