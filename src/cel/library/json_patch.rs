//! What is needed to write the paths of a JSON patch; of mutations alone, see [`crate::cel::construct`].

use crate::cel::construct::ESCAPE_KEY;
use crate::cel::functions::Line;
use crate::cel::functions::Price::Once;
use crate::cel::functions::Style::Global;
use crate::cel::value::Val;

/// See [`super::TABLES`].
pub(super) const TABLE: &[Line] =
    &[(ESCAPE_KEY, Global, Once, &["string -> string"], |call, _| Ok(Val::from(call.text(0)?.replace('~', "~0").replace('/', "~1"))))];
