//! Amounts of what quotas limit, by name.
//!
//! Invariant: adding and taking away is exact, and a sum is written with the suffixes of what came first.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::schema::quantity;

/// One amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Amount {
    billionths: i128,
    /// Whether it is written with powers of 1024.
    binary: bool,
}

impl Amount {
    pub(super) fn of(count: usize) -> Self {
        Self { billionths: i128::try_from(count).unwrap_or_default() * 1_000_000_000, binary: false }
    }

    /// What is no quantity counts as nothing; the rules let none be stored.
    pub(super) fn read(text: &str) -> Self {
        Self { billionths: quantity::billionths(text).unwrap_or_default(), binary: text.ends_with('i') }
    }

    pub(super) fn text(self) -> String {
        quantity::text(self.billionths, self.binary)
    }

    fn and(self, other: Self) -> Self {
        let binary = if self.billionths == 0 { other.binary } else { self.binary };
        Self { billionths: self.billionths.saturating_add(other.billionths), binary }
    }
}

/// Amounts by the names that quotas give them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Amounts(BTreeMap<String, Amount>);

impl Amounts {
    /// The amounts of a member such as `status.hard`.
    pub(super) fn read(member: Option<&Value>) -> Self {
        let members = member.and_then(Value::as_object).into_iter().flatten();
        Self(members.filter_map(|(name, amount)| Some((name.clone(), Amount::read(amount.as_str()?)))).collect())
    }

    pub(super) fn to_value(&self) -> Value {
        Value::Object(self.0.iter().map(|(name, amount)| (name.clone(), amount.text().into())).collect::<Map<_, _>>())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one amount.
    pub(super) fn add(&mut self, name: impl Into<String>, amount: Amount) {
        let sum = self.0.entry(name.into()).or_default();
        *sum = sum.and(amount);
    }

    /// Adds amounts by amounts.
    pub(crate) fn add_all(&mut self, more: &Self) {
        more.0.iter().for_each(|(name, amount)| self.add(name.as_str(), *amount));
    }

    /// What these are more than others; what is not more is left out.
    pub(super) fn beyond(&self, others: &Self) -> Self {
        let left = self.0.iter().map(|(name, amount)| {
            let other = others.0.get(name).copied().unwrap_or_default();
            (name.clone(), Amount { billionths: amount.billionths.saturating_sub(other.billionths), ..*amount })
        });
        Self(left.filter(|(_, amount)| amount.billionths > 0).collect())
    }

    /// Those of the names that fit.
    pub(super) fn only(&self, fits: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|(name, _)| fits(name)).map(|(name, amount)| (name.clone(), *amount)).collect())
    }

    /// As refusals list them: `cpu=1,pods=2`.
    pub(super) fn shown(&self) -> String {
        let each: Vec<String> = self.0.iter().map(|(name, amount)| format!("{name}={}", amount.text())).collect();
        each.join(",")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Amounts {
        Amounts::read(Some(value))
    }

    #[test]
    fn sums_keep_their_suffixes_and_differences_are_never_negative() {
        let mut sum = read(&json!({"memory": "0", "cpu": "1"}));
        sum.add_all(&read(&json!({"memory": "512Mi", "cpu": "500m"})));
        sum.add_all(&read(&json!({"memory": "512Mi", "pods": "1"})));
        assert_eq!(sum.shown(), "cpu=1500m,memory=1Gi,pods=1");
        assert_eq!(sum.beyond(&read(&json!({"cpu": "2", "pods": "1", "memory": "1Mi"}))).shown(), "memory=1023Mi");
    }
}
