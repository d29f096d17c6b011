"""What the official Python client does with a server: run with KUBECONFIG set, prints each step, fails at the first that goes wrong.

The server must know the tokens `good-token` (group system:masters) and `weak-token` (no group).
"""

import json
import threading
import time

from kubernetes import client, config, dynamic, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic.exceptions import ConflictError, NotFoundError

NAMESPACE = "python"
GROUP, VERSION, PLURAL = "example.com", "v1", "gizmos"


def step(function):
    """Runs a function right away, under its name."""
    print(function.__name__.replace("_", " "), flush=True)
    function()


def refusal(code, reason, function, *arguments, **keywords):
    """The message of the refusal with which a call must end."""
    try:
        answer = function(*arguments, **keywords)
    except ApiException as error:
        status = json.loads(error.body)
        assert (error.status, status["kind"], status["code"], status["reason"]) == (code, "Status", code, reason), error
        return status["message"]
    raise AssertionError(f"expected {code} {reason}, got {answer}")


def until_refused(code, reason, function, *arguments, **keywords):
    """Repeats a call until it ends with the refusal, which the work of a controller brings about."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return refusal(code, reason, function, *arguments, **keywords)
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def config_map(name, data, labels=None):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels=labels), data=data)


def containers(*given):
    return client.V1PodSpec(containers=[client.V1Container(name=name, image=image) for name, image in given])


config.load_kube_config()
core, apps = client.CoreV1Api(), client.AppsV1Api()
custom = client.CustomObjectsApi()


@step
def the_version_is_read():
    assert client.VersionApi().get_code().major == "1"
    assert "apps" in [group.name for group in client.ApisApi().get_api_versions().groups]


@step
def a_namespace_is_created():
    created = core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))
    assert created.status.phase == "Active" and created.metadata.uid
    assert NAMESPACE in [found.metadata.name for found in core.list_namespace().items]
    changed = core.patch_namespace(NAMESPACE, {"metadata": {"labels": {"team": "a"}}})
    assert changed.metadata.labels["team"] == "a" and changed.metadata.labels["kubernetes.io/metadata.name"] == NAMESPACE
    refusal(409, "AlreadyExists", core.create_namespace, client.V1Namespace(metadata=client.V1ObjectMeta(name=NAMESPACE)))


@step
def a_config_map_lives_from_create_to_delete():
    created = core.create_namespaced_config_map(NAMESPACE, config_map("a", {"k": "v"}))
    assert created.metadata.resource_version and created.metadata.creation_timestamp
    patched = core.patch_namespaced_config_map("a", NAMESPACE, {"data": {"l": "w"}})
    assert patched.data == {"k": "v", "l": "w"}
    pointers = [{"op": "test", "path": "/data/k", "value": "v"}, {"op": "remove", "path": "/data/l"}]
    assert core.patch_namespaced_config_map("a", NAMESPACE, pointers).data == {"k": "v"}
    created.data = {"stale": "x"}
    message = refusal(409, "Conflict", core.replace_namespaced_config_map, "a", NAMESPACE, created)
    assert "the object has been modified" in message
    current = core.read_namespaced_config_map("a", NAMESPACE)
    current.data = {"fresh": "y"}
    assert core.replace_namespaced_config_map("a", NAMESPACE, current).data == {"fresh": "y"}
    assert core.read_namespaced_config_map("a", NAMESPACE).data == {"fresh": "y"}
    dry = core.patch_namespaced_config_map("a", NAMESPACE, {"data": {"dry": "z"}}, dry_run="All")
    assert "dry" in dry.data and "dry" not in core.read_namespaced_config_map("a", NAMESPACE).data
    wrong = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid="another"))
    refusal(409, "Conflict", core.delete_namespaced_config_map, "a", NAMESPACE, body=wrong)
    core.delete_namespaced_config_map("a", NAMESPACE, body=client.V1DeleteOptions(propagation_policy="Background"))
    refusal(404, "NotFound", core.read_namespaced_config_map, "a", NAMESPACE)
    refusal(404, "NotFound", core.delete_namespaced_config_map, "a", NAMESPACE)
    refusal(422, "Invalid", core.create_namespaced_config_map, NAMESPACE, config_map("A_b", {}))


@step
def names_are_generated():
    meta = client.V1ObjectMeta(generate_name="made-")
    made = [core.create_namespaced_config_map(NAMESPACE, client.V1ConfigMap(metadata=meta)).metadata.name for _ in range(2)]
    assert made[0] != made[1] and all(name.startswith("made-") for name in made)
    for name in made:
        core.delete_namespaced_config_map(name, NAMESPACE)


@step
def a_list_is_read_in_pages_and_by_selectors():
    for number in range(7):
        core.create_namespaced_config_map(NAMESPACE, config_map(f"page-{number}", {}, {"half": "odd" if number % 2 else "even"}))
    seen, token, versions = [], None, set()
    while True:
        page = core.list_namespaced_config_map(NAMESPACE, limit=3, _continue=token)
        seen += [item.metadata.name for item in page.items]
        versions.add(page.metadata.resource_version)
        token = page.metadata._continue
        if not token:
            break
        # What is written between the pages is not in them.
        core.create_namespaced_config_map(NAMESPACE, config_map(f"page-later-{len(seen)}", {}))
    assert seen == [f"page-{number}" for number in range(7)], seen
    assert len(versions) == 1, versions
    odd = core.list_namespaced_config_map(NAMESPACE, label_selector="half=odd")
    assert [item.metadata.name for item in odd.items] == ["page-1", "page-3", "page-5"]
    one = core.list_config_map_for_all_namespaces(field_selector=f"metadata.name=page-4,metadata.namespace={NAMESPACE}")
    assert [item.metadata.name for item in one.items] == ["page-4"]
    core.delete_collection_namespaced_config_map(NAMESPACE, label_selector="half")
    left = core.list_namespaced_config_map(NAMESPACE).items
    assert [item.metadata.name for item in left] == ["page-later-3", "page-later-6"], left
    refusal(400, "BadRequest", core.list_namespaced_config_map, NAMESPACE, label_selector="a in (")


@step
def changes_are_watched_from_a_version_on():
    start = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version

    def change():
        core.create_namespaced_config_map(NAMESPACE, config_map("seen", {"k": "1"}))
        core.patch_namespaced_config_map("seen", NAMESPACE, {"data": {"k": "2"}})
        core.delete_namespaced_config_map("seen", NAMESPACE)

    changes = threading.Thread(target=change)
    changes.start()
    events = []
    watcher = watch.Watch()
    for event in watcher.stream(core.list_namespaced_config_map, NAMESPACE, resource_version=start, timeout_seconds=30):
        events.append((event["type"], event["object"].metadata.name, event["object"].data["k"]))
        if event["type"] == "DELETED":
            watcher.stop()
    changes.join()
    assert events == [("ADDED", "seen", "1"), ("MODIFIED", "seen", "2"), ("DELETED", "seen", "2")], events
    ended = list(watch.Watch().stream(core.list_namespaced_config_map, NAMESPACE, resource_version=start, timeout_seconds=1))
    assert [event["type"] for event in ended[:3]] == ["ADDED", "MODIFIED", "DELETED"], ended


@step
def a_deployment_is_patched_scaled_and_has_a_status_of_its_own():
    labels = {"app": "web"}
    template = client.V1PodTemplateSpec(metadata=client.V1ObjectMeta(labels=labels), spec=containers(("web", "web:1"), ("side", "side:1")))
    spec = client.V1DeploymentSpec(replicas=2, selector=client.V1LabelSelector(match_labels=labels), template=template)
    deployment = client.V1Deployment(metadata=client.V1ObjectMeta(name="web"), spec=spec)
    assert apps.create_namespaced_deployment(NAMESPACE, deployment).metadata.generation == 1
    # The default patch is a strategic merge, in which containers are known by name.
    change = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "side:2"}]}}}}
    patched = apps.patch_namespaced_deployment("web", NAMESPACE, change)
    images = {container.name: container.image for container in patched.spec.template.spec.containers}
    assert images == {"web": "web:1", "side": "side:2"} and patched.metadata.generation == 2
    patched.spec.template.spec.containers[0].image = "web:3"
    replaced = apps.replace_namespaced_deployment("web", NAMESPACE, patched)
    assert replaced.spec.template.spec.containers[0].image == "web:3" and replaced.metadata.generation == 3
    assert [found.metadata.name for found in apps.list_deployment_for_all_namespaces().items] == ["web"]
    scale = apps.read_namespaced_deployment_scale("web", NAMESPACE)
    assert scale.spec.replicas == 2 and scale.status.selector == "app=web"
    scale.spec.replicas = 5
    assert apps.replace_namespaced_deployment_scale("web", NAMESPACE, scale).spec.replicas == 5
    assert apps.patch_namespaced_deployment_scale("web", NAMESPACE, {"spec": {"replicas": 4}}).spec.replicas == 4
    change = {"spec": {"replicas": 9}, "status": {"replicas": 4, "observedGeneration": 5}}
    told = apps.patch_namespaced_deployment_status("web", NAMESPACE, change)
    assert (told.spec.replicas, told.status.replicas, told.metadata.generation) == (4, 4, 5), told
    kept = apps.patch_namespaced_deployment("web", NAMESPACE, {"status": {"replicas": 1}})
    assert kept.status.replicas == 4
    apps.delete_namespaced_deployment("web", NAMESPACE, propagation_policy="Background")
    refusal(404, "NotFound", apps.read_namespaced_deployment, "web", NAMESPACE)


@step
def a_pod_is_created_and_deleted():
    pod = client.V1Pod(metadata=client.V1ObjectMeta(name="p", labels={"app": "p"}), spec=containers(("c", "image:1")))
    assert core.create_namespaced_pod(NAMESPACE, pod).status.phase == "Pending"
    pending = core.list_namespaced_pod(NAMESPACE, field_selector="status.phase=Pending").items
    assert [found.metadata.name for found in pending] == ["p"]
    running = core.patch_namespaced_pod_status("p", NAMESPACE, {"status": {"phase": "Running"}})
    assert running.status.phase == "Running"
    assert not core.list_namespaced_pod(NAMESPACE, field_selector="status.phase=Pending").items
    # A deleted pod is answered by itself, even where it goes at once.
    assert core.delete_namespaced_pod("p", NAMESPACE, grace_period_seconds=0).metadata.name == "p"
    refusal(404, "NotFound", core.read_namespaced_pod, "p", NAMESPACE)


@step
def a_definition_brings_a_new_kind():
    gizmo = {"type": "object", "properties": {
        "spec": {"type": "object", "properties": {"size": {"type": "integer"}, "color": {"type": "string"}}},
        "status": {"type": "object", "properties": {"size": {"type": "integer"}, "phase": {"type": "string"}}},
    }}
    client.ApiextensionsV1Api().create_custom_resource_definition({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {
            "group": GROUP, "scope": "Namespaced", "names": {"plural": PLURAL, "singular": "gizmo", "kind": "Gizmo"},
            "versions": [{
                "name": VERSION, "served": True, "storage": True, "schema": {"openAPIV3Schema": gizmo},
                "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}},
            }],
        },
    })
    place = (GROUP, VERSION, NAMESPACE, PLURAL)
    body = {"apiVersion": f"{GROUP}/{VERSION}", "kind": "Gizmo", "metadata": {"name": "g"}, "spec": {"size": 1, "color": "red"}}
    assert custom.create_namespaced_custom_object(*place, body)["metadata"]["generation"] == 1
    assert custom.patch_namespaced_custom_object(*place, "g", {"spec": {"color": "blue"}})["spec"] == {"size": 1, "color": "blue"}
    told = custom.patch_namespaced_custom_object_status(*place, "g", {"spec": {"size": 9}, "status": {"phase": "Ready"}})
    assert told["spec"]["size"] == 1 and told["status"] == {"phase": "Ready"}
    assert custom.patch_namespaced_custom_object_scale(*place, "g", {"spec": {"replicas": 3}})["spec"]["replicas"] == 3
    current = custom.get_namespaced_custom_object(*place, "g")
    assert current["spec"]["size"] == 3
    current["spec"] = {"size": 4}
    assert custom.replace_namespaced_custom_object(*place, "g", current)["spec"] == {"size": 4}
    refusal(409, "Conflict", custom.replace_namespaced_custom_object, *place, "g", current)
    assert [item["metadata"]["name"] for item in custom.list_namespaced_custom_object(*place)["items"]] == ["g"]
    refused = refusal(422, "Invalid", custom.patch_namespaced_custom_object, *place, "g", {"spec": {"size": "large"}})
    assert "spec.size" in refused
    assert custom.delete_namespaced_custom_object(*place, "g")["status"] == "Success"


@step
def the_dynamic_client_applies_and_is_told_of_conflicts():
    found = dynamic.DynamicClient(client.ApiClient())
    gizmos = found.resources.get(api_version=f"{GROUP}/{VERSION}", kind="Gizmo")
    body = {"apiVersion": f"{GROUP}/{VERSION}", "kind": "Gizmo", "metadata": {"name": "d"}, "spec": {"size": 1, "color": "red"}}
    first = gizmos.server_side_apply(body=body, namespace=NAMESPACE, field_manager="first")
    again = gizmos.server_side_apply(body=body, namespace=NAMESPACE, field_manager="first")
    assert again.metadata.resourceVersion == first.metadata.resourceVersion, "an apply that changes nothing writes nothing"
    body["spec"] = {"color": "blue"}
    try:
        gizmos.server_side_apply(body=body, namespace=NAMESPACE, field_manager="second")
        raise AssertionError("a conflict is expected")
    except ConflictError as error:
        causes = json.loads(error.body)["details"]["causes"]
        assert causes == [{"reason": "FieldManagerConflict", "message": 'conflict with "first"', "field": ".spec.color"}], causes
    forced = gizmos.server_side_apply(body=body, namespace=NAMESPACE, field_manager="second", force_conflicts=True)
    assert forced.spec.to_dict() == {"size": 1, "color": "blue"}
    assert [item.metadata.name for item in gizmos.get(namespace=NAMESPACE).items] == ["d"]
    events = gizmos.watch(namespace=NAMESPACE, timeout=30)
    assert next(events)["object"].metadata.name == "d"
    events.close()
    maps = found.resources.get(api_version="v1", kind="ConfigMap")
    applied = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": {"k": "v"}}
    assert maps.server_side_apply(body=applied, namespace=NAMESPACE, field_manager="first").data.k == "v"
    assert maps.get(name="applied", namespace=NAMESPACE).metadata.managedFields[0].manager == "first"
    gizmos.delete(name="d", namespace=NAMESPACE)
    try:
        gizmos.get(name="d", namespace=NAMESPACE)
        raise AssertionError("the gizmo is gone")
    except NotFoundError as error:
        assert error.status == 404
    client.ApiextensionsV1Api().delete_custom_resource_definition(f"{PLURAL}.{GROUP}")
    until_refused(404, "NotFound", custom.list_namespaced_custom_object, GROUP, VERSION, NAMESPACE, PLURAL)


@step
def an_admission_policy_denies():
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["secrets"]}
    admission = client.AdmissionregistrationV1Api()
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "object.type != 'forbidden'", "message": "of this type there are none", "reason": "Forbidden"}],
    }
    admission.create_validating_admission_policy({"metadata": {"name": "types"}, "spec": spec})
    bound = {"metadata": {"name": "types"}, "spec": {"policyName": "types", "validationActions": ["Deny"]}}
    admission.create_validating_admission_policy_binding(bound)
    secret = client.V1Secret(metadata=client.V1ObjectMeta(name="typed"), type="forbidden")
    message = refusal(403, "Forbidden", core.create_namespaced_secret, NAMESPACE, secret)
    expected = "ValidatingAdmissionPolicy 'types' with binding 'types' denied request: of this type there are none"
    assert message == f'secrets "typed" is forbidden: {expected}', message
    secret.type = "example.com/allowed"
    core.create_namespaced_secret(NAMESPACE, secret)
    admission.delete_validating_admission_policy_binding("types")
    admission.delete_validating_admission_policy("types")


@step
def tokens_say_who_asks():
    def core_with(token):
        settings = client.Configuration.get_default_copy()
        settings.cert_file = settings.key_file = None
        settings.api_key = {} if token is None else {"authorization": f"Bearer {token}"}
        settings.api_key_prefix = {}
        return client.CoreV1Api(client.ApiClient(settings))

    assert core_with("good-token").list_namespace().items
    for token in ["bad-token", None]:
        refusal(401, "Unauthorized", core_with(token).list_namespace)
    refused = refusal(403, "Forbidden", core_with("weak-token").list_namespace)
    assert "bob" in refused


print("all steps passed", flush=True)
