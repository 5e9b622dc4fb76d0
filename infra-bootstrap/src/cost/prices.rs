//! The dated price table: one JSON file, read once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// On-demand list prices in US dollars without tax, by region.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub sources: Vec<Source>,
    /// The same in every region of the table.
    pub everywhere: Everywhere,
    pub regions: BTreeMap<String, Region>,
}

/// Where prices were read, and of which day they are.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub what: String,
    /// `YYYY-MM-DD`
    pub date: String,
    pub from: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Everywhere {
    pub public_ipv4_hour: f64,
    pub key_month: f64,
    pub secret_month: f64,
    pub web_acl_month: f64,
    pub web_acl_rule_month: f64,
    pub alarm_metric_month: f64,
    pub dashboard_month: f64,
}

/// What is left out has no price that we could find the source of.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Region {
    /// An hour of size `large`, by family; other sizes cost in proportion.
    pub instance_large_hour: BTreeMap<String, f64>,
    pub gp3_gib_month: Option<f64>,
    pub nat_gateway_hour: Option<f64>,
    pub load_balancer_hour: Option<f64>,
    /// An hour of one database instance where sizes are not quite in proportion:
    /// `postgres/db.t4g.small`.
    pub database_hour: BTreeMap<String, f64>,
    /// An hour of size `large` of one instance, by engine and family: `postgres/m7g`.
    pub database_large_hour: BTreeMap<String, f64>,
    /// A standby doubles it, as it doubles the instance.
    pub database_gp3_gib_month: Option<f64>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    serde_json::from_str(include_str!("prices.json"))
        .unwrap_or_else(|error| unreachable!("`prices.json` is read by a test: {error}"))
});

pub fn table() -> &'static Table {
    &TABLE
}

/// A size as a part or a multiple of `large`: AWS lists a family's sizes in proportion.
pub fn size(name: &str) -> Option<f64> {
    let large = match name {
        "nano" => 1.0 / 16.0,
        "micro" => 1.0 / 8.0,
        "small" => 1.0 / 4.0,
        "medium" => 1.0 / 2.0,
        "large" => 1.0,
        "xlarge" => 2.0,
        _ => {
            let times: u16 = name.strip_suffix("xlarge")?.parse().ok()?;
            2.0 * f64::from(times)
        }
    };
    Some(large)
}

impl Region {
    /// An hour of an instance type, such as `t4g.small`.
    pub fn instance_hour(&self, name: &str) -> Option<f64> {
        let (family, of) = name.split_once('.')?;
        Some(self.instance_large_hour.get(family)? * size(of)?)
    }

    /// An hour of one database instance, such as `postgres` on `db.t4g.small`.
    pub fn database_hour(&self, engine: &str, class: &str) -> Option<f64> {
        if let Some(hour) = self.database_hour.get(&format!("{engine}/{class}")) {
            return Some(*hour);
        }
        let (family, of) = class.strip_prefix("db.")?.split_once('.')?;
        Some(self.database_large_hour.get(&format!("{engine}/{family}"))? * size(of)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_where_its_prices_are_from_and_of_which_day() {
        let table = table();
        assert!(!table.sources.is_empty() && table.regions.contains_key("us-east-1"));
        for source in &table.sources {
            let date: jiff::civil::Date = source.date.parse().expect("a date");
            assert!(date.year() >= 2024, "{source:?}");
            assert!(source.from.starts_with("https://"), "{source:?}");
        }
        for (name, region) in &table.regions {
            let prices =
                region.instance_large_hour.values().chain(region.database_large_hour.values());
            assert!(prices.clone().all(|it| (0.01..5.0).contains(it)), "{name}");
        }
    }

    #[test]
    fn sizes_cost_in_proportion() {
        // The prices of us-east-1 as AWS lists them.
        let region = &table().regions["us-east-1"];
        for (name, hour) in [
            ("t4g.nano", 0.0042),
            ("t4g.small", 0.0168),
            ("t4g.medium", 0.0336),
            ("m7g.xlarge", 0.1632),
            ("c7g.4xlarge", 0.58),
        ] {
            let found = region.instance_hour(name).expect(name);
            assert!((found - hour).abs() < 1e-6, "{name}: {found}");
        }
        assert_eq!(region.instance_hour("t4g.metal"), None);
        assert_eq!(region.instance_hour("zz9.large"), None);
    }
}
