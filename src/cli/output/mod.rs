//! What the API answers, as text on the screen.

mod align;
pub mod custom_columns;
pub mod form;
pub mod go;
pub mod sort;
pub mod table;
