use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use tower::BoxError;
use trueup::ambient::Ambient;
use trueup::api::Api;
use trueup::controllers::{ControllerOptions, ControllersHandle, Selection, spawn};
use trueup::store::MemoryStore;

use super::{MAPS, World, answer, client, eventually, is_deleted, map, owned_by};

const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/trueup-controllers";

fn standing(api: &Api) -> ControllersHandle {
    let options = ControllerOptions {
        client: client(api),
        selection: Selection::all(),
        leader_election: true,
        ambient: Ambient::system(),
        root_ca: None,
    };
    spawn(options)
}

/// Who holds the lead; `None` for nobody.
async fn leader(world: &World) -> Option<String> {
    let lease = world.get(LEASE).await?;
    lease["spec"]["holderIdentity"].as_str().filter(|holder| !holder.is_empty()).map(str::to_owned)
}

#[tokio::test]
async fn no_controller_asks_nothing() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let service = tower::service_fn(move |_: http::Request<kube::client::Body>| {
        count.fetch_add(1, Ordering::SeqCst);
        async { Err::<http::Response<kube::client::Body>, BoxError>("nobody is there".into()) }
    });
    let client = kube::Client::new(service, "default");
    let controllers = |selection| ControllerOptions {
        client: client.clone(),
        selection,
        leader_election: true,
        ambient: Ambient::system(),
        root_ca: None,
    };
    spawn(controllers(Selection::none())).stop().await;
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    let stubborn = spawn(controllers(Selection::all()));
    eventually("a controller asks again after failures", async || (asked.load(Ordering::SeqCst) > 1).then_some(())).await;
    stubborn.stop().await;
}

#[tokio::test]
async fn a_controller_alone_leaves_the_work_of_the_other() {
    let world = World::asleep().await;
    world.create("/api/v1/namespaces", json!({"metadata": {"name": "team"}})).await;
    world.delete("/api/v1/namespaces/team", "Background").await;
    let collector = super::start(&world.api.api, "gc");
    world.collector_had_its_turn().await;
    assert!(world.get("/api/v1/namespaces/team").await.is_some());
    collector.stop().await;
}

#[tokio::test]
async fn what_happened_while_no_controller_ran_is_made_up_for() {
    let mut world = World::new().await;
    let owner = world.create(MAPS, map("owner", &[])).await;
    let mut held = map("held", &[owned_by(&owner)]);
    held["metadata"]["finalizers"] = json!(["x.io/hold"]);
    world.create(MAPS, held).await;
    world.delete(&format!("{MAPS}/owner"), "Foreground").await;
    world.until(&format!("{MAPS}/held"), "is being deleted", is_deleted).await;
    world.sleep().await;
    world.let_go(&format!("{MAPS}/held")).await;
    let late = world.create(MAPS, map("late", &[owned_by(&owner)])).await;
    world.create(MAPS, map("later", &[owned_by(&late)])).await;
    assert!(world.get(&format!("{MAPS}/owner")).await.is_some_and(|owner| is_deleted(&owner)), "nobody lets it go");
    world.wake();
    for name in ["later", "late", "held", "owner"] {
        world.until_gone(&format!("{MAPS}/{name}")).await;
    }
}

#[tokio::test]
async fn controllers_outlive_their_server() {
    let store = Arc::new(MemoryStore::new());
    let open = async || Api::open(Arc::<MemoryStore>::clone(&store), Ambient::system()).await.expect("it opens");
    let server = Arc::new(Mutex::new(Some(open().await)));
    let running = Arc::clone(&server);
    let service = tower::service_fn(move |request: http::Request<kube::client::Body>| {
        let api = running.lock().expect("no panic while locked").clone();
        async move {
            let api = api.ok_or_else(|| BoxError::from("connection refused"))?;
            answer(&api, request).await
        }
    });
    let client = kube::Client::new(service, "default");
    let options =
        ControllerOptions { client, selection: Selection::all(), leader_election: false, ambient: Ambient::system(), root_ca: None };
    let controllers = spawn(options);
    let mut world =
        World::over(server.lock().expect("no panic while locked").clone().expect("a server"), Arc::<MemoryStore>::clone(&store));
    let owner = world.create(MAPS, map("owner", &[])).await;
    world.create(MAPS, map("child", &[owned_by(&owner)])).await;
    world.collector_had_its_turn().await;
    let first = server.lock().expect("no panic while locked").take().expect("a server");
    first.stop();
    drop((first, world));
    world = World::over(open().await, Arc::<MemoryStore>::clone(&store));
    world.delete(&format!("{MAPS}/owner"), "Background").await;
    *server.lock().expect("no panic while locked") = Some(world.api.api.clone());
    world.until_gone(&format!("{MAPS}/child")).await;
    world.collector_had_its_turn().await;
    controllers.stop().await;
}

#[tokio::test]
async fn one_of_two_leads_and_the_other_takes_over_when_it_stops() {
    let world = World::asleep().await;
    let first = standing(&world.api.api);
    let holder = eventually("somebody leads", async || leader(&world).await).await;
    let second = standing(&world.api.api);
    world.collector_had_its_turn().await;
    assert_eq!(leader(&world).await.as_ref(), Some(&holder));
    first.stop().await;
    let next = eventually("the other leads", async || leader(&world).await.filter(|now| *now != holder)).await;
    world.collector_had_its_turn().await;
    assert_eq!(leader(&world).await, Some(next));
    second.stop().await;
    assert_eq!(leader(&world).await, None);
}

#[tokio::test]
async fn a_lead_whose_holder_is_dead_runs_out() {
    let world = World::asleep().await;
    let spec = json!({"holderIdentity": "dead", "leaseDurationSeconds": 1, "renewTime": "2026-11-22T10:00:00.000000Z"});
    let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "trueup-controllers"}, "spec": spec});
    world.create("/apis/coordination.k8s.io/v1/namespaces/kube-system/leases", lease).await;
    let heir = standing(&world.api.api);
    eventually("another leads", async || leader(&world).await.filter(|holder| holder != "dead")).await;
    heir.stop().await;
}
