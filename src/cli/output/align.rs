//! Cells to columns, as Go's tabwriter lays them out in kubectl.

use unicode_width::UnicodeWidthStr as _;

/// Blanks between two columns, and the least a column takes with them; the figures of kubectl's tabwriter.
const GAP: usize = 3;
const LEAST_WIDTH: usize = 6;

/// The widths of columns. They never shrink, so that lines printed later stand below those before.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Widths {
    known: Vec<usize>,
    gap: usize,
    least: usize,
}

impl Default for Widths {
    fn default() -> Self {
        Self { known: Vec::new(), gap: GAP, least: LEAST_WIDTH }
    }
}

impl Widths {
    /// Columns with so many blanks between them, however narrow they are.
    pub(in crate::cli) fn apart(gap: usize) -> Self {
        Self { known: Vec::new(), gap, least: 0 }
    }

    /// The lines as text, each ending in a line break.
    pub(in crate::cli) fn align(&mut self, lines: &[Vec<String>]) -> String {
        for cells in lines {
            // The last cell of a line is followed by nothing and so widens no column.
            for (index, cell) in cells.iter().enumerate().take(cells.len().saturating_sub(1)) {
                let width = (cell.width() + self.gap).max(self.least);
                match self.known.get_mut(index) {
                    Some(known) => *known = width.max(*known),
                    None => self.known.push(width),
                }
            }
        }
        let mut out = String::new();
        for cells in lines {
            for (index, cell) in cells.iter().enumerate() {
                match self.known.get(index).filter(|_| index + 1 < cells.len()) {
                    Some(width) => out.push_str(&padded(cell, *width)),
                    None => out.push_str(cell),
                }
            }
            out.push('\n');
        }
        out
    }
}

/// A text and as many blanks as it needs; a format's own width ends at 65,535, where messages do not.
pub(in crate::cli) fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    text.chars().chain(std::iter::repeat_n(' ', missing)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(left: &str, right: &str) -> Vec<String> {
        vec![left.to_owned(), right.to_owned()]
    }

    #[test]
    fn cells_may_be_longer_than_any_format_is_wide() {
        let long = "x".repeat(70_000);
        let text = Widths::apart(2).align(&[row(&long, "a"), row("b", "c")]);
        assert!(text.starts_with(&format!("{long}  a\n")) && text.len() == 2 * 70_004);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(Widths::apart(1).align(&[row("日本", "a"), row("abc", "b")]), "日本 a\nabc  b\n");
        assert_eq!(Widths::default().align(&[row("a", "b")]), "a     b\n");
    }
}
