//! Networks and ways in.

use super::check;
use crate::spec::tests::with;

#[test]
fn networks_are_private_and_leave_room() {
    check(
        &with("network: {cidr: 10.0.0.1/16}"),
        &[
            "5:17: network.cidr: found `10.0.0.1/16`, expected a private IPv4 block such as `10.0.0.0/16` (hint: the block is `10.0.0.0/16`)",
        ],
    );
    check(
        &with("network: {cidr: 10.0.0.1}"),
        &[
            "5:17: network.cidr: found `10.0.0.1`, expected a private IPv4 block such as `10.0.0.0/16` (hint: one address alone is `10.0.0.1/32`)",
        ],
    );
    check(
        &with("network: {cidr: 10.0.0.0/8}"),
        &[
            "5:17: network.cidr: found `10.0.0.0/8`, expected a block from /16 to /21 (hint: AWS takes no VPC wider than a /16, and in less than a /21 the load balancer's subnets do not fit)",
        ],
    );
    check(
        &with("network: {cidr: 10.0.0.0/24}"),
        &[
            "5:17: network.cidr: found `10.0.0.0/24`, expected a block from /16 to /21 (hint: AWS takes no VPC wider than a /16, and in less than a /21 the load balancer's subnets do not fit)",
        ],
    );
    check(
        &with("network: {cidr: 52.0.0.0/16}"),
        &[
            "5:17: network.cidr: found `52.0.0.0/16`, expected a private block, such as one in `10.0.0.0/8` (hint: public addresses that the VPC takes for itself cannot be reached from it)",
        ],
    );
    check(
        &with("network: {cidr: 'fd00::/16'}"),
        &[
            "5:17: network.cidr: found `fd00::/16`, expected a private IPv4 block such as `10.0.0.0/16`",
        ],
    );
    check(&with("network: []"), &["5:10: network: found an empty list, expected a section"]);
    check(
        &with("network: {subnets_per_tier: 3}"),
        &["5:29: network.subnets_per_tier: found `3`, expected a whole number from 1 to 2"],
    );
    check(
        &with("app: {max: 500}\nnetwork: {cidr: 10.0.0.0/21}"),
        &[
            "5:12: app.max: found `500`, expected at most 27 (hint: the private subnets hold no more while all are replaced: take a wider `network.cidr` or two `subnets_per_tier`)",
        ],
    );
}

#[test]
fn zones_are_two_or_three_of_the_region() {
    check(
        &with("network: {zones: two}"),
        &[
            "5:18: network.zones: found `two`, expected a whole number from 2 to 3 or a list of texts such as `eu-central-1a`",
        ],
    );
    check(
        &with("network: {zones: 4}"),
        &[
            "5:18: network.zones: found `4`, expected a whole number from 2 to 3 or a list of texts such as `eu-central-1a`",
        ],
    );
    check(
        &with("network: {zones: [eu-central-1a]}"),
        &["5:11: network.zones: found 1 entry, expected 2 to 3 entries"],
    );
    check(
        &with("network: {zones: [eu-central-1a, eu-central-1a]}"),
        &["5:34: network.zones[1]: found `eu-central-1a` again, expected each entry once"],
    );
    check(
        &with("network: {zones: [eu-central-1a, eu-west-1b]}"),
        &["5:34: network.zones[1]: found `eu-west-1b`, expected a zone of `eu-central-1`"],
    );
    check(
        &with("network: {zones: [us-west-2-lax-1a, a]}"),
        &[
            "5:19: network.zones[0]: found `us-west-2-lax-1a`, expected an availability zone such as `eu-central-1a`",
            "5:37: network.zones[1]: found `a`, expected an availability zone such as `eu-central-1a`",
        ],
    );
}

#[test]
fn the_way_in_is_checked() {
    check(
        &with("ingress: {certificate: selfsigned}"),
        &[
            "5:24: ingress.certificate: found `selfsigned`, expected `self_signed`, a section with `arn` or a section with `domain` (hint: did you mean `self_signed`?)",
        ],
    );
    check(
        &with("ingress: {certificate: {}}"),
        &[
            "5:24: ingress.certificate: found an empty section, expected `self_signed`, a section with `arn` or a section with `domain`",
        ],
    );
    check(
        &with("ingress: {certificate: {dommain: {}}}"),
        &[
            "5:24: ingress.certificate: found a section with `dommain`, expected `self_signed`, a section with `arn` or a section with `domain` (hint: did you mean `domain`?)",
        ],
    );
    check(
        &with("ingress: {certificate: {arn: x, domain: y}}"),
        &[
            "5:24: ingress.certificate: found a section with `arn` and `domain`, expected `self_signed`, a section with `arn` or a section with `domain`",
        ],
    );
    check(
        &with("ingress: {certificate: {domain: {name: https://a.b/}}}"),
        &[
            "5:25: ingress.certificate.domain.hosted_zone: found no `hosted_zone`, expected text such as `Z0123456789ABCDEFGHIJ` (hint: `hosted_zone`: the id of the public Route 53 hosted zone, such as `Z0123456789ABCDEFGHIJ`)",
            "5:40: ingress.certificate.domain.name: found `https://a.b/`, expected a lower-case domain name such as `shop.example.org` (hint: leave out `https://`: `a.b`)",
        ],
    );
    check(
        &with(
            "ingress: {certificate: {domain: {name: a.b, hosted_zone: /hostedzone/Z0123456789}}}",
        ),
        &[
            "5:58: ingress.certificate.domain.hosted_zone: found `/hostedzone/Z0123456789`, expected a hosted zone's id such as `Z0123456789ABCDEFGHIJ` (hint: leave out `/hostedzone/`: `Z0123456789`)",
        ],
    );
    check(
        &with("ingress: {certificate: {arn: 'arn:aws:acm:eu-west-1:123456789012:certificate/1'}}"),
        &[
            "5:30: ingress.certificate.arn: found a certificate in `eu-west-1`, expected one in `eu-central-1` (hint: a load balancer takes certificates of its own region)",
        ],
    );
    check(
        &with("ingress: {waf: {mode: Block, rate_limit: 1}}"),
        &[
            "5:23: ingress.waf.mode: found `Block`, expected `block` or `count` (hint: did you mean `block`?)",
            "5:42: ingress.waf.rate_limit: found `1`, expected a whole number from 10 to 2000000000",
        ],
    );
    check(
        &with("ingress: {sources: 0.0.0.0/0}"),
        &[
            "5:20: ingress.sources: found `0.0.0.0/0`, expected a list of texts such as `203.0.113.0/24` (hint: write a list: `[0.0.0.0/0]`)",
        ],
    );
    check(
        &with("ingress: {sources: [0.0.0.0/0, 0.0.0.0/0, '2001:DB8::/48']}"),
        &[
            "5:32: ingress.sources[1]: found `0.0.0.0/0` again, expected each entry once",
            "5:43: ingress.sources[2]: found `2001:DB8::/48`, expected a block such as `203.0.113.0/24` or `2001:db8::/48` (hint: the block is `2001:db8::/48`)",
        ],
    );
    check(
        &with("ingress: {protection: yes}"),
        &["5:23: ingress.protection: found `yes`, expected `true` or `false` (hint: write `true`)"],
    );
}
