use jiff::Timestamp;

use super::*;

fn source(name: &str, text: &str) -> Input {
    Ok(Gathered::Source(Arc::new(Source::new(name, text))))
}

fn report(text: &str, schemas: &[&str], options: &Options) -> Report {
    let schemas = schemas.iter().map(|text| source("crd.yaml", text)).collect();
    validate(vec![source("a.yaml", text)], schemas, options, &Ambient::pinned(Timestamp::UNIX_EPOCH))
}

/// Place, rule, field, message and suggestion of every fault, a line each.
fn told_with(text: &str, schemas: &[&str], options: &Options) -> Vec<String> {
    let report = report(text, schemas, options);
    let line = |fault: &&Fault| {
        let suggestion = fault.suggestion.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
        format!("{} {} {}: {}{suggestion}", fault.place, fault.rule.as_str(), fault.field, fault.message)
    };
    report.faults().iter().map(line).collect()
}

fn told(text: &str) -> Vec<String> {
    told_with(text, &[], &Options::default())
}

fn outcomes(report: &Report) -> Vec<String> {
    let outcome = |checked: &Checked| match &checked.outcome {
        Outcome::Unchecked(why) => format!("{}: {why}", checked.subject),
        outcome => format!("{}: {}", checked.subject, outcome.as_str()),
    };
    report.objects.iter().map(outcome).collect()
}

const WIDGETS: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, kind: Widget}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            x-kubernetes-validations:
            - rule: self.least <= self.most
              message: least is more than most
            required: [least, most]
            properties:
              least: {type: integer}
              most: {type: integer, maximum: 9}
              color: {type: string, enum: [red, green]}
  - name: v1alpha1
    served: true
    storage: false
    deprecated: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
";

fn widget(spec: &str) -> String {
    format!("apiVersion: example.com/v1\nkind: Widget\nmetadata: {{name: w}}\nspec: {spec}\n")
}

fn config_map(name: &str, more: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{more}}}\n")
}

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: nginx
";

#[test]
fn a_sound_set_has_no_faults() {
    assert_eq!(told(&format!("{DEPLOYMENT}---\n{}", config_map("a", ""))), [""; 0]);
    assert_eq!(told_with(&widget("{least: 1, most: 2, color: red}"), &[WIDGETS], &Options::default()), [""; 0]);
}

#[test]
fn unknown_fields_come_with_the_field_that_may_be_meant() {
    let text = DEPLOYMENT.replace("image:", "imag:").replace("  selector:", "  replica: 1\n  selector:");
    assert_eq!(
        told(&text),
        [
            "a.yaml:6:3 UnknownField spec.replica: unknown field (did you mean \"replicas\"?)",
            "a.yaml:15:9 UnknownField spec.template.spec.containers[0].imag: unknown field (did you mean \"image\"?)",
        ],
        "that the image is missing follows from its misspelling"
    );
}

#[test]
fn a_field_that_stands_too_deep_is_found_where_it_belongs() {
    assert_eq!(
        told(&format!("{DEPLOYMENT}      replicas: 2\n")),
        [
            "a.yaml:15:7 UnknownField spec.template.spec.replicas: unknown field (replicas is a field of spec: is it indented as it should be?)"
        ]
    );
    let flat = DEPLOYMENT.replace("  template:", "  nodeSelector: {a: b}\n  template:");
    assert_eq!(told(&flat), ["a.yaml:8:3 UnknownField spec.nodeSelector: unknown field"], "two levels below is no guess");
}

#[test]
fn a_misspelled_field_that_is_required_is_told_once() {
    let text = DEPLOYMENT.replace("  selector:", "  selecter:");
    let told = told(&text);
    assert_eq!(told[0], "a.yaml:6:3 UnknownField spec.selecter: unknown field (did you mean \"selector\"?)");
    assert!(!told.iter().any(|line| line.contains("FieldValueRequired")), "{told:?}");
}

#[test]
fn unknown_fields_can_be_passed_over() {
    let options = Options { ignore_unknown_fields: true, ..Options::default() };
    assert_eq!(told_with(&DEPLOYMENT.replace("  selector:", "  replica: 1\n  selector:"), &[], &options), [""; 0]);
}

#[test]
fn every_value_of_the_wrong_type_is_told_and_hides_nothing_else() {
    let text = DEPLOYMENT
        .replace("  selector:", "  replicas: \"2\"\n  paused: maybe\n  selector:")
        .replace("image: nginx", "image: 1\n        command: [a, 2]")
        .replace("name: web\n        image", "name: Web\n        image");
    assert_eq!(
        told(&text),
        [
            "a.yaml:6:3 WrongType spec.replicas: must be of type int32, but this is a string (take the quotes away)",
            "a.yaml:7:3 WrongType spec.paused: must be of type bool, but this is a string",
            "a.yaml:15:9 FieldValueInvalid spec.template.spec.containers[0].name: Invalid value: \"Web\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
            "a.yaml:16:9 WrongType spec.template.spec.containers[0].image: must be of type string, but this is a number, 1 (put quotes around the value)",
            "a.yaml:17:22 WrongType spec.template.spec.containers[0].command[1]: must be of type string, but this is a number, 2 (put quotes around the value)",
        ]
    );
}

#[test]
fn the_place_of_a_label_with_dots_is_found() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n    app.kubernetes.io/name: 1\n";
    assert_eq!(
        told(text),
        [
            "a.yaml:6:5 WrongType metadata.labels.app.kubernetes.io/name: must be of type string, but this is a number, 1 (put quotes around the value)"
        ]
    );
}

#[test]
fn values_of_secrets_are_not_told() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {pin: 4711}\ndata: {p: \"&&hunter\"}\n";
    let told = told(text);
    assert_eq!(
        told,
        [
            "a.yaml:4:14 WrongType stringData.pin: must be of type string, but this is a number (put quotes around the value)",
            "a.yaml:5:8 WrongType data.p: this is not base64 (encode the value as base64, or write it in the clear below `stringData`)",
        ]
    );
    assert!(
        !report(text, &[], &Options::default())
            .faults()
            .iter()
            .any(|fault| fault.excerpt().contains("4711") || fault.excerpt().contains("hunter"))
    );
}

#[test]
fn removed_versions_name_the_one_of_today() {
    let text = "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: a}\n---\napiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: a}\n";
    assert_eq!(
        told(text),
        [
            "a.yaml:1:1 RemovedVersion : Deployment in version extensions/v1beta1 was removed in Kubernetes 1.16 (write `apiVersion: apps/v1`, and look for fields that changed)",
            "a.yaml:5:1 RemovedVersion : PodSecurityPolicy in version policy/v1beta1 was removed in Kubernetes 1.25 (take it out: nothing took its place)",
        ]
    );
}

#[test]
fn versions_that_are_to_go_are_warnings() {
    let text =
        "apiVersion: v1\nkind: Endpoints\nmetadata: {name: a}\n---\napiVersion: example.com/v1alpha1\nkind: Widget\nmetadata: {name: b}\n";
    let report = report(text, &[WIDGETS], &Options::default());
    let told: Vec<_> = report.faults().iter().map(|fault| (fault.severity, fault.rule, fault.message.clone())).collect();
    assert_eq!(
        told,
        [
            (
                Severity::Warning,
                Rule::DeprecatedVersion,
                "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice".to_owned()
            ),
            (Severity::Warning, Rule::DeprecatedVersion, "example.com/v1alpha1 Widget is deprecated".to_owned()),
        ]
    );
    assert_eq!(report.counts(), Counts { fine: 2, warnings: 2, ..Counts::default() });
}

#[test]
fn unknown_kinds_come_with_the_kind_that_may_be_meant() {
    let object = |version: &str, kind: &str| format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n");
    let hint = |version: &str, kind: &str| {
        let told = told(&object(version, kind));
        assert_eq!(told.len(), 1, "{told:?}");
        told[0].split_once(" (").map(|(_, hint)| hint.trim_end_matches(')').to_owned()).unwrap_or_default()
    };
    assert_eq!(hint("v1", "ConfigMapp"), "did you mean kind \"ConfigMap\" in version \"v1\"?");
    assert_eq!(hint("v1", "Deployment"), "did you mean kind \"Deployment\" in version \"apps/v1\"?");
    assert_eq!(hint("apps/v2", "deployment"), "did you mean kind \"Deployment\" in version \"apps/v1\"?");
    assert_eq!(hint("app/v1", "Deployment"), "did you mean kind \"Deployment\" in version \"apps/v1\"?");
    assert_eq!(hint("networking.k8s.oi/v1", "Ingress"), "did you mean kind \"Ingress\" in version \"networking.k8s.io/v1\"?");
    let others = "give its CustomResourceDefinition with --schema FILE, or pass over it with --ignore-missing-schemas";
    assert_eq!(hint("networking.istio.io/v1", "Service"), others, "a group of somebody's own may have any kind");
}

#[test]
fn objects_of_unknown_kinds_can_be_passed_over_but_not_those_of_removed_versions() {
    let text = "apiVersion: x.io/v1\nkind: X\nmetadata: {name: a}\n---\napiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: b}\n";
    let options = Options { ignore_missing_schemas: true, ..Options::default() };
    assert_eq!(
        outcomes(&report(text, &[], &options)),
        ["x.x.io/a: no schema for kind \"X\" in version \"x.io/v1\"", "cronjob.batch/b: faulty"]
    );
}

#[test]
fn kinds_can_be_skipped() {
    let text = format!("{}---\n{DEPLOYMENT}", config_map("A_b", ""));
    for word in ["configmap", "v1/ConfigMap"] {
        let options = Options { skip: vec![word.to_owned()], ..Options::default() };
        assert_eq!(outcomes(&report(&text, &[], &options)), ["configmap/A_b: skipped as asked for", "deployment.apps/web: fine"]);
    }
}

#[test]
fn custom_kinds_are_checked_with_their_rules() {
    let told = |spec: &str| told_with(&widget(spec), &[WIDGETS], &Options::default());
    assert_eq!(told("{least: 3, most: 2}"), ["a.yaml:4:1 FieldValueInvalid spec: Invalid value: least is more than most"]);
    assert_eq!(
        told("{least: 3, most: 10, colour: red}"),
        [
            "a.yaml:4:18 FieldValueInvalid spec.most: Invalid value: 10: spec.most in body should be less than or equal to 9",
            "a.yaml:4:28 UnknownField spec.colour: unknown field (did you mean \"color\"?)",
        ]
    );
}

#[test]
fn definitions_of_the_set_count_before_those_given_beside_it() {
    let stricter = WIDGETS.replace("maximum: 9", "maximum: 1");
    let set = format!("{}---\n{stricter}", widget("{least: 1, most: 2}"));
    assert_eq!(
        told_with(&set, &[WIDGETS], &Options::default()),
        ["a.yaml:4:18 FieldValueInvalid spec.most: Invalid value: 2: spec.most in body should be less than or equal to 1"]
    );
}

#[test]
fn a_selector_leaves_out_objects_but_not_what_they_are_checked_by() {
    let set = format!("{WIDGETS}---\n{}", widget("{least: 1, most: 10}").replace("name: w", "name: w, labels: {a: b}"));
    let options = Options { selector: LabelSelector::parse("a=b").unwrap(), ..Options::default() };
    let report = report(&set, &[], &options);
    assert_eq!(outcomes(&report), ["widget.example.com/w: faulty"]);
    assert_eq!(report.counts().errors, 1);
}

#[test]
fn objects_of_a_faulty_definition_are_not_checked() {
    let broken = WIDGETS.replace("self.least <= self.most", "self.least <=");
    let report = report(&widget("{}"), &[&broken], &Options::default());
    assert_eq!(outcomes(&report), ["widget.example.com/w: its definition at crd.yaml:1:1 has faults"]);
    assert_eq!(report.strays.len(), 1, "{:?}", report.strays);
    assert_eq!(report.strays[0].place.to_string(), "crd.yaml:19:15");
}

#[test]
fn an_object_twice_is_told_whatever_the_version_and_the_default_namespace() {
    let text =
        format!("{}---\n{}---\n{}", config_map("a", ""), config_map("a", ", namespace: default"), config_map("a", ", namespace: other"));
    assert_eq!(
        told(&text),
        [
            "a.yaml:5:1 DuplicateObject : it is already described at a.yaml:1:1 (remove one of the two, or give it another name or namespace)"
        ]
    );
    let generated = "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\nspec: {containers: [{name: a, image: a}]}\n";
    assert_eq!(told(&format!("{generated}---\n{generated}")), [""; 0]);
}

#[test]
fn a_namespace_that_is_asked_for_is_the_only_one() {
    let options = Options { namespace: Some("shop".to_owned()), ..Options::default() };
    let text = format!("{}---\n{}", config_map("a", ""), config_map("b", ", namespace: other"));
    assert_eq!(
        told_with(&text, &[], &options),
        [
            "a.yaml:7:21 OtherNamespace metadata.namespace: the object is in namespace \"other\", but \"shop\" was asked for (leave -n out, or take the namespace out of the manifest)"
        ]
    );
    assert_eq!(outcomes(&report(&text, &[], &options)), ["configmap/a in namespace shop: fine", "configmap/b in namespace other: faulty"]);
}

#[test]
fn a_broken_text_hides_no_other() {
    let manifests = vec![source("b.yaml", "a: [\n"), source("c.yaml", &config_map("A_b", ""))];
    let report = validate(manifests, Vec::new(), &Options::default(), &Ambient::pinned(Timestamp::UNIX_EPOCH));
    let places: Vec<String> = report.faults().iter().map(|fault| format!("{} {}", fault.place, fault.rule.as_str())).collect();
    assert_eq!(places, ["b.yaml:1:4 Syntax", "c.yaml:3:12 FieldValueInvalid"]);
}

#[test]
fn kustomizations_are_refused_by_name() {
    let text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: a}\nresources: [a.yaml]\n";
    let report = validate(vec![source("-", text)], Vec::new(), &Options::default(), &Ambient::system());
    let faults = report.faults();
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].rule, faults[0].message.as_str()), (Rule::UnknownKind, kinds::KUSTOMIZATION));
}

#[test]
fn an_empty_set_and_a_selector_without_match_are_errors() {
    assert_eq!(
        told(""),
        [" Unreadable : no objects found in a.yaml (check the path given with -f; documents without content do not count)"]
    );
    let options = Options { selector: LabelSelector::parse("a=b").unwrap(), ..Options::default() };
    assert_eq!(told_with(&config_map("a", ""), &[], &options), [" Unreadable : no manifest matches the selector"]);
    let told = told_with(&config_map("a", ""), &[&config_map("b", "")], &Options::default());
    assert_eq!(told, ["crd.yaml Unreadable : there is no CustomResourceDefinition in what --schema names"]);
}
