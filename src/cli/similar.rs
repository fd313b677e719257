//! What was probably meant.

/// The name that differs in a letter or two, a third of the word at most.
pub(crate) fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = names.filter(|name| !name.is_empty()).map(|name| (distance(word, name), name));
    let near = near.filter(|(distance, name)| *distance <= 2 && distance * 3 <= name.chars().count().max(3));
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// Letters to insert, remove, replace or swap with the next.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let (above, left) = (&rows[i - 1], row[j - 1]);
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (above[j] + 1).min(left + 1).min(above[j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_near_if_they_really_are() {
        let names = ["mailbox", "mailboxes", "limit", "to", "log", "jobs"];
        for (word, near) in [
            ("mailbx", Some("mailbox")),
            ("maibloxes", Some("mailboxes")),
            ("limt", Some("limit")),
            ("ot", Some("to")),
            ("verbatim", None),
            ("x", None),
            ("lag", Some("log")),
            ("job", Some("jobs")),
            ("format", None),
        ] {
            assert_eq!(nearest(word, names.into_iter()), near, "{word}");
        }
        assert_eq!(
            [distance("abc", "abc"), distance("abc", "acb"), distance("", "ab"), distance("kitten", "sitting")],
            [0, 1, 2, 3]
        );
    }
}
