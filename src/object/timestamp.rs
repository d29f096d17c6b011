//! Times as API objects write them.

use std::fmt;

use jiff::{Timestamp, fmt::strtime};

/// A point in time with whole seconds, displayed as `2026-11-22T10:00:00Z` (RFC 3339, UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(Timestamp);

/// A point in time with microseconds, displayed as `2026-11-22T10:00:00.000000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MicroTime(pub Timestamp);

impl Time {
    /// Cuts a timestamp to whole seconds.
    #[must_use]
    pub fn new(timestamp: Timestamp) -> Self {
        Self(Timestamp::from_second(timestamp.as_second()).unwrap_or(timestamp))
    }

    /// Reads RFC 3339 text of any precision and offset. Answers `None` where it is not that.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<Timestamp>().ok().map(Self::new)
    }

    /// The point in time itself.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        strtime::format("%Y-%m-%dT%H:%M:%SZ", self.0).map_err(|_| fmt::Error)?.fmt(f)
    }
}

impl fmt::Display for MicroTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        strtime::format("%Y-%m-%dT%H:%M:%S.%6fZ", self.0).map_err(|_| fmt::Error)?.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_api_objects_write_them() {
        let at: Timestamp = "2026-11-22T10:00:00.123456789+02:00".parse().expect("a valid time");
        assert_eq!(Time::new(at).to_string(), "2026-11-22T08:00:00Z");
        assert_eq!(MicroTime(at).to_string(), "2026-11-22T08:00:00.123456Z");
    }
}
