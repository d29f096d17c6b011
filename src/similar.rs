//! Words that may be meant by a misspelled one.
//!
//! Receives a word and those that are known, hands on the nearest. Invariant: a guess is made only where few letters differ for the
//! word's length, since a wrong guess misleads more than none.

/// The known word that comes nearest to one, whatever the case; the first of those that come equally near. `None` where all of them are
/// far off.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let limit = (word.len() / 3).clamp(1, 3);
    let far = |known: &str| known.len().abs_diff(word.len()) > limit;
    let near = known.into_iter().filter(|known| !far(known)).map(|known| (distance(&word, &known.to_lowercase()), known));
    // Where every letter would change, nothing is alike.
    near.filter(|(distance, _)| *distance <= limit && *distance < word.len()).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// The question that follows a misspelled word.
#[must_use]
pub fn did_you_mean(word: &str) -> String {
    format!("did you mean {word:?}?")
}

/// How many letters must be added, removed, changed or swapped with their neighbour to turn one word into the other (Damerau's and
/// Levenshtein's distance, in its restricted form).
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows = vec![(0..=to.len()).collect::<Vec<usize>>()];
    for (i, letter) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in to.iter().enumerate() {
            let changed = rows[i][j] + usize::from(letter != other);
            let mut least = changed.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == to[j - 1] && from[i - 1] == *other {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_letters_may_differ_and_the_case_does_not_count() {
        let known = ["replicas", "selector", "template", "containerPort"];
        for (word, expected) in [
            ("replica", Some("replicas")),
            ("selctor", Some("selector")),
            ("tempalte", Some("template")),
            ("containerport", Some("containerPort")),
            ("image", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }

    #[test]
    fn short_words_are_guessed_from_one_letter_at_most() {
        assert_eq!(nearest("cn", ["cm", "svc"]), Some("cm"));
        assert_eq!(nearest("ab", ["cd"]), None);
        assert_eq!(nearest("a", ["b"]), None);
    }

    #[test]
    fn of_words_equally_near_the_first_counts() {
        assert_eq!(nearest("pos", ["pod", "pof"]), Some("pod"));
    }
}
