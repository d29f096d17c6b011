//! Semantic versions.
//!
//! See <https://semver.org/spec/v2.0.0.html>.

use std::cmp::Ordering;

use super::{Answer, Call, Opaque, Unused, opaque};
use crate::cel::Fault;
use crate::cel::functions::Line;
use crate::cel::functions::Price::{Once, One};
use crate::cel::functions::Style::{Global, Member};
use crate::cel::value::Val;

const OF_TEXT: &[&str] = &["string -> semver", "string, bool -> semver"];
const PART: &[&str] = &["semver -> int"];

/// See [`super::TABLES`].
pub(super) const TABLE: &[Line] = &[
    ("semver", Global, Once, OF_TEXT, |call, budget| {
        read(call, budget)?.map(|version| opaque(Opaque::Semver(version))).ok_or_else(|| Fault::other("invalid semantic version"))
    }),
    ("isSemver", Global, Once, &["string -> bool", "string, bool -> bool"], |call, budget| Ok(Val::Bool(read(call, budget)?.is_some()))),
    ("major", Member, One, PART, |call, _| part(call, 0)),
    ("minor", Member, One, PART, |call, _| part(call, 1)),
    ("patch", Member, One, PART, |call, _| part(call, 2)),
];

/// A version; builds do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cel) struct Semver {
    numbers: [u64; 3],
    before: Vec<String>,
}

impl Semver {
    /// The length of its words, in bytes.
    pub(super) fn text_size(&self) -> usize {
        self.before.iter().map(|word| word.len() + 1).sum()
    }

    fn parse(text: &str) -> Option<Self> {
        let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
        let (numbers, before) = text.split_once('-').map_or((text, None), |(numbers, before)| (numbers, Some(before)));
        let words = |text: &str| {
            text.split('.').all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
        };
        if !build.is_none_or(words) || !before.is_none_or(words) {
            return None;
        }
        let before: Vec<String> = before.into_iter().flat_map(|before| before.split('.')).map(str::to_owned).collect();
        if before.iter().any(|word| word.len() > 1 && word.starts_with('0') && word.bytes().all(|byte| byte.is_ascii_digit())) {
            return None;
        }
        let mut parts = numbers.split('.').map(number);
        let numbers = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then_some(Self { numbers, before })
    }

    /// Forgives a leading `v`, missing numbers and leading zeros.
    fn parse_leniently(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('v').unwrap_or(text);
        let end = text.find(['-', '+']).unwrap_or(text.len());
        let mut numbers: Vec<&str> = text[..end].split('.').collect();
        while numbers.len() < 3 && end == text.len() {
            numbers.push("0");
        }
        let numbers: Vec<&str> = numbers.into_iter().map(|number| if number.is_empty() { "x" } else { strip_zeros(number) }).collect();
        Self::parse(&format!("{}{}", numbers.join("."), &text[end..]))
    }
}

fn strip_zeros(number: &str) -> &str {
    let stripped = number.trim_start_matches('0');
    if stripped.is_empty() { "0" } else { stripped }
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits && (text.len() == 1 || !text.starts_with('0')) { text.parse().ok() } else { None }
}

impl PartialOrd for Semver {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Semver {
    fn cmp(&self, other: &Self) -> Ordering {
        let release = other.before.is_empty().cmp(&self.before.is_empty()).reverse();
        self.numbers.cmp(&other.numbers).then(release).then_with(|| {
            let words = self.before.iter().zip(&other.before).map(|(left, right)| match (number(left), number(right)) {
                (Some(left), Some(right)) => left.cmp(&right),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => left.cmp(right),
            });
            words.fold(Ordering::Equal, Ordering::then).then(self.before.len().cmp(&other.before.len()))
        })
    }
}

fn read(call: &Call<'_, '_>, _: Unused<'_>) -> Result<Option<Semver>, Fault> {
    let text = call.text(0)?;
    Ok(match call.arguments.get(1) {
        Some(Val::Bool(true)) => Semver::parse_leniently(text),
        _ => Semver::parse(text),
    })
}

fn part<'a>(call: &Call<'_, 'a>, index: usize) -> Answer<'a> {
    match call.opaque(0)? {
        Opaque::Semver(version) => i64::try_from(version.numbers[index]).map(Val::Int).map_err(|_| Fault::other("integer overflow")),
        _ => call.refuse(),
    }
}
