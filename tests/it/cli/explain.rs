use crate::harness::cli::{TestEnv, assert_shows};

const SHOPS: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: shops.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {plural: shops, kind: Shop}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        description: \"A shop.\\nIt sells things.\"
        required: [spec]
        properties:
          spec:
            type: object
            properties:
              mode:
                type: string
                description: How it works, which is a text that is long enough to be broken into two lines of the terminal.
                enum: [open, closed, \"\", sold, burnt]
              open:
                type: array
                items: {type: object, properties: {from: {type: string}, to: {type: string}}}
              any: {x-kubernetes-preserve-unknown-fields: true}
";

#[test]
fn kinds_and_fields_are_explained() {
    let env = TestEnv::new();
    env.write("shops.yaml", SHOPS);
    env.prepare("apply -f shops.yaml");
    assert_shows!(env.run("explain shops"), @"
    GROUP:      example.com
    KIND:       Shop
    VERSION:    v1

    DESCRIPTION:
        A shop.
        It sells things.
        
    FIELDS:
      apiVersion	<string>
        <no description>

      kind	<string>
        <no description>

      metadata	<ObjectMeta>
        Standard object's metadata. More info:
        https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata

      spec	<Object> -required-
        <no description>
    ");
    assert_shows!(env.run("explain shop.spec.mode"), @r#"
    GROUP:      example.com
    KIND:       Shop
    VERSION:    v1

    FIELD: mode <string>
    ENUM:
        open
        closed
        ""
        sold
        burnt

    DESCRIPTION:
        How it works, which is a text that is long enough to be broken into two
        lines of the terminal.
    "#);
    assert_shows!(env.run("explain shops.example.com.spec --recursive"), @r#"
    GROUP:      example.com
    KIND:       Shop
    VERSION:    v1

    FIELD: spec <Object>


    DESCRIPTION:
        <empty>
    FIELDS:
      any	<Object>
      mode	<string>
      enum: open, closed, "", sold, ....
      open	<[]Object>
        from	<string>
        to	<string>
    "#);
    assert_shows!(env.run("explain hpa.spec.minReplicas --api-version=autoscaling/v1"), @"
    GROUP:      autoscaling
    KIND:       HorizontalPodAutoscaler
    VERSION:    v1

    FIELD: minReplicas <integer>


    DESCRIPTION:
        minReplicas is the lower limit for the number of replicas to which the
        autoscaler can scale down.  It defaults to 1 pod.  minReplicas is allowed to
        be 0 if the alpha feature gate HPAScaleToZero is enabled and at least one
        Object or External metric is configured.  Scaling is active as long as at
        least one metric value is available.
    ");
    assert_shows!(env.run("explain shop.spec -o json"), @r#"
    {
        "apiVersion": "trueup.dev/v1",
        "description": "",
        "enum": [],
        "fields": [
            {
                "description": "",
                "enum": [],
                "name": "any",
                "required": false,
                "type": "Object"
            },
            {
                "description": "How it works, which is a text that is long enough to be broken into two lines of the terminal.",
                "enum": [
                    "open",
                    "closed",
                    "",
                    "sold",
                    "burnt"
                ],
                "name": "mode",
                "required": false,
                "type": "string"
            },
            {
                "description": "",
                "enum": [],
                "name": "open",
                "required": false,
                "type": "[]Object"
            }
        ],
        "kind": "Explanation",
        "of": {
            "group": "example.com",
            "kind": "Shop",
            "version": "v1"
        },
        "path": [
            "spec"
        ],
        "type": "Object"
    }
    "#);
}

#[test]
fn what_cannot_be_explained_is_told_with_what_may_be_meant() {
    let env = TestEnv::new();
    assert_shows!(env.run("explain deploymnt.spec"), @r#"
    [stderr]
    error: the server doesn't have a resource type "deploymnt"
    hint: did you mean "deployment"?
    [exit 1]
    "#);
    assert_shows!(env.run("explain deployment.spec.replica"), @r#"
    [stderr]
    error: field "replica" does not exist
    hint: did you mean "replicas"?
    [exit 1]
    "#);
    assert_shows!(env.run("explain deployment.spec.replicas.none"), @r#"
    [stderr]
    error: field "none" does not exist
    [exit 1]
    "#);
    assert_shows!(env.run("explain deployment --api-version=apps/v2"), @r#"
    [stderr]
    error: the server has no deployments in version "apps/v2"
    hint: it has them in apps/v1
    [exit 1]
    "#);
    assert_shows!(env.run("explain deployment --api-version=a/b/c"), @r#"
    [stderr]
    error: --api-version "a/b/c": it is VERSION or GROUP/VERSION
    [exit 2]
    "#);
    assert_shows!(env.run("explain"), @"
    [stderr]
    error: the following required arguments were not provided:
      <TYPE[.FIELD...]>

    Usage: trueup explain <TYPE[.FIELD...]>

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("explain pods --recursiv"), @"
    [stderr]
    error: unexpected argument '--recursiv' found

      tip: a similar argument exists: '--recursive'

    Usage: trueup explain --recursive <TYPE[.FIELD...]>

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("explain pods --server=https://127.0.0.1:1"), @"
    [stderr]
    error: cannot reach https://127.0.0.1:1: connection refused (while asking GET /api)
    hint: is the server running, and is this its address?
    [exit 1]
    ");
}

#[test]
fn misspelled_words_are_guessed_wherever_they_stand() {
    let env = TestEnv::new();
    env.write("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n");
    env.prepare("apply -f a.yaml");
    assert_shows!(env.run("get configmpas"), @r#"
    [stderr]
    error: the server doesn't have a resource type "configmpas"
    hint: did you mean "configmaps"?
    [exit 1]
    "#);
    assert_shows!(env.run("get cm --sort-by=.metadata.nmae"), @"
    [stderr]
    error: --sort-by .metadata.nmae: none of the objects has this field; did you mean .metadata.name?
    [exit 1]
    ");
    assert_shows!(env.run("get cm -o custom-columns=NAME:.metadata.nmae,K:.data.k,X:.spec.x"), @"
    NAME     K     X
    <none>   v     <none>
    [stderr]
    warning: no object has the field of column NAME; did you mean .metadata.name?
    ");
    assert_shows!(env.run("get cm -o jsn"), @r#"
    [stderr]
    error: invalid value 'jsn' for '--output <FORM>': there is no form "jsn"
      [possible forms: json, yaml, wide, name, custom-columns, custom-columns-file, jsonpath, jsonpath-file, jsonpath-as-json, go-template, go-template-file]

      tip: a similar form exists: 'json'
    [exit 2]
    "#);
    assert_shows!(env.run("wait cm/a --for=creat"), @r#"
    [stderr]
    error: invalid value 'creat' for '--for <WHAT>': write create, delete, ready, condition=NAME[=STATUS] or jsonpath='{PATH}'[=VALUE]; did you mean "create"?

    For more information, try '--help'.
    [exit 2]
    "#);
    env.write("kubeconfig", "current-context: staging\ncontexts:\n- {name: staging, context: {cluster: c}}\nclusters:\n- {name: c, cluster: {server: 'http://127.0.0.1:1'}}\n");
    assert_shows!(env.run("--kubeconfig kubeconfig --context stagng get cm"), @r#"
    [stderr]
    error: cannot use the kubeconfig kubeconfig: it has no context "stagng"
    hint: did you mean "staging"?
    [exit 1]
    "#);
    assert_shows!(env.run("--kubeconfig kubeconfig config use-context stagng"), @r#"
    [stderr]
    error: no context exists with the name: "stagng"
    hint: did you mean "staging"?
    [exit 1]
    "#);
    env.write("b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, lables: {}}\ndat: {k: v}\n");
    assert_shows!(env.run("apply -f b.yaml"), @r#"
    [stderr]
    applying to local store store
    error: b.yaml:4:1: configmap/b in namespace default: from server (BadRequest): ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dat", unknown field "metadata.lables"
     4 | dat: {k: v}
       | ^
    hint: dat: did you mean "data"?; metadata.lables: did you mean "labels"?
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    [exit 1]
    "#);
    assert_shows!(env.run("diff -f b.yaml"), @r#"
    Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged, 1 failed.
    [stderr]
    error: b.yaml:4:1: configmap/b in namespace default: from server (BadRequest): ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dat", unknown field "metadata.lables"
     4 | dat: {k: v}
       | ^
    hint: dat: did you mean "data"?; metadata.lables: did you mean "labels"?
    [exit 2]
    "#);
}
