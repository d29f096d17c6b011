use serde_json::json;

use super::{MAPS, TestApi, config_map};

#[tokio::test]
async fn an_object_lives_from_create_to_delete() {
    let api = TestApi::new().await;
    let created = api.post(MAPS, &config_map("a", &json!({"k": "v"}))).await;
    assert_eq!(created.code, 201, "{created:?}");
    let path = format!("{MAPS}/a");
    let got = api.get(&path).await;
    assert_eq!(got.body, created.body);
    let mut changed = got.body.clone();
    changed["data"]["k"] = json!("w");
    let put = api.put(&path, &changed).await;
    assert_eq!(put.code, 200, "{put:?}");
    assert_eq!(api.put(&path, &changed).await.code, 409);
    let list = api.get(MAPS).await;
    assert_eq!(list.body["items"].as_array().map(Vec::len), Some(1), "{list:?}");
    let applied = api.apply(&path, "me", &config_map("a", &json!({"x": "y"}))).await;
    assert_eq!((applied.code.as_u16(), &applied.body["data"]), (200, &json!({"k": "w", "x": "y"})), "{applied:?}");
    assert_eq!(api.delete(&path).await.body["status"], "Success");
    assert_eq!(api.get(&path).await.code, 404);
}
