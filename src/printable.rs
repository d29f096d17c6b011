//! Text that steers no terminal, whoever wrote it.
//!
//! Receives text with names, values and messages of objects and servers, hands on text for people. Invariant: what comes out holds no
//! control character but line breaks and tabs, and nothing that turns the direction of writing around; text without any of these
//! comes out as it is. Data for programs does not pass through here.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text in which escape sequences and the like are spelled out; line breaks and tabs stay.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    spelled_out(text, |c| steers(c) && !matches!(c, '\n' | '\t'))
}

/// The same for what must stay on its line, such as a name: line breaks and tabs are spelled out too.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    spelled_out(text, steers)
}

/// Control characters (C0, DEL, C1), what parts lines beside them, and what changes the direction of writing (Unicode's Bidi_Control),
/// with which text can be made to look like another.
#[must_use]
pub fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `^[` for the escape character, as kubectl and `cat -v` write it, and `\u202e` for what has no such form.
fn spelled_out(text: &str, spell: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&spell) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            _ if !spell(c) => out.push(c),
            '\0'..='\u{1f}' => out.extend(['^', char::from(c as u8 + b'@')]),
            // Writing to a String has no way to fail.
            _ => drop(write!(out, "\\u{:04x}", u32::from(c))),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_spelled_out() {
        assert_eq!(printable("\u{1b}[31mred\u{7}\u{7f}\u{9b}0m\r\n\tx"), "^[[31mred^G\\u007f\\u009b0m^M\n\tx");
        assert_eq!(printable("user\u{202e}nimda\u{2066}\u{2028}"), "user\\u202enimda\\u2066\\u2028");
        assert_eq!(one_line("a\nerror: b\tc"), "a^Jerror: b^Ic");
    }

    #[test]
    fn text_of_every_script_stays_as_it_is() {
        for text in ["plain", "日本 é עברית العربية 👩‍💻", "a\nb\tc"] {
            assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
        }
    }
}
