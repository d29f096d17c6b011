//! What is wrong for as long as it is wrong, told once.
//!
//! Receives failures of what is tried again and again; hands on whether to warn of them. Invariant: one failure is told once, however often it
//! is met, until things went well in between.

/// What was last told to be wrong.
#[derive(Debug, Default)]
pub(super) struct Complaint(Option<String>);

impl Complaint {
    /// Something is wrong; answers whether that is to be told.
    pub(super) fn is_news(&mut self, wrong: &str) -> bool {
        if self.0.as_deref() == Some(wrong) {
            return false;
        }
        self.0 = Some(wrong.to_owned());
        true
    }

    /// Things go well.
    pub(super) fn settle(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_once_until_it_went_well() {
        let mut complaint = Complaint::default();
        let told: Vec<bool> = ["disk", "disk", "key", "disk"].into_iter().map(|wrong| complaint.is_news(wrong)).collect();
        assert_eq!(told, [true, false, true, true]);
        complaint.settle();
        assert!(complaint.is_news("disk") && !complaint.is_news("disk"));
    }
}
