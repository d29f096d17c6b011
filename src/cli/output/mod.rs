//! What the API answers, and what is planned, as text on the screen.

pub(in crate::cli) mod align;
pub mod custom_columns;
pub(in crate::cli) mod description;
pub mod events;
pub mod explanation;
pub mod faults;
pub mod form;
pub mod go;
mod misspelled;
pub mod plan;
pub mod sort;
pub mod table;
