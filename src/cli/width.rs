//! How many cells of a terminal a text takes, so that columns stand below each other.

/// Characters of two cells: East Asian wide and full-width ones (Unicode's UAX 11), and emoji.
#[rustfmt::skip]
const WIDE: [(u32, u32); 22] = [
    (0x1100, 0x115f), (0x231a, 0x231b), (0x23e9, 0x23ec), (0x25fd, 0x25fe), (0x2614, 0x2615),
    (0x2648, 0x2653), (0x26aa, 0x26ab), (0x26bd, 0x26be), (0x2705, 0x2705), (0x274c, 0x274c),
    (0x2e80, 0x303e), (0x3041, 0x33ff), (0x3400, 0x4dbf), (0x4e00, 0xa4cf), (0xa960, 0xa97f),
    (0xac00, 0xd7a3), (0xf900, 0xfaff), (0xfe30, 0xfe6f), (0xff00, 0xff60), (0xffe0, 0xffe6),
    (0x1f300, 0x1faff), (0x20000, 0x3fffd),
];

/// Characters that stand on the one before them, or nowhere.
#[rustfmt::skip]
const NONE: [(u32, u32); 11] = [
    (0x0300, 0x036f), (0x0483, 0x0489), (0x0591, 0x05bd), (0x064b, 0x065f), (0x1ab0, 0x1aff),
    (0x200b, 0x200f), (0x20d0, 0x20ff), (0x3099, 0x309a), (0xfe00, 0xfe0f), (0xfe20, 0xfe2f),
    (0xe0100, 0xe01ef),
];

fn cells(c: char) -> usize {
    let within = |(first, last): &(u32, u32)| (*first..=*last).contains(&u32::from(c));
    match c {
        _ if NONE.iter().any(within) => 0,
        _ if WIDE.iter().any(within) => 2,
        _ => 1,
    }
}

/// The cells of a text without control characters.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(cells).sum()
}

/// The text in exactly `wanted` cells: filled with blanks, or cut with `…` at its end.
pub(crate) fn fit(text: &str, wanted: usize) -> String {
    let all = width(text);
    if all <= wanted {
        return format!("{text}{}", " ".repeat(wanted - all));
    }
    let (mut cut, mut used) = (String::new(), 0);
    for c in text.chars() {
        if used + cells(c) + 1 > wanted {
            break;
        }
        used += cells(c);
        cut.push(c);
    }
    format!("{cut}…{}", " ".repeat(wanted.saturating_sub(used + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_in_every_script() {
        for (text, cells) in [
            ("abc", 3),
            ("für", 3),
            ("注文書", 6),
            ("ｱｲｳ", 3),
            ("＃１", 4),
            ("e\u{301}", 1),
            ("가나", 4),
            ("📎x", 3),
            ("が\u{3099}", 2),
        ] {
            assert_eq!(width(text), cells, "{text}");
        }
        assert_eq!(fit("注文", 6), "注文  ");
        assert_eq!(fit("注文書", 6), "注文書");
        assert_eq!(fit("注文書類", 6), "注文… ");
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("注", 1), "…");
        for wanted in 1..12 {
            assert_eq!(width(&fit("a注b文e\u{301}c書📎", wanted)), wanted);
        }
    }
}
