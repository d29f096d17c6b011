//! Questions to the authorizer: signatures, by which conditions that ask them are compiled.
//!
//! The variables that hold an authorizer are there in conditions of admission alone, never in rules of a schema, and nobody answers for an
//! authorizer there; so no value of these types comes to exist, and a call is refused as one with arguments that it is not for.
//!
//! See <https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-authorizer-library>.

use super::{Answer, Call, Unused};
use crate::cel::functions::Line;
use crate::cel::functions::Price::One;
use crate::cel::functions::Style::Member;

const REFINE: &[&str] = &["resourceCheck, string -> resourceCheck"];

/// See [`super::TABLES`].
pub(super) const TABLE: &[Line] = &[
    ("path", Member, One, &["authorizer, string -> pathCheck"], unanswered),
    ("group", Member, One, &["authorizer, string -> groupCheck"], unanswered),
    ("serviceAccount", Member, One, &["authorizer, string, string -> authorizer"], unanswered),
    ("resource", Member, One, &["groupCheck, string -> resourceCheck"], unanswered),
    ("subresource", Member, One, REFINE, unanswered),
    ("namespace", Member, One, REFINE, unanswered),
    ("name", Member, One, REFINE, unanswered),
    ("fieldSelector", Member, One, REFINE, unanswered),
    ("labelSelector", Member, One, REFINE, unanswered),
    ("check", Member, One, &["pathCheck, string -> decision", "resourceCheck, string -> decision"], unanswered),
    ("allowed", Member, One, &["decision -> bool"], unanswered),
    ("errored", Member, One, &["decision -> bool"], unanswered),
    ("error", Member, One, &["decision -> string"], unanswered),
    ("reason", Member, One, &["decision -> string"], unanswered),
];

fn unanswered<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    call.refuse()
}
