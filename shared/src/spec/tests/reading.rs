use std::io;

use serde_json::Value;

use super::{KEY, good, lines, with};
use crate::spec::problem::Place;
use crate::spec::shape::Walk;
use crate::spec::tree::parse;
use crate::spec::{Architecture, Certificate, Spec, read, read_with, schema};

const EXAMPLES: [(&str, &str); 3] = [
    ("minimal", include_str!("../../../../infra-bootstrap/examples/minimal.yaml")),
    ("three-tier", include_str!("../../../../infra-bootstrap/examples/three-tier.yaml")),
    ("large", include_str!("../../../../infra-bootstrap/examples/large.yaml")),
];

#[test]
fn every_example_reads_and_is_named_as_its_file() {
    for (name, text) in EXAMPLES {
        assert_eq!(good(text).name.as_str(), name);
    }
}

#[test]
fn what_was_read_is_written_and_read_again_the_same() {
    for (_, text) in EXAMPLES {
        let spec = good(text);
        let total = serde_json::to_string_pretty(&spec).expect("a spec is plain data");
        assert_eq!(good(&total), spec);
        assert_eq!(serde_json::from_str::<Spec>(&total).expect("its own words"), spec);
    }
}

#[test]
fn the_demo_example_says_what_is_the_default_anyway() {
    let [(_, minimal), (_, three_tier), _] = EXAMPLES;
    let (minimal, demo) = (good(minimal), good(three_tier));
    assert_eq!(Spec { name: minimal.name.clone(), ..demo }, minimal);
}

#[test]
fn json_with_tabs_is_read_as_yaml_is() {
    let json = format!(
        "{{\n\t\"terrace\": 1,\n\t\"name\": \"shop\",\n\t\"region\": \"eu-central-1\",\n\t\"bastion\": {{\"ssh_from\": [\"203.0.113.0/24\"], \"public_key\": \"{KEY}\"}}\n}}"
    );
    assert_eq!(good(&json), good(&with("")));
}

#[test]
fn the_defaults_meet_the_baseline() {
    let spec = good(&with(""));
    assert!(spec.database.standby && spec.database.protection && spec.ingress.protection);
    assert!(spec.database.backups_days >= 7, "RDS.11");
    assert_ne!(spec.database.port, spec.database.engine.usual_port(), "RDS.23");
    assert!(spec.database.monitoring_seconds.seconds() > 0, "RDS.6");
    assert!(spec.logging.flow_logs, "EC2.6");
    assert!(spec.logging.retention_days.days() >= 365, "CloudWatch.16");
    assert!(spec.people.require_mfa && !spec.ingress.waf.rule_groups.is_empty());
    assert!(spec.app.instance_types.len() > 1, "AutoScaling.6");
}

#[test]
fn defaults_that_hang_on_other_fields_follow_them() {
    let spec = good(&with(
        "app: {instance_types: [m7i.large], port: 9000, health_path: /up}\ndatabase: {engine: mysql}",
    ));
    assert_eq!(spec.app.architecture(), Architecture::X86_64);
    assert!(spec.app.image().as_str().ends_with("-x86_64"));
    assert!(
        spec.app.start_script().contains("(\"\", 9000)")
            && spec.app.start_script().contains("\"/up\"")
    );
    assert_eq!(
        (spec.database.engine_version(), spec.database.parameter_family().as_str()),
        ("8.4", "mysql8.4")
    );
    let exact = good(&with("database: {version: 17.5}"));
    assert_eq!(
        (exact.database.engine_version(), exact.database.parameter_family().as_str()),
        ("17.5", "postgres17")
    );
}

#[test]
fn architectures_are_told_by_the_family() {
    let told = |kind: &str| kind.parse::<super::super::InstanceType>().map(|it| it.architecture());
    for graviton in
        ["t4g.nano", "m7gd.large", "im4gn.large", "a1.medium", "x2gd.metal", "g5g.xlarge"]
    {
        assert_eq!(told(graviton), Ok(Architecture::Arm64), "{graviton}");
    }
    for intel in ["t3.micro", "m7i-flex.large", "g5.xlarge", "c5.9xlarge", "u-6tb1.metal"] {
        assert_eq!(told(intel), Ok(Architecture::X86_64), "{intel}");
    }
}

#[test]
fn certificates_come_three_ways() {
    let certificate =
        |text: &str| good(&with(&format!("ingress: {{certificate: {text}}}"))).ingress.certificate;
    assert_eq!(certificate("self_signed"), Certificate::SelfSigned);
    let arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1";
    assert!(
        matches!(certificate(&format!("{{arn: '{arn}'}}")), Certificate::Arn(it) if it.as_str() == arn)
    );
    let domain = certificate("{domain: {name: a.example.org, hosted_zone: Z0123456789}}");
    assert!(matches!(domain, Certificate::Domain(it) if it.name.as_str() == "a.example.org"));
}

#[test]
fn user_data_in_a_file_is_put_in_its_place() {
    let text = with("app: {user_data: {file: start.sh}}");
    let load = |path: &str| {
        assert_eq!(path, "start.sh");
        Ok("#!/bin/sh\n".to_owned())
    };
    let spec = read_with(&text, "spec.yaml", load).expect("a file that is there");
    assert_eq!(spec.app.start_script(), "#!/bin/sh\n");
    assert_eq!(spec, good(&with("app:\n  user_data: |\n    #!/bin/sh\n")));
}

#[test]
fn user_data_that_cannot_be_had_is_refused() {
    let text = with("app:\n  user_data: {file: start.sh}\n");
    let refused = |load: fn(&str) -> io::Result<String>| {
        lines(&read_with(&text, "spec.yaml", load).expect_err("a bad file"))
    };
    assert_eq!(
        refused(|_| Err(io::Error::other("no such file"))),
        "spec.yaml:6:21: app.user_data.file: found `start.sh`, expected a file beside the spec that can be read (hint: no such file)"
    );
    assert_eq!(
        refused(|_| Ok("x".repeat(20_000))),
        "spec.yaml:6:21: app.user_data.file: found 20000 bytes in `start.sh`, expected at most 16384 (hint: keep the script short and let it fetch the rest)"
    );
}

#[test]
fn every_default_in_the_schema_is_taken_by_the_schema() {
    let mut seen = 0;
    each_property(&schema(), &mut |property| {
        let Some(default) = property.get("default").filter(|it| !it.is_null()) else { return };
        seen += 1;
        let tree = parse(&default.to_string()).unwrap_or_else(|_| panic!("{default} is YAML"));
        let (walk, value) = Walk::over(&tree, property);
        let found: Vec<&(Place, _)> = walk.findings.iter().collect();
        assert!(
            found.is_empty(),
            "{default}: {:?}",
            walk.findings.iter().map(|(_, it)| &it.expected).collect::<Vec<_>>()
        );
        assert_eq!(without_nulls(&value), without_nulls(default));
    });
    assert!(seen > 50, "only {seen} defaults");
}

#[test]
fn every_field_in_the_schema_says_what_it_means_and_no_section_is_open() {
    each_property(&schema(), &mut |property| {
        let open = property["type"] == "object" && property["additionalProperties"].is_null();
        assert!(!open, "{property}");
    });
    let sections = schema();
    for (name, section) in sections["properties"].as_object().expect("sections") {
        assert!(section["description"].is_string(), "{name}");
        for (field, inner) in section["properties"].as_object().into_iter().flatten() {
            assert!(inner["description"].is_string(), "{name}.{field}");
        }
    }
}

#[test]
fn a_problem_labels_the_bytes_of_what_is_wrong() {
    let text = with("# für alle\nnetwork: {cidr: 10.0.0.0/8}\n");
    let problems = read(&text, "spec.yaml").expect_err("too wide");
    let Place { offset, length, .. } = problems[0].place;
    assert_eq!(&text[offset..offset + length], "10.0.0.0/8");
}

fn each_property(schema: &Value, act: &mut impl FnMut(&Value)) {
    act(schema);
    let inner = schema["properties"].as_object().into_iter().flat_map(serde_json::Map::values);
    let items = schema.get("items").into_iter();
    let branches = ["anyOf", "oneOf"].into_iter().filter_map(|it| schema[it].as_array()).flatten();
    for schema in inner.chain(items).chain(branches) {
        each_property(schema, act);
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(_, it)| !it.is_null());
            kept.map(|(name, it)| (name.clone(), without_nulls(it)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        other => other.clone(),
    }
}
