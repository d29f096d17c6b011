//! What the API answers, and what is planned, as text on the screen.

mod align;
pub mod custom_columns;
pub mod form;
pub mod go;
pub mod plan;
pub mod sort;
pub mod table;
