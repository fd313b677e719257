//! The fields of a message that people sort it by, decoded; and whether a text is in one of them.

use super::header::{after_comment, field, fields, parameter, unfolded};
use super::words::{self, Text, pair};
use crate::calendar::DateTime;

/// The bytes of a field that are read: To of some thousand recipients has fewer.
const LONGEST_FIELD: usize = 512 << 10;
/// A longer list of addresses is cut, between two.
const LONGEST_LIST: usize = 100_000;
const MONTHS: &str = "january february march april may june july august september october november december";
const DAYS: &str = "monday tuesday wednesday thursday friday saturday sunday";
/// Zones whose name means one thing to everybody, or to RFC 5322, in minutes.
const ZONES: &str = "ut 0 utc 0 gmt 0 z 0 est -300 edt -240 cst -360 cdt -300 mst -420 mdt -360 pst -480 pdt -420 \
                     akst -540 hst -600 wet 0 west 60 cet 60 mez 60 met 60 cest 120 mesz 120 mest 120 eet 120 eest 180 \
                     msk 180 hkt 480 sgt 480 jst 540 kst 540 aest 600 nzst 720";

/// The fields of a message that people sort it by, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Headers {
    /// As RFC 3339 if it is a moment and all of it is understood, otherwise the text as it is.
    pub date: Option<String>,
    /// `Name <address>`, the name quoted if it could be taken for more; so are the others.
    pub from: Option<String>,
    /// To; a list of more than 100,000 bytes ends in `…` after a whole address.
    pub to: Option<String>,
    /// Cc
    pub cc: Option<String>,
    /// Subject
    pub subject: Option<String>,
    /// With its angle brackets.
    pub message_id: Option<String>,
}

/// Reads the fields of a header; what follows it is left alone.
pub fn headers(header: &[u8]) -> Headers {
    let hint = hint(header);
    let shown = |name| Some(shown(name, field(header, name)?, hint.as_deref())).filter(|text| !text.is_empty());
    Headers {
        date: shown("Date"),
        from: shown("From"),
        to: shown("To"),
        cc: shown("Cc"),
        subject: shown("Subject"),
        message_id: shown("Message-ID"),
    }
}

/// The charset that the message declares, for bytes of the header that declare none.
fn hint(header: &[u8]) -> Option<Vec<u8>> {
    field(header, "Content-Type").and_then(|value| parameter(value, "charset"))
}

fn shown(name: &str, value: &[u8], hint: Option<&[u8]>) -> String {
    let value = unfolded(value, LONGEST_FIELD);
    match name.to_ascii_lowercase().as_str() {
        "from" | "to" | "cc" => address_list(&words::pieces(&value, hint)),
        _ => {
            let text = words::text(&value, hint).text.trim().to_owned();
            let moment = if name.eq_ignore_ascii_case("date") { moment(&text) } else { None };
            moment.map_or(text, |moment| moment.to_rfc3339())
        }
    }
}

/// True if a field called `name` (`From`, `To`, `Cc`, `Subject`) has `text` somewhere in it, in any case: as
/// [`headers`] shows it, or as it is written, with or without the backslashes of a quoted name.
pub(crate) fn has(header: &[u8], name: &str, text: &str) -> bool {
    let (hint, text) = (hint(header), folded(text));
    let hint = hint.as_deref();
    fields(header).filter(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes())).any(|(_, value)| {
        let written = words::text(&unfolded(value, LONGEST_FIELD), hint).text;
        let meant = written.replace("\\\"", "\"").replace("\\\\", "\\");
        [shown(name, value, hint), written, meant].iter().any(|found| folded(found).contains(&text))
    })
}

/// Without regard to case, each character on its own, so that a part of a text is found in the whole.
fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c }).collect()
}

/// What a character of a list of addresses is, if it is not a parenthesis.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Plain,
    Quoted,
    /// A quote or a backslash: an address has it, a name has not.
    Mark,
    Comment,
    /// From an encoded word: a comma in it separates nothing, and it is not an address.
    Coded,
}

type Char = (char, Role);

const BLANK: Char = (' ', Role::Plain);

#[derive(Default)]
struct List {
    shown: String,
    /// What stands before the next item.
    between: &'static str,
    in_group: bool,
    is_cut: bool,
}

/// `Name <address>, …` (RFC 5322 section 3.4 with its obsolete forms): names decoded, and in quotes if they could be taken for more; routes and comments left
/// out. A name that is only in a comment is a name.
fn address_list(field: &[Text]) -> String {
    let chars = roles(field);
    let mut list = List::default();
    let (mut start, mut has_address, mut in_route) = (0, false, false);
    let plain = chars.iter().enumerate().filter(|(_, (_, role))| *role == Role::Plain);
    for (at, c) in plain.map(|(at, (c, _))| (at, *c)).chain([(chars.len(), ';')]) {
        let item = chars.get(start..at).unwrap_or_default();
        match c {
            '@' => has_address = true,
            '<' => {
                has_address = true;
                in_route = chars.get(at + 1).is_some_and(|(next, _)| *next == '@');
            }
            '>' => in_route = false,
            ':' if !has_address && !list.in_group => {
                list.add(&format!("{}:", phrase(&name(item))), " ");
                (list.in_group, start) = (true, at + 1);
            }
            ';' | ',' if c == ';' || !in_route => {
                list.add(&mailbox(item), ", ");
                (start, has_address, in_route) = (at + 1, false, false);
            }
            _ => {}
        }
        if c == ';' && std::mem::take(&mut list.in_group) {
            // One without members has a blank.
            let is_empty = std::mem::replace(&mut list.between, ", ") == " " && !list.is_cut;
            list.shown.push_str(if is_empty { " ;" } else { ";" });
        }
    }
    list.shown
}

impl List {
    fn add(&mut self, item: &str, next: &'static str) {
        if !self.is_cut && !item.is_empty() {
            self.is_cut = self.shown.len() + item.len() > LONGEST_LIST;
            self.shown.push_str(std::mem::replace(&mut self.between, next));
            self.shown.push_str(if self.is_cut { "…" } else { item });
        }
    }
}

fn roles(field: &[Text]) -> Vec<Char> {
    let (mut chars, mut quoted, mut comments, mut is_escaped) = (Vec::new(), false, 0_usize, false);
    for (c, is_coded) in field.iter().flat_map(|piece| piece.text.chars().map(|c| (c, piece.is_coded))) {
        let (is_syntax, commented) = (!std::mem::take(&mut is_escaped) && !is_coded, comments > 0);
        match c {
            '\\' if is_syntax && (quoted || commented) => is_escaped = true,
            '(' if is_syntax && !quoted => comments += 1,
            ')' if is_syntax && commented => comments -= 1,
            '"' if is_syntax && !commented => quoted = !quoted,
            _ if commented => chars.push((c, Role::Comment)),
            _ if is_coded => chars.push((c, Role::Coded)),
            _ => chars.push((c, if quoted { Role::Quoted } else { Role::Plain })),
        }
        if is_syntax && !commented && (c == '"' || is_escaped) {
            chars.push((c, Role::Mark));
        }
    }
    chars
}

fn mailbox(item: &[Char]) -> String {
    let (comment, item): (Vec<Char>, Vec<Char>) = item.iter().partition(|(_, role)| *role == Role::Comment);
    let bracket = item.iter().position(|c| *c == ('<', Role::Plain));
    let (named, address) = match bracket.and_then(|at| item.split_at_checked(at)) {
        Some((before, rest)) => (name(before), in_brackets(rest)),
        None if item.contains(&('@', Role::Plain)) => (String::new(), bare(&item)),
        None => (name(&item), String::new()),
    };
    let named = if named.is_empty() && !address.is_empty() { name(&comment) } else { named };
    match (phrase(&named), address) {
        (item, empty) | (empty, item) if empty.is_empty() => item,
        (name, address) => format!("{name} <{address}>"),
    }
}

/// RFC 5322 section 4.4 lets the route of `<@a.example,@b.example:taro@example.com>` be ignored.
fn in_brackets(text: &[Char]) -> String {
    let inside = text.iter().skip(1).take_while(|c| **c != ('>', Role::Plain));
    let address = address(inside.filter(|c| !is_blank(c)));
    match address.split_once(':') {
        Some((route, address)) if route.starts_with('@') => address.to_owned(),
        _ => address,
    }
}

/// An address without angle brackets, as it is written. Blanks around `@` were allowed once.
fn bare(item: &[Char]) -> String {
    let words: Vec<_> = item.split(is_blank).filter(|word| !word.is_empty()).collect();
    address(&words.join(&BLANK)).split('@').map(str::trim).collect::<Vec<_>>().join("@")
}

fn address<'a>(chars: impl IntoIterator<Item = &'a Char>) -> String {
    let is_unsafe = |(c, role): &Char| *role == Role::Coded && (is_special(*c) || c.is_whitespace());
    chars.into_iter().map(|c| if is_unsafe(c) { '_' } else { c.0 }).collect()
}

fn name(chars: &[Char]) -> String {
    let text: String = chars.iter().filter(|(_, role)| *role != Role::Mark).map(|(c, _)| *c).collect();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A display name: an encoded word may hold `<somebody@else>`, which must not read as an address.
fn phrase(name: &str) -> String {
    if name.contains(is_special) {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        name.to_owned()
    }
}

fn is_special(c: char) -> bool {
    "\"\\,;:<>@()".contains(c)
}

fn is_blank((c, role): &Char) -> bool {
    *role == Role::Plain && c.is_whitespace()
}

/// The moment of a Date (RFC 5322 section 3.3, its obsolete forms, and what senders write instead), if every byte of the
/// field is understood and the zone is given.
fn moment(field: &str) -> Option<DateTime> {
    let field = without_comments(field)?.to_ascii_lowercase();
    let (mut weekday, mut day, mut month, mut year, mut time, mut is_pm) = (None, None, None, None, None, None);
    // Minutes; `-0000` says that it is not known.
    let mut zone: Option<Option<i64>> = None;
    // A word that says nothing, or what was said already, is not understood.
    for word in field.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
        if named(DAYS, word).is_some() {
            set(&mut weekday, ())?;
        } else if let Some(found) = named(MONTHS, word) {
            set(&mut month, found)?;
        } else if let "am" | "pm" = word {
            set(&mut is_pm, word == "pm")?;
        } else if let Some(found) = zone_named(word) {
            // The same twice is what `+0900 JST` and `GMT +0900` say.
            if zone == Some(found) || zone == Some(Some(0)) && word.starts_with(['+', '-']) {
                zone = None;
            }
            set(&mut zone, found)?;
        } else if word.contains(':') || word.matches('.').count() == 2 {
            set(&mut time, time_of_day(word)?)?;
        } else if day.is_none() && (word.len() < 3 || word.len() == 3 && word.starts_with('0')) {
            day = Some(number(word, 4)?);
        } else {
            set(&mut year, full_year(word)?)?;
        }
    }
    let [hour, minute, second] = time?;
    let hour = match is_pm {
        None => hour,
        Some(is_pm) if (1..=12).contains(&hour) => hour % 12 + if is_pm { 12 } else { 0 },
        Some(_) => return None,
    };
    DateTime::of([year?, month?, day?], [hour, minute, second], zone?)
}

fn set<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.is_none().then(|| *place = Some(value))
}

/// Which of the names begins with `June`, `Sept`, `nov.`, counted from 1.
fn named(names: &str, word: &str) -> Option<i64> {
    let word = word.strip_suffix('.').unwrap_or(word);
    (1..).zip(names.split(' ')).find(|(_, name)| word.len() > 2 && name.starts_with(word)).map(|(n, _)| n)
}

/// `11:51`, `11:51:07`, `11:51:07.5`, `23.42.00`
fn time_of_day(word: &str) -> Option<[i64; 3]> {
    let by = if word.contains(':') { ':' } else { '.' };
    let mut numbers = word.split(by);
    let (hour, minute) = (number(numbers.next()?, 2)?, number(numbers.next()?, 2)?);
    let second = numbers.next().unwrap_or("0");
    let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
    number(fraction, 9)?;
    Some([hour, minute, number(second, 2)?]).filter(|_| numbers.next().is_none())
}

/// RFC 5322 section 4.3: two digits from 50 on are of the last century, three count from 1900.
fn full_year(word: &str) -> Option<i64> {
    let year = number(word, 4)?;
    match word.len() {
        4 => Some(year),
        2 if year < 50 => Some(year + 2000),
        2 | 3 => Some(year + 1900),
        _ => None,
    }
}

/// `+0900`, `+09:00`, `-600`, `JST`, `GMT+0900`; the inner `None` is `-0000`.
fn zone_named(word: &str) -> Option<Option<i64>> {
    if let Some(minutes) = pair(ZONES, word) {
        return minutes.parse().ok().map(Some);
    }
    let word = word.strip_prefix("gmt").or_else(|| word.strip_prefix("utc")).unwrap_or(word);
    let sign = if word.starts_with('-') { -1 } else { 1 };
    let digits = word.strip_prefix(['+', '-'])?.replacen(':', "", 1);
    let value = number(&digits, 4).filter(|_| digits.len() > 1)?;
    let (hours, minutes) = if digits.len() == 2 { (value, 0) } else { (value / 100, value % 100) };
    let is_unknown = sign < 0 && hours + minutes == 0;
    (hours < 15 && minutes < 60).then_some((!is_unknown).then_some(sign * (hours * 60 + minutes)))
}

fn number(text: &str, most: usize) -> Option<i64> {
    let is_number = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// The field without `(JST)`; `None` if one is not closed.
fn without_comments(field: &str) -> Option<String> {
    let (mut kept, mut rest) = (String::new(), field);
    while let Some((before, comment)) = rest.split_once('(') {
        kept.push_str(before);
        rest = after_comment(comment)?;
    }
    Some(kept + rest)
}

#[cfg(test)]
#[path = "headers_tests.rs"]
mod tests;
