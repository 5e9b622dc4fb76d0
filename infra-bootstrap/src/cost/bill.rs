//! The bill: a line for each kind of thing that is paid by the hour or by the month.

use serde::Serialize;
use serde_json::Value;
use shared::model::{Live, Node};

use super::prices::{Region, Source, Table};

/// Hours of a month, as AWS's own calculator counts them.
const HOURS: f64 = 730.0;

/// The root volume of a bastion, which its node does not tell.
const BASTION_GIB: f64 = 8.0;

/// A resource, wished for or standing.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    pub kind: &'a str,
    pub spec: &'a Value,
}

impl<'a> From<&'a Node> for Item<'a> {
    fn from(node: &'a Node) -> Self {
        Self { kind: &node.kind, spec: &node.spec }
    }
}

impl<'a> From<&'a Live> for Item<'a> {
    fn from(live: &'a Live) -> Self {
        Self { kind: &live.kind, spec: &live.spec }
    }
}

/// One line of the bill; US dollars.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    pub what: String,
    pub quantity: f64,
    /// `hours`, `GiB-months` or `months`.
    pub unit: &'static str,
    pub unit_price: f64,
    pub monthly: f64,
}

/// A month of a stack.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Estimate {
    pub monthly: f64,
    /// The dearest first.
    pub lines: Vec<Line>,
    /// Things of the stack that the table has no price for.
    pub without_price: Vec<String>,
    /// What depends on use.
    pub not_included: &'static [&'static str],
    pub sources: Vec<Source>,
}

/// What nobody knows before there is traffic, and what a contract changes.
const NOT_INCLUDED: &[&str] = &[
    "data transfer",
    "NAT gateways by the GB",
    "load balancer capacity units (LCU)",
    "requests that the WAF looks at",
    "logs and flow logs by the GB",
    "S3 storage and requests",
    "backups beyond the size of the database",
    "KMS requests and rotated key material",
    "CPU credits of burstable instances",
    "instances beyond the desired number",
    "public hosted zones and queries",
    "tax, discounts and free tiers",
];

/// What `items` cost a month in `region`; `None` for a region that the table does not have.
pub fn estimate(items: &[Item<'_>], region: &str, table: &Table) -> Option<Estimate> {
    let mut bill = Bill { prices: table.regions.get(region)?, table, made: Estimate::default() };
    for item in items {
        bill.add(item, items);
    }
    let mut made = bill.made;
    made.lines.sort_by(|a, b| b.monthly.total_cmp(&a.monthly).then(a.what.cmp(&b.what)));
    made.monthly = made.lines.iter().map(|line| line.monthly).sum();
    made.without_price.sort();
    made.without_price.dedup();
    made.not_included = NOT_INCLUDED;
    made.sources.clone_from(&table.sources);
    Some(made)
}

struct Bill<'a> {
    prices: &'a Region,
    table: &'a Table,
    made: Estimate,
}

impl Bill<'_> {
    fn add(&mut self, item: &Item<'_>, all: &[Item<'_>]) {
        let (prices, everywhere) = (self.prices, &self.table.everywhere);
        match item.kind {
            "AWS::EC2::NatGateway" => self.hours("NAT gateways", 1.0, prices.nat_gateway_hour),
            "AWS::EC2::EIP" => {
                self.hours("public IPv4 addresses", 1.0, Some(everywhere.public_ipv4_hour));
            }
            "AWS::EC2::Instance" => {
                self.machines(text(item.spec, "instance_type"), 1.0);
                self.volumes(BASTION_GIB);
            }
            "AWS::AutoScaling::AutoScalingGroup" => self.group(item.spec, all),
            "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
                self.hours("load balancers", 1.0, prices.load_balancer_hour);
                // One node, with an address of its own, in each subnet.
                let nodes = length(item.spec, "subnets");
                self.hours("public IPv4 addresses", nodes, Some(everywhere.public_ipv4_hour));
            }
            "AWS::RDS::DBInstance" => self.database(item.spec),
            "AWS::KMS::Key" => self.months("KMS keys", 1.0, everywhere.key_month),
            "AWS::WAFv2::WebACL" => {
                self.months("WAF web ACLs", 1.0, everywhere.web_acl_month);
                let rules = length(item.spec, "rules");
                self.months("WAF rules", rules, everywhere.web_acl_rule_month);
            }
            "AWS::CloudWatch::Alarm" => {
                self.months("alarms", 1.0, everywhere.alarm_metric_month);
            }
            "AWS::CloudWatch::Dashboard" => {
                self.months("dashboards", 1.0, everywhere.dashboard_month);
            }
            // All others cost nothing, or only what goes through them.
            _ => (),
        }
    }

    /// The desired instances of a group, of the type that is tried first.
    fn group(&mut self, spec: &Value, all: &[Item<'_>]) {
        let desired = number(spec, "desired");
        let first = spec["instance_types"][0].as_str().unwrap_or_default();
        self.machines(first, desired);
        let templates = all.iter().filter(|it| it.kind == "AWS::EC2::LaunchTemplate");
        // A template that is being replaced stands twice; a machine has one volume.
        let gib = templates.map(|it| number(it.spec, "volume_gib")).fold(0.0, f64::max);
        self.volumes(gib * desired);
    }

    fn machines(&mut self, name: &str, many: f64) {
        self.hours(&format!("instances {name}"), many, self.prices.instance_hour(name));
    }

    fn volumes(&mut self, gib: f64) {
        self.line("gp3 volumes", gib, "GiB-months", self.prices.gp3_gib_month);
    }

    fn database(&mut self, spec: &Value) {
        let (engine, class) = (text(spec, "engine"), text(spec, "class"));
        let (copies, with) =
            if spec["standby"] == true { (2.0, " with standby") } else { (1.0, "") };
        let hour = self.prices.database_hour(engine, class);
        self.hours(&format!("database {engine} {class}{with}"), copies, hour);
        let gib = number(spec, "storage_gib") * copies;
        let stored = (text(spec, "storage_type") == "gp3").then_some(());
        let price = stored.and(self.prices.database_gp3_gib_month);
        self.line(&format!("database storage{with}"), gib, "GiB-months", price);
        let secret = self.table.everywhere.secret_month;
        self.months("secrets", 1.0, secret);
    }

    fn hours(&mut self, what: &str, many: f64, price: Option<f64>) {
        self.line(what, many * HOURS, "hours", price);
    }

    fn months(&mut self, what: &str, many: f64, price: f64) {
        self.line(what, many, "months", Some(price));
    }

    /// Adds to the line of that name, or begins one.
    fn line(&mut self, what: &str, quantity: f64, unit: &'static str, price: Option<f64>) {
        if quantity <= 0.0 {
            return;
        }
        let Some(unit_price) = price else {
            return self.made.without_price.push(what.to_owned());
        };
        let monthly = quantity * unit_price;
        match self.made.lines.iter_mut().find(|line| line.what == what) {
            Some(line) => {
                line.quantity += quantity;
                line.monthly += monthly;
            }
            None => self.made.lines.push(Line {
                what: what.to_owned(),
                quantity,
                unit,
                unit_price,
                monthly,
            }),
        }
    }
}

fn text<'a>(spec: &'a Value, field: &str) -> &'a str {
    spec[field].as_str().unwrap_or_default()
}

fn number(spec: &Value, field: &str) -> f64 {
    spec[field].as_f64().unwrap_or_default()
}

fn length(spec: &Value, field: &str) -> f64 {
    let many = spec[field].as_array().map_or(0, Vec::len);
    f64::from(u32::try_from(many).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cost::table;

    fn of(items: &[(&str, Value)], region: &str) -> Estimate {
        let items: Vec<Item> = items.iter().map(|(kind, spec)| Item { kind, spec }).collect();
        estimate(&items, region, table()).expect("a region of the table")
    }

    #[test]
    fn each_kind_costs_what_aws_lists() {
        // What a month costs in us-east-1, in cents.
        let group =
            json!({ "desired": 2, "max": 4, "instance_types": ["t4g.small", "t4g.medium"] });
        let database = json!({
            "engine": "postgres", "class": "db.t4g.small", "standby": true,
            "storage_type": "gp3", "storage_gib": 20,
        });
        let cases: [(&[(&str, Value)], f64); 9] = [
            (&[("AWS::EC2::NatGateway", json!({})), ("AWS::EC2::NatGateway", json!({}))], 6570.0),
            (&[("AWS::EC2::EIP", json!({}))], 365.0),
            (&[("AWS::EC2::Instance", json!({ "instance_type": "t4g.nano" }))], 370.6),
            (
                &[
                    ("AWS::AutoScaling::AutoScalingGroup", group),
                    ("AWS::EC2::LaunchTemplate", json!({ "volume_gib": 10 })),
                ],
                2612.8,
            ),
            (
                &[("AWS::ElasticLoadBalancingV2::LoadBalancer", json!({ "subnets": ["a", "b"] }))],
                2372.5,
            ),
            (&[("AWS::RDS::DBInstance", database)], 5172.0),
            (&[("AWS::WAFv2::WebACL", json!({ "rules": [1, 2, 3, 4] }))], 900.0),
            (&[("AWS::CloudWatch::Alarm", json!({})), ("AWS::KMS::Key", json!({}))], 110.0),
            (&[("AWS::EC2::VPC", json!({}))], 0.0),
        ];
        for (items, cents) in cases {
            let made = of(items, "us-east-1");
            assert!(
                (made.monthly * 100.0 - cents).abs() < 0.5,
                "{:?}: {}",
                made.lines,
                made.monthly
            );
            assert!(made.without_price.is_empty(), "{:?}", made.without_price);
        }
    }

    #[test]
    fn lines_of_one_thing_are_one_line_and_the_dearest_comes_first() {
        let eip = ("AWS::EC2::EIP", json!({}));
        let made = of(&[eip.clone(), ("AWS::EC2::NatGateway", json!({})), eip], "us-east-1");
        let lines: Vec<_> = made.lines.iter().map(|it| (it.what.as_str(), it.quantity)).collect();
        assert_eq!(lines, [("NAT gateways", 730.0), ("public IPv4 addresses", 1460.0)]);
    }

    #[test]
    fn what_has_no_price_is_named_and_not_guessed() {
        let exotic = json!({ "instance_type": "zz9.large" });
        let made = of(&[("AWS::EC2::Instance", exotic)], "us-east-1");
        assert_eq!(made.without_price, ["instances zz9.large"]);
        assert!(estimate(&[], "xx-nowhere-1", table()).is_none());
        assert!(!made.not_included.is_empty());
    }
}
