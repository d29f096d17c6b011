//! Cells to columns, as Go's tabwriter lays them out in kubectl.

use unicode_width::UnicodeWidthStr as _;

/// Blanks between two columns, and the least a column takes with them; the figures of kubectl's tabwriter.
const GAP: usize = 3;
const LEAST_WIDTH: usize = 6;

/// The widths of columns. They never shrink, so that lines printed later stand below those before.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Widths(Vec<usize>);

impl Widths {
    /// The lines as text, each ending in a line break.
    pub(in crate::cli) fn align(&mut self, lines: &[Vec<String>]) -> String {
        for cells in lines {
            // The last cell of a line is followed by nothing and so widens no column.
            for (index, cell) in cells.iter().enumerate().take(cells.len().saturating_sub(1)) {
                let width = (cell.width() + GAP).max(LEAST_WIDTH);
                match self.0.get_mut(index) {
                    Some(known) => *known = width.max(*known),
                    None => self.0.push(width),
                }
            }
        }
        let mut out = String::new();
        for cells in lines {
            for (index, cell) in cells.iter().enumerate() {
                out.push_str(cell);
                if index + 1 < cells.len() {
                    out.extend(std::iter::repeat_n(' ', self.0[index] - cell.width()));
                }
            }
            out.push('\n');
        }
        out
    }
}
