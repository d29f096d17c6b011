//! How deep an expression nests, before it is parsed: the parser goes as deep on the stack, and has no limit of its own for chains such
//! as `a.b.c` or `1 + 1 + 1`.

/// What lies between two brackets.
#[derive(Default)]
struct Level {
    /// The operators in a row, each of which has what stands before it as its operand.
    chain: usize,
    /// The conditions in a row, each of which lies in the one before.
    conditions: usize,
}

impl Level {
    fn depth(&self) -> usize {
        1 + self.chain + self.conditions
    }
}

/// An upper bound for the depth of the tree that the text is parsed to.
pub(super) fn depth(text: &str) -> usize {
    let (mut levels, mut deepest) = (vec![Level::default()], 0);
    let mut rest = text;
    let mut is_raw = false;
    while let Some(first) = rest.chars().next() {
        let mut length = first.len_utf8();
        let last = levels.len() - 1;
        match first {
            '\'' | '"' => length = quoted(rest, is_raw),
            '/' if rest.starts_with("//") => length = rest.find('\n').unwrap_or(rest.len()),
            '(' | '[' | '{' => {
                levels[last].chain += 1;
                levels.push(Level::default());
            }
            ')' | ']' | '}' if last > 0 => drop(levels.pop()),
            ',' => levels[last] = Level::default(),
            '?' => levels[last].conditions += 1,
            '&' | '|' => levels[last].chain = 0,
            '.' | '+' | '-' | '*' | '/' | '%' | '<' | '>' | '=' | '!' => {
                levels[last].chain += 1;
                length += usize::from(rest[1..].starts_with('='));
            }
            _ => {}
        }
        is_raw = matches!(first, 'r' | 'R');
        deepest = deepest.max(levels.iter().map(Level::depth).sum());
        rest = &rest[length..];
    }
    deepest
}

/// The length of the literal that the text begins with, in bytes.
fn quoted(text: &str, is_raw: bool) -> usize {
    let quote = &text[..1];
    let triple = quote.repeat(3);
    let end = if text.starts_with(&triple) { triple.as_str() } else { quote };
    let mut at = end.len();
    while let Some(letter) = text[at..].chars().next() {
        if text[at..].starts_with(end) {
            return at + end.len();
        }
        at += letter.len_utf8();
        if letter == '\\' && !is_raw {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::depth;

    #[test]
    fn depth_grows_with_brackets_and_chains_and_not_with_alternatives() {
        for (text, expected) in [
            ("1", 1),
            ("1+1+1", 3),
            ("a.b.c", 3),
            ("((1))", 5),
            ("a==1||b==2||c==3", 2),
            ("[1+1,2+2,3]", 4),
            ("a?b:c?d:e", 3),
            ("'1+1+1+1\\'+1'", 1),
            (r"r'\'+1+1", 3),
            ("'''+'+'''+1", 2),
            ("1 // +1+1'\n+1", 2),
            ("\"(((\"", 1),
        ] {
            assert_eq!(depth(text), expected, "{text}");
        }
    }
}
