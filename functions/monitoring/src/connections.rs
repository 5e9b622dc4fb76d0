//! How many connections a database takes.

use shared::spec::{Database, Engine};

const GIB: u64 = 1024 * 1024 * 1024;

/// Nine tenths of an instance's memory are the engine's: RDS keeps the rest for itself.
const ENGINE_TENTHS: u64 = 9;

/// `max_connections` as RDS computes it by default, which the stack's parameter group leaves.
///
/// Source: RDS user guide, "Maximum number of database connections":
/// `LEAST({DBInstanceClassMemory/9531392}, 5000)` for PostgreSQL,
/// `{DBInstanceClassMemory/12582880}` for MySQL.
pub fn connections_max(database: &Database) -> u64 {
    let memory = memory_gib(database.class.as_str()) * GIB / 10 * ENGINE_TENTHS;
    match database.engine {
        Engine::Postgres => (memory / 9_531_392).min(5000),
        Engine::Mysql => (memory / 12_582_880).min(16_000),
    }
}

/// GiB of a class such as `db.r7g.2xlarge`: sizes double, and from `large` on the family says
/// how much memory comes with a size. A family nobody has told us of counts as general purpose.
fn memory_gib(class: &str) -> u64 {
    let mut parts = class.trim_start_matches("db.").split('.');
    let (family, size) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let large = match family.chars().next() {
        Some('c') => 4,
        Some('r' | 'z') => 16,
        Some('x') => 32,
        Some(_) | None => 8,
    };
    match size {
        "micro" => 1,
        "small" => 2,
        "medium" => large / 2,
        "large" => large,
        "xlarge" => 2 * large,
        more => more.trim_end_matches("xlarge").parse::<u64>().map_or(large, |n| 2 * n * large),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_follows_family_and_size() {
        let known = [
            ("db.t4g.micro", 1),
            ("db.t4g.small", 2),
            ("db.t4g.medium", 4),
            ("db.m7g.large", 8),
            ("db.r6g.xlarge", 32),
            ("db.r7g.2xlarge", 64),
            ("db.x2g.large", 32),
            ("db.m6i.16xlarge", 256),
        ];
        for (class, gib) in known {
            assert_eq!(memory_gib(class), gib, "{class}");
        }
    }

    #[test]
    fn no_engine_takes_more_than_rds_sets() {
        let large =
            Database { class: "db.r7g.16xlarge".parse().expect("a class"), ..Database::default() };
        assert_eq!(connections_max(&large), 5000);
        let small = Database::default();
        assert!((150..250).contains(&connections_max(&small)), "{}", connections_max(&small));
    }
}
