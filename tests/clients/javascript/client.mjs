// What the scripts in this folder share. Each is run with KUBECONFIG set, against a server of its own that knows the tokens `good-token`
// (group system:masters) and `weak-token` (no group); it prints each step, fails at the first that goes wrong, and asks the test that runs
// it for what only that can do: a line `ask restart` on standard output is answered by a line `done` on standard input.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

// NODE_PATH says where the client lies, which `import` by itself does not look at.
const place = createRequire(import.meta.url).resolve('@kubernetes/client-node');
export const k8s = await import(pathToFileURL(place).href);

// Long enough that only a script which fails waits for it.
const PATIENCE = 300_000;

export const config = new k8s.KubeConfig();
config.loadFromDefault();

export const core = config.makeApiClient(k8s.CoreV1Api);
export const apps = config.makeApiClient(k8s.AppsV1Api);

/** Runs one step under its name, which is a fact about the server. */
export async function step(name, work) {
    console.log(name);
    await within(work(), name);
}

/** What a promise comes to; fails where that takes for ever. */
export async function within(promise, what) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`this never came to an end: ${what}`)), PATIENCE);
    });
    try {
        return await Promise.race([promise, late]);
    } finally {
        clearTimeout(timer);
    }
}

/** Asks again and again until the answer is true, which somebody else's work brings about. */
export async function eventually(what, condition) {
    const deadline = Date.now() + PATIENCE;
    while (!(await condition())) {
        assert(Date.now() < deadline, `this never came true: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

/** The Status with which a call must be refused. */
export async function refusal(code, reason, call) {
    let answer;
    try {
        answer = await call;
    } catch (error) {
        assert(error instanceof k8s.ApiException, error);
        // The generated client decodes the body of a refusal that it knows, and hands on the text of another.
        const status = typeof error.body === 'string' ? JSON.parse(error.body) : error.body;
        assert.deepEqual([error.code, status.kind, status.code, status.reason], [code, 'Status', code, reason], error.message);
        return { ...status, headers: error.headers };
    }
    assert.fail(`expected ${code} ${reason}, got ${JSON.stringify(answer)}`);
}

/** The options of a patch of another type than the client's first choice, which is a JSON patch. */
export function patchAs(type) {
    return k8s.setHeaderOptions('Content-Type', type);
}

/** Clients of one API that bring a token in the place of the administrator's certificate. */
export function withToken(api, token) {
    const other = new k8s.KubeConfig();
    const { name, server, caData } = config.getCurrentCluster();
    const user = token === undefined ? { name: 'nobody' } : { name: 'somebody', token };
    other.loadFromClusterAndUser({ name, server, caData }, user);
    return other.makeApiClient(api);
}

/** Checks that two values are the same on the wire, of whatever class the client makes them. */
export function same(actual, expected, message) {
    assert.deepEqual(plain(actual), plain(expected), message);
}

function plain(value) {
    return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

export function names(list) {
    return list.items.map((item) => item.metadata.name);
}

export function configMap(name, data, labels) {
    return { metadata: { name, labels }, data };
}

export async function makeNamespace(name) {
    await core.createNamespace({ body: { metadata: { name } } });
    return name;
}

/** Has the test do something to the server, and comes back when it is done. */
export async function ask(what) {
    answers ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    console.log(`ask ${what}`);
    assert.equal((await answers.next()).value, 'done');
}
let answers;

/** Ends a script whose steps have all passed, whatever is still open. */
export function finish() {
    console.log('all steps passed');
    process.exit(0);
}
