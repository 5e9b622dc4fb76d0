//! What is no spec, or has fields that no spec has.

use super::check;
use crate::spec::tests::with;

#[test]
fn unknown_fields_are_told_the_name_that_was_meant() {
    check(
        &with("netwrok: {}"),
        &[
            "5:1: netwrok: found the unknown field `netwrok`, expected `alarms`, `app`, `approval`, `bastion`, `database`, `encryption`, `files`, `ingress`, `logging`, `name`, `network`, `on_failure`, `people`, `region` or `terrace` (hint: did you mean `network`?)",
        ],
    );
    check(
        &with("network: {subnetsPerTier: 2}"),
        &[
            "5:11: network.subnetsPerTier: found the unknown field `subnetsPerTier`, expected `cidr`, `nat`, `subnets_per_tier` or `zones` (hint: did you mean `subnets_per_tier`?)",
        ],
    );
    check(
        &with("port: 3"),
        &[
            "5:1: port: found the unknown field `port`, expected `alarms`, `app`, `approval`, `bastion`, `database`, `encryption`, `files`, `ingress`, `logging`, `name`, `network`, `on_failure`, `people`, `region` or `terrace` (hint: `port` belongs under `app` or `database`)",
        ],
    );
    check(
        &with("colour: red"),
        &[
            "5:1: colour: found the unknown field `colour`, expected `alarms`, `app`, `approval`, `bastion`, `database`, `encryption`, `files`, `ingress`, `logging`, `name`, `network`, `on_failure`, `people`, `region` or `terrace`",
        ],
    );
    check(
        &with("database: {password: hunter2}"),
        &[
            "5:12: database.password: found the unknown field `password`, expected `backup_window`, `backups_days`, `class`, `engine`, `final_snapshot`, `maintenance_window`, `max_storage_gib`, `monitoring_seconds`, `name`, `port`, `protection`, `restore_from`, `standby`, `storage_gib`, `user` or `version` (hint: no secret belongs in a spec: RDS makes the password and keeps it)",
        ],
    );
}

#[test]
fn fields_are_written_once_and_the_required_ones_at_all() {
    check(
        "",
        &[
            "1:1: terrace: found no `terrace`, expected `1` (hint: `terrace`: the version of this format: 1)",
            "1:1: name: found no `name`, expected text such as `shop` (hint: `name`: the stack's name: 1 to 18 lower-case letters, digits and single hyphens)",
            "1:1: region: found no `region`, expected text such as `eu-central-1` (hint: `region`: the AWS region it stands in)",
            "1:1: bastion: found no `bastion`, expected a section (hint: `bastion`: who may SSH from where with which key, or `enabled: false`)",
        ],
    );
    check(
        "name: x\n",
        &[
            "1:1: terrace: found no `terrace`, expected `1` (hint: `terrace`: the version of this format: 1)",
            "1:1: region: found no `region`, expected text such as `eu-central-1` (hint: `region`: the AWS region it stands in)",
            "1:1: bastion: found no `bastion`, expected a section (hint: `bastion`: who may SSH from where with which key, or `enabled: false`)",
        ],
    );
    check(
        "terrace: 1\nname: shop\nname: shop2\nregion: eu-central-1\nbastion: {enabled: false}\n",
        &[
            "3:1: name: found `name` again, expected each field once (hint: it stands in line 2 already)",
        ],
    );
}

#[test]
fn the_format_has_one_version() {
    check(
        "terrace: 2\nfoo: bar\n",
        &[
            "1:10: terrace: found `2`, expected `1` (hint: this Terrace reads version 1; a newer one may read version 2)",
        ],
    );
    check(
        "terrace: 0\n",
        &[
            "1:10: terrace: found `0`, expected `1` (hint: there is no version 0; write `terrace: 1`)",
        ],
    );
    check(
        "terrace: one\nname: shop\nregion: eu-central-1\nbastion: {enabled: false}\n",
        &["1:10: terrace: found `one`, expected `1`"],
    );
}

#[test]
fn names_and_regions_have_their_form() {
    check(
        "terrace: 1\nname: My Shop!\nregion: eu-central-1a\nbastion: {enabled: false}\n",
        &[
            "2:7: name: found `My Shop!`, expected 1 to 18 lower-case letters, digits and single hyphens, starting with a letter and not ending with a hyphen (hint: `my-shop` would do)",
            "3:9: region: found `eu-central-1a`, expected an AWS region such as `eu-central-1` (hint: `eu-central-1a` is an availability zone; its region is `eu-central-1`)",
        ],
    );
    check(
        "{\"terrace\": 1, \"name\": \"shop-\", \"region\": \"frankfurt\", \"bastion\": {\"enabled\": false}}",
        &[
            "1:24: name: found `shop-`, expected 1 to 18 lower-case letters, digits and single hyphens, starting with a letter and not ending with a hyphen (hint: `shop` would do)",
            "1:43: region: found `frankfurt`, expected an AWS region such as `eu-central-1`",
        ],
    );
    check(
        "terrace: 1\nname: a-name-of-nineteen-c\nregion: 17\nbastion: {enabled: false}\n",
        &[
            "2:7: name: found `a-name-of-nineteen-c`, expected 1 to 18 lower-case letters, digits and single hyphens, starting with a letter and not ending with a hyphen (hint: `a-name-of-nineteen` would do)",
            "3:9: region: found `17`, expected an AWS region such as `eu-central-1`",
        ],
    );
}

#[test]
fn what_is_no_spec_at_all_is_refused() {
    check("[]", &["1:1: found an empty list, expected a section with `terrace`"]);
    check("hello", &["1:1: found `hello`, expected a section with `terrace`"]);
    check(
        "a: [1",
        &[
            "2:1: found broken YAML (while parsing a flow sequence, expected ',' or ']'), expected YAML or JSON",
        ],
    );
    check(
        "\tx: 1",
        &[
            "1:1: terrace: found no `terrace`, expected `1` (hint: `terrace`: the version of this format: 1)",
            "1:1: name: found no `name`, expected text such as `shop` (hint: `name`: the stack's name: 1 to 18 lower-case letters, digits and single hyphens)",
            "1:1: region: found no `region`, expected text such as `eu-central-1` (hint: `region`: the AWS region it stands in)",
            "1:1: bastion: found no `bastion`, expected a section (hint: `bastion`: who may SSH from where with which key, or `enabled: false`)",
            "1:2: x: found the unknown field `x`, expected `alarms`, `app`, `approval`, `bastion`, `database`, `encryption`, `files`, `ingress`, `logging`, `name`, `network`, `on_failure`, `people`, `region` or `terrace`",
        ],
    );
    check(
        "alarms: *x",
        &[
            "1:9: found broken YAML (while parsing node, found unknown anchor), expected YAML or JSON",
        ],
    );
    check("alarms: !foo {}", &["1:9: found the tag `!foo`, expected a value without a tag"]);
    check("a: 1\n---\nb: 1\n", &["2:1: found a second document, expected one document in a file"]);
    check("? [a, b]\n: 1\n", &["1:3: found a key of many parts, expected a field's name"]);
}

#[test]
fn every_problem_is_told_at_once_in_the_order_of_the_file() {
    check(
        "terrace: 1\nname: Shop\nregion: eu-central-1\nnetwork:\n  cidr: 10.0.0.0/8\n  zones: 4\n  nat: one\nbastion:\n  ssh_from: [0.0.0.0/0, 203.0.113.9]\n  public_key: ssh-ed25519 AAAA\n  publik_key: x\napp:\n  min: 5\n  max: 3\n",
        &[
            "2:7: name: found `Shop`, expected 1 to 18 lower-case letters, digits and single hyphens, starting with a letter and not ending with a hyphen (hint: `shop` would do)",
            "5:9: network.cidr: found `10.0.0.0/8`, expected a block from /16 to /21 (hint: AWS takes no VPC wider than a /16, and in less than a /21 the load balancer's subnets do not fit)",
            "6:10: network.zones: found `4`, expected a whole number from 2 to 3 or a list of texts such as `eu-central-1a`",
            "7:8: network.nat: found `one`, expected `per_zone`, `single` or `none` (hint: did you mean `none`?)",
            "9:14: bastion.ssh_from[0]: found `0.0.0.0/0`, expected SSH sources of /16 or narrower (hint: name the networks of the people who administer the stack)",
            "9:25: bastion.ssh_from[1]: found `203.0.113.9`, expected a block such as `203.0.113.0/24` or `2001:db8::/48` (hint: one address alone is `203.0.113.9/32`)",
            "10:15: bastion.public_key: found `ssh-ed25519 AAAA`, expected one line of OpenSSH public key: `ssh-ed25519 …` or `ssh-rsa …` (hint: the key's text is damaged: copy the whole `.pub` file)",
            "11:3: bastion.publik_key: found the unknown field `publik_key`, expected `enabled`, `instance_type`, `public_key` or `ssh_from` (hint: did you mean `public_key`?)",
            "13:8: app.min: found `5`, expected at most `max`, 3",
        ],
    );
}
