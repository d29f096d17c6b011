//! Whole reports in every form, of an ordinary set and of one whose names and messages try to break out.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::manifest::{Origin, Source};
use crate::object::{Gvk, Object, ObjectKey};
use crate::plan::render::Tense;
use crate::plan::{Action, OwnersShown, PlanEntry};
use crate::yaml::Mark;

const REFUSED: Rule = Rule { id: "invalid", description: "The server refuses the object because of what it says" };

fn entry(action: Action, kind: &str, name: &str, before: Option<Value>, after: Option<Value>, line: u32) -> PlanEntry {
    let gvk = if kind == "Deployment" { Gvk::new("apps", "v1", kind) } else { Gvk::new("", "v1", kind) };
    let object = |value: Value| {
        let mut whole = json!({"apiVersion": gvk.api_version(), "kind": kind, "metadata": {"name": name, "namespace": "shop"}});
        whole.as_object_mut().unwrap().extend(value.as_object().cloned().unwrap());
        Object::from_value(whole).unwrap()
    };
    PlanEntry {
        plural: format!("{}s", kind.to_lowercase()),
        key: ObjectKey::new(Some("shop"), name),
        action,
        before: before.map(object),
        after: after.map(object),
        origin: (line > 0).then(|| Origin { source: Arc::new(Source::new("deploy/web.yaml", "")), mark: Mark { line, column: 1 } }),
        source: None,
        reason: (action == Action::Replace).then(|| "spec.selector cannot be changed".to_owned()),
        gvk,
    }
}

fn report(items: Vec<Item>, problems: Vec<Problem>) -> Report {
    Report {
        name: "trueup".to_owned(),
        command: "diff",
        target: Some("local store store".to_owned()),
        tense: Tense::Future,
        items,
        problems,
        warnings: Vec::new(),
        differences: Level::Notice,
        root: Root { working: "/repo".into(), repository: vec!["/repo".into()] },
    }
}

/// One of each action, a Secret, and failures with and without a place.
fn ordinary() -> Report {
    let owners = OwnersShown { manager: "trueup", all: false };
    let entries = [
        entry(Action::Create, "ConfigMap", "new", None, Some(json!({"data": {"a": "1"}})), 1),
        entry(
            Action::Update,
            "Secret",
            "login",
            Some(json!({"data": {"p": "aHVudGVyMQ=="}})),
            Some(json!({"data": {"p": "aHVudGVyMg=="}})),
            7,
        ),
        entry(Action::Replace, "Deployment", "web", Some(json!({"spec": {"a": 1}})), Some(json!({"spec": {"a": 2}})), 12),
        entry(Action::Delete, "ConfigMap", "old", Some(json!({"data": {"a": "1"}})), None, 0),
        entry(Action::Unchanged, "ConfigMap", "same", Some(json!({})), Some(json!({})), 20),
    ];
    let refused = |field: &str, line: u32| Problem {
        object: Some("service/web".to_owned()),
        namespace: Some("shop".to_owned()),
        subject: field.to_owned(),
        hint: Some("look at the field".to_owned()),
        place: Some(Place { line, column: 5, ..Place::whole("deploy/web.yaml") }),
        ..Problem::new(REFUSED, format!("{field}: Required value"))
    };
    let lost = Problem::new(Rule { id: "command", description: "The command could not be carried out" }, "cannot reach the server");
    report(entries.iter().map(|entry| Item::of(entry, owners)).collect(), vec![refused("spec.ports", 33), refused("spec.type", 31), lost])
}

/// Names and messages that would end an annotation, a tag, a cell, a block or a comment.
fn hostile() -> Report {
    let name = "x`|%25::error::y]]>-->\n\r\u{1b}[31m</failure>&\"'";
    let place = Place { line: 3, column: 2, ..Place::whole("a,b:c%,d `e`|.yaml") };
    let mut item = Item::plain(format!("configmap/{name}"), Some("n|s".to_owned()), Action::Update, Some(place.clone()));
    item.diff = "@@ -1 +1 @@\n-a: ```\n+a: ````</details>\n ::error::x\n".to_owned();
    item.fields = "~ a: ``` → ````\n::error::x\n".to_owned();
    item.reason = Some("because <b>@all</b>\n::stop-commands::x".to_owned());
    let problem = Problem {
        object: Some(format!("service/{name}")),
        hint: Some("]]>\n::error::hint".to_owned()),
        place: Some(place),
        ..Problem::new(REFUSED, "50%\n::error::\u{7}\u{202e} ]]> ``` <!-- \u{ffff}")
    };
    report(vec![item], vec![problem])
}

/// JSON as it goes into a file.
fn text(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

#[test]
fn annotations_name_place_and_object_gravest_first() {
    insta::assert_snapshot!(github::annotations(&findings(&ordinary())), @r#"
    ::error file=deploy/web.yaml,line=33,col=5,title=service/web in namespace shop::spec.ports: Required value%0Alook at the field
    ::error file=deploy/web.yaml,line=31,col=5,title=service/web in namespace shop::spec.type: Required value%0Alook at the field
    ::error title=command::cannot reach the server
    ::warning file=deploy/web.yaml,line=12,col=1,title=replace deployment.apps/web in namespace shop::spec.selector cannot be changed%0A~ spec.a: 1 → 2
    ::warning title=delete configmap/old in namespace shop::- data:%0A    a: "1"
    ::notice file=deploy/web.yaml,line=1,col=1,title=create configmap/new in namespace shop::+ data:%0A    a: "1"
    ::notice file=deploy/web.yaml,line=7,col=1,title=update secret/login in namespace shop::~ data.p: '*** (before)' → '*** (after)'
    "#);
}

#[test]
fn annotations_hold_what_they_are_given() {
    insta::assert_snapshot!(github::annotations(&findings(&hostile())), @r#"
    ::error file=a%2Cb%3Ac%25%2Cd `e`|.yaml,line=3,col=2,title=service/x`|%2525%3A%3Aerror%3A%3Ay]]>-->^J^M^[[31m</failure>&"'::50%25%0A::error::^G\u202e ]]> ``` <!-- ￿%0A]]>%0A::error::hint
    ::notice file=a%2Cb%3Ac%25%2Cd `e`|.yaml,line=3,col=2,title=update configmap/x`|%2525%3A%3Aerror%3A%3Ay]]>-->^J^M^[[31m</failure>&"' in namespace n|s::because <b>@all</b>%0A::stop-commands::x%0A~ a: ``` → ````%0A::error::x
    "#);
}

#[test]
fn of_more_annotations_than_are_shown_the_last_counts_the_rest() {
    let item = |number: usize| Item::plain(format!("configmap/m-{number}"), None, Action::Create, None);
    let text = github::annotations(&findings(&report((0..12).map(item).collect(), Vec::new())));
    assert_eq!(text.lines().count(), 10);
    assert_eq!(text.lines().last(), Some("::notice title=trueup::3 more are in the summary of the job"));
    let ten = github::annotations(&findings(&report((0..10).map(item).collect(), Vec::new())));
    assert!(ten.lines().count() == 10 && !ten.contains("more are"));
}

#[test]
fn outputs_and_variables_count() {
    insta::assert_snapshot!(github::outputs(&ordinary()), @"
    changed=true
    has-errors=true
    changes=4
    create=1
    update=1
    replace=1
    delete=1
    unchanged=1
    failed=2
    ");
    insta::assert_snapshot!(gitlab::dotenv(&hostile()), @"
    TRUEUP_CHANGED=true
    TRUEUP_HAS_ERRORS=true
    TRUEUP_CHANGES=1
    TRUEUP_CREATE=0
    TRUEUP_UPDATE=1
    TRUEUP_REPLACE=0
    TRUEUP_DELETE=0
    TRUEUP_UNCHANGED=0
    TRUEUP_FAILED=1
    ");
}

#[test]
fn code_quality_has_every_field_that_gitlab_requires() {
    let quality = gitlab::code_quality(&findings(&ordinary()));
    for entry in quality.as_array().unwrap() {
        assert!(entry["description"].is_string() && entry["check_name"].is_string() && entry["location"]["lines"]["begin"].is_u64());
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&entry["severity"].as_str().unwrap()));
        assert!(!entry["location"]["path"].as_str().unwrap().starts_with(['.', '/']));
    }
    insta::assert_snapshot!(text(&quality), @r#"
    [
      {
        "check_name": "trueup/invalid",
        "description": "service/web in namespace shop: spec.ports: Required value\nlook at the field",
        "fingerprint": "d5e097d93f477618195f3c5ddd84970b",
        "location": {
          "lines": {
            "begin": 33
          },
          "path": "deploy/web.yaml"
        },
        "severity": "major"
      },
      {
        "check_name": "trueup/invalid",
        "description": "service/web in namespace shop: spec.type: Required value\nlook at the field",
        "fingerprint": "2a4b87194d4274132964a632219e4a45",
        "location": {
          "lines": {
            "begin": 31
          },
          "path": "deploy/web.yaml"
        },
        "severity": "major"
      },
      {
        "check_name": "trueup/replace",
        "description": "replace deployment.apps/web in namespace shop: spec.selector cannot be changed\n~ spec.a: 1 → 2",
        "fingerprint": "fb3f0516e5eb9f7dd8904a9fd1eb3521",
        "location": {
          "lines": {
            "begin": 12
          },
          "path": "deploy/web.yaml"
        },
        "severity": "minor"
      },
      {
        "check_name": "trueup/create",
        "description": "create configmap/new in namespace shop: + data:\n    a: \"1\"",
        "fingerprint": "fff3bc04af67f7598a8a8dd9fdb90d8c",
        "location": {
          "lines": {
            "begin": 1
          },
          "path": "deploy/web.yaml"
        },
        "severity": "info"
      },
      {
        "check_name": "trueup/update",
        "description": "update secret/login in namespace shop: ~ data.p: '*** (before)' → '*** (after)'",
        "fingerprint": "fbc49f49234a2e415c6da6fe296298fd",
        "location": {
          "lines": {
            "begin": 7
          },
          "path": "deploy/web.yaml"
        },
        "severity": "info"
      }
    ]
    "#);
    insta::assert_snapshot!(text(&gitlab::code_quality(&findings(&hostile()))), @r#"
    [
      {
        "check_name": "trueup/invalid",
        "description": "service/x`|%25::error::y]]>-->^J^M^[[31m</failure>&\"': 50%\n::error::^G\\u202e ]]> ``` <!-- ￿\n]]>\n::error::hint",
        "fingerprint": "109d9814cd55044994a6396e97766d05",
        "location": {
          "lines": {
            "begin": 3
          },
          "path": "a,b:c%,d `e`|.yaml"
        },
        "severity": "major"
      },
      {
        "check_name": "trueup/update",
        "description": "update configmap/x`|%25::error::y]]>-->^J^M^[[31m</failure>&\"' in namespace n|s: because <b>@all</b>\n::stop-commands::x\n~ a: ``` → ````\n::error::x",
        "fingerprint": "254b995d8f2c4d1aa68c3282ad014354",
        "location": {
          "lines": {
            "begin": 3
          },
          "path": "a,b:c%,d `e`|.yaml"
        },
        "severity": "info"
      }
    ]
    "#);
}

#[test]
fn a_section_folds_and_spells_out_its_title() {
    let now = "2026-11-22T10:00:00Z".parse().unwrap();
    let expected = "\u{1b}[0Ksection_start:1795341600:trueup_2[collapsed=true]\r\u{1b}[0Ka^[[0Kb\nx\n\u{1b}[0Ksection_end:1795341600:trueup_2\r\u{1b}[0K\n";
    assert_eq!(gitlab::section(2, "a\u{1b}[0Kb", "x", now), expected);
}

#[test]
fn junit_has_a_case_for_each_object_and_failure() {
    insta::assert_snapshot!(junit(&ordinary()), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="trueup" tests="7" failures="1" errors="1">
      <testsuite name="trueup diff" tests="7" failures="1" errors="1" skipped="0">
        <properties>
          <property name="target" value="local store store"/>
          <property name="create" value="1"/>
          <property name="update" value="1"/>
          <property name="replace" value="1"/>
          <property name="delete" value="1"/>
          <property name="unchanged" value="1"/>
        </properties>
        <testcase name="configmap/new" classname="shop" file="deploy/web.yaml" line="1">
          <system-out>create
    @@ -0,0 +1,7 @@
    +apiVersion: v1
    +data:
    +  a: &quot;1&quot;
    +kind: ConfigMap
    +metadata:
    +  name: new
    +  namespace: shop
    </system-out>
        </testcase>
        <testcase name="secret/login" classname="shop" file="deploy/web.yaml" line="7">
          <system-out>update
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  p: '*** (before)'
    +  p: '*** (after)'
     kind: Secret
     metadata:
       name: login
    </system-out>
        </testcase>
        <testcase name="deployment.apps/web" classname="shop" file="deploy/web.yaml" line="12">
          <system-out>replace: spec.selector cannot be changed
    @@ -4,4 +4,4 @@
       name: web
       namespace: shop
     spec:
    -  a: 1
    +  a: 2
    </system-out>
        </testcase>
        <testcase name="configmap/old" classname="shop">
          <system-out>delete
    @@ -1,7 +0,0 @@
    -apiVersion: v1
    -data:
    -  a: &quot;1&quot;
    -kind: ConfigMap
    -metadata:
    -  name: old
    -  namespace: shop
    </system-out>
        </testcase>
        <testcase name="configmap/same" classname="shop" file="deploy/web.yaml" line="20"/>
        <testcase name="service/web" classname="shop" file="deploy/web.yaml" line="33">
          <failure message="spec.ports: Required value" type="invalid">deploy/web.yaml:33:5: spec.ports: Required value
    hint: look at the field
    deploy/web.yaml:31:5: spec.type: Required value
    hint: look at the field
    </failure>
        </testcase>
        <testcase name="command" classname="cluster">
          <error message="cannot reach the server" type="command">cannot reach the server
    </error>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn junit_stays_xml() {
    insta::assert_snapshot!(junit(&hostile()), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="trueup" tests="2" failures="1" errors="0">
      <testsuite name="trueup diff" tests="2" failures="1" errors="0" skipped="0">
        <properties>
          <property name="target" value="local store store"/>
          <property name="create" value="0"/>
          <property name="update" value="1"/>
          <property name="replace" value="0"/>
          <property name="delete" value="0"/>
          <property name="unchanged" value="0"/>
        </properties>
        <testcase name="configmap/x`|%25::error::y]]&gt;--&gt;^J^M^[[31m&lt;/failure&gt;&amp;&quot;'" classname="n|s" file="a,b:c%,d `e`|.yaml" line="3">
          <system-out>update: because &lt;b&gt;@all&lt;/b&gt;
    ::stop-commands::x
    @@ -1 +1 @@
    -a: ```
    +a: ````&lt;/details&gt;
     ::error::x
    </system-out>
        </testcase>
        <testcase name="service/x`|%25::error::y]]&gt;--&gt;^J^M^[[31m&lt;/failure&gt;&amp;&quot;'" classname="cluster" file="a,b:c%,d `e`|.yaml" line="3">
          <failure message="50%" type="invalid">a,b:c%,d `e`|.yaml:3:2: 50%
    ::error::^G\u202e ]]&gt; ``` &lt;!-- �
    hint: ]]&gt;
    ::error::hint
    </failure>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn differences_fail_in_junit_where_that_is_asked_for() {
    let text = junit(&Report { differences: Level::Error, problems: Vec::new(), ..ordinary() });
    assert!(text.contains("tests=\"5\" failures=\"4\" errors=\"0\""), "{text}");
    assert!(text.contains("<failure message=\"replace: spec.selector cannot be changed\" type=\"replace\">"), "{text}");
}

#[test]
fn sarif_says_all_that_code_scanning_reads() {
    let document = sarif(&ordinary());
    well_formed(&document);
    insta::assert_snapshot!(text(&document), @r#"
    {
      "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
      "runs": [
        {
          "automationDetails": {
            "id": "trueup/diff/"
          },
          "columnKind": "unicodeCodePoints",
          "invocations": [
            {
              "executionSuccessful": false,
              "toolExecutionNotifications": [
                {
                  "associatedRule": {
                    "id": "command",
                    "index": 0
                  },
                  "level": "error",
                  "message": {
                    "text": "command: cannot reach the server"
                  }
                },
                {
                  "associatedRule": {
                    "id": "delete",
                    "index": 2
                  },
                  "level": "warning",
                  "message": {
                    "text": "delete configmap/old in namespace shop: - data:\n    a: \"1\""
                  }
                }
              ]
            }
          ],
          "originalUriBaseIds": {
            "%SRCROOT%": {
              "description": {
                "text": "The root of the repository"
              }
            }
          },
          "results": [
            {
              "level": "error",
              "locations": [
                {
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "shop/service/web",
                      "kind": "resource"
                    }
                  ],
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "deploy/web.yaml",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startColumn": 5,
                      "startLine": 33
                    }
                  }
                }
              ],
              "message": {
                "text": "service/web in namespace shop: spec.ports: Required value\nlook at the field"
              },
              "partialFingerprints": {
                "primaryLocationLineHash": "d5e097d93f477618195f3c5ddd84970b:1"
              },
              "ruleId": "invalid",
              "ruleIndex": 3
            },
            {
              "level": "error",
              "locations": [
                {
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "shop/service/web",
                      "kind": "resource"
                    }
                  ],
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "deploy/web.yaml",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startColumn": 5,
                      "startLine": 31
                    }
                  }
                }
              ],
              "message": {
                "text": "service/web in namespace shop: spec.type: Required value\nlook at the field"
              },
              "partialFingerprints": {
                "primaryLocationLineHash": "2a4b87194d4274132964a632219e4a45:1"
              },
              "ruleId": "invalid",
              "ruleIndex": 3
            },
            {
              "level": "warning",
              "locations": [
                {
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "shop/deployment.apps/web",
                      "kind": "resource"
                    }
                  ],
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "deploy/web.yaml",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startColumn": 1,
                      "startLine": 12
                    }
                  }
                }
              ],
              "message": {
                "text": "replace deployment.apps/web in namespace shop: spec.selector cannot be changed\n~ spec.a: 1 → 2"
              },
              "partialFingerprints": {
                "primaryLocationLineHash": "fb3f0516e5eb9f7dd8904a9fd1eb3521:1"
              },
              "ruleId": "replace",
              "ruleIndex": 4
            },
            {
              "level": "note",
              "locations": [
                {
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "shop/configmap/new",
                      "kind": "resource"
                    }
                  ],
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "deploy/web.yaml",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startColumn": 1,
                      "startLine": 1
                    }
                  }
                }
              ],
              "message": {
                "text": "create configmap/new in namespace shop: + data:\n    a: \"1\""
              },
              "partialFingerprints": {
                "primaryLocationLineHash": "fff3bc04af67f7598a8a8dd9fdb90d8c:1"
              },
              "ruleId": "create",
              "ruleIndex": 1
            },
            {
              "level": "note",
              "locations": [
                {
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "shop/secret/login",
                      "kind": "resource"
                    }
                  ],
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "deploy/web.yaml",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "startColumn": 1,
                      "startLine": 7
                    }
                  }
                }
              ],
              "message": {
                "text": "update secret/login in namespace shop: ~ data.p: '*** (before)' → '*** (after)'"
              },
              "partialFingerprints": {
                "primaryLocationLineHash": "fbc49f49234a2e415c6da6fe296298fd:1"
              },
              "ruleId": "update",
              "ruleIndex": 5
            }
          ],
          "tool": {
            "driver": {
              "name": "trueup",
              "rules": [
                {
                  "defaultConfiguration": {
                    "level": "error"
                  },
                  "fullDescription": {
                    "text": "The command could not be carried out"
                  },
                  "id": "command",
                  "shortDescription": {
                    "text": "The command could not be carried out"
                  }
                },
                {
                  "defaultConfiguration": {
                    "level": "note"
                  },
                  "fullDescription": {
                    "text": "The object does not exist and is made"
                  },
                  "id": "create",
                  "shortDescription": {
                    "text": "The object does not exist and is made"
                  }
                },
                {
                  "defaultConfiguration": {
                    "level": "warning"
                  },
                  "fullDescription": {
                    "text": "The object is deleted"
                  },
                  "id": "delete",
                  "shortDescription": {
                    "text": "The object is deleted"
                  }
                },
                {
                  "defaultConfiguration": {
                    "level": "error"
                  },
                  "fullDescription": {
                    "text": "The server refuses the object because of what it says"
                  },
                  "id": "invalid",
                  "shortDescription": {
                    "text": "The server refuses the object because of what it says"
                  }
                },
                {
                  "defaultConfiguration": {
                    "level": "warning"
                  },
                  "fullDescription": {
                    "text": "The object cannot be changed in place, and is deleted and made anew"
                  },
                  "id": "replace",
                  "shortDescription": {
                    "text": "The object cannot be changed in place, and is deleted and made anew"
                  }
                },
                {
                  "defaultConfiguration": {
                    "level": "note"
                  },
                  "fullDescription": {
                    "text": "The object is changed in place"
                  },
                  "id": "update",
                  "shortDescription": {
                    "text": "The object is changed in place"
                  }
                }
              ],
              "semanticVersion": "0.1.0",
              "version": "0.1.0"
            }
          }
        }
      ],
      "version": "2.1.0"
    }
    "#);
}

#[test]
fn sarif_holds_what_it_is_given() {
    let document = sarif(&hostile());
    well_formed(&document);
    let result = &document["runs"][0]["results"][0];
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%2Cb%3Ac%25%2Cd%20%60e%60%7C.yaml");
    insta::assert_snapshot!(result["message"]["text"].as_str().unwrap(), @r#"
    service/x`|%25::error::y]]>-->^J^M^[[31m</failure>&"': 50%
    ::error::^G\u202e ]]> ``` <!-- ￿
    ]]>
    ::error::hint
    "#);
}

/// What the schema of SARIF 2.1.0 requires of the parts that are used here, and code scanning beyond it.
fn well_formed(document: &Value) {
    assert_eq!(document["version"], "2.1.0");
    let members = |value: &Value, known: &[&str]| {
        for name in value.as_object().unwrap().keys() {
            assert!(known.contains(&name.as_str()), "{name} in {value}");
        }
    };
    let run = &document["runs"][0];
    members(run, &["tool", "automationDetails", "invocations", "originalUriBaseIds", "columnKind", "results"]);
    let driver = &run["tool"]["driver"];
    assert!(driver["name"].is_string() && ["utf16CodeUnits", "unicodeCodePoints"].contains(&run["columnKind"].as_str().unwrap()));
    let rules = driver["rules"].as_array().unwrap();
    let mut ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    ids.dedup();
    assert_eq!(ids.len(), rules.len(), "rules are unique");
    assert!(rules.iter().all(|rule| rule["shortDescription"]["text"].is_string() && rule["fullDescription"]["text"].is_string()));
    let levels = ["none", "note", "warning", "error"];
    let mut fingerprints = std::collections::HashSet::new();
    for result in run["results"].as_array().unwrap() {
        members(result, &["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"]);
        assert_eq!(rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()]["id"], result["ruleId"]);
        assert!(levels.contains(&result["level"].as_str().unwrap()) && result["message"]["text"].is_string());
        let physical = &result["locations"][0]["physicalLocation"];
        members(physical, &["artifactLocation", "region"]);
        let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.is_ascii() && !uri.contains([' ', '\\', '"', '<', '>', '`']) && !uri.starts_with('/'), "{uri}");
        assert!(run["originalUriBaseIds"][physical["artifactLocation"]["uriBaseId"].as_str().unwrap()].is_object());
        assert!(physical["region"]["startLine"].as_u64().unwrap() >= 1 && physical["region"]["startColumn"].as_u64().unwrap() >= 1);
        assert!(fingerprints.insert(result["partialFingerprints"]["primaryLocationLineHash"].clone()), "fingerprints are unique");
    }
    let invocation = &run["invocations"][0];
    assert!(invocation["executionSuccessful"].is_boolean());
    for notification in invocation["toolExecutionNotifications"].as_array().unwrap() {
        members(notification, &["associatedRule", "level", "message"]);
        assert!(levels.contains(&notification["level"].as_str().unwrap()) && notification["message"]["text"].is_string());
    }
}

#[test]
fn fingerprints_outlive_moved_lines() {
    let fingerprints = |report: &Report| findings(report).into_iter().map(|finding| finding.fingerprint).collect::<Vec<_>>();
    let mut moved = ordinary();
    moved.items.iter_mut().filter_map(|item| item.place.as_mut()).for_each(|place| place.line += 7);
    moved.problems.iter_mut().filter_map(|problem| problem.place.as_mut()).for_each(|place| place.line += 7);
    assert_eq!(fingerprints(&ordinary()), fingerprints(&moved));
}

#[test]
fn a_comment_has_a_mark_counts_failures_and_differences() {
    insta::assert_snapshot!(comment(&ordinary(), Limit::GITHUB_COMMENT, Some("out/full.diff")), @r#"
    <!-- trueup: trueup diff -->
    ### trueup diff

    Plan: **1 to create**, **1 to update**, **1 to replace**, **1 to delete**, 1 unchanged, **2 failed**.

    Target: `local store store`

    **failed** `service/web in namespace shop`

    ```
    deploy/web.yaml:33:5: spec.ports: Required value
    hint: look at the field
    deploy/web.yaml:31:5: spec.type: Required value
    hint: look at the field
    ```

    **failed** `command`

    ```
    cannot reach the server
    ```

    | action | object | namespace | source |
    |---|---|---|---|
    | create | `configmap/new` | `shop` | `deploy/web.yaml:1` |
    | update | `secret/login` | `shop` | `deploy/web.yaml:7` |
    | replace | `deployment.apps/web` | `shop` | `deploy/web.yaml:12` |
    | delete | `configmap/old` | `shop` |  |

    <details><summary>create configmap/new in namespace shop</summary>

    ```diff
    @@ -0,0 +1,7 @@
    +apiVersion: v1
    +data:
    +  a: "1"
    +kind: ConfigMap
    +metadata:
    +  name: new
    +  namespace: shop
    ```

    </details>

    <details><summary>update secret/login in namespace shop</summary>

    ```diff
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  p: '*** (before)'
    +  p: '*** (after)'
     kind: Secret
     metadata:
       name: login
    ```

    </details>

    <details><summary>replace deployment.apps/web in namespace shop: spec.selector cannot be changed</summary>

    ```diff
    @@ -4,4 +4,4 @@
       name: web
       namespace: shop
     spec:
    -  a: 1
    +  a: 2
    ```

    </details>

    <details><summary>delete configmap/old in namespace shop</summary>

    ```diff
    @@ -1,7 +0,0 @@
    -apiVersion: v1
    -data:
    -  a: "1"
    -kind: ConfigMap
    -metadata:
    -  name: old
    -  namespace: shop
    ```

    </details>
    "#);
}

#[test]
fn a_comment_holds_what_it_is_given() {
    insta::assert_snapshot!(comment(&hostile(), Limit::GITHUB_COMMENT, None), @r#"
    <!-- trueup: trueup diff -->
    ### trueup diff

    Plan: 0 to create, **1 to update**, 0 to replace, 0 to delete, 0 unchanged, **1 failed**.

    Target: `local store store`

    **failed** ``service/x`\|%25::error::y]]>-->^J^M^[[31m</failure>&"'``

    ````
    a,b:c%,d `e`|.yaml:3:2: 50%
    ::error::^G\u202e ]]> ``` <!-- ￿
    hint: ]]>
    ::error::hint
    ````

    | action | object | namespace | source |
    |---|---|---|---|
    | update | ``configmap/x`\|%25::error::y]]>-->^J^M^[[31m</failure>&"'`` | `n\|s` | ``a,b:c%,d `e`\|.yaml:3`` |

    <details><summary>update configmap/x&#96;&#124;%25::error::y&#93;&#93;&gt;--&gt;^J^M^&#91;&#91;31m&lt;/failure&gt;&amp;"' in namespace n&#124;s: because &lt;b&gt;&#64;all&lt;/b&gt;^J::stop-commands::x</summary>

    `````diff
    @@ -1 +1 @@
    -a: ```
    +a: ````</details>
     ::error::x
    `````

    </details>
    "#);
}

/// A set with differences of these numbers of lines.
fn with_lines(counts: &[usize]) -> Report {
    let item = |(number, count): (usize, &usize)| Item {
        diff: (0..*count).map(|line| format!("+ä line {line:06}\n")).collect(),
        ..Item::plain(format!("configmap/m-{number}"), Some("shop".to_owned()), Action::Create, None)
    };
    report(counts.iter().enumerate().map(item).collect(), Vec::new())
}

#[test]
fn the_longest_differences_are_cut_first_and_it_is_said() {
    let report = with_lines(&[10, 9000, 20, 5000]);
    let text = comment(&report, Limit::GITHUB_COMMENT, Some("out/full.diff"));
    assert!(text.chars().count() <= 65_536 && text.chars().count() > 65_000, "{}", text.chars().count());
    assert!(text.contains("+ä line 000009\n```") && text.contains("+ä line 000019\n```"), "short ones stay whole");
    assert!(text.contains("_So that this fits, the 2 longest differences are cut._\n\nAll differences are in `out/full.diff`.\n"));
    let left: Vec<&str> = text.lines().filter(|line| line.ends_with(" more lines_")).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(full_diff(&report).contains("+ä line 008999\n"));
}

#[test]
fn many_small_differences_are_shown_as_long_as_there_is_room() {
    let report = with_lines(&[30; 400]);
    let text = comment(&report, Limit::GITHUB_COMMENT, Some("out/full.diff"));
    assert!(Limit::GITHUB_COMMENT.holds(&text) && text.len() > 60_000, "{}", text.len());
    assert_eq!(text.matches("| create |").count(), 400, "every object is in the table");
    assert!(text.contains("configmap/m-0 in namespace shop</summary>"), "the first differences are there");
    assert!(text.contains(" more differences are left out, so that this fits._\n"));
    assert!(text.contains("All differences are in `out/full.diff`.\n"));
}

#[test]
fn a_comment_fits_however_characters_are_counted() {
    let mut report = with_lines(&[]);
    let lines = |text: &str| (0..6000).map(|line| format!("+{text} {line}\n")).collect::<String>();
    for text in ["😀😀😀😀", "日本語のテキスト", "a\u{301}\u{200d}"] {
        let item = Item { diff: lines(text), ..Item::plain("configmap/m".to_owned(), None, Action::Create, None) };
        report.items = vec![item];
        let text = comment(&report, Limit::GITHUB_COMMENT, None);
        let (code_points, units) = (text.chars().count(), text.encode_utf16().count());
        assert!(code_points <= 65_536 && units <= 65_536 && units > 55_000, "{code_points} {units}");
        assert!(text.len() <= 4 * 65_536);
    }
}

#[test]
fn bytes_are_counted_where_bytes_are_the_limit() {
    let report = with_lines(&[5000]);
    let text = comment(&report, Limit::Bytes(10_000), None);
    assert!(text.len() <= 10_000 && text.len() > 9_900, "{}", text.len());
    assert!(comment(&report, Limit::Characters(10_000), None).len() > 10_000);
}

#[test]
fn where_not_even_the_names_fit_rows_are_left_out_then_failures() {
    let text = comment(&with_lines(&[3; 3000]), Limit::GITHUB_COMMENT, Some("full.diff"));
    assert!(text.chars().count() <= 65_536);
    assert!(text.contains(" more changes are left out, so that this fits._") && text.contains("All differences are in `full.diff`."));
    let problem = |number: usize| Problem { object: Some(format!("configmap/m-{number}")), ..Problem::new(REFUSED, "x".repeat(5000)) };
    let mut many = with_lines(&[3; 3000]);
    many.problems = (0..100).map(problem).collect();
    let text = comment(&many, Limit::GITHUB_COMMENT, None);
    assert!(text.chars().count() <= 65_536 && text.contains("**100 failed**"));
    assert!(text.contains(" more problems are left out") && text.contains("_3000 more changes are left out"), "{text}");
}

#[test]
fn no_form_shows_the_values_of_secrets() {
    let report = ordinary();
    let found = findings(&report);
    let forms = [
        github::annotations(&found),
        text(&gitlab::code_quality(&found)),
        junit(&report),
        text(&sarif(&report)),
        comment(&report, Limit::GITHUB_COMMENT, None),
        full_diff(&report),
    ];
    for form in forms {
        assert!(form.contains("login") && !form.contains("aHVudGVy"), "{form}");
    }
}

#[test]
fn a_comment_counts_as_its_command_does() {
    let line = |command, tense, items: usize| {
        let item = |number| Item::plain(format!("configmap/m-{number}"), None, Action::Unchanged, None);
        let report = Report { command, tense, ..report((0..items).map(item).collect(), hostile().problems) };
        comment(&report, Limit::GITHUB_COMMENT, None).lines().nth(3).map(str::to_owned)
    };
    assert_eq!(line("validate", Tense::Future, 2).as_deref(), Some("Validated: 2 objects without faults, **1 with errors**."));
    assert_eq!(line("delete", Tense::Past, 1).as_deref(), Some("Deleted: 1 object, **1 failed**."));
    assert_eq!(line("delete", Tense::Future, 1).as_deref(), Some("To delete: 1 object, **1 failed**."));
    let applied = "Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 1 unchanged, **1 failed**.";
    assert_eq!(line("apply", Tense::Past, 1).as_deref(), Some(applied));
}
