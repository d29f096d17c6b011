//! Regular expressions as the Go programs that wrote them mean them.
//!
//! Receives the `pattern` of a CustomResourceDefinition; hands on a compiled expression. Invariant: `\d`, `\w`, `\s` and `\b` know
//! ASCII only, and `[`, `-`, `&` and `~` inside a class have no meaning of their own, as in RE2.

use regex::{Regex, RegexBuilder};

/// The memory one compiled expression may take, in bytes; Go's limit on repetitions keeps real ones far below.
const SIZE_LIMIT: usize = 4 << 20;

/// How long a pattern may be, in bytes. Of what is longer, the compiled form exceeds [`SIZE_LIMIT`] where each character stands for
/// itself, and to read it would cost many times its length before that is known.
const LENGTH_MOST: usize = 256 << 10;

/// Compiles a pattern written for Go's `regexp`. Errors where the syntax is unknown or the expression too large.
pub(crate) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    if pattern.len() > LENGTH_MOST {
        return Err(regex::Error::Syntax(format!("the pattern has {} bytes, more than {LENGTH_MOST}", pattern.len())));
    }
    RegexBuilder::new(&translate(pattern)).size_limit(SIZE_LIMIT).build()
}

/// How many states a class takes that knows all of Unicode.
const CLASS_WEIGHT: u64 = 300;

/// About how many states a pattern has when its repetitions are written out. Matching takes as many steps for each character at worst.
pub(crate) fn weight(pattern: &str) -> u64 {
    let mut rest = pattern.chars().peekable();
    // The weight of what is open (the whole first, then groups), and of the last part in each, which a repetition multiplies.
    let mut open: Vec<(u64, u64)> = vec![(0, 0)];
    while let Some(one) = rest.next() {
        let part = match one {
            '(' => {
                open.push((0, 0));
                continue;
            }
            ')' if open.len() > 1 => open.pop().map_or(0, |(sum, last)| sum.saturating_add(last)),
            '{' if rest.peek().is_some_and(char::is_ascii_digit) => {
                let bounds: String = std::iter::from_fn(|| rest.next_if(|c| c.is_ascii_digit() || *c == ',')).collect();
                let most = bounds.split(',').filter_map(|bound| bound.parse::<u64>().ok()).max().unwrap_or(1);
                if let Some((_, last)) = open.last_mut() {
                    *last = last.saturating_mul(most.max(1));
                }
                continue;
            }
            '\\' => match rest.next() {
                Some('p' | 'P') => {
                    if rest.next() == Some('{') {
                        rest.by_ref().find(|c| *c == '}');
                    }
                    CLASS_WEIGHT
                }
                _ => 1,
            },
            '.' | '[' => 4,
            _ => 1,
        };
        if let Some((sum, last)) = open.last_mut() {
            *sum = sum.saturating_add(*last);
            *last = part;
        }
    }
    open.into_iter().fold(1, |total, (sum, last)| total.saturating_add(sum).saturating_add(last))
}

fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern.chars().peekable();
    // The number of characters seen of the class we are in; a `]` that comes first is a literal.
    let mut class: Option<usize> = None;
    while let Some(one) = rest.next() {
        let position = class;
        class = class.map(|seen| seen + 1);
        match (one, position) {
            ('\\', _) => match rest.next() {
                Some('Q') if position.is_none() => quote(&mut rest, &mut out),
                Some(escaped) => escape(escaped, position.is_some(), &mut out),
                None => out.push('\\'),
            },
            ('[', None) => {
                class = Some(0);
                out.push('[');
            }
            ('^', Some(0)) => {
                class = Some(0);
                out.push('^');
            }
            (']', Some(seen)) if seen > 0 => {
                class = None;
                out.push(']');
            }
            ('[', Some(_)) if rest.peek() == Some(&':') => named_class(&mut rest, &mut out),
            ('[' | ']' | '&' | '~', Some(_)) => out.extend(['\\', one]),
            ('-', Some(seen)) => out.push_str(if seen > 0 && can_span(&out) { "-" } else { "\\-" }),
            _ => out.push(one),
        }
    }
    out
}

/// Whether a `-` after this much of a class can span a range: not after another class, and not as the end of one.
fn can_span(out: &str) -> bool {
    !out.ends_with('-') && (!out.ends_with(']') || out.ends_with("\\]"))
}

fn escape(escaped: char, in_class: bool, out: &mut String) {
    let class = match escaped {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        's' => "[\\t\\n\\f\\r ]",
        'S' => "[^\\t\\n\\f\\r ]",
        'b' if !in_class => "(?-u:\\b)",
        'B' if !in_class => "(?-u:\\B)",
        'C' => ".",
        'a' => "\\x07",
        _ => {
            out.extend(['\\', escaped]);
            return;
        }
    };
    out.push_str(class);
}

/// Copies `[:alpha:]` inside a class.
fn named_class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    out.push('[');
    for one in rest.by_ref() {
        out.push(one);
        if one == ']' {
            break;
        }
    }
}

/// Copies the literal text between `\Q` and `\E`, or up to the end.
fn quote(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    while let Some(one) = rest.next() {
        if one == '\\' && rest.next_if_eq(&'E').is_some() {
            return;
        }
        out.push_str(&regex::escape(one.encode_utf8(&mut [0; 4])));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_go_means() {
        for (pattern, yes, no) in [
            (r"^\d+$", "12", "١"),
            (r"^[\w-.]+$", "a-b.c", "a b"),
            (r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "a-b", "-a"),
            (r"^[[a]+$", "[a", "b"),
            (r"^[]a]+$", "]a", "b"),
            (r"^[^]a]+$", "b", "]"),
            (r"^[a&&b]+$", "a&b", "c"),
            (r"^[[:alpha:]_]+$", "a_", "1"),
            (r"^\Qa.b\E+$", "a.b", "axb"),
            (r"^\Qa.\\E\d\Q+\E$", r"a.\1+", "a.1+"),
            (r"^a\Q.\", r"a.\", "ab"),
            (r"^[A-Za-z0-9_\-]+$", "a-b", "a.b"),
            (r"^(?i)abc$", "ABC", "abd"),
            (r"^.{1,2}$", "éé", "ééé"),
            (r"^[+\-]?[0-9]+$", "-1", "*1"),
            (r"^[+--]+$", "+,-", "*"),
            (r"^[a^-z]+$", "a_z", "A"),
        ] {
            let regex = compile(pattern).unwrap();
            assert!(regex.is_match(yes), "{pattern} {yes}");
            assert!(!regex.is_match(no), "{pattern} {no}");
        }
    }

    #[test]
    fn the_weight_counts_repetitions_of_repetitions() {
        for (pattern, least, most) in [
            ("", 0, 1),
            ("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", 10, 50),
            ("a{1000}", 1_000, 1_010),
            ("(a{10}b{2,20}){30}", 900, 1_000),
            (r"\p{L}{100}", 30_000, 31_000),
            ("((((((((a{99}){99}){99}){99}){99}){99}){99}){99}){99}){99}){99}", 1 << 59, u64::MAX),
            ("){9}{,}(((", 1, 30),
        ] {
            let weight = weight(pattern);
            assert!((least..=most).contains(&weight), "{pattern}: {weight}");
        }
    }

    #[test]
    fn many_quoted_texts_take_no_more_of_the_stack_than_one() {
        let pattern = format!("^{}$", r"\Qa.\E".repeat(20_000));
        assert!(compile(&pattern).unwrap().is_match(&"a.".repeat(20_000)));
        let empty = r"\Q\E".repeat(LENGTH_MOST / 4);
        assert!(compile(&empty).unwrap().is_match(""));
        let error = compile(&format!("{empty}a")).unwrap_err();
        assert_eq!(error.to_string(), "the pattern has 262145 bytes, more than 262144");
    }

    #[test]
    fn broken_and_huge_patterns_are_refused() {
        for pattern in ["(", "[a", "a{5000}{5000}{5000}", "(?=a)"] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }
}
