// The Watch class and informers: changes in order, none twice, none left out, whatever becomes of the server meanwhile.

import assert from 'node:assert/strict';
import { apps, ask, config, configMap, core, eventually, finish, k8s, makeNamespace, names, patchAs, same, step, within } from './client.mjs';

const { MergePatch } = k8s.PatchStrategy;
const namespace = await makeNamespace('watched');
const maps = `/api/v1/namespaces/${namespace}/configmaps`;

const create = (name, data, labels) => core.createNamespacedConfigMap({ namespace, body: configMap(name, data, labels) });
const change = (name, body) => core.patchNamespacedConfigMap({ name, namespace, body }, patchAs(MergePatch));
const remove = (name) => core.deleteNamespacedConfigMap({ name, namespace });
const list = (more) => core.listNamespacedConfigMap({ namespace, ...more });

/** Values in the order in which they come, for a reader that may be there before them. */
class Queue {
    #values = [];
    #readers = [];

    push(value) {
        const reader = this.#readers.shift();
        if (reader) reader(value);
        else this.#values.push(value);
    }

    next(what) {
        if (this.#values.length) return this.#values.shift();
        return within(new Promise((resolve) => this.#readers.push(resolve)), what);
    }

    async take(number) {
        const taken = [];
        while (taken.length < number) taken.push(await this.next(`${number} values, of which ${JSON.stringify(taken)} came`));
        return taken;
    }
}

/** A watch whose events are read one by one; `ended` is what it ended with. */
async function watching(path, parameters) {
    const events = new Queue();
    let end;
    const ended = new Promise((resolve) => (end = resolve));
    const told = (type, object) => events.push({ type, object });
    const request = await new k8s.Watch(config).watch(path, parameters, told, end);
    return { events, ended: () => within(ended, 'the end of a watch'), stop: () => request.abort() };
}

function summary({ type, object }) {
    return `${type} ${object.metadata.name} ${object.data?.k}`;
}

await step('changes are watched from a version on, and from each of them again', async () => {
    await create('before', { k: '0' });
    const { resourceVersion } = (await list()).metadata;
    const watch = await watching(maps, { resourceVersion });
    await create('seen', { k: '1' });
    await change('seen', { data: { k: '2' } });
    await remove('seen');
    const events = await watch.events.take(3);
    same(events.map(summary), ['ADDED seen 1', 'MODIFIED seen 2', 'DELETED seen 2']);
    const versions = events.map((event) => BigInt(event.object.metadata.resourceVersion));
    assert(versions[0] < versions[1] && versions[1] < versions[2], `${versions}`);
    same([events[0].object.kind, events[0].object.apiVersion], ['ConfigMap', 'v1']);
    watch.stop();
    assert.equal((await watch.ended()).name, 'AbortError');

    const resumed = await watching(maps, { resourceVersion: events[0].object.metadata.resourceVersion });
    same(await resumed.events.take(2), events.slice(1));
    resumed.stop();
});

await step('a watch without a version begins with what there is', async () => {
    const watch = await watching(maps, { fieldSelector: 'metadata.name=before' });
    same(summary(await watch.events.next('what there is')), 'ADDED before 0');
    await change('before', { data: { k: '1' } });
    same(summary(await watch.events.next('a change')), 'MODIFIED before 1');
    watch.stop();
    const streamed = { sendInitialEvents: true, allowWatchBookmarks: true, resourceVersionMatch: 'NotOlderThan' };
    const whole = await watching(maps, streamed);
    same(summary(await whole.events.next('what there is')), 'ADDED before 1');
    const { type, object } = await whole.events.next('the end of what there is');
    same([type, object.metadata.annotations], ['BOOKMARK', { 'k8s.io/initial-events-end': 'true' }]);
    const now = (await list()).metadata.resourceVersion;
    assert(BigInt(object.metadata.resourceVersion) <= BigInt(now), `${object.metadata.resourceVersion} is not after ${now}`);
    whole.stop();
});

await step('what enters and leaves a selection comes and goes', async () => {
    const { resourceVersion } = (await list()).metadata;
    const watch = await watching(maps, { resourceVersion, labelSelector: 'tier in (front)' });
    await create('mover', { k: '0' }, { tier: 'back' });
    await change('mover', { metadata: { labels: { tier: 'front' } }, data: { k: '1' } });
    await change('mover', { data: { k: '2' } });
    await change('mover', { metadata: { labels: { tier: 'back' } }, data: { k: '3' } });
    await remove('mover');
    await create('last', { k: '4' }, { tier: 'front' });
    const events = (await watch.events.take(4)).map(summary);
    same(events, ['ADDED mover 1', 'MODIFIED mover 2', 'DELETED mover 2', 'ADDED last 4']);
    watch.stop();
});

await step('a watch ends in time, and one that is refused says why', async () => {
    const timed = await watching(maps, { resourceVersion: (await list()).metadata.resourceVersion, timeoutSeconds: 1 });
    assert.equal(await timed.ended(), null);
    const refused = await watching(maps, { labelSelector: 'a in (' });
    assert.equal((await refused.ended()).statusCode, 400);
    const unknown = await watching('/api/v1/namespaces/watched/nosuch', {});
    assert.equal((await unknown.ended()).statusCode, 404);
});

await step('a version that is forgotten is an error in the stream', async () => {
    const { resourceVersion } = (await list()).metadata;
    await change('before', { data: { k: '5' } });
    await ask('compact');
    await ask('restart');
    const watch = await watching(maps, { resourceVersion });
    const { type, object } = await watch.events.next('an error');
    same([type, object.kind, object.code, object.reason], ['ERROR', 'Status', 410, 'Expired']);
    assert.match(object.message, /^too old resource version: /);
    assert.equal(await watch.ended(), null);
});

/** An informer that keeps a record of what it says; where it fails it is started again, once `ready` says that it may be. */
function informed(path, read, selector) {
    const informer = k8s.makeInformer(config, path, read, selector);
    const said = new Queue();
    for (const verb of [k8s.ADD, k8s.UPDATE, k8s.DELETE]) {
        informer.on(verb, (object) => said.push(`${verb} ${object.metadata.name} ${object.data?.k}`));
    }
    const keeper = { informer, said, failures: 0, ready: Promise.resolve() };
    let aborted;
    informer.on(k8s.ERROR, async (error) => {
        if (error.name === 'AbortError') return aborted();
        keeper.failures++;
        await keeper.ready;
        await informer.start();
    });
    // A stop comes back as an error, and one that is late would end what was started meanwhile.
    keeper.stop = async () => {
        const told = new Promise((resolve) => (aborted = resolve));
        await informer.stop();
        await within(told, 'the end of an informer');
    };
    return keeper;
}

const fronts = () => list({ labelSelector: 'tier=front' });

await step('an informer holds what its selector finds', async () => {
    const { informer, said, stop } = informed(maps, fronts, 'tier=front');
    await informer.start();
    same(await said.take(1), ['add last 4']);
    await create('other', { k: '0' }, { tier: 'back' });
    await create('one', { k: '1' }, { tier: 'front' });
    await change('one', { data: { k: '2' } });
    await change('other', { metadata: { labels: { tier: 'front' } } });
    await change('one', { metadata: { labels: { tier: 'back' } } });
    await remove('other');
    await create('one-more', { k: '3' }, { tier: 'front' });
    same(await said.take(6), ['add one 1', 'update one 2', 'add other 0', 'delete one 2', 'delete other 0', 'add one-more 3']);
    same(informer.list(namespace).map((object) => object.metadata.name).sort(), ['last', 'one-more']);
    assert.equal(informer.get('last', namespace).data.k, '4');
    await stop();
});

await step('an informer goes on after a restart of the server, and after a crash', async () => {
    const keeper = informed(maps, fronts, 'tier=front');
    await keeper.informer.start();
    await keeper.said.take(2);
    for (const [end, k] of [['stop', '1'], ['kill', '2'], ['stop', '3']]) {
        let launched;
        keeper.ready = new Promise((resolve) => (launched = resolve));
        await ask(end);
        await ask('launch');
        launched();
        await change('last', { data: { k } });
        same(await keeper.said.take(1), [`update last ${k}`]);
    }
    // What changed while nobody looked is told too, from where the informer was.
    await keeper.stop();
    await remove('one-more');
    await create('new', { k: '0' }, { tier: 'front' });
    await keeper.informer.start();
    same(await keeper.said.take(2), ['delete one-more 3', 'add new 0']);
    await keeper.stop();
});

await step('an informer whose version is forgotten lists again', async () => {
    const keeper = informed(maps, fronts, 'tier=front');
    await keeper.informer.start();
    await keeper.said.take(2);
    await keeper.stop();
    await remove('last');
    await change('new', { data: { k: '1' } });
    await create('newer', { k: '2' }, { tier: 'front' });
    await ask('compact');
    await ask('restart');
    await keeper.informer.start();
    same((await keeper.said.take(3)).sort(), ['add newer 2', 'delete last 3', 'update new 1']);
    await change('newer', { data: { k: '3' } });
    same(await keeper.said.take(1), ['update newer 3']);
    assert.equal(keeper.failures, 0, 'the client takes it for no error');
    await keeper.stop();
});

await step('informers of all namespaces hold what a list gives, through crashes under load', async () => {
    const read = () => core.listConfigMapForAllNamespaces();
    const keepers = [informed('/api/v1/configmaps', read), informed('/api/v1/configmaps', () => core.listConfigMapForAllNamespaces({ labelSelector: 'half' }), 'half')];
    for (const keeper of keepers) await keeper.informer.start();
    const insist = async (work) => {
        for (;;) {
            try {
                return await work();
            } catch (error) {
                // A server that is not there answers nothing; what a lost answer was about may have been done.
                if (error instanceof k8s.ApiException) {
                    assert([404, 409].includes(error.code), error.message);
                    return undefined;
                }
                await keepers[0].ready;
            }
        }
    };
    let written = 0;
    const half = new Queue();
    const writer = async (number) => {
        for (let turn = 0; turn < 15; turn++) {
            const name = `w${number}-${turn % 5}`;
            await insist(() => create(name, { k: '0' }, { half: `${turn % 2}` }));
            await insist(() => change(name, { data: { k: `${turn}` } }));
            if (turn % 3 === 0) await insist(() => remove(name));
            if (++written % 20 === 0) half.push(written);
        }
    };
    const writers = Promise.all([0, 1, 2, 3].map(writer));
    for (let crash = 0; crash < 2; crash++) {
        await half.next('some writes');
        let launched;
        const ready = new Promise((resolve) => (launched = resolve));
        for (const keeper of keepers) keeper.ready = ready;
        await ask('kill');
        await ask('launch');
        launched();
    }
    await writers;
    await create('end', { k: 'end' }, { half: 'end' });
    for (const [keeper, labelSelector] of [[keepers[0], undefined], [keepers[1], 'half']]) {
        const { informer } = keeper;
        await eventually('the informer is told of the end', () => informer.get('end', namespace));
        const expected = await core.listConfigMapForAllNamespaces({ labelSelector });
        const held = informer.list().map(({ metadata, data }) => [metadata.namespace, metadata.name, metadata.resourceVersion, data]);
        const found = expected.items.map(({ metadata, data }) => [metadata.namespace, metadata.name, metadata.resourceVersion, data]);
        same(held.sort(), found.sort());
        await keeper.stop();
    }
});

await step('an informer of typed objects sees them change', async () => {
    const informer = k8s.makeInformer(config, '/apis/apps/v1/deployments', () => apps.listDeploymentForAllNamespaces());
    const said = new Queue();
    for (const verb of [k8s.ADD, k8s.UPDATE, k8s.DELETE]) {
        informer.on(verb, ({ metadata, spec, status }) => said.push([verb, metadata.name, spec.replicas, status.replicas ?? 0]));
    }
    await informer.start();
    const labels = { app: 'd' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const body = { metadata: { name: 'd' }, spec: { selector: { matchLabels: labels }, template } };
    await apps.createNamespacedDeployment({ namespace, body });
    await apps.patchNamespacedDeploymentScale({ name: 'd', namespace, body: { spec: { replicas: 3 } } }, patchAs(MergePatch));
    await apps.patchNamespacedDeploymentStatus({ name: 'd', namespace, body: { status: { replicas: 3 } } }, patchAs(MergePatch));
    await apps.deleteNamespacedDeployment({ name: 'd', namespace, propagationPolicy: 'Background' });
    same(await said.take(4), [['add', 'd', 1, 0], ['update', 'd', 3, 0], ['update', 'd', 3, 3], ['delete', 'd', 3, 3]]);
    same(names({ items: informer.list() }), []);
    await informer.stop();
});

finish();
