//! Colours for a terminal, where the caller says whether there are any.
//!
//! `colored` decides by a global of its own whether its strings are coloured; this takes only its names of colours and leaves that
//! global alone, because one process may write a coloured stderr and a plain stdout. Invariant: a plain brush changes nothing.

pub use colored::Color;

/// Paints text, or leaves it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Brush {
    color: bool,
}

impl Brush {
    /// A brush that paints where `color` says so.
    #[must_use]
    pub fn new(color: bool) -> Self {
        Self { color }
    }

    /// Whether the brush paints.
    #[must_use]
    pub fn is_colored(self) -> bool {
        self.color
    }

    /// Text in a colour.
    #[must_use]
    pub fn color(self, color: Color, text: &str) -> String {
        self.wrap(&color.to_fg_str(), text)
    }

    /// Text in a colour that stands out within a line of that colour: bold and underlined.
    #[must_use]
    pub fn emphasis(self, color: Color, text: &str) -> String {
        self.wrap(&format!("1;4;{}", color.to_fg_str()), text)
    }

    /// Bold text in a colour.
    #[must_use]
    pub fn bold(self, color: Color, text: &str) -> String {
        self.wrap(&format!("1;{}", color.to_fg_str()), text)
    }

    /// Text that steps back.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    fn wrap(self, codes: &str, text: &str) -> String {
        if self.color && !text.is_empty() { format!("\u{1b}[{codes}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
