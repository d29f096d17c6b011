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
///
/// What stands in a literal or a comment does not nest. From the first quote on that begins no literal, everything counts: the parser goes
/// on behind it, and what looks like a literal to one reader may be brackets to another.
pub(super) fn depth(text: &str) -> usize {
    let (mut levels, mut deepest) = (vec![Level::default()], 0);
    // The depth of all levels but the last, which alone changes.
    let mut above = 0;
    let (mut at, mut is_lost) = (0, false);
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let mut length = first.len_utf8();
        let last = levels.len() - 1;
        match first {
            '\'' | '"' if !is_lost => match quoted(rest, prefix(&text[..at])) {
                Some(whole) => length = whole,
                None => is_lost = true,
            },
            '/' if !is_lost && rest.starts_with("//") => length = rest.find('\n').unwrap_or(rest.len()),
            '(' | '[' | '{' => {
                levels[last].chain += 1;
                above += levels[last].depth();
                levels.push(Level::default());
            }
            ')' | ']' | '}' if last > 0 => {
                levels.pop();
                above -= levels[last - 1].depth();
            }
            ',' => levels[last] = Level::default(),
            '?' => levels[last].conditions += 1,
            '&' | '|' => levels[last].chain = 0,
            '.' | '+' | '-' | '*' | '/' | '%' | '<' | '>' | '=' | '!' => {
                levels[last].chain += 1;
                length += usize::from(rest[1..].starts_with('='));
            }
            _ => {}
        }
        deepest = deepest.max(above + levels.last().map_or(0, Level::depth));
        at += length;
    }
    deepest
}

/// The word that a text ends in.
fn prefix(text: &str) -> &str {
    let start = text.trim_end_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_').len();
    &text[start..]
}

/// The length of the literal that the text begins with, in bytes, behind a word that may be its prefix; `None` where there is no literal.
fn quoted(text: &str, prefix: &str) -> Option<usize> {
    let is_raw = match prefix {
        "" | "in" | "b" | "B" => false,
        "r" | "R" | "br" | "bR" | "Br" | "BR" => true,
        _ => return None,
    };
    let quote = &text[..1];
    let triple = quote.repeat(3);
    let end = if text.starts_with(&triple) { triple.as_str() } else { quote };
    let mut at = end.len();
    while let Some(letter) = text[at..].chars().next() {
        if text[at..].starts_with(end) {
            return Some(at + end.len());
        }
        at += match letter {
            '\\' if !is_raw => escape(&text[at..])?,
            '\n' | '\r' if end.len() == 1 => return None,
            _ => letter.len_utf8(),
        };
    }
    None
}

/// The length of the escape sequence that the text begins with; `None` for those that CEL does not have.
fn escape(text: &str) -> Option<usize> {
    let (digits, radix) = match text.as_bytes().get(1)? {
        b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'"' | b'\'' | b'\\' | b'?' | b'`' => return Some(2),
        b'x' | b'X' => (text.get(2..4)?, 16),
        b'u' => (text.get(2..6)?, 16),
        b'U' => (text.get(2..10)?, 16),
        b'0'..=b'3' => (text.get(1..4)?, 8),
        _ => return None,
    };
    let start = if radix == 8 { 1 } else { 2 };
    digits.chars().all(|digit| digit.is_digit(radix)).then_some(start + digits.len())
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

    #[test]
    fn what_is_no_literal_hides_nothing() {
        let deep = "(".repeat(300);
        for start in ["'\n", "'\\q'", "\"", "'''", "xr'\\''", "1ur'\\''", "rb'\\'", "'\\x4'", "'\\400'", "'\\u00g0'"] {
            assert!(depth(&format!("{start} {deep} '")) > 300, "{start}");
        }
        for literal in [r"'\x41\101\u0041\U00000041\n\''", "'''a\n'b'\n'''", r"br'\'", "x in'a'", r#"R"\""#] {
            assert!(depth(&format!("{literal} // {deep}")) < 3, "{literal}");
            assert!(depth(&format!("{literal} {deep}")) > 300, "{literal}");
        }
    }
}
