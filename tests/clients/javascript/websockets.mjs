// Watches over WebSockets, as browsers and some other clients ask for them first, by the library that the official client brings along.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { ask, config, configMap, core, finish, makeNamespace, patchAs, k8s, step, within } from './client.mjs';

const WebSocket = createRequire(import.meta.url)('ws');
const namespace = await makeNamespace('sockets');
const maps = `/api/v1/namespaces/${namespace}/configmaps`;
const { server, caData } = config.getCurrentCluster();
const trusted = { ca: Buffer.from(caData, 'base64') };
const bearer = { authorization: 'Bearer good-token' };
const inProtocol = (token) => `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}`;

const create = (name, data) => core.createNamespacedConfigMap({ namespace, body: configMap(name, data) });
const change = (name, body) => core.patchNamespacedConfigMap({ name, namespace, body }, patchAs(k8s.PatchStrategy.MergePatch));

/** An open socket that keeps its messages until they are asked for. */
async function open(path, { protocols = [], headers = bearer } = {}) {
    const socket = new WebSocket(server.replace('https', 'wss') + path, protocols, { ...trusted, headers });
    const messages = [];
    const waiting = [];
    socket.on('message', (data, binary) => (waiting.length ? waiting.shift()({ data, binary }) : messages.push({ data, binary })));
    const closed = new Promise((resolve) => socket.on('close', (code) => resolve(code)));
    await within(new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject)), `${path} opens`);
    const message = () => within(messages.shift() ?? new Promise((resolve) => waiting.push(resolve)), `a message of ${path}`);
    const event = async () => {
        const { data, binary } = await message();
        assert.equal(binary, false);
        const { type, object } = JSON.parse(data.toString());
        return [type, object.metadata.name];
    };
    return { socket, message, event, closed: () => within(closed, `${path} closes`) };
}

/** The status with which a handshake is answered that does not lead to a socket. */
async function turnedDown(path, options) {
    const failed = await open(path, options).then(() => assert.fail(`${path} opened`), (error) => error);
    return Number(/Unexpected server response: (\d+)/.exec(failed.message)?.[1] ?? assert.fail(failed));
}

await step('each event is a message of its own, however large', async () => {
    await create('a', { k: 'x'.repeat(200_000) });
    await create('b', {});
    const watch = await open(`${maps}?watch=true`);
    assert.deepEqual([await watch.event(), await watch.event()], [['ADDED', 'a'], ['ADDED', 'b']]);
    for (const [name, value] of [['b', '1'], ['a', '2']]) await change(name, { data: { k: value } });
    assert.deepEqual([await watch.event(), await watch.event()], [['MODIFIED', 'b'], ['MODIFIED', 'a']]);
    await core.deleteNamespacedConfigMap({ name: 'a', namespace });
    assert.deepEqual(await watch.event(), ['DELETED', 'a']);
    watch.socket.close();
    assert.equal(await watch.closed(), 1005);
});

await step('a token may come as a protocol, where headers cannot be set', async () => {
    const protocols = [inProtocol('good-token'), 'base64.binary.k8s.io'];
    const watch = await open(`${maps}?watch=1&fieldSelector=metadata.name%3Db`, { protocols, headers: {} });
    assert.equal(watch.socket.protocol, 'base64.binary.k8s.io');
    assert.deepEqual(await watch.event(), ['ADDED', 'b']);
    watch.socket.terminate();
});

await step('a ping is answered, and what else is said is of no interest', async () => {
    const watch = await open(`${maps}?watch=1`);
    watch.socket.send('hello'.repeat(50_000));
    const answered = new Promise((resolve) => watch.socket.on('pong', resolve));
    watch.socket.ping('are you there');
    assert.equal((await within(answered, 'a pong')).toString(), 'are you there');
    assert.deepEqual(await watch.event(), ['ADDED', 'b']);
    watch.socket.close();
});

await step('protobuf comes as binary messages', async () => {
    const accept = 'application/vnd.kubernetes.protobuf;stream=watch';
    const watch = await open(`${maps}?watch=1`, { headers: { ...bearer, accept } });
    const { data, binary } = await watch.message();
    assert(binary);
    // The type of the event is its message's first field.
    assert.deepEqual(data.subarray(0, 7), Buffer.from('\x0a\x05ADDED'));
    watch.socket.close();
});

await step('a watch that cannot be had is turned down before it begins', async () => {
    assert.equal(await turnedDown(`${maps}?watch=1`, { headers: { authorization: 'Bearer nobodys' } }), 401);
    assert.equal(await turnedDown(`${maps}?watch=1`, { headers: {}, protocols: [inProtocol('nobodys'), 'x'] }), 401);
    assert.equal(await turnedDown(`${maps}?watch=1`, { headers: { authorization: 'Bearer weak-token' } }), 403);
    assert.equal(await turnedDown('/api/v1/nosuch?watch=1', {}), 404);
    assert.equal(await turnedDown(`${maps}?watch=1&fieldSelector=x%3Dy`, {}), 400);
    assert.equal(await turnedDown(maps, {}), 200);
});

await step('a watch closes when its time is over, and with the server', async () => {
    const short = await open(`${maps}?watch=1&timeoutSeconds=1&resourceVersion=0`);
    assert.deepEqual(await short.event(), ['ADDED', 'b']);
    assert.equal(await short.closed(), 1000);
    const long = await open(`${maps}?watch=1`);
    assert.deepEqual(await long.event(), ['ADDED', 'b']);
    await ask('stop');
    assert.equal(await long.closed(), 1000);
});

finish();
