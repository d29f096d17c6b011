// Typed clients: objects from create to delete, lists in pages and by selectors, refusals.

import assert from 'node:assert/strict';
import { ask, config, configMap, core, eventually, finish, k8s, makeNamespace, names, refusal, same, step, withToken } from './client.mjs';

const namespace = 'typed';

await step('the kubeconfig leads to a healthy server of a known version', async () => {
    const version = await config.makeApiClient(k8s.VersionApi).getCode();
    assert.equal(version.major, '1');
    const groups = await config.makeApiClient(k8s.ApisApi).getAPIVersions();
    assert(groups.groups.some((group) => group.name === 'apps' && group.preferredVersion.version === 'v1'));
    const health = new k8s.Health(config);
    same([await health.healthz({}), await health.livez({}), await health.readyz({})], [true, true, true]);
    const served = await core.getAPIResources();
    const pods = served.resources.find((resource) => resource.name === 'pods');
    same([pods.kind, pods.namespaced, pods.shortNames], ['Pod', true, ['po']]);
});

await step('a namespace is created once', async () => {
    const made = await core.createNamespace({ body: { metadata: { name: namespace, labels: { team: 'a' } } } });
    assert.equal(made.status.phase, 'Active');
    assert.equal(made.metadata.labels['kubernetes.io/metadata.name'], namespace);
    const status = await refusal(409, 'AlreadyExists', core.createNamespace({ body: { metadata: { name: namespace } } }));
    same([status.details.kind, status.details.name], ['namespaces', namespace]);
    assert(names(await core.listNamespace({ labelSelector: 'team=a' })).includes(namespace));
});

await step('a config map lives from create to delete', async () => {
    const name = 'a';
    const body = { ...configMap(name, { k: 'v' }), binaryData: { raw: Buffer.from([0, 255]).toString('base64') } };
    const made = await core.createNamespacedConfigMap({ namespace, body });
    assert(made instanceof k8s.V1ConfigMap && made.metadata.creationTimestamp instanceof Date);
    assert(Math.abs(Date.now() - made.metadata.creationTimestamp) < 3600_000, 'the time is one of today');
    same(await core.readNamespacedConfigMap({ name, namespace }), made);

    // The client writes times with thousandths of a second, which the server's own have not.
    const changed = await core.replaceNamespacedConfigMap({ name, namespace, body: { ...made, data: { k: 'w' } } });
    same([changed.data, changed.metadata.uid], [{ k: 'w' }, made.metadata.uid]);
    same(changed.metadata.creationTimestamp, made.metadata.creationTimestamp);
    const again = await core.replaceNamespacedConfigMap({ name, namespace, body: changed });
    assert.equal(again.metadata.resourceVersion, changed.metadata.resourceVersion, 'what changes nothing writes nothing');
    same(again, changed);

    const stale = await refusal(409, 'Conflict', core.replaceNamespacedConfigMap({ name, namespace, body: { ...made, data: {} } }));
    assert.match(stale.message, /the object has been modified; please apply your changes to the latest version/);
    same([stale.details.kind, stale.details.name], ['configmaps', name]);
    const elsewhere = core.createNamespacedConfigMap({ namespace, body: { metadata: { name, namespace: 'other' } } });
    await refusal(400, 'BadRequest', elsewhere);

    const preconditions = { uid: 'another' };
    await refusal(409, 'Conflict', core.deleteNamespacedConfigMap({ name, namespace, body: { preconditions } }));
    const dry = await core.deleteNamespacedConfigMap({ name, namespace, dryRun: 'All' });
    assert.equal(dry.status, 'Success');
    const gone = await core.deleteNamespacedConfigMap({ name, namespace, propagationPolicy: 'Background' });
    same([gone.status, gone.details.uid], ['Success', made.metadata.uid]);
    const missing = await refusal(404, 'NotFound', core.readNamespacedConfigMap({ name, namespace }));
    same([missing.message, missing.details], ['configmaps "a" not found', { name, kind: 'configmaps' }]);
    await refusal(404, 'NotFound', core.deleteNamespacedConfigMap({ name, namespace }));
    await refusal(404, 'NotFound', core.replaceNamespacedConfigMap({ name, namespace, body: { ...body, metadata: { name } } }));
});

await step('what is not valid is refused field by field', async () => {
    const status = await refusal(422, 'Invalid', core.createNamespacedConfigMap({ namespace, body: configMap('A_b', {}) }));
    same([status.details.kind, status.details.name], ['ConfigMap', 'A_b']);
    same(status.details.causes.map(({ reason, field }) => [reason, field]), [['FieldValueInvalid', 'metadata.name']]);
    const nameless = await refusal(422, 'Invalid', core.createNamespacedConfigMap({ namespace, body: {} }));
    assert.equal(nameless.details.causes[0].reason, 'FieldValueRequired');
    const port = { metadata: { name: 's' }, spec: { ports: [{ port: 70000 }], type: 'Balancer' } };
    const ports = await refusal(422, 'Invalid', core.createNamespacedService({ namespace, body: port }));
    const fields = ports.details.causes.map((cause) => cause.field);
    assert(fields.includes('spec.ports[0].port') && fields.includes('spec.type'), JSON.stringify(ports));
    await refusal(404, 'NotFound', core.createNamespacedConfigMap({ namespace: 'nowhere', body: configMap('a', {}) }));
});

await step('unknown fields are warned about or refused', async () => {
    const custom = config.makeApiClient(k8s.CustomObjectsApi);
    const body = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'unknown' }, spec: replicaSet({ colour: 'red' }) };
    const place = { group: 'apps', version: 'v1', namespace, plural: 'replicasets', dryRun: 'All', body };
    const strict = await refusal(400, 'BadRequest', custom.createNamespacedCustomObject({ ...place, fieldValidation: 'Strict' }));
    assert.equal(strict.message, 'ReplicaSet in version "v1" cannot be handled as a ReplicaSet: strict decoding error: unknown field "spec.colour"');
    const warned = await custom.createNamespacedCustomObjectWithHttpInfo(place);
    assert.equal(warned.headers.warning, '299 - "unknown field \\"spec.colour\\""');
});

function replicaSet(more) {
    const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    return { selector: { matchLabels: { app: 'x' } }, template, ...more };
}

await step('a secret keeps text as bytes and a type for ever', async () => {
    const body = { metadata: { name: 's' }, type: 'example.com/key', stringData: { user: 'änn' }, data: { key: btoa('one') } };
    const made = await core.createNamespacedSecret({ namespace, body });
    assert.equal(Buffer.from(made.data.user, 'base64').toString(), 'änn');
    same([made.stringData, made.type], [undefined, 'example.com/key']);
    const retyped = core.replaceNamespacedSecret({ name: 's', namespace, body: { ...made, type: 'Opaque' } });
    assert.equal((await refusal(422, 'Invalid', retyped)).details.causes[0].field, 'type');
    const kept = await core.replaceNamespacedSecret({ name: 's', namespace, body: { ...made, immutable: true } });
    const changed = core.replaceNamespacedSecret({ name: 's', namespace, body: { ...kept, data: {} } });
    assert.equal((await refusal(422, 'Invalid', changed)).details.causes[0].field, 'data');
    const coded = core.createNamespacedSecret({ namespace, body: { metadata: { name: 't' }, data: { k: '%' } } });
    await refusal(400, 'BadRequest', coded);
});

await step('a service is given an address and a node port', async () => {
    const spec = { type: 'NodePort', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] };
    const made = await core.createNamespacedService({ namespace, body: { metadata: { name: 'web' }, spec } });
    assert.match(made.spec.clusterIP, /^10\.(9[6-9]|10\d|11[01])\./);
    same([made.spec.ports[0].protocol, made.spec.ports[0].targetPort], ['TCP', 'http']);
    assert(made.spec.ports[0].nodePort >= 30000 && made.spec.ports[0].nodePort < 32768);
    made.spec.ports[0].targetPort = 8080;
    const numbered = await core.replaceNamespacedService({ name: 'web', namespace, body: made });
    same(numbered.spec.ports[0], { ...made.spec.ports[0], targetPort: 8080 });
    await core.deleteNamespacedService({ name: 'web', namespace });
});

await step('names are generated', async () => {
    const body = { metadata: { generateName: 'made-' } };
    const made = [await core.createNamespacedConfigMap({ namespace, body }), await core.createNamespacedConfigMap({ namespace, body })];
    const [one, other] = made.map((map) => map.metadata.name);
    assert(one !== other && [one, other].every((name) => /^made-[a-z0-9]{5}$/.test(name)), `${one} ${other}`);
    for (const name of [one, other]) await core.deleteNamespacedConfigMap({ name, namespace });
});

await step('a list is read in pages, all of one moment', async () => {
    for (let number = 0; number < 7; number++) {
        const labels = { half: number % 2 ? 'odd' : 'even' };
        await core.createNamespacedConfigMap({ namespace, body: configMap(`page-${number}`, {}, labels) });
    }
    const seen = [], versions = new Set(), remaining = [];
    let _continue;
    do {
        const page = await core.listNamespacedConfigMap({ namespace, limit: 3, _continue });
        seen.push(...names(page));
        versions.add(page.metadata.resourceVersion);
        remaining.push(page.metadata.remainingItemCount);
        _continue = page.metadata._continue;
        // What is written between the pages is not in them.
        await core.createNamespacedConfigMap({ namespace, body: configMap(`later-${seen.length}`, {}) });
        await core.deleteNamespacedConfigMap({ name: `later-${seen.length}`, namespace });
    } while (_continue);
    same(seen, [0, 1, 2, 3, 4, 5, 6].map((number) => `page-${number}`));
    same([versions.size, remaining], [1, [4, 1, undefined]]);
});

await step('a page that comes too late is offered a way on', async () => {
    const first = await core.listNamespacedConfigMap({ namespace, limit: 3 });
    await core.createNamespacedConfigMap({ namespace, body: configMap('page-9', {}) });
    await ask('compact');
    await ask('restart');
    const late = await refusal(410, 'Expired', core.listNamespacedConfigMap({ namespace, limit: 3, _continue: first.metadata._continue }));
    const rest = await core.listNamespacedConfigMap({ namespace, _continue: late.metadata.continue });
    same(names(rest), ['page-3', 'page-4', 'page-5', 'page-6', 'page-9']);
    await core.deleteNamespacedConfigMap({ name: 'page-9', namespace });
});

await step('lists are narrowed by labels and fields', async () => {
    const found = async (labelSelector) => names(await core.listNamespacedConfigMap({ namespace, labelSelector }));
    const odd = ['page-1', 'page-3', 'page-5'];
    same(await found('half=odd'), odd);
    same(await found('half in (odd, none)'), odd);
    same(await found('half,half notin (even)'), odd);
    same(await found('!half'), []);
    const fieldSelector = `metadata.name=page-4,metadata.namespace=${namespace}`;
    same(names(await core.listConfigMapForAllNamespaces({ fieldSelector })), ['page-4']);
    same(names(await core.listSecretForAllNamespaces({ fieldSelector: 'type=example.com/key' })), ['s']);
    await refusal(400, 'BadRequest', core.listNamespacedConfigMap({ namespace, labelSelector: 'a in (' }));
    await refusal(400, 'BadRequest', core.listNamespacedConfigMap({ namespace, fieldSelector: 'data.a=b' }));
});

await step('a collection is deleted by selector', async () => {
    await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'half=odd', dryRun: 'All' });
    assert.equal((await core.listNamespacedConfigMap({ namespace })).items.length, 7);
    const gone = await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'half=odd' });
    assert(gone.status === undefined || gone.status === 'Success', JSON.stringify(gone));
    same(names(await core.listNamespacedConfigMap({ namespace })), ['page-0', 'page-2', 'page-4', 'page-6']);
    await core.deleteCollectionNamespacedConfigMap({ namespace, fieldSelector: 'metadata.name!=page-0', body: { gracePeriodSeconds: 0 } });
    same(names(await core.listNamespacedConfigMap({ namespace })), ['page-0']);
});

await step('tokens say who asks', async () => {
    const listed = (token) => withToken(k8s.CoreV1Api, token).listNamespacedConfigMap({ namespace });
    same(names(await listed('good-token')), ['page-0']);
    // What the body of a 401 says the client does not hand on.
    for (const token of ['bad-token', undefined]) await assert.rejects(listed(token), { code: 401 });
    const weak = await refusal(403, 'Forbidden', listed('weak-token'));
    assert.match(weak.message, /^configmaps is forbidden: User "bob" cannot list resource "configmaps" in API group "" in the namespace "typed"/);
});

await step('a namespace ends with all that is in it', async () => {
    const name = await makeNamespace('ending');
    const body = { metadata: { name: 'held', finalizers: ['example.com/hold'] } };
    const held = await core.createNamespacedConfigMap({ namespace: name, body });
    const ending = await core.deleteNamespace({ name });
    assert.equal(ending.status.phase, 'Terminating');
    await refusal(403, 'Forbidden', core.createNamespacedConfigMap({ namespace: name, body: configMap('late', {}) }));
    // A finalizer is taken off as clients do it: by a replace that is tried again where the object has moved.
    await retried(async () => {
        const found = await core.readNamespacedConfigMap({ name: 'held', namespace: name });
        assert.equal(found.metadata.uid, held.metadata.uid);
        found.metadata.finalizers = [];
        await core.replaceNamespacedConfigMap({ name: 'held', namespace: name, body: found });
    });
    await gone(() => core.readNamespace({ name }));
});

async function retried(work) {
    for (;;) {
        try {
            return await work();
        } catch (error) {
            if (error.code !== 409) throw error;
        }
    }
}

async function gone(read) {
    await eventually('the object is gone', () => read().then(() => false, (error) => error.code === 404));
}

finish();
