//! Bytes as text: encoded words (RFC 2047), a charset's name, or, if nobody said it, what they look like.
//!
//! Senders split a character over two words: the bytes of neighbours are joined before they are decoded. The tables
//! are encoding_rs's, which are the browsers'. Here is what mail has beyond the web: other names for the same, two
//! 7-bit forms, a code page of DOS.

use encoding_rs::{EUC_JP, EUC_KR, Encoding, GBK, ISO_2022_JP, SHIFT_JIS, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::header::unescape;
use super::transfer::base64_word;

const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
                     αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// Names that browsers do not know and that mail is sent with, after theirs.
const ALIASES: [(&str, &str); 8] = [
    ("utf-8", "cp65001 utf-8-sig utf-8n utf8mb4"),
    ("shift_jis", "cp932 x-ms-cp932 ms-cp932 windows-932 cp943 cp943c cswindows31j mskanji x-shift-jis"),
    ("euc-jp", "eucjp ujis eucjp-ms euc-jp-ms cp51932 x-eucjp x-euc"),
    ("iso-2022-jp", "cp50220 cp50221 cp50222 iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-3 iso-2022-jp-ms jis"),
    ("euc-kr", "cp949 ms949 uhc x-windows-949 euckr ks-c-5601 ks-c-5601-1987 ksc-5601 ks-c-5601-1992"),
    ("windows-1251", "win-1251 win1251"),
    ("big5", "cp950 ms950 x-big5 big-5 big5hkscs"),
    ("gbk", "cp936 ms936 windows-936 euc-cn euccn gb2312-80 cn-gb"),
];

/// Names that stand for "it is not known", or are put on anything.
const UNKNOWN: &str = "us-ascii ascii ansi-x3.4-1968 646 unknown-8bit x-unknown unknown 8bit";

/// A field, or a stretch of it.
#[derive(Default)]
pub(super) struct Text {
    pub(super) text: String,
    /// It is in a charset that is not known, as it came.
    pub(super) is_unknown: bool,
    /// It is from encoded words: nothing in it is syntax.
    pub(super) is_coded: bool,
}

/// A field's bytes as text; `hint` is the charset that the message uses elsewhere.
pub(super) fn text(bytes: &[u8], hint: Option<&[u8]>) -> Text {
    pieces(bytes, hint).into_iter().fold(Text::default(), |all, piece| Text {
        text: all.text + &piece.text,
        is_unknown: all.is_unknown | piece.is_unknown,
        ..all
    })
}

/// Bytes in a charset that is declared, or, if it is not known, `charset''bytes` as RFC 2231 has it.
pub(super) fn declared(bytes: &[u8], charset: &[u8], hint: Option<&[u8]>) -> Text {
    let coded = |byte: &u8| match byte {
        b'!'..=b'~' => char::from(*byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    let raw = || format!("{}''{}", String::from_utf8_lossy(charset), bytes.iter().map(coded).collect::<String>());
    let text = decoded(bytes, charset, hint);
    Text { is_unknown: text.is_none(), text: text.unwrap_or_else(raw), is_coded: true }
}

pub(super) fn pieces(field: &[u8], hint: Option<&[u8]>) -> Vec<Text> {
    // After the last `?=` nothing is a word; before it, no search runs to the end in vain.
    let last = field.windows(2).rposition(|pair| pair == b"?=").map_or(0, |at| at + 2);
    let coded = field.get(..last).unwrap_or_default();
    let raw = |from, to| Text { text: guessed(field.get(from..to).unwrap_or_default(), hint), ..Text::default() };
    let close = |(charset, bytes, begin): (&[u8], Vec<u8>, usize), end| {
        let text = decoded(&bytes, charset, hint);
        Text { is_unknown: text.is_none(), text: text.unwrap_or_else(|| raw(begin, end).text), is_coded: true }
    };
    let (mut pieces, mut at, mut done) = (Vec::new(), 0, 0);
    // Neighbouring words of one charset: it, their bytes, and where the first begins; the last ends at `done`.
    let mut open: Option<(&[u8], Vec<u8>, usize)> = None;
    while let Some((before, candidate)) = coded.get(at..).and_then(|rest| cut(rest, b"=?")) {
        let begin = at + before.len();
        at = begin + 2;
        let Some((charset, bytes, after)) = word(candidate) else { continue };
        at = last - after.len();
        // RFC 2047 section 6.2: blanks between two words are not there.
        let is_next = open.is_some() && field.get(done..begin).is_some_and(|between| between.trim_ascii().is_empty());
        match &mut open {
            Some((known, all, _)) if is_next && charset.eq_ignore_ascii_case(known) => all.extend(bytes),
            _ => {
                pieces.extend(open.take().map(|words| close(words, done)));
                pieces.extend((!is_next).then(|| raw(done, begin)));
                open = Some((charset, bytes, begin));
            }
        }
        done = at;
    }
    pieces.extend(open.map(|words| close(words, done)));
    pieces.push(raw(done, field.len()));
    pieces
}

/// `encoded-word = "=?" charset "?" encoding "?" encoded-text "?="`, its `=?` already read: the charset, the
/// bytes, what follows. A language after the charset (RFC 2231 section 5) means nothing here.
fn word(candidate: &[u8]) -> Option<(&[u8], Vec<u8>, &[u8])> {
    let (charset, rest) = cut(candidate, b"?")?;
    let (encoding, rest) = cut(rest, b"?")?;
    let charset = charset.split(|byte| *byte == b'*').next().filter(|charset| (1..=60).contains(&charset.len()))?;
    let end = rest.windows(2).position(|pair| pair == b"?=" || pair == b"=?")?;
    let end = end + usize::from(rest.get(end..end + 3) == Some(b"=?="));
    let (coded, after) = rest.split_at_checked(end)?;
    // Raw bytes that are UTF-8 are that, whatever is declared.
    let charset = if !coded.is_ascii() && str::from_utf8(coded).is_ok() { &b"utf-8"[..] } else { charset };
    let bytes = match encoding {
        b"b" | b"B" if coded.contains(&b'?') => return None,
        b"b" | b"B" if coded.is_ascii() => base64_word(coded),
        // Some mailers say base64 and write the bytes themselves.
        b"b" | b"B" => coded.to_vec(),
        b"q" | b"Q" => {
            let blanks: Vec<_> = coded.iter().map(|byte| if *byte == b'_' { b' ' } else { *byte }).collect();
            unescape(&blanks, b'=')
        }
        _ => return None,
    };
    (coded.is_empty() || !bytes.is_empty()).then_some((charset, bytes, after.strip_prefix(b"?=")?))
}

fn cut<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    let (before, rest) = bytes.split_at_checked(at)?;
    Some((before, rest.get(mark.len()..)?))
}

/// Text in the charset of that name; `None` if the name says nothing to us and the bytes are not ASCII.
///
/// The sender may be wrong: what is UTF-8 from end to end is UTF-8, what is declared Japanese may be Japanese in
/// another form. Nothing else is guessed; bytes that do not belong become U+FFFD.
fn decoded(bytes: &[u8], charset: &[u8], hint: Option<&[u8]>) -> Option<String> {
    let name = label(charset);
    let shifts = bytes.contains(&0x1b);
    match decode(bytes, &name) {
        Some((text, true)) => Some(text),
        Some((text, false)) => {
            let utf8 = str::from_utf8(bytes).ok().filter(|_| !shifts).map(str::to_owned);
            let is_japanese = encoding(&name).is_some_and(|found| [SHIFT_JIS, EUC_JP, ISO_2022_JP].contains(&found));
            utf8.or_else(|| japanese(bytes).filter(|_| is_japanese)).or(Some(text))
        }
        None if says_nothing(&name) => Some(guessed(bytes, hint)),
        // In UTF-7 `+` begins what is not ASCII.
        None if shifts || !bytes.is_ascii() || name.contains("utf") && bytes.contains(&b'+') => None,
        None => Some(guessed(bytes, None)),
    }
}

fn label(charset: &[u8]) -> String {
    String::from_utf8_lossy(charset.trim_ascii()).to_ascii_lowercase().replace('_', "-")
}

fn says_nothing(name: &str) -> bool {
    UNKNOWN.split(' ').any(|known| known == name)
}

/// True for UTF-8, also if it was cut or has a wrong byte here and there: two of its characters, or one of
/// three bytes, for each of them, which text in another charset hardly has by chance.
fn is_nearly_utf8(bytes: &[u8]) -> bool {
    let (mut right, mut wrong) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().map(|c| c.len_utf8() - 1).sum::<usize>();
        wrong += usize::from(!chunk.invalid().is_empty());
    }
    right >= wrong * 2
}

/// Bytes that nobody said the charset of, as the mail programs of their time would show them; `hint` is the
/// charset that the message uses elsewhere.
pub(super) fn guessed(bytes: &[u8], hint: Option<&[u8]>) -> String {
    let lossy = || String::from_utf8_lossy(bytes).into_owned();
    if bytes.contains(&0x1b) {
        return japanese(bytes).unwrap_or_else(lossy);
    }
    if is_nearly_utf8(bytes) {
        return lossy();
    }
    let hinted = hint.and_then(|hint| decode(bytes, &label(hint))).and_then(|(text, whole)| whole.then_some(text));
    hinted.or_else(|| japanese(bytes)).unwrap_or_else(|| web(WINDOWS_1252, bytes).0)
}

/// Bytes in one of the three Japanese charsets, if they are in it from end to end.
fn japanese(bytes: &[u8]) -> Option<String> {
    let whole = |(text, whole): (String, bool)| whole.then_some(text);
    if bytes.contains(&0x1b) {
        return whole(web(ISO_2022_JP, &without_idle_escapes(bytes)));
    }
    // First bytes of everything common in Shift_JIS; in EUC-JP they stand nowhere, in Latin text they are quotes
    // and dashes between letters.
    if bytes.iter().any(|byte| matches!(byte, 0x81..=0x9f)) {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b' ';
        let is_dash = |part: &&[u8]| matches!(part, [a, 0x91..=0x97, b] if is_word(a) && is_word(b));
        let high = bytes.iter().filter(|byte| !byte.is_ascii()).count();
        return whole(web(SHIFT_JIS, bytes)).filter(|_| bytes.windows(3).filter(is_dash).count() < high);
    }
    // One pair may be two umlauts.
    whole(web(EUC_JP, bytes)).filter(|text| text.chars().filter(|c| !c.is_ascii()).count() > 1)
}

/// Text in the charset of that name, in lower case and with hyphens, and whether every byte was in it.
fn decode(bytes: &[u8], name: &str) -> Option<(String, bool)> {
    Some(match name {
        "cp437" | "ibm437" | "437" | "cspc8codepage437" => (cp437(bytes), true),
        "iso-2022-kr" | "csiso2022kr" => {
            web(EUC_KR, &shifted(bytes, [(b"\x0e", b"", 0x80), (b"\x0f", b"", 0), (b"\x1b$)C", b"", 0)]))
        }
        "hz-gb-2312" | "hz" => {
            web(GBK, &shifted(bytes, [(b"~{", b"", 0x80), (b"~}", b"", 0), (b"~~", b"~", 0), (b"~\n", b"", 0)]))
        }
        _ if says_nothing(name) => return None,
        _ => match encoding(name)? {
            found if found == ISO_2022_JP => web(found, &without_idle_escapes(bytes)),
            found if found == UTF_16LE && bytes.starts_with(b"\xfe\xff") => web(UTF_16BE, bytes),
            found => web(found, bytes),
        },
    })
}

fn web(encoding: &'static Encoding, bytes: &[u8]) -> (String, bool) {
    let (text, has_errors) = encoding.decode_with_bom_removal(bytes);
    (text.into_owned(), !has_errors)
}

fn encoding(name: &str) -> Option<&'static Encoding> {
    let alias = ALIASES.iter().find(|(_, names)| names.split(' ').any(|known| known == name)).map(|(alias, _)| *alias);
    let labels = [alias.unwrap_or(name), &name.replace('-', ""), &name.replace('-', "_")];
    let found = labels.iter().find_map(|label| Encoding::for_label(label.as_bytes()))?;
    (!["replacement", "x-user-defined"].contains(&found.name())).then_some(found)
}

fn cp437(bytes: &[u8]) -> String {
    let upper: Vec<char> = CP437.chars().collect();
    let plain = |byte: &u8| byte.checked_sub(128).and_then(|at| upper.get(usize::from(at)).copied());
    bytes.iter().map(|byte| plain(byte).unwrap_or(char::from(*byte))).collect()
}

/// A 7-bit form as the 8-bit form of the same: each sign stands for a text, and says whether the bytes after it lack
/// their high bit.
fn shifted<const N: usize>(bytes: &[u8], signs: [(&[u8], &[u8], u8); N]) -> Vec<u8> {
    let (mut text, mut high, mut rest) = (Vec::with_capacity(bytes.len()), 0, bytes);
    while let [byte, after @ ..] = rest {
        let sign = signs.iter().find_map(|(sign, to, high)| Some((rest.strip_prefix(*sign)?, to, high)));
        rest = sign.map_or(after, |(after, ..)| after);
        match sign {
            Some((_, to, bit)) => {
                text.extend(*to);
                high = *bit;
            }
            None => text.push(if byte.is_ascii_graphic() { byte | high } else { *byte }),
        }
    }
    text
}

/// ISO-2022-JP without escape sequences that another follows at once: joined words have them, old mailers wrote
/// them, and the browsers' decoder calls them an error.
fn without_idle_escapes(bytes: &[u8]) -> Vec<u8> {
    let mut pieces: Vec<_> = bytes.split(|byte| *byte == 0x1b).collect();
    let last = pieces.pop();
    // Before the first escape nothing is idle.
    let mut is_first = true;
    pieces.retain(|piece| std::mem::take(&mut is_first) || piece.len() != 2);
    pieces.extend(last);
    pieces.join(&0x1b)
}

/// The word after `key` in a table of pairs.
pub(super) fn pair(table: &'static str, key: &str) -> Option<&'static str> {
    let mut words = table.split_ascii_whitespace();
    std::iter::from_fn(|| words.next().zip(words.next())).find(|(name, _)| *name == key).map(|(_, value)| value)
}
