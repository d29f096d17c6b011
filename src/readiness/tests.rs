//! The rules, one scenario after the other: `scenarios.yaml`.

use serde::Deserialize;
use serde_json::Value;

use super::*;

/// The time at which all scenarios are looked at.
const NOW: &str = "2026-11-22T10:00:00Z";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    name: String,
    object: Value,
    expected: String,
    #[serde(default)]
    is_final: bool,
}

#[test]
fn every_scenario_comes_out_as_written() {
    let scenarios: Vec<Scenario> = serde_saphyr::from_str(include_str!("scenarios.yaml")).expect("readable scenarios");
    let now = NOW.parse().expect("a time");
    for Scenario { name, object, expected, is_final } in scenarios {
        let found = readiness(&Object::from_value(object).expect("an object"), now);
        assert_eq!((found.to_string(), found.is_final_failure()), (expected, is_final), "{name}");
    }
}

#[test]
fn what_is_of_an_unexpected_type_is_passed_over() {
    let odd = serde_json::json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"generation": "1"},
        "spec": {"replicas": "many"}, "status": {"conditions": "none", "observedGeneration": 1}});
    let found = readiness(&Object::from_value(odd).expect("an object"), NOW.parse().expect("a time"));
    assert_eq!(found.to_string(), "in progress: 0 of 1 replicas exist");
}
