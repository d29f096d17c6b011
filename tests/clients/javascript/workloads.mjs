// Subresources of workloads and accounts, and leases that several programs compete for.

import assert from 'node:assert/strict';
import { apps, config, core, eventually, finish, k8s, makeNamespace, names, patchAs, refusal, same, step, withToken } from './client.mjs';

const { MergePatch, StrategicMergePatch } = k8s.PatchStrategy;
const policy = config.makeApiClient(k8s.PolicyV1Api);
const leases = config.makeApiClient(k8s.CoordinationV1Api);
const namespace = await makeNamespace('work');

function pod(name, labels) {
    return { metadata: { name, labels }, spec: { containers: [{ name: 'c', image: 'image:1' }] } };
}

await step('a deployment is scaled and replaced', async () => {
    const labels = { app: 'web' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1', ports: [{ containerPort: 80 }] }] } };
    const spec = { replicas: 2, selector: { matchLabels: labels }, template };
    const made = await apps.createNamespacedDeployment({ namespace, body: { metadata: { name: 'web' }, spec } });
    same(made.spec.strategy.rollingUpdate, { maxSurge: '25%', maxUnavailable: '25%' });
    assert.equal(made.spec.template.spec.containers[0].ports[0].protocol, 'TCP');
    same(made.status, {}, 'there is a status, of which nothing is known');

    const scale = await apps.readNamespacedDeploymentScale({ name: 'web', namespace });
    same([scale.spec.replicas, scale.status.selector], [2, 'app=web']);
    scale.spec.replicas = 5;
    const scaled = await apps.replaceNamespacedDeploymentScale({ name: 'web', namespace, body: scale });
    assert.equal(scaled.spec.replicas, 5);
    await refusal(409, 'Conflict', apps.replaceNamespacedDeploymentScale({ name: 'web', namespace, body: scale }));
    const negative = { ...scaled, spec: { replicas: -1 } };
    await refusal(422, 'Invalid', apps.replaceNamespacedDeploymentScale({ name: 'web', namespace, body: negative }));

    const current = await apps.readNamespacedDeployment({ name: 'web', namespace });
    same([current.spec.replicas, current.metadata.generation], [5, 2]);
    current.spec.template.spec.containers[0].image = 'web:2';
    const replaced = await apps.replaceNamespacedDeployment({ name: 'web', namespace, body: current });
    assert.equal(replaced.metadata.generation, 3);
    replaced.spec.selector.matchLabels = { app: 'other' };
    await refusal(422, 'Invalid', apps.replaceNamespacedDeployment({ name: 'web', namespace, body: replaced }));
    same(names(await apps.listDeploymentForAllNamespaces()), ['web']);
    await apps.deleteNamespacedDeployment({ name: 'web', namespace, propagationPolicy: 'Background' });
    await refusal(404, 'NotFound', apps.readNamespacedDeployment({ name: 'web', namespace }));
});

await step('a pod is bound, told of, added to and deleted', async () => {
    const made = await core.createNamespacedPod({ namespace, body: pod('p', { app: 'p' }) });
    same([made.status.phase, made.status.qosClass, made.spec.restartPolicy], ['Pending', 'BestEffort', 'Always']);
    const target = { apiVersion: 'v1', kind: 'Node', name: 'n1' };
    await core.createNamespacedPodBinding({ name: 'p', namespace, body: { metadata: { name: 'p' }, target } });
    const found = await core.listNamespacedPod({ namespace, fieldSelector: 'spec.nodeName=n1,status.phase=Pending' });
    same(names(found), ['p']);

    const ready = { type: 'Ready', status: 'True', lastTransitionTime: new Date() };
    const told = await core.patchNamespacedPodStatus(
        { name: 'p', namespace, body: { status: { phase: 'Running', podIP: '10.1.0.1', startTime: new Date(), conditions: [ready] } } },
        patchAs(StrategicMergePatch),
    );
    assert(told.status.startTime instanceof Date && told.status.startTime.getMilliseconds() === 0);
    same(told.status.conditions.map(({ type }) => type).sort(), ['PodScheduled', 'Ready']);
    const body = { spec: { ephemeralContainers: [{ name: 'debug', image: 'debug:1', targetContainerName: 'c' }] } };
    const joined = await core.patchNamespacedPodEphemeralcontainers({ name: 'p', namespace, body }, patchAs(StrategicMergePatch));
    assert.equal(joined.spec.ephemeralContainers[0].terminationMessagePolicy, 'File');
    joined.spec.containers[0].name = 'other';
    await refusal(422, 'Invalid', core.replaceNamespacedPod({ name: 'p', namespace, body: joined }));

    // A bound pod is deleted in two steps, the second of which is its node's.
    const ending = await core.deleteNamespacedPod({ name: 'p', namespace });
    same([ending.metadata.deletionGracePeriodSeconds, ending.metadata.deletionTimestamp instanceof Date], [30, true]);
    const ended = await core.deleteNamespacedPod({ name: 'p', namespace, gracePeriodSeconds: 0 });
    assert.equal(ended.metadata.name, 'p');
    await refusal(404, 'NotFound', core.readNamespacedPod({ name: 'p', namespace }));
});

await step('an eviction waits for the budget', async () => {
    await core.createNamespacedPod({ namespace, body: pod('guarded', { app: 'guarded' }) });
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    await core.patchNamespacedPodStatus({ name: 'guarded', namespace, body: { status } }, patchAs(MergePatch));
    const spec = { minAvailable: 1, selector: { matchLabels: { app: 'guarded' } } };
    const budget = await policy.createNamespacedPodDisruptionBudget({ namespace, body: { metadata: { name: 'b' }, spec } });
    const allow = async (disruptionsAllowed) => {
        const found = await policy.readNamespacedPodDisruptionBudget({ name: 'b', namespace });
        const { generation } = budget.metadata;
        found.status = { observedGeneration: generation, disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 };
        await policy.replaceNamespacedPodDisruptionBudgetStatus({ name: 'b', namespace, body: found });
    };
    const evict = (name, more) => core.createNamespacedPodEviction({ name, namespace, body: { metadata: { name }, ...more } });
    await allow(0);
    const refused = await refusal(429, 'TooManyRequests', evict('guarded'));
    assert.equal(refused.message, "Cannot evict pod as it would violate the pod's disruption budget.");
    assert.equal(refused.details.causes[0].reason, 'DisruptionBudget');
    await allow(1);
    await evict('guarded', { deleteOptions: { dryRun: ['All'] } });
    await evict('guarded', { deleteOptions: { gracePeriodSeconds: 0 } });
    await refusal(404, 'NotFound', core.readNamespacedPod({ name: 'guarded', namespace }));
    await refusal(404, 'NotFound', evict('guarded'));
    const used = await policy.readNamespacedPodDisruptionBudgetStatus({ name: 'b', namespace });
    same([used.status.disruptionsAllowed, Object.keys(used.status.disruptedPods)], [0, ['guarded']]);
});

await step('an account gets tokens that say who it is', async () => {
    await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: 'robot' } } });
    const request = { name: 'robot', namespace, body: { spec: { audiences: [], expirationSeconds: 3600 } } };
    const made = await core.createNamespacedServiceAccountToken(request);
    assert(made.status.expirationTimestamp > new Date());
    const { token } = made.status;

    const self = await withToken(k8s.AuthenticationV1Api, token).createSelfSubjectReview({ body: {} });
    assert.equal(self.status.userInfo.username, 'system:serviceaccount:work:robot');
    assert(self.status.userInfo.groups.includes('system:serviceaccounts:work'));
    const review = await config.makeApiClient(k8s.AuthenticationV1Api).createTokenReview({ body: { spec: { token } } });
    same([review.status.authenticated, review.status.user.username], [true, self.status.userInfo.username]);
    const short = { ...request, body: { spec: { audiences: [], expirationSeconds: 1 } } };
    await refusal(422, 'Invalid', core.createNamespacedServiceAccountToken(short));
    await refusal(404, 'NotFound', core.createNamespacedServiceAccountToken({ ...request, name: 'nobody' }));
    await core.deleteNamespacedServiceAccount({ name: 'robot', namespace });
    await eventually('the token is worth nothing', async () => {
        const asked = withToken(k8s.AuthenticationV1Api, token).createSelfSubjectReview({ body: {} });
        return asked.then(() => false, (error) => error.code === 401);
    });
});

await step('reviews say what one may do', async () => {
    const administrator = config.makeApiClient(k8s.AuthorizationV1Api);
    const resourceAttributes = { namespace, verb: 'list', resource: 'secrets' };
    const may = async (reviewer) => (await reviewer.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes } } })).status.allowed;
    same([await may(administrator), await may(withToken(k8s.AuthorizationV1Api, 'weak-token'))], [true, false]);
    const about = async (spec) => (await administrator.createSubjectAccessReview({ body: { spec } })).status.allowed;
    same([await about({ user: 'bob', resourceAttributes }), await about({ user: 'ann', groups: ['system:masters'], resourceAttributes })], [false, true]);
    const body = { metadata: { namespace }, spec: { user: 'bob', resourceAttributes } };
    assert.equal((await administrator.createNamespacedLocalSubjectAccessReview({ namespace, body })).status.allowed, false);
    const rules = await administrator.createSelfSubjectRulesReview({ body: { spec: { namespace } } });
    assert(rules.status.resourceRules.some(({ verbs, resources }) => verbs.includes('*') && resources.includes('*')));
});

/** Takes the lease where nobody has it, as leader elections do: by a write that must find the lease as it was read. */
async function acquire(name, holderIdentity) {
    const now = new k8s.V1MicroTime();
    const spec = { holderIdentity, leaseDurationSeconds: 15, acquireTime: now, renewTime: now, leaseTransitions: 0 };
    const held = (error) => {
        if (error.code !== 409) throw error;
        return false;
    };
    let lease;
    try {
        lease = await leases.readNamespacedLease({ name, namespace });
    } catch (error) {
        if (error.code !== 404) throw error;
        return leases.createNamespacedLease({ namespace, body: { metadata: { name }, spec } }).catch(held);
    }
    if (lease.spec.holderIdentity) return false;
    lease.spec = { ...spec, leaseTransitions: lease.spec.leaseTransitions + 1 };
    return leases.replaceNamespacedLease({ name, namespace, body: lease }).catch(held);
}

await step('of those who compete for a lease one has it', async () => {
    const contenders = ['a', 'b', 'c', 'd', 'e'];
    for (let term = 0; term < 5; term++) {
        const outcomes = await Promise.all(contenders.map((contender) => acquire('leader', contender)));
        const won = outcomes.filter((lease) => lease);
        assert.equal(won.length, 1, `in term ${term}`);
        assert.equal(won[0].spec.leaseTransitions, term);
        const current = await leases.readNamespacedLease({ name: 'leader', namespace });
        same(current, won[0]);
        current.spec.holderIdentity = undefined;
        await leases.replaceNamespacedLease({ name: 'leader', namespace, body: current });
    }
});

await step('a lease keeps millionths of a second', async () => {
    const renewed = new k8s.V1MicroTime(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
    const spec = { holderIdentity: 'a', renewTime: renewed };
    const lease = await leases.createNamespacedLease({ namespace, body: { metadata: { name: 'times' }, spec } });
    assert.equal(new Date(lease.spec.renewTime).getTime(), renewed.getTime());
    const custom = config.makeApiClient(k8s.CustomObjectsApi);
    const place = { group: 'coordination.k8s.io', version: 'v1', namespace, plural: 'leases', name: 'times' };
    const raw = () => custom.getNamespacedCustomObject(place);
    assert.equal((await raw()).spec.renewTime, '2026-01-02T03:04:05.678000Z');
    await custom.patchNamespacedCustomObject({ ...place, body: { spec: { renewTime: new Date(1767323045678) } } }, patchAs(MergePatch));
    assert.equal((await raw()).spec.renewTime, '2026-01-02T03:04:05.678000Z');
    assert.equal((await raw()).metadata.resourceVersion, lease.metadata.resourceVersion, 'the same time is no change');
});

await step('nothing is lost of what many add to one object', async () => {
    await leases.createNamespacedLease({ namespace, body: { metadata: { name: 'count' }, spec: { leaseTransitions: 0 } } });
    const add = async () => {
        for (;;) {
            const lease = await leases.readNamespacedLease({ name: 'count', namespace });
            lease.spec.leaseTransitions++;
            try {
                return await leases.replaceNamespacedLease({ name: 'count', namespace, body: lease });
            } catch (error) {
                if (error.code !== 409) throw error;
            }
        }
    };
    const adders = Array.from({ length: 4 }, async () => {
        for (let turn = 0; turn < 8; turn++) await add();
    });
    await Promise.all(adders);
    assert.equal((await leases.readNamespacedLease({ name: 'count', namespace })).spec.leaseTransitions, 32);
});

finish();
