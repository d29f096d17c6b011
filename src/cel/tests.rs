use serde_json::{Value, json};

use super::*;
use crate::schema::{Schema, crd};

/// A schema of everything, bounded so that ordinary rules are cheap.
fn schema() -> Schema {
    let text = json!({"type": "string", "maxLength": 64});
    let item = json!({"type": "object", "required": ["name"], "properties": {"name": text, "port": {"type": "integer"}}});
    let spec = json!({"type": "object", "properties": {
        "text": text, "number": {"type": "integer"}, "float": {"type": "number"}, "flag": {"type": "boolean"},
        "either": {"x-kubernetes-int-or-string": true}, "a-b": text, "x.y/z": text, "namespace": text, "a__b": text,
        "list": {"type": "array", "maxItems": 10, "items": {"type": "integer"}},
        "many": {"type": "array", "items": {"type": "integer"}},
        "words": {"type": "array", "maxItems": 10, "items": text},
        "set": {"type": "array", "maxItems": 10, "items": text, "x-kubernetes-list-type": "set"},
        "items": {"type": "array", "maxItems": 10, "items": item, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
        "map": {"type": "object", "maxProperties": 10, "additionalProperties": {"type": "integer"}},
        "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "when": {"type": "string", "format": "date-time"}, "day": {"type": "string", "format": "date"},
        "long": {"type": "string", "format": "duration"}, "raw": {"type": "string", "format": "byte"},
        "maybe": {"type": "string", "nullable": true, "maxLength": 9}, "deep": {"type": "object", "properties": {"inner": item}},
    }});
    crd::compile(&json!({"type": "object", "properties": {"spec": spec}}), "schema").unwrap()
}

fn document() -> Value {
    json!({"apiVersion": "e/v1", "kind": "K", "metadata": {"name": "n", "labels": {"a": "b"}}, "spec": {
        "text": "héllo", "number": 3, "float": 2, "flag": true, "either": "50%", "a-b": "dash", "x.y/z": "sign", "namespace": "word",
        "a__b": "under", "list": [3, 1, 2], "words": ["b", "a"], "set": ["x", "y"],
        "items": [{"name": "a", "port": 1}, {"name": "b"}], "map": {"one": 1, "a-b": 2}, "open": {"x": 1},
        "when": "2026-11-22T10:20:30Z", "day": "2026-11-22", "long": "1h30m", "raw": "aGk=", "maybe": null,
    }})
}

fn compile(text: &str) -> Result<Program, CompileError> {
    Program::compile(text, schema().root(), false, Wanted::Truth)
}

fn outcome_over(text: &str, document: &Value) -> Result<bool, Fault> {
    let schema = schema();
    let program = Program::compile(text, schema.root(), false, Wanted::Truth).unwrap_or_else(|error| panic!("{text}: {error}"));
    let input = Input { place: schema.root(), new: document, old: None, optional_old: false };
    program.holds(input, &mut Budget::new(CALL_BUDGET))
}

fn outcome(text: &str) -> Result<bool, Fault> {
    outcome_over(&text.replace('$', "self.spec"), &document())
}

#[track_caller]
fn all_hold(rules: &[&str]) {
    let wrong: Vec<String> = rules
        .iter()
        .filter_map(|rule| match outcome(rule) {
            Ok(true) => None,
            other => Some(format!("{rule}: {other:?}")),
        })
        .collect();
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn members_are_found_by_their_escaped_names() {
    all_hold(&[
        "$.a__dash__b == 'dash'",
        "$.x__dot__y__slash__z == 'sign'",
        "$.__namespace__ == 'word'",
        "$.a__underscores__b == 'under'",
        "$.map['a-b'] == 2 && $.map.one == 1 && 'one' in $.map && !('two' in $.map)",
        "self.metadata.name == 'n' && self.kind == 'K' && self.apiVersion.startsWith('e/')",
        "has($.text) && !has($.deep) && !has($.deep.inner) || true",
        "has($.map.one) && !has($.map.two)",
    ]);
}

#[test]
fn values_have_the_types_that_the_schema_gives_them() {
    all_hold(&[
        "type($.number) == int && type($.float) == double && type($.text) == string && type($.list) == list && type($.map) == map",
        "$.number + 1 == 4 && $.number * 2 - 1 == 5 && 7 / 2 == 3 && -7 % 2 == -1 && $.float * 1.5 == 3.0",
        "$.number < 3.5 && $.float <= 2 && dyn(1) == 1.0 && 1u < 2 && 2 > 1.5",
        "$.either == '50%' && type($.either) == string",
        "$.when > timestamp('2026-01-01T00:00:00Z') && $.when.getFullYear() == 2026 && $.when.getMonth() == 10 && $.when.getDayOfWeek() == 0",
        "$.when - $.day == duration('10h20m30s') && $.day + duration('1m') > $.day",
        "$.long == duration('5400s') && $.long.getMinutes() == 90 && string($.long) == '5400s'",
        "$.raw == b'hi' && string($.raw) == 'hi' && size($.raw) == 2",
        "int('7') == 7 && string(7) == '7' && double('1.5') == 1.5 && uint(3) == 3u && bool('true') && string(1.0) == '1'",
    ]);
}

#[test]
fn times_are_told_in_the_zone_that_is_asked_for() {
    all_hold(&[
        "$.when.getHours() == 10 && $.when.getHours('UTC') == 10 && $.when.getHours('') == 10",
        "$.when.getHours('+02:00') == 12 && $.when.getMinutes('-00:30') == 50 && $.when.getDate('-11:00') == 21",
        "$.when.getDayOfWeek('14:00') == 1 && $.when.getFullYear('+02:00') == 2026",
        "$.when.getHours('Europe/Berlin') == 11 && timestamp('2026-07-01T10:00:00Z').getHours('Europe/Berlin') == 12",
        "$.when.getMinutes('Asia/Kolkata') == 50 && $.when.getDate('Pacific/Kiritimati') == 23",
    ]);
    for zone in ["Nowhere/Else", "+2:00", "+24:00", "+02:60", "x:y"] {
        assert!(matches!(outcome(&format!("$.when.getHours('{zone}') == 1")), Err(Fault::Other(_))), "{zone}");
    }
    assert!(compile("duration('1h').getHours('UTC') == 1").is_err());
}

#[test]
fn images_are_read_as_registries_read_them() {
    const DIGEST: &str = "sha256:6aefddb645ee6963afd681b1845c661d0ea4c3b20ab9db86d9e753b203d385f2";
    let rules = [
        "image('nginx').registry() == 'index.docker.io' && image('nginx').repository() == 'library/nginx' && image('nginx').tag() == 'latest'",
        "image('a.io/bb:t').registry() == 'a.io' && image('a.io/bb:t').repository() == 'bb' && image('a.io/bb:t').identifier() == 't'",
        "image('localhost:5000/b/c').registry() == 'localhost:5000' && image('localhost:5000/b/c').tag() == 'latest'",
        "image('a.io/bb@DIGEST').digest() == 'DIGEST' && image('a.io/bb@DIGEST').tag() == '' && image('a.io/bb@DIGEST').containsDigest()",
        "image('a.io/bb:t@DIGEST').identifier() == 'DIGEST' && image('a.io/bb:t@DIGEST').repository() == 'bb'",
        "isImage('user/app:1.0') && !isImage('a.io//b') && !isImage('UPPER') && !isImage('') && !isImage('a@sha256:12') && !isImage('a:b c')",
    ];
    let rules: Vec<String> = rules.iter().map(|rule| rule.replace("DIGEST", DIGEST)).collect();
    all_hold(&rules.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(outcome("image('a b').tag() == ''").is_err());
}

#[test]
fn what_kube_apiserver_has_not_enabled_is_refused() {
    for rule in [
        "math.greatest(1, 2) == 2",
        "base64.encode(b'a') == ''",
        "cel.bind(x, 1, x == 1)",
        "$.list.existsOne(x, x == 1)",
        "authorizer.group('').resource('pods').check('get').allowed()",
    ] {
        let error = compile(&rule.replace('$', "self.spec")).expect_err(rule).to_string();
        assert!(error.contains("undeclared reference to"), "{rule}: {error}");
    }
}

#[test]
fn lists_are_sorted_cut_and_made() {
    all_hold(&[
        "lists.range(3) == [0, 1, 2] && lists.range(0) == [] && lists.range(-1) == []",
        "[1, 2, 1].distinct() == [1, 2] && $.list.sort() == [1, 2, 3] && $.list.reverse() == [2, 1, 3]",
        "$.list.slice(1, 3) == [1, 2] && $.list.slice(3, 3) == []",
        "$.list.first() == optional.of(3) && $.list.last().value() == 2 && $.list.filter(x, x > 9).first() == optional.none()",
        "[[1], [2, 3]].flatten() == [1, 2, 3] && dyn([dyn([1]), dyn([dyn([2])])]).flatten(2) == [1, 2]",
        "$.items.sortBy(i, -size(i.name)).map(i, i.name) == ['a', 'b'] && $.words.sortBy(w, w) == ['a', 'b']",
        "$.words.max() == 'b' && $.list.min() == 1",
    ]);
    for rule in ["$.list.slice(-1, 2) == []", "$.list.slice(2, 1) == []", "$.list.slice(0, 9) == []", "dyn($.list).flatten(-1) == []"] {
        assert!(outcome(rule).is_err(), "{rule}");
    }
}

#[test]
fn what_can_never_hold_is_refused_before_it_runs() {
    for (rule, why) in [
        ("$.number == null", "found no matching overload for '_==_'"),
        ("$.maybe != null", "found no matching overload for '_!=_'"),
        ("$.list == null", "found no matching overload for '_==_'"),
        ("[1, 'a'].size() == 2", "expected type 'int' but found 'string'"),
        ("[1, null].size() == 2", "expected type 'int' but found 'null'"),
        ("{'a': 1, 2: 'b'}.size() == 2", "expected type 'string' but found 'int'"),
        ("$.words.max() == 1", "found no matching overload for '_==_'"),
        ("$.items.isSorted()", "found no matching overload for 'isSorted'"),
        ("$.items.sortBy(i, i).size() == 1", "found no matching overload for '@sortByAssociatedKeys'"),
        ("duration('zz') == duration('1s')", "invalid duration argument"),
        ("timestamp('2020-01-01 00:00:00Z') == $.when", "invalid timestamp argument"),
        ("'%z'.format([1]) == ''", "unrecognized formatting clause \"z\""),
        ("'%d'.format([$.text]) == ''", "decimal clause can only be used on integers, was given string"),
        ("'%s'.format([$.deep]) == ''", "string clause can only be used on"),
        ("'%s'.format([]) == ''", "index 0 out of range"),
        ("'%s'.format([1, 2]) == ''", "too many arguments"),
        ("'%'.format([1]) == ''", "unexpected end of string"),
    ] {
        let error = compile(&rule.replace('$', "self.spec")).expect_err(rule).to_string();
        assert!(error.contains(why), "{rule}: {error}");
    }
    all_hold(&["!($.deep == null) || true", "$.when != null", "$.either != null", "[[], [1]].size() == 2", "dyn($.text) != null"]);
}

#[test]
fn values_are_written_as_go_writes_them() {
    all_hold(&[
        "'%s'.format([['a', 'b']]) == '[\"a\", \"b\"]' && '%s'.format([{'x': 'y'}]) == '{\"x\":\"y\"}'",
        "'%s %d'.format(['a', 1]) == 'a 1'",
        "'%e'.format([2.5]) == '2.500000×10⁰⁰' && '%.1e'.format([0.00025]) == '2.5×10⁻⁰⁴'",
        "string(1e20) == '1e+20' && string(1234567.0) == '1.234567e+06' && string(0.00001) == '1e-05' && string(1.5) == '1.5'",
        "string(double('inf')) == '+Inf' && string(100000.0) == '100000'",
        "'abc'.indexOf('c', 7) == -1",
    ]);
}

#[test]
fn macros_visit_items_and_members() {
    all_hold(&[
        "$.list.all(x, x > 0) && $.list.exists(x, x == 2) && $.list.exists_one(x, x == 2)",
        "$.list.map(x, x * 2) == [6, 2, 4] && $.list.filter(x, x > 1) == [3, 2] && $.list.map(x, x > 1, x + 1) == [4, 3]",
        "$.items.all(i, has(i.port) ? i.port == 1 : i.name == 'b') && $.items.map(i, i.name) == ['a', 'b']",
        "$.map.all(k, $.map[k] > 0) && $.map.all(k, v, size(k) == 3 && v < 3)",
        "$.list.all(i, x, x > i - 3) && $.list.transformList(i, x, i + x) == [3, 2, 4]",
        "$.map.transformMap(k, v, v + 1) == {'one': 2, 'a-b': 3} && $.map.transformMapEntry(k, v, {k + '!': v})['one!'] == 1",
        "[1, 2].exists(x, 1 / (x - 1) > 0 || x == 2)",
        "$.items.all(i, $.items.exists(j, j.name == i.name))",
    ]);
}

#[test]
fn junctions_absorb_the_faults_of_the_side_that_does_not_decide() {
    all_hold(&["1 / 0 > 0 || true", "!(1 / 0 > 0 && false)", "true || 1 / 0 > 0", "true ? true : 1 / 0 > 0"]);
    for (rule, fault) in [
        ("1 / 0 > 0 || false", "division by zero"),
        ("$.deep.inner.name == 'x'", "no such key: deep"),
        ("$.list[9] == 1", "index out of bounds: 9"),
        ("$.map['x'] == 1", "no such key: x"),
        ("9223372036854775807 + $.number > 0", "integer overflow"),
        ("$.either > 3", "no such overload: _>_ applied to (string, int)"),
        ("quantity($.text).isInteger()", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"),
        ("[].min() == 1", "min called on empty list"),
    ] {
        assert_eq!(outcome(rule).map_err(|fault| fault.to_string()), Err(fault.to_owned()), "{rule}");
    }
}

#[test]
fn texts_are_counted_in_characters() {
    all_hold(&[
        "size($.text) == 5 && $.text.size() == 5 && $.text.charAt(1) == 'é' && $.text.indexOf('l') == 2 && $.text.lastIndexOf('l') == 3",
        "$.text.substring(1, 3) == 'él' && $.text.substring(4) == 'o' && $.text.upperAscii() == 'HéLLO' && 'A'.lowerAscii() == 'a'",
        "'a,b,c'.split(',') == ['a', 'b', 'c'] && 'a,b,c'.split(',', 2) == ['a', 'b,c'] && 'ab'.split('') == ['a', 'b']",
        "['a', 'b'].join('-') == 'a-b' && 'aaa'.replace('a', 'b', 2) == 'bba' && ' x '.trim() == 'x'",
        "$.text.contains('ll') && $.text.startsWith('h') && $.text.endsWith('o') && 'abcabc'.lastIndexOf('abc', 2) == 0",
        "$.text.matches('^h.l+o') && matches('a1', r'\\d') && 'a1b22'.find('[0-9]+') == '1' && 'a1b22'.findAll('[0-9]+') == ['1', '22']",
        "'a1b22'.findAll('[0-9]+', 1) == ['1'] && 'x'.find('y') == ''",
        "'%s is %d, %.2f, %x, %b, %%'.format(['a', 10, 1.5, 255, true]) == 'a is 10, 1.50, ff, 1, %'",
        "'%s'.format([[1, 'x', {'a': null}]]) == '[1, \"x\", {\"a\":null}]' && '%e'.format([1234.5]) == '1.234500×10⁰³'",
    ]);
}

#[test]
fn lists_and_sets_have_kubernetes_functions() {
    all_hold(&[
        "[1, 2, 2].isSorted() && !['b', 'a'].isSorted() && $.list.sum() == 6 && $.list.min() == 1 && $.words.max() == 'b'",
        "$.list.indexOf(1) == 1 && [1, 2, 1].lastIndexOf(1) == 2 && $.words.indexOf('z') == -1",
        "sets.contains($.list, [1, 2]) && !sets.contains($.list, [9]) && sets.equivalent([1, 1, 2], [2, 1]) && sets.intersects([1], [1, 5])",
        "$.set == ['y', 'x'] && $.words != ['a', 'b'] && $.items == dyn([{'name': dyn('b')}, {'name': dyn('a'), 'port': dyn(1)}])",
        "$.set + ['y', 'z'] == ['x', 'y', 'z'] && size($.set + ['y']) == 2 && size($.words + ['a']) == 3 && 2 in $.list",
        "size($.items + [dyn({'name': dyn('a'), 'port': dyn(9)})]) == 2 && ($.items + [dyn({'name': dyn('a'), 'port': dyn(9)})])[0].port == 9",
    ]);
}

#[test]
fn optionals_stand_for_what_may_be_missing() {
    all_hold(&[
        "$.?text.orValue('x') == 'héllo' && $.?deep.?inner.?name.orValue('none') == 'none' && !$.?deep.hasValue()",
        "$.map[?'two'].orValue(2) == 2 && $.list[?9].orValue(0) == 0 && $.?deep.inner.port.orValue(8) == 8",
        "optional.of(1).value() == 1 && optional.none().or(optional.of(2)).value() == 2 && !optional.ofNonZeroValue('').hasValue()",
        "$.?number.optMap(n, n + 1).value() == 4 && $.?map.optFlatMap(m, m[?'one']).value() == 1",
        "[1, ?$.?deep.?inner.?port] == [1] && {?'a': optional.of(1)} == {'a': 1}",
    ]);
}

#[test]
fn quantities_addresses_urls_formats_and_versions_are_known() {
    all_hold(&[
        "quantity('1Gi').isGreaterThan(quantity('1000M')) && quantity('500m').compareTo(quantity('0.5')) == 0 && quantity('-1').sign() == -1",
        "quantity('1').add(quantity('500m')) == quantity('1500m') && quantity('2').sub(1).asInteger() == 1 && isQuantity('1k') && !isQuantity('1x')",
        "quantity('1500m').asApproximateFloat() == 1.5 && !quantity('1500m').isInteger() && quantity('1').isLessThan(quantity('2'))",
        "ip('10.0.0.1').family() == 4 && isIP('::1') && !isIP('::ffff:1.2.3.4') && !isIP('010.0.0.1') && ip('127.0.0.1').isLoopback()",
        "ip('8.8.8.8').isGlobalUnicast() && ip('fe80::1').isLinkLocalUnicast() && !ip.isCanonical('::0001') && string(ip('::0001')) == '::1'",
        "cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !isCIDR('10.0.0.0/33')",
        "cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && cidr('10.1.2.3/8').ip() == ip('10.1.2.3') && cidr('::/0').prefixLength() == 0",
        "url('https://a.b:80/p%20q?x=1&x=2').getHost() == 'a.b:80' && url('https://[::1]:80/').getHostname() == '::1' && isURL('/p') && !isURL('p q')",
        "url('https://a.b:80/p?x=1&x=2').getQuery() == {'x': ['1', '2']} && url('https://a:80').getPort() == '80' && url('http://a/p').getEscapedPath() == '/p'",
        "!format.dns1123Label().validate('a-b').hasValue() && format.dns1123Label().validate('A').hasValue() && format.named('uuid').hasValue()",
        "semver('1.2.3').isLessThan(semver('1.10.0')) && semver('1.0.0-rc.1').compareTo(semver('1.0.0')) == -1 && isSemver('v1.2', true) && !isSemver('1.2')",
    ]);
}

#[test]
fn what_is_not_there_is_refused_by_name() {
    for (rule, why) in [
        ("self.spec.nothing == 1", "undefined field 'nothing'"),
        ("self.spec.open.x == 1", "undefined field 'x'"),
        ("self.metadata.labels.size() == 1", "undefined field 'labels'"),
        ("self.spec.items.all(i, i.nothing == 1)", "undefined field 'nothing'"),
        ("other == 1", "undeclared reference to 'other' (in container '')"),
        ("self.spec.text.shout() == ''", "undeclared reference to 'shout' (in container '')"),
        ("authorizer.group('').check('get')", "undeclared reference to 'authorizer' (in container '')"),
        ("math.greatest(1, 2) == 2", "undeclared reference to 'math.greatest' (in container '')"),
        ("self.spec.text == 1", "found no matching overload for '_==_' applied to '(string, int)'"),
        ("self.spec.text + 1 == ''", "found no matching overload for '_+_' applied to '(string, int)'"),
        ("self.spec.number.startsWith('a')", "found no matching overload for 'startsWith' applied to 'int.(string)'"),
        ("self.spec.text && true", "found no matching overload for '_&&_' applied to '(string, bool)'"),
        ("self.spec.number.all(x, true)", "expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"),
        ("self.spec.list.all(x, x)", "expected type 'bool' but found 'int'"),
        ("self.spec.text.matches('(')", "invalid matches argument"),
        ("has(self.spec)", ""),
        ("self.spec.", "ERROR: <input>:1:11"),
        ("Message{a: 1}.a == 1", "undeclared reference to 'Message' (in container '')"),
    ] {
        match compile(rule) {
            Ok(_) => assert_eq!(why, "", "{rule}"),
            Err(error) => assert!(!why.is_empty() && error.to_string().contains(why), "{rule}: {error}"),
        }
    }
    assert_eq!(compile("self.spec.number").unwrap_err(), CompileError::NoTruth);
    let text = Program::compile("1", schema().root(), false, Wanted::Text).unwrap_err();
    assert_eq!(text, CompileError::NoText);
}

#[test]
fn expressions_of_any_size_are_compiled_or_refused() {
    for (part, times) in
        [("1+", 4_000), ("!", 8_000), ("(", 8_000), ("[", 8_000), ("a.", 8_000), ("f(", 8_000), ("true||", 4_000), ("-", 8_000)]
    {
        let text = part.repeat(times) + "1";
        assert!(compile(&text).is_err(), "{part}");
    }
    assert!(compile(&"x".repeat(1 << 20)).is_err());
    for text in [
        "",
        "'\\u12'",
        "b'\\xff'",
        "0x",
        "1e999",
        "9223372036854775808",
        "0xffffffffffffffffff",
        "'\\",
        "\"",
        "r'",
        "a.`b`",
        "?",
        "{1:}",
        "[,]",
        "f(,)",
        "a[?]",
        "a.?",
        "\0",
        "é",
        "'😀' + x",
        "1u2",
        "has()",
        "has(1)",
        "self.all()",
        "self.all(1, 2)",
        "cel.bind(1, 2, 3)",
        "self.spec.list.all(a.b, true)",
        "'\\ud800' == ''",
        "//",
        "1 //",
        "self.?spec.?",
        "{'a': ?1}",
        "[?1]",
        "-9223372036854775809 < 0",
        "self[",
        "'''",
        "1..2",
        ".self",
        "a.b{c: 1}",
    ] {
        assert!(compile(text).is_err(), "{text}");
    }
}

#[test]
fn no_evaluation_outlives_its_budget() {
    let many: Vec<u32> = (0..10_000).collect();
    let document = json!({"spec": {"many": many, "text": "x".repeat(64)}});
    for rule in [
        "self.spec.many.all(x, self.spec.many.all(y, x + y >= 0))",
        "self.spec.many.all(x, self.spec.many.all(y, self.spec.many.all(z, z >= 0)))",
        "self.spec.many.map(x, self.spec.many).size() > 0 && self.spec.many.map(x, self.spec.many.map(y, y)).size() > 0",
        "self.spec.many.all(x, self.spec.many.isSorted())",
        "self.spec.many.all(x, self.spec.many == self.spec.many)",
        "self.spec.many.all(x, sets.contains(self.spec.many, self.spec.many))",
        "self.spec.many.map(x, self.spec.text).join('').replace('x', self.spec.many.map(x, self.spec.text).join('')) == ''",
        "self.spec.many.all(x, self.spec.many.all(y, {self.spec.text: 1}[self.spec.text] == 1))",
        "self.spec.many.all(x, lists.range(1000000).size() > 0)",
        "self.spec.many.all(x, self.spec.many.sort().distinct().size() > 0)",
        "self.spec.many.all(x, self.spec.many.all(y, [self.spec.text, self.spec.text].isSorted()))",
        "self.spec.many.all(x, self.spec.text.matches(self.spec.text + string(x)) || true)",
        // Patterns whose states are many more than their characters.
        "self.spec.many.all(x, self.spec.text.matches('(a{9}b{9}){' + string(x % 9 + 1) + '0}') || true)",
        "self.spec.many.all(x, self.spec.text.matches(r'\\p{L}{' + string(x % 9 + 11) + '}') || true)",
        "self.spec.many.map(x, self.spec.text).join('').matches('[ax]*a[ax]{900}')",
        "self.spec.many.map(x, self.spec.text).join('').matches('([ax]*a[ax]{' + '300}){2}')",
        // Texts and lists that grow from item to item.
        "self.spec.many.map(x, self.spec.many.map(y, self.spec.text + self.spec.text).join(self.spec.text)).size() > 0",
        "self.spec.many.map(x, self.spec.many + self.spec.many).size() > 0",
        "self.spec.many.all(x, '%s%s%s'.format([self.spec.many, self.spec.many, self.spec.many]) != '')",
        "self.spec.many.all(x, self.spec.many.map(y, string(y)).join().split('').size() > 0)",
        "self.spec.many.all(x, sets.equivalent(self.spec.many, self.spec.many.reverse()))",
        "self.spec.many.transformMap(i, x, self.spec.many.transformMap(j, y, i + j)).size() > 0",
        "self.spec.many.exists(x, self.spec.many.filter(y, y > x).exists(z, z < 0))",
        "self.spec.many.all(x, self.spec.many.sum() + self.spec.many.max() + self.spec.many.indexOf(-1) > 0)",
    ] {
        println!("{rule}");
        assert_eq!(outcome_over(rule, &document), Err(Fault::OverBudget), "{rule}");
    }
    let mut budget = Budget::new(10);
    let mut part = budget.split(7);
    assert_eq!(part.spend(5), Ok(()));
    budget.give_back(&part);
    assert_eq!(budget, Budget::new(5));
    assert_eq!((budget.spend(6), budget.left), (Err(Fault::OverBudget), 0));
}

#[test]
fn the_estimate_follows_the_bounds_of_the_schema() {
    let cost = |rule: &str| compile(rule).unwrap().cost;
    assert!(cost("self.spec.list.all(x, self.spec.list.all(y, x != y))") < 10_000);
    assert!(cost("self.spec.many.all(x, x > 0)") < 10_000_000);
    assert!(cost("self.spec.many.all(x, self.spec.many.all(y, x != y))") > 10_000_000_000);
}

#[test]
fn expressions_as_deep_as_allowed_are_parsed_and_evaluated_on_an_ordinary_stack() {
    let nested = |open: &str, core: &str, close: &str, levels: usize| format!("{}{core}{}", open.repeat(levels), close.repeat(levels));
    for rule in [
        nested("(", "true", ")", 90),
        nested("!", "true", "", 198),
        format!("size({}) > 0", nested("[", "1", "]", 85)),
        format!("{} > 0", nested("[", "1", "][0]", 45)),
        format!("{} == 'a'", nested("'a'.replace('a', ", "'a'", ")", 45)),
        nested("false ? true : ", "true", "", 90),
    ] {
        assert_eq!(outcome(&rule), Ok(true), "{rule}");
    }
    // Brackets in the midst of what is no expression go as deep.
    for broken in [nested("[", "", "", 90), nested("a[", "", "", 60), nested("(", "", "x", 90)] {
        assert!(matches!(compile(&broken), Err(CompileError::Failed(_))), "{broken}");
    }
}

/// Allows to get pods, and everything to the service account `n/a`.
#[derive(Debug)]
struct Reader;

impl Authorizer for Reader {
    fn decide(&self, account: Option<(&str, &str)>, question: &Question<'_>) -> Decision {
        let allowed = match *question {
            Question::Path { verb, path } => verb == "get" && path == "/healthz",
            Question::Resource { verb, group, resource, namespace, name, .. } => {
                verb == "get" && group.is_empty() && resource == "pods" && namespace == "n" && name != "hidden"
            }
        };
        let allowed = allowed || account == Some(("n", "a"));
        Decision { allowed, reason: if allowed { String::new() } else { "not for you".to_owned() } }
    }
}

/// What an expression with an authorizer, parameters and these variables comes to.
fn admitted(text: &str, variables: &[(&str, &str)]) -> Result<bool, Unevaluated> {
    let object = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"replicas": 3, "many": (0..2000).collect::<Vec<_>>()}});
    let request = json!({
        "operation": "UPDATE", "userInfo": {"username": "me", "groups": ["g"]}, "dryRun": false, "namespace": "n", "name": "p",
        "requestResource": {"group": "", "version": "v1", "resource": "pods"},
    });
    let namespace = json!({"metadata": {"name": "n", "creationTimestamp": "2026-11-22T10:00:00Z", "labels": {"l": "v"}}});
    let params = json!({"limit": 2});
    let scope = Scope { params: true, authorizer: true, object: None };
    let mut composed = Variables::default();
    for (name, expression) in variables {
        let _told_when_it_is_asked_for = composed.add(name, expression, scope);
    }
    let authorizer: std::sync::Arc<dyn Authorizer> = std::sync::Arc::new(Reader);
    let asked = Asked {
        object: &object,
        old: &Value::Null,
        request: &request,
        namespace: &namespace,
        params: &params,
        authorizer: Some(&authorizer),
    };
    let expression = AdmissionExpression::new(text, scope, &composed, Returns::Truth);
    let mut over = Evaluation::new(asked, &composed, Budget::new(DOCUMENT_BUDGET));
    expression.truth(&mut over)
}

fn fault(text: &str, variables: &[(&str, &str)]) -> String {
    admitted(text, variables).expect_err(text).to_string()
}

#[test]
fn expressions_of_admission_see_objects_request_parameters_and_namespace() {
    for text in [
        "object.spec.replicas > params.limit && object.metadata.labels['a'] == 'b'",
        "oldObject == null && request.operation == 'UPDATE' && 'g' in request.userInfo.groups",
        "namespaceObject.metadata.labels.l == 'v' && namespaceObject.metadata.creationTimestamp < timestamp('2027-01-01T00:00:00Z')",
    ] {
        assert_eq!(admitted(text, &[]), Ok(true), "{text}");
    }
    assert_eq!(fault("object.spec.missing == 1", &[]), "expression 'object.spec.missing == 1' resulted in error: no such key: missing");
    assert_eq!(fault("object.x +", &[]).split(':').next(), Some("compilation error"));
    assert_eq!(fault("1 + 1", &[]), "compilation error: must evaluate to bool but got int");
}

#[test]
fn authorizers_answer_questions_that_are_put_together() {
    for text in [
        "authorizer.group('').resource('pods').namespace('n').check('get').allowed()",
        "authorizer.requestResource.check('get').allowed() && !authorizer.requestResource.name('hidden').check('get').allowed()",
        "authorizer.path('/healthz').check('get').allowed() && !authorizer.path('/metrics').check('get').allowed()",
        "authorizer.serviceAccount('n', 'a').group('apps').resource('deployments').check('delete').allowed()",
        "authorizer.group('').resource('secrets').subresource('x').check('list').reason() == 'not for you'",
        "!authorizer.group('').resource('pods').fieldSelector('a=b').labelSelector('c=d').check('get').errored()",
        "authorizer.path('/').check('get').error() == '' && type(authorizer) != string",
    ] {
        assert_eq!(admitted(text, &[]), Ok(true), "{text}");
    }
    for (text, why) in [
        ("authorizer.path(' ').check('get').allowed()", "path must not be empty"),
        ("authorizer.group('').resource('').check('get').allowed()", "resource must not be empty"),
        ("authorizer.serviceAccount('N', 'a').path('/').check('get').allowed()", "Invalid service account namespace"),
        ("authorizer.serviceAccount('n', 'A').path('/').check('get').allowed()", "Invalid service account name"),
    ] {
        assert!(fault(text, &[]).ends_with(why), "{text}");
    }
    let thrice = "[1, 2, 3].all(i, authorizer.path('/healthz').check('get').allowed())";
    assert!(fault(thrice, &[]).ends_with("actual cost limit exceeded"), "two questions are the most");
}

#[test]
fn variables_are_found_out_once_and_know_those_before_them() {
    let variables = [("replicas", "object.spec.replicas"), ("twice", "variables.replicas * 2"), ("labels", "object.metadata.labels")];
    for text in [
        "variables.twice == 6 && variables.replicas == 3",
        "has(variables.twice) && variables.labels.all(l, l == 'a') && variables.?twice.orValue(0) == 6",
    ] {
        assert_eq!(admitted(text, &variables), Ok(true), "{text}");
    }
    assert!(fault("variables.nothing == 1", &variables).contains("undefined field 'nothing'"));
    assert!(
        fault("variables.a == 1", &[("a", "variables.later"), ("later", "1")]).contains("composited variable \"a\" fails to compile: ")
    );
    let broken = [("broken", "object.spec.missing")];
    assert!(fault("variables.broken == 1", &broken).ends_with("composited variable \"broken\" fails to evaluate: no such key: missing"));
    assert_eq!(admitted("true || variables.broken == 1", &broken), Ok(true), "nobody asked");
    assert_eq!(admitted("variables.broken == 1 || true", &broken), Ok(true));
    // What the types of scalars and lists are is known.
    assert!(fault("variables.text + 1 == 2", &[("text", "'a'")]).contains("found no matching overload for '_+_'"));
    assert!(fault("variables.list.all(x, x == 'a')", &[("list", "[1]")]).contains("found no matching overload for '_==_'"));
    // A variable that costs much is paid for once, though ten expressions of its cost would be too much.
    let costly = [("costly", "object.spec.many.all(x, object.spec.many.filter(y, y < 0).size() == 0 || x > 9)")];
    let asks = format!("{} == 1 || true", ["variables.costly"; 60].map(|one| format!("({one} ? 1 : 0)")).join(" + "));
    assert_eq!(admitted(&asks, &costly), Ok(true));
}

#[test]
fn a_variable_pays_for_itself_and_all_together_pay_what_there_is() {
    // Each of them takes nearly as much as one may.
    let one = "object.spec.many.all(x, object.spec.many[0] == 0) && [1].all(i, lists.range(420000).size() > 0)";
    assert_eq!(admitted(one, &[]), Ok(true), "one may take it");
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let variables = names.map(|name| (name, one));
    let all = |count: usize| names[..count].iter().map(|name| format!("variables.{name}")).collect::<Vec<_>>().join(" && ");
    assert_eq!(admitted(&all(3), &variables), Ok(true), "three take more than one expression may");
    assert_eq!(admitted(&all(12), &variables), Err(Unevaluated::OverBudget));
    let too_much = [("much", "lists.range(1100000).size() > 0")];
    assert!(fault("variables.much", &too_much).ends_with("fails to evaluate: operation cancelled: actual cost limit exceeded"));
    assert_eq!(admitted("variables.much || true", &too_much), Ok(true), "what a variable may not do is a fault like any other");
}

#[test]
fn variables_that_go_too_deep_together_are_refused() {
    let deep = format!("{}1{}", "[".repeat(60), "][0]".repeat(60));
    let mut variables = Variables::default();
    let scope = Scope::default();
    assert_eq!(variables.add("v0", "1", scope), Ok(()));
    let refused = (1..60).find_map(|number| {
        let text = format!("{deep} + variables.v{}", number - 1);
        variables.add(&format!("v{number}"), &text, scope).err()
    });
    assert!(refused.is_some_and(|error| error.to_string().contains("in its variables")));
}

#[test]
fn what_is_not_declared_is_not_there() {
    let check = |text: &str, scope: Scope<'_>, returns| check_admission(text, scope, None, returns).map_err(|error| error.to_string());
    let plain = Scope::default();
    for text in ["params.a == 1", "authorizer.path('/').check('get').allowed()", "variables.a", "variables"] {
        assert!(check(text, plain, Returns::Anything).is_err_and(|why| why.contains("undeclared reference to")), "{text}");
    }
    assert_eq!(check("'a' + string(object.x)", plain, Returns::Text), Ok(()));
    assert_eq!(check("null", plain, Returns::TextOrNull), Ok(()));
    assert_eq!(check("1", plain, Returns::TextOrNull), Err("must evaluate to one of [string null_type] but got int".to_owned()));
    assert_eq!(check("object.x", plain, Returns::Text), Err("must evaluate to string but got dyn".to_owned()));
}
