//! `autoscaling/v1` autoscalers: annotations carry what that version has no fields for, so what a path cannot set in fields it cannot set
//! in annotations either.

use crate::object::Object;

/// What stands for parts of `spec`.
const OF_SPEC: [&str; 2] = ["autoscaling.alpha.kubernetes.io/behavior", "autoscaling.alpha.kubernetes.io/metrics"];

/// What stands for parts of `status`.
const OF_STATUS: [&str; 2] = ["autoscaling.alpha.kubernetes.io/conditions", "autoscaling.alpha.kubernetes.io/current-metrics"];

pub(super) fn on_create(object: &mut Object) {
    keep(&OF_STATUS, &Object::default(), object);
}

pub(super) fn on_update(before: &Object, after: &mut Object, subresource: &str) {
    keep(if subresource == "status" { &OF_SPEC } else { &OF_STATUS }, before, after);
}

fn keep(names: &[&str], before: &Object, after: &mut Object) {
    for name in names {
        if before.annotation(name) != after.annotation(name) {
            after.set_annotation(name, before.annotation(name));
        }
    }
}
