// Generic clients: definitions and what they define, and objects of any kind from manifests.

import assert from 'node:assert/strict';
import { config, eventually, finish, k8s, makeNamespace, names, patchAs, refusal, same, step, within } from './client.mjs';

const { JsonPatch, MergePatch, ServerSideApply, StrategicMergePatch } = k8s.PatchStrategy;
const definitions = config.makeApiClient(k8s.ApiextensionsV1Api);
const custom = config.makeApiClient(k8s.CustomObjectsApi);
const objects = k8s.KubernetesObjectApi.makeApiClient(config);
const namespace = await makeNamespace('custom');
const group = 'example.com', version = 'v1';

// A definition in the names that the client has for its fields.
function definition(kind, plural, scope) {
    const spec = {
        type: 'object',
        properties: {
            size: { type: 'integer', minimum: 0 },
            color: { type: 'string', _default: 'grey' },
            due: { type: 'string', format: 'date-time' },
        },
        x_kubernetes_validations: [{ rule: "self.color != 'pink' || self.size > 5", message: 'pink is for large ones' }],
    };
    const status = { type: 'object', properties: { size: { type: 'integer' }, phase: { type: 'string' } } };
    const subresources = { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } };
    const schema = { openAPIV3Schema: { type: 'object', properties: { spec, status } } };
    const selectableFields = [{ jsonPath: '.spec.color' }];
    return {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `${plural}.${group}` },
        spec: {
            group,
            scope,
            names: { plural, singular: kind.toLowerCase(), kind },
            versions: [{ name: version, served: true, storage: true, schema, subresources, selectableFields }],
        },
    };
}

async function define(body) {
    const made = await definitions.createCustomResourceDefinition({ body });
    assert.equal(made.spec.versions[0].schema.openAPIV3Schema.properties.spec.x_kubernetes_validations.length, 1);
    await eventually('the definition is established', async () => {
        const { status } = await definitions.readCustomResourceDefinition({ name: body.metadata.name });
        return status.conditions?.some(({ type, status }) => type === 'Established' && status === 'True');
    });
}

function gizmo(name, spec, more) {
    return { apiVersion: `${group}/${version}`, kind: 'Gizmo', metadata: { name, ...more }, spec };
}

const gizmos = { group, version, namespace, plural: 'gizmos' };

await step('a definition brings a new kind', async () => {
    await refusal(404, 'NotFound', custom.listNamespacedCustomObject(gizmos));
    await define(definition('Gizmo', 'gizmos', 'Namespaced'));
    await define(definition('Realm', 'realms', 'Cluster'));
    const served = await custom.getAPIResources({ group, version });
    same(served.resources.map(({ name }) => name).sort(), ['gizmos', 'gizmos/scale', 'gizmos/status', 'realms', 'realms/scale', 'realms/status']);
    const broken = definition('Broken', 'broken', 'Namespaced');
    broken.spec.versions[0].schema.openAPIV3Schema.properties.spec.type = 'thing';
    await refusal(422, 'Invalid', definitions.createCustomResourceDefinition({ body: broken }));
});

await step('a custom resource lives from create to delete', async () => {
    const made = await custom.createNamespacedCustomObject({ ...gizmos, body: gizmo('g', { size: 1 }) });
    same([made.spec, made.metadata.generation], [{ size: 1, color: 'grey' }, 1]);
    await refusal(409, 'AlreadyExists', custom.createNamespacedCustomObject({ ...gizmos, body: gizmo('g', {}) }));
    const place = { ...gizmos, name: 'g' };
    const found = await custom.getNamespacedCustomObject(place);
    same(found, made);
    const replaced = await custom.replaceNamespacedCustomObject({ ...place, body: { ...found, spec: { size: 2, color: 'red', due: new Date(0) } } });
    same([replaced.spec.due, replaced.metadata.generation], ['1970-01-01T00:00:00.000Z', 2]);
    const stale = await refusal(409, 'Conflict', custom.replaceNamespacedCustomObject({ ...place, body: found }));
    assert.equal(stale.details.group, group);

    const told = await custom.replaceNamespacedCustomObjectStatus({ ...place, body: { ...replaced, spec: {}, status: { phase: 'Ready' } } });
    same([told.spec.size, told.status, told.metadata.generation], [2, { phase: 'Ready' }, 2]);
    const scale = await custom.getNamespacedCustomObjectScale(place);
    same([scale.kind, scale.spec], ['Scale', { replicas: 2 }]);
    scale.spec.replicas = 3;
    assert.equal((await custom.replaceNamespacedCustomObjectScale({ ...place, body: scale })).spec.replicas, 3);
    const patched = await custom.patchNamespacedCustomObjectScale({ ...place, body: { spec: { replicas: 4 } } }, patchAs(MergePatch));
    assert.equal(patched.spec.replicas, 4);
    same((await custom.deleteNamespacedCustomObject(place)).status, 'Success');
    await refusal(404, 'NotFound', custom.getNamespacedCustomObject(place));
});

await step('a schema and its rules are kept to', async () => {
    const creating = (spec) => custom.createNamespacedCustomObject({ ...gizmos, body: gizmo('bad', spec) });
    const wrong = await refusal(422, 'Invalid', creating({ size: 'large' }));
    // The second says that the rules were not asked, as kube-apiserver does.
    same(wrong.details.causes.map(({ reason, field }) => [reason, field]), [['FieldValueTypeInvalid', 'spec.size'], ['FieldValueInvalid', '<nil>']]);
    same((await refusal(422, 'Invalid', creating({ size: -1 }))).details.causes[0].field, 'spec.size');
    const ruled = await refusal(422, 'Invalid', creating({ size: 1, color: 'pink' }));
    assert.match(ruled.message, /pink is for large ones/);
    const strict = custom.createNamespacedCustomObject({ ...gizmos, body: gizmo('bad', { shape: 'round' }), fieldValidation: 'Strict' });
    assert.match((await refusal(400, 'BadRequest', strict)).message, /unknown field "spec\.shape"/);
});

await step('custom resources are patched by each type that they know', async () => {
    await custom.createNamespacedCustomObject({ ...gizmos, body: gizmo('p', { size: 1 }) });
    const change = (body, type, more) => custom.patchNamespacedCustomObject({ ...gizmos, name: 'p', body, ...more }, patchAs(type));
    same((await change([{ op: 'replace', path: '/spec/size', value: 2 }], JsonPatch)).spec.size, 2);
    same((await change({ spec: { color: null, size: 3 } }, MergePatch)).spec, { color: 'grey', size: 3 });
    await refusal(415, 'UnsupportedMediaType', change({ spec: {} }, StrategicMergePatch));
    const applied = await change(gizmo('p', { color: 'blue' }), ServerSideApply, { fieldManager: 'painter', force: true });
    same(applied.spec, { color: 'blue', size: 3 });
    const conflict = await refusal(409, 'Conflict', change(gizmo('p', { color: 'red' }), ServerSideApply, { fieldManager: 'other' }));
    same(conflict.details.causes[0].field, '.spec.color');
    const status = await custom.patchNamespacedCustomObjectStatus({ ...gizmos, name: 'p', body: { status: { phase: 'On' } } }, patchAs(MergePatch));
    same(status.status, { phase: 'On' });
    await custom.deleteNamespacedCustomObject({ ...gizmos, name: 'p' });
});

await step('custom resources are listed, watched and deleted as a collection', async () => {
    const { resourceVersion } = (await custom.listNamespacedCustomObject(gizmos)).metadata;
    for (const name of ['a', 'b', 'c']) {
        await custom.createNamespacedCustomObject({ ...gizmos, body: gizmo(name, { color: name === 'b' ? 'blue' : 'red' }, { labels: { name } }) });
    }
    const first = await custom.listNamespacedCustomObject({ ...gizmos, limit: 2 });
    same([names(first), first.kind, first.metadata.remainingItemCount], [['a', 'b'], 'GizmoList', 1]);
    same(first.items[0].kind, 'Gizmo');
    same(names(await custom.listNamespacedCustomObject({ ...gizmos, _continue: first.metadata.continue })), ['c']);
    same(names(await custom.listCustomObjectForAllNamespaces({ ...gizmos, labelSelector: 'name in (a,c)' })), ['a', 'c']);
    same(names(await custom.listNamespacedCustomObject({ ...gizmos, fieldSelector: 'spec.color=blue' })), ['b']);

    await custom.deleteCollectionNamespacedCustomObject({ ...gizmos, labelSelector: 'name!=b' });
    same(names(await custom.listNamespacedCustomObject(gizmos)), ['b']);
    const seen = [];
    const path = `/apis/${group}/${version}/namespaces/${namespace}/gizmos`;
    await within(new Promise((resolve, reject) => {
        const watch = new k8s.Watch(config);
        const told = (type, object) => seen.push(`${type} ${object.metadata.name}`) === 5 && resolve();
        watch.watch(path, { resourceVersion }, told, (error) => reject(error ?? new Error('the watch ended')));
    }), 'five events');
    same([seen.slice(0, 3), seen.slice(3).sort()], [['ADDED a', 'ADDED b', 'ADDED c'], ['DELETED a', 'DELETED c']]);
    await custom.deleteNamespacedCustomObject({ ...gizmos, name: 'b' });
});

await step('resources of the whole cluster have no namespace', async () => {
    const realms = { group, version, plural: 'realms' };
    const body = { apiVersion: `${group}/${version}`, kind: 'Realm', metadata: { name: 'r' }, spec: { size: 1 } };
    await custom.createClusterCustomObject({ ...realms, body });
    const changed = await custom.patchClusterCustomObject({ ...realms, name: 'r', body: { spec: { size: 2 } } }, patchAs(MergePatch));
    same([changed.spec.size, changed.metadata.namespace], [2, undefined]);
    same(names(await custom.listClusterCustomObject(realms)), ['r']);
    await custom.deleteCollectionClusterCustomObject(realms);
    await refusal(404, 'NotFound', custom.getClusterCustomObject({ ...realms, name: 'r' }));
});

const MANIFESTS = `
apiVersion: v1
kind: Secret
metadata: {name: key, namespace: custom}
stringData: {user: ann}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: custom, labels: {app: db}}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "db:1"}]}
---
apiVersion: example.com/v1
kind: Gizmo
metadata: {name: m, namespace: custom, labels: {app: db}}
spec: {size: 6, color: pink}
---
apiVersion: example.com/v1
kind: Realm
metadata: {name: m}
spec: {size: 1}
`;

await step('objects of any kind are made from manifests, read, changed and deleted', async () => {
    const manifests = k8s.loadAllYaml(MANIFESTS);
    for (const manifest of manifests) {
        const made = await objects.create(manifest);
        same([made.kind, made.metadata.name], [manifest.kind, manifest.metadata.name]);
        assert(made.metadata.creationTimestamp instanceof Date, manifest.kind);
        const found = await objects.read(manifest);
        same(found, made);
        const unchanged = await objects.replace(found);
        assert.equal(unchanged.metadata.resourceVersion, found.metadata.resourceVersion, 'what was read is written as it is');
        const { apiVersion, kind, metadata: { name, namespace } } = manifest;
        const change = { apiVersion, kind, metadata: { name, namespace, labels: { changed: 'yes' } } };
        const changed = await objects.patch(change, undefined, undefined, 'changer', undefined, MergePatch);
        assert.equal(changed.metadata.labels.changed, 'yes');
        const applied = { ...change, metadata: { name, namespace, annotations: { by: 'apply' } } };
        const dry = await objects.patch(applied, undefined, 'All', 'applier', true, ServerSideApply);
        assert.equal(dry.metadata.annotations.by, 'apply');
        same((await objects.read(manifest)).metadata.annotations, undefined);
        await refusal(409, 'AlreadyExists', objects.create(manifest));
    }
    const strategic = { ...manifests[2], spec: { size: 7 } };
    await refusal(415, 'UnsupportedMediaType', objects.patch(strategic));
    const sized = await objects.patch(strategic, undefined, undefined, undefined, undefined, MergePatch);
    assert.equal(sized.spec.size, 7);
    const found = await objects.list('example.com/v1', 'Gizmo', 'custom', undefined, undefined, undefined, undefined, 'changed=yes', 1);
    same(names(found), ['m']);
    same(names(await objects.list('apps/v1', 'StatefulSet', 'custom')), ['db']);
    for (const manifest of manifests) {
        await objects.delete(manifest, undefined, undefined, undefined, undefined, 'Background');
        await refusal(404, 'NotFound', objects.read(manifest));
    }
});

await step('a kind that is gone is not found', async () => {
    await custom.createNamespacedCustomObject({ ...gizmos, body: gizmo('last', {}) });
    await definitions.deleteCustomResourceDefinition({ name: 'gizmos.example.com' });
    await eventually('gizmos are served no more', () => custom.listNamespacedCustomObject(gizmos).then(() => false, (error) => error.code === 404));
    await eventually('the definition is gone', async () => !names(await definitions.listCustomResourceDefinition()).includes('gizmos.example.com'));
});

finish();
