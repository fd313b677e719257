//! Bytes in a charset as text: by the charset's name, or, if nobody said it, by what they look like.
//!
//! The tables are encoding_rs's, which are the browsers'. Here is what mail has beyond the web: other names for
//! the same, three 7-bit forms, two code pages of DOS.

use std::borrow::Cow;

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252,
};

use super::header::is_nearly_utf8;
use super::transfer::base64_word;

/// The upper halves of two code pages.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
                     αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
const CP850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀\
                     ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// Text in the charset of that name; `None` if the name says nothing to us and the bytes are not ASCII.
///
/// The sender may be wrong: what is UTF-8 from end to end is UTF-8, what is declared Japanese may be Japanese in
/// another form. Nothing else is guessed; bytes that do not belong become U+FFFD.
pub(super) fn declared(bytes: &[u8], name: &[u8], hint: Option<&[u8]>) -> Option<String> {
    let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase().replace('_', "-");
    match decode(bytes, &name) {
        Some((text, true)) => Some(text),
        Some((text, false)) => {
            let utf8 = std::str::from_utf8(bytes).ok().filter(|_| !bytes.contains(&0x1b)).map(str::to_owned);
            let is_japanese = encoding(&name).is_some_and(|found| [SHIFT_JIS, EUC_JP, ISO_2022_JP].contains(&found));
            utf8.or_else(|| japanese(bytes).filter(|_| is_japanese)).or(Some(text))
        }
        None if says_nothing(&name) => Some(guessed(bytes, hint)),
        None if bytes.is_ascii() && !bytes.contains(&0x1b) => Some(guessed(bytes, None)),
        None => None,
    }
}

/// Names that stand for "it is not known", or are put on anything.
fn says_nothing(name: &str) -> bool {
    ["us-ascii", "ascii", "ansi-x3.4-1968", "646", "unknown-8bit", "x-unknown", "unknown", "8bit"].contains(&name)
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
    let hint = hint.map(|hint| String::from_utf8_lossy(hint.trim_ascii()).to_ascii_lowercase().replace('_', "-"));
    let hinted = hint.and_then(|hint| decode(bytes, &hint)).and_then(|(text, whole)| whole.then_some(text));
    hinted.or_else(|| japanese(bytes)).unwrap_or_else(|| WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned())
}

/// Bytes in one of the three Japanese charsets, if they are in it from end to end.
fn japanese(bytes: &[u8]) -> Option<String> {
    let whole = |encoding, bytes: &[u8]| {
        let (text, whole) = web(encoding, bytes);
        whole.then_some(text)
    };
    if bytes.contains(&0x1b) {
        return whole(ISO_2022_JP, &without_idle_escapes(bytes));
    }
    // First bytes of everything common in Shift_JIS; in EUC-JP they stand nowhere, in Latin text they are quotes
    // and dashes between letters.
    if bytes.iter().any(|byte| matches!(byte, 0x81..=0x9f)) {
        let is_punctuation = |part: &[u8]| match part {
            [before, 0x91..=0x97, after] => [before, after].iter().all(|c| c.is_ascii_alphanumeric() || **c == b' '),
            _ => false,
        };
        let high = bytes.iter().filter(|byte| !byte.is_ascii()).count();
        return if bytes.windows(3).filter(|part| is_punctuation(part)).count() == high {
            None
        } else {
            whole(SHIFT_JIS, bytes)
        };
    }
    // One pair may be two umlauts.
    whole(EUC_JP, bytes).filter(|text| text.chars().filter(|c| !c.is_ascii()).count() > 1)
}

/// Text in the charset of that name, in lower case and with hyphens, and whether every byte was in it.
fn decode(bytes: &[u8], name: &str) -> Option<(String, bool)> {
    Some(match name {
        "utf-7" | "utf7" | "unicode-1-1-utf-7" | "unicode-2-0-utf-7" | "csutf7" => utf7(bytes),
        "cp437" | "ibm437" | "437" | "cspc8codepage437" => (table(bytes, CP437), true),
        "cp850" | "ibm850" | "850" | "cspc850multilingual" => (table(bytes, CP850), true),
        "iso-2022-kr" | "csiso2022kr" => web(EUC_KR, &shifted(bytes, b"\x0e", b"\x0f", &[(b"\x1b$)C", b"")])),
        "hz-gb-2312" | "hz" => web(GBK, &shifted(bytes, b"~{", b"~}", &[(b"~~", b"~"), (b"~\n", b"")])),
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

/// Names that browsers do not know and that mail is sent with, then theirs.
fn encoding(name: &str) -> Option<&'static Encoding> {
    let windows = ["windows-cp", "windows", "win-", "win", "cp-", "cp", "ms-", "ms"];
    let page = windows.iter().find_map(|prefix| name.strip_prefix(prefix)).filter(|page| page.len() < 5);
    match name {
        "cp65001" | "utf-8-sig" | "utf-8n" | "utf8mb4" => Some(UTF_8),
        "cp932" | "x-ms-cp932" | "ms-cp932" | "windows-932" | "cp943" | "cp943c" | "cswindows31j" | "mskanji"
        | "x-shift-jis" | "shift-jis-2004" | "shift-jisx0213" | "x-mac-japanese" => Some(SHIFT_JIS),
        "eucjp" | "ujis" | "eucjp-ms" | "euc-jp-ms" | "cp51932" | "x-eucjp" | "x-euc" => Some(EUC_JP),
        "cp50220" | "cp50221" | "cp50222" | "iso-2022-jp-1" | "iso-2022-jp-2" | "iso-2022-jp-3" | "iso-2022-jp-ms"
        | "jis" => Some(ISO_2022_JP),
        "cp949" | "ms949" | "uhc" | "x-windows-949" | "euckr" | "ks-c-5601" | "ks-c-5601-1987" | "ksc-5601"
        | "ks-c-5601-1992" => Some(EUC_KR),
        "cp950" | "ms950" | "x-big5" | "big-5" | "big5hkscs" => Some(BIG5),
        "cp936" | "ms936" | "windows-936" | "euc-cn" | "euccn" | "gb2312-80" | "cn-gb" => Some(GBK),
        "cp54936" | "gb-18030" => Some(GB18030),
        "iso-10646-ucs-2" => Some(UTF_16LE),
        _ => Encoding::for_label(name.as_bytes())
            .or_else(|| Encoding::for_label(name.replace('-', "").as_bytes()))
            .or_else(|| Encoding::for_label(name.replace('-', "_").as_bytes()))
            .or_else(|| Encoding::for_label(format!("windows-{}", page?).as_bytes()))
            .filter(|found| !["replacement", "x-user-defined"].contains(&found.name())),
    }
}

fn table(bytes: &[u8], upper: &str) -> String {
    let upper: Vec<char> = upper.chars().collect();
    let plain = |byte: &u8| byte.checked_sub(128).and_then(|at| upper.get(usize::from(at)).copied());
    bytes.iter().map(|byte| plain(byte).unwrap_or(char::from(*byte))).collect()
}

/// A 7-bit form as the 8-bit form of the same: between the shifts every byte lacks its high bit.
fn shifted(bytes: &[u8], on: &[u8], off: &[u8], others: &[(&[u8], &[u8])]) -> Vec<u8> {
    let (mut text, mut high, mut rest) = (Vec::with_capacity(bytes.len()), 0, bytes);
    while let [byte, after @ ..] = rest {
        let other = others.iter().find_map(|(from, to)| Some((rest.strip_prefix(*from)?, *to)));
        rest = if let Some(after) = rest.strip_prefix(on) {
            high = 0x80;
            after
        } else if let Some(after) = rest.strip_prefix(off) {
            high = 0;
            after
        } else if let Some((after, to)) = other {
            text.extend(to);
            after
        } else {
            text.push(if byte.is_ascii_graphic() { byte | high } else { *byte });
            after
        };
    }
    text
}

/// RFC 2152: `+` and base64 of UTF-16.
fn utf7(bytes: &[u8]) -> (String, bool) {
    let (mut text, mut whole, mut rest) = (String::new(), bytes.is_ascii(), bytes);
    while let Some((plain, [_, coded @ ..])) =
        rest.iter().position(|byte| *byte == b'+').and_then(|at| rest.split_at_checked(at))
    {
        text.push_str(&String::from_utf8_lossy(plain));
        let end = coded.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b"+/".contains(byte));
        let (coded, after) = coded.split_at_checked(end.unwrap_or(coded.len())).unwrap_or_default();
        rest = after.strip_prefix(b"-").unwrap_or(after);
        if coded.is_empty() {
            text.push('+');
        }
        let decoded = base64_word(coded);
        let (decoded, has_errors) = UTF_16BE.decode_without_bom_handling(&decoded);
        text.push_str(&decoded);
        whole &= !has_errors;
    }
    text.push_str(&String::from_utf8_lossy(rest));
    (text, whole)
}

/// ISO-2022-JP without escape sequences that another follows at once: joined words have them, old mailers wrote
/// them, and the browsers' decoder calls them an error.
fn without_idle_escapes(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        rest = match rest {
            [0x1b, _, _, next @ ..] if next.first() == Some(&0x1b) => next,
            _ => {
                kept.push(*first);
                after
            }
        };
    }
    if kept.len() == bytes.len() { Cow::Borrowed(bytes) } else { Cow::Owned(kept) }
}
