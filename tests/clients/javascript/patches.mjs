// Patches of each type, and who owns what they set.

import assert from 'node:assert/strict';
import { apps, configMap, core, finish, k8s, makeNamespace, patchAs, refusal, same, step } from './client.mjs';

const { JsonPatch, MergePatch, ServerSideApply, StrategicMergePatch } = k8s.PatchStrategy;
const namespace = await makeNamespace('patched');

function web(containers, more) {
    const labels = { app: 'web' };
    return { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } }, ...more };
}

function images(deployment) {
    return deployment.spec.template.spec.containers.map(({ name, image }) => `${name}=${image}`);
}

await step('a JSON patch is what the client sends where it is told nothing', async () => {
    await core.createNamespacedConfigMap({ namespace, body: configMap('a', { k: 'v', l: 'w' }) });
    const change = (body) => core.patchNamespacedConfigMap({ name: 'a', namespace, body });
    const body = [
        { op: 'test', path: '/data/k', value: 'v' },
        { op: 'move', from: '/data/l', path: '/data/m' },
        { op: 'add', path: '/metadata/annotations', value: {} },
        { op: 'add', path: '/metadata/annotations/example.com~1n', value: 'x' },
        { op: 'add', path: '/metadata/labels', value: { tier: 'back' } },
    ];
    const changed = await change(body);
    same([changed.data, changed.metadata.labels], [{ k: 'v', m: 'w' }, { tier: 'back' }]);
    same(changed.metadata.annotations, { 'example.com/n': 'x' });
    const failed = await refusal(422, 'Invalid', change([{ op: 'test', path: '/data/k', value: 'x' }, { op: 'remove', path: '/data/k' }]));
    assert.match(failed.message, /test/);
    await refusal(422, 'Invalid', change([{ op: 'remove', path: '/data/none' }]));
    same((await core.readNamespacedConfigMap({ name: 'a', namespace })).data, { k: 'v', m: 'w' });
    await refusal(404, 'NotFound', core.patchNamespacedConfigMap({ name: 'none', namespace, body }));
});

await step('a merge patch removes what is null', async () => {
    const change = (body, type = MergePatch) => core.patchNamespacedConfigMap({ name: 'a', namespace, body }, patchAs(type));
    const changed = await change({ data: { k: null, n: 'x' } });
    same(changed.data, { m: 'w', n: 'x' });
    const { resourceVersion } = changed.metadata;
    assert.equal((await change({ data: { n: 'x' } })).metadata.resourceVersion, resourceVersion, 'what changes nothing writes nothing');
    await change({ metadata: { resourceVersion }, data: { n: 'y' } });
    await refusal(409, 'Conflict', change({ metadata: { resourceVersion }, data: { n: 'z' } }));
    const dry = await core.patchNamespacedConfigMap({ name: 'a', namespace, body: { data: { n: 'dry' } }, dryRun: 'All' }, patchAs(MergePatch));
    assert.equal(dry.data.n, 'dry');
    assert.equal((await core.readNamespacedConfigMap({ name: 'a', namespace })).data.n, 'y');
    await refusal(415, 'UnsupportedMediaType', change({}, 'application/json'));
});

await step('a strategic merge patch knows containers by name', async () => {
    const spec = web([{ name: 'web', image: 'web:1' }, { name: 'side', image: 'side:1' }]);
    const made = await apps.createNamespacedDeployment({ namespace, body: { metadata: { name: 'web' }, spec } });
    same([made.metadata.generation, made.spec.strategy.type], [1, 'RollingUpdate']);
    const change = (containers) => {
        const body = { spec: { template: { spec: { containers } } } };
        return apps.patchNamespacedDeployment({ name: 'web', namespace, body }, patchAs(StrategicMergePatch));
    };
    const changed = await change([{ name: 'side', image: 'side:2' }]);
    same([images(changed), changed.metadata.generation], [['web=web:1', 'side=side:2'], 2]);
    same(images(await change([{ name: 'side', $patch: 'delete' }])), ['web=web:1']);
    const merged = { spec: { template: { spec: { containers: [{ name: 'new', image: 'new:1' }] } } } };
    const replaced = await apps.patchNamespacedDeployment({ name: 'web', namespace, body: merged }, patchAs(MergePatch));
    same(images(replaced), ['new=new:1']);
});

await step('an apply creates, changes nothing a second time, and tells of conflicts', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied' }, data: { k: 'v', l: 'w' } };
    const apply = (fieldManager, data, force) => {
        const request = { name: 'applied', namespace, body: { ...body, data }, fieldManager, force };
        return core.patchNamespacedConfigMap(request, patchAs(ServerSideApply));
    };
    const made = await apply('first', body.data);
    const again = await apply('first', body.data);
    same(again, made);
    const [entry] = made.metadata.managedFields;
    same([entry.manager, entry.operation, entry.fieldsV1], ['first', 'Apply', { 'f:data': { 'f:k': {}, 'f:l': {} } }]);
    assert(entry.time instanceof Date && entry.time.getMilliseconds() === 0);

    const conflict = await refusal(409, 'Conflict', apply('second', { k: 'other' }));
    assert.equal(conflict.message, 'Apply failed with 1 conflict: conflict with "first": .data.k');
    const cause = { reason: 'FieldManagerConflict', message: 'conflict with "first"', field: '.data.k' };
    same(conflict.details.causes, [cause]);
    same((await apply('second', { k: 'other' }, true)).data, { k: 'other', l: 'w' });
    same((await apply('first', {})).data, { k: 'other' }, 'what nobody applies any more goes');

    const unnamed = await refusal(422, 'Invalid', apply(undefined, {}));
    same(unnamed.details.causes.map(({ field }) => field), ['fieldManager']);
    await refusal(400, 'BadRequest', core.patchNamespacedConfigMap({ name: 'applied', namespace, fieldManager: 'first', body: made }, patchAs(ServerSideApply)));
});

await step('writes without a manager are those of the program that sent them', async () => {
    const body = { data: { plain: 'x' } };
    const changed = await core.patchNamespacedConfigMap({ name: 'applied', namespace, body }, patchAs(MergePatch));
    const managers = changed.metadata.managedFields.map(({ manager, operation }) => `${manager} ${operation}`);
    assert(managers.includes('node-fetch Update'), managers.join(', '));
    // What was read can be written as it is, its times with thousandths of a second included.
    const written = await core.replaceNamespacedConfigMap({ name: 'applied', namespace, body: changed });
    same(written, changed);
});

await step('a status is patched apart, and its times are whole seconds', async () => {
    const time = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
    const condition = { type: 'Available', status: 'True', reason: 'Said', message: 'so', lastTransitionTime: time, lastUpdateTime: time };
    const change = (body) => apps.patchNamespacedDeploymentStatus({ name: 'web', namespace, body }, patchAs(StrategicMergePatch));
    const told = await change({ spec: { replicas: 9 }, status: { replicas: 2, conditions: [condition] } });
    same([told.spec.replicas, told.status.replicas, told.metadata.generation], [2, 2, 4]);
    assert.equal(told.status.conditions[0].lastTransitionTime.toISOString(), '2026-01-02T03:04:05.000Z');
    const more = await change({ status: { conditions: [{ type: 'Progressing', status: 'Unknown' }] } });
    same(more.status.conditions.map(({ type }) => type).sort(), ['Available', 'Progressing'], 'conditions are known by type');

    more.status.conditions.find(({ type }) => type === 'Available').lastUpdateTime = time;
    const replaced = await apps.replaceNamespacedDeploymentStatus({ name: 'web', namespace, body: more });
    assert.equal(replaced.metadata.resourceVersion, more.metadata.resourceVersion, 'the same second is the same time');
    const kept = await apps.patchNamespacedDeployment({ name: 'web', namespace, body: { status: { replicas: 7 } } }, patchAs(MergePatch));
    assert.equal(kept.status.replicas, 2);
});

await step('a scale is patched by each type', async () => {
    const change = (body, type) => apps.patchNamespacedDeploymentScale({ name: 'web', namespace, body }, patchAs(type));
    assert.equal((await change([{ op: 'replace', path: '/spec/replicas', value: 3 }], JsonPatch)).spec.replicas, 3);
    assert.equal((await change({ spec: { replicas: 4 } }, MergePatch)).spec.replicas, 4);
    assert.equal((await change({ spec: { replicas: 5 } }, StrategicMergePatch)).spec.replicas, 5);
    const body = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web' }, spec: { replicas: 6 } };
    const request = { name: 'web', namespace, body, fieldManager: 'scaler', force: true };
    const applied = await apps.patchNamespacedDeploymentScale(request, patchAs(ServerSideApply));
    assert.equal(applied.spec.replicas, 6);
    assert.equal((await apps.readNamespacedDeployment({ name: 'web', namespace })).spec.replicas, 6);
});

finish();
