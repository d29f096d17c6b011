//! What the API answers, as text on the screen.

pub mod table;
