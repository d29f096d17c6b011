//! Events go after their time.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use trueup::ambient::Ambient;
use trueup::api::Api;

use super::{MERGE, TestApi};

const EVENTS: &str = "/api/v1/namespaces/default/events";
const HOUR: Duration = Duration::from_hours(1);

fn event(name: &str) -> Value {
    json!({"metadata": {"name": name}, "involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"}})
}

/// The same store at another time of the day of all tests.
async fn at(time: &str, earlier: &TestApi) -> TestApi {
    let ambient = Ambient::pinned(format!("2026-11-22T{time}Z").parse().expect("a time"));
    let api = Api::open(Arc::clone(&earlier.store), ambient).await.expect("it opens");
    TestApi::around(api, Arc::clone(&earlier.store))
}

fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().into_iter().flatten();
    items.filter_map(|item| item["metadata"]["name"].as_str()).collect()
}

#[tokio::test]
async fn an_event_is_removed_an_hour_after_its_last_write_and_watchers_are_told() {
    for ten in TestApi::on_each_store().await {
        for name in ["old", "refreshed"] {
            ten.create(EVENTS, &event(name)).await;
        }
        ten.create_maps(&["no-event"]).await;
        let half_past = at("10:30:00", &ten).await;
        half_past.create(EVENTS, &event("young")).await;
        half_past.patch(&format!("{EVENTS}/refreshed"), MERGE, &json!({"count": 2})).await;
        let eleven = at("11:00:00", &ten).await;
        assert_eq!(eleven.api.expire_events(HOUR).await.expect("swept"), 0);
        let mut watch = eleven.watch(&format!("{EVENTS}?resourceVersion={}", eleven.revision().await)).await;
        let later = at("11:00:01", &ten).await;
        assert_eq!(later.api.expire_events(HOUR).await.expect("swept"), 1);
        watch.expect(&[("DELETED", "old")]).await;
        assert_eq!(names(&later.get(EVENTS).await.body), ["refreshed", "young"]);
        assert_eq!(later.get(super::MAPS).await.body["items"][0]["metadata"]["name"], "no-event");
        let evening = at("20:00:00", &ten).await;
        assert_eq!(evening.api.expire_events(HOUR).await.expect("swept"), 2);
    }
}

#[tokio::test]
async fn more_events_than_a_page_are_all_found() {
    let ten = TestApi::new().await;
    for number in 0..1100 {
        ten.create(EVENTS, &event(&format!("e{number}"))).await;
    }
    let later = at("11:00:01", &ten).await;
    assert_eq!(later.api.expire_events(HOUR).await.expect("swept"), 1100);
    assert!(names(&later.get(EVENTS).await.body).is_empty());
}
