//! Two states of an object next to each other, as wide as the terminal.

use similar::{DiffOp, DiffTag, TextDiff};
use unicode_width::UnicodeWidthChar as _;

use super::diff::{DiffOptions, PATIENCE, shown_states};
use crate::paint::{Brush, Color};
use crate::plan::PlanEntry;

/// Below this many columns nothing is shown side by side; a unified diff is read more easily.
pub const NARROWEST: usize = 80;
/// Between the sides: a blank, the mark, a blank.
const GUTTER: usize = 3;

/// The hunks between an entry's states in two columns: before on the left, after on the right, and between them `|` where a line
/// changes, `<` where it goes, `>` where it is new. Lines that are too long go on in the next row.
#[must_use]
pub fn side_by_side(entry: &PlanEntry, width: usize, options: DiffOptions) -> String {
    let (old, new) = shown_states(entry, options.mask, options.server_fields).texts();
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(&old, &new);
    let page = Page { column: width.saturating_sub(GUTTER) / 2, brush: Brush::new(options.color) };
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut text = String::new();
    for (number, group) in diff.grouped_ops(options.context).iter().enumerate() {
        if number > 0 {
            text.push_str(&page.brush.color(Color::Cyan, &"┄".repeat(page.column * 2 + GUTTER)));
            text.push('\n');
        }
        group.iter().for_each(|op| page.rows(&mut text, op, &old, &new));
    }
    text
}

struct Page {
    column: usize,
    brush: Brush,
}

impl Page {
    fn rows(&self, text: &mut String, op: &DiffOp, old: &[&str], new: &[&str]) {
        let (left, right) = (&old[op.old_range()], &new[op.new_range()]);
        for index in 0..left.len().max(right.len()) {
            let (before, after) = (left.get(index).copied(), right.get(index).copied());
            let mark = match (op.tag(), before, after) {
                (DiffTag::Equal, ..) => ' ',
                (_, Some(_), Some(_)) => '|',
                (_, Some(_), None) => '<',
                _ => '>',
            };
            self.row(text, before.unwrap_or_default(), mark, after.unwrap_or_default());
        }
    }

    fn row(&self, text: &mut String, before: &str, mark: char, after: &str) {
        let (left, right) = (pieces(before, self.column), pieces(after, self.column));
        let paint = |color: Color, piece: &str| if mark == ' ' { piece.to_owned() } else { self.brush.color(color, piece) };
        for index in 0..left.len().max(right.len()) {
            let (piece, width) = left.get(index).cloned().unwrap_or_default();
            let other = right.get(index).map(|(piece, _)| piece.as_str()).unwrap_or_default();
            let mark = if index == 0 { mark } else { ' ' };
            let pad = " ".repeat(self.column - width);
            let line = format!("{}{pad} {mark} {}", paint(Color::Red, &piece), paint(Color::Green, other));
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
}

/// A line in pieces of at most `column` columns, each with its width; at least one.
fn pieces(line: &str, column: usize) -> Vec<(String, usize)> {
    let mut pieces = vec![(String::new(), 0)];
    for c in line.chars() {
        // The texts are YAML, in which control characters are escaped; a tab inside of a block counts as the blank it is shown as.
        let c = if c == '\t' { ' ' } else { c };
        let width = c.width().unwrap_or_default();
        if pieces.last().is_some_and(|(_, taken)| taken + width > column) {
            pieces.push((String::new(), 0));
        }
        if let Some((piece, taken)) = pieces.last_mut() {
            piece.push(c);
            *taken += width;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_go_on_in_the_next_row() {
        assert_eq!(pieces("abcde", 2), [("ab".to_owned(), 2), ("cd".to_owned(), 2), ("e".to_owned(), 1)]);
        assert_eq!(pieces("", 2), [(String::new(), 0)]);
        assert_eq!(pieces("日本", 3), [("日".to_owned(), 2), ("本".to_owned(), 2)]);
    }

    #[test]
    fn each_side_keeps_to_its_column() {
        let page = Page { column: 6, brush: Brush::new(false) };
        let mut text = String::new();
        page.row(&mut text, "a: 1234567", '|', "a: 2");
        page.row(&mut text, "", '>', "b: 1");
        page.row(&mut text, "same", ' ', "same");
        assert_eq!(text, "a: 123 | a: 2\n4567\n       > b: 1\nsame     same\n");
    }
}
