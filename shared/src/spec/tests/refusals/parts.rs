//! Instances, databases, people, logs and alarms.

use super::check;
use crate::spec::tests::with;

#[test]
fn instances_go_together() {
    check(&with("app: {min: 5, max: 3}"), &["5:12: app.min: found `5`, expected at most `max`, 3"]);
    check(
        &with("app: {min: 2, desired: 9, max: 4}"),
        &["5:24: app.desired: found `9`, expected a number from `min`, 2, to `max`, 4"],
    );
    check(
        &with("app: {instance_types: [t4g.small, t3.small], ami: ami-1}"),
        &[
            "5:35: app.instance_types[1]: found `t3.small` (x86_64), expected a type for arm64, as the first is (hint: one image runs on one architecture)",
            "5:51: app.ami: found `ami-1`, expected an AMI's id (`ami-` and 8 or 17 hexadecimal digits) or an SSM parameter's name starting with `/`",
        ],
    );
    check(
        &with("app: {ami: /x/al2023-x86_64}"),
        &[
            "5:12: app.ami: found an image for x86_64, expected an image for arm64, as the instance types are (hint: leave `ami` out to get Amazon Linux 2023 for the instance types)",
        ],
    );
    check(
        &with("app: {instance_types: []}"),
        &["5:7: app.instance_types: found 0 entries, expected 1 to 10 entries"],
    );
    check(
        &with("app: {instance_types: [small]}"),
        &[
            "5:24: app.instance_types[0]: found `small`, expected an EC2 instance type such as `t4g.small`",
        ],
    );
    check(
        &with("app: {port: 22}"),
        &["5:13: app.port: found `22`, expected a port that is not SSH's"],
    );
    check(
        &with("app: {port: 70000, min: -1, max: 1.5}"),
        &[
            "5:13: app.port: found `70000`, expected a whole number from 1 to 65535",
            "5:25: app.min: found `-1`, expected a whole number from 0 to 500",
            "5:34: app.max: found `1.5`, expected a whole number from 1 to 500",
        ],
    );
    check(
        &with("app: {health_path: health}"),
        &[
            "5:20: app.health_path: found `health`, expected a path such as `/health`, without spaces or quotes (hint: start it with `/`)",
        ],
    );
    check(
        &with("app: {health_path: '/a b'}"),
        &[
            "5:20: app.health_path: found `/a b`, expected a path such as `/health`, without spaces or quotes",
        ],
    );
}

#[test]
fn user_data_stands_in_the_spec() {
    check(
        &with("app: {user_data: {fil: x}}"),
        &[
            "5:18: app.user_data: found a section with `fil`, expected text or a section with `file` (hint: did you mean `file`?)",
        ],
    );
    check(
        &with("app: {user_data: {file: x}}"),
        &[
            "5:25: app.user_data.file: found `x`, expected a file beside the spec that can be read (hint: an uploaded spec stands alone: write the script into it)",
        ],
    );
    check(
        &with("app: {user_data: [x]}"),
        &["5:18: app.user_data: found a list, expected text or a section with `file`"],
    );
}

#[test]
fn databases_are_what_rds_takes() {
    check(
        &with("database: {engine: postgresql, user: admin, class: t4g.small, port: 3389}"),
        &[
            "5:20: database.engine: found `postgresql`, expected `postgres` or `mysql` (hint: did you mean `postgres`?)",
            "5:38: database.user: found `admin`, expected 1 to 16 lower-case letters, digits and underscores, starting with a letter, none of the usual `admin`, `postgres`, `root`",
            "5:52: database.class: found `t4g.small`, expected an RDS instance class such as `db.t4g.small` (hint: did you mean `db.t4g.small`?)",
            "5:69: database.port: found `3389`, expected another port (hint: the stack's network ACLs close 3389, which is remote desktop's)",
        ],
    );
    check(
        &with("database: {engine: mysql, version: 17}"),
        &[
            "5:36: database.version: found `17`, expected a MySQL version from 8.0 on, such as `8.4` or `8.4.5`",
        ],
    );
    check(
        &with("database: {version: 9.6}"),
        &[
            "5:21: database.version: found `9.6`, expected a PostgreSQL version from 13 on, such as `17` or `17.5`",
        ],
    );
    for name in ["-shop", "shop--1", "a snapshot", "arn:aws:rds:eu-central-1:111122223333:db:shop"]
    {
        check(
            &with(&format!("database: {{restore_from: '{name}'}}")),
            &[&format!(
                "5:26: database.restore_from: found `{name}`, expected the identifier or ARN of an RDS snapshot, such as `terrace-shop-20260131120000`"
            )],
        );
    }
    check(
        &with("database: {version: latest}"),
        &[
            "5:21: database.version: found `latest`, expected an engine version such as `17`, `17.5` or `8.4.5`",
        ],
    );
    check(
        &with("database: {storage_gib: 100, max_storage_gib: 105}"),
        &[
            "5:47: database.max_storage_gib: found `105`, expected at least 110, a tenth above `storage_gib`",
        ],
    );
    check(
        &with("database: {backup_window: 03:50-04:20, monitoring_seconds: 7}"),
        &[
            "5:27: database.backup_window: found `03:50-04:20`, expected a time outside the maintenance window `sun:04:00-sun:04:30`",
            "5:60: database.monitoring_seconds: found `7`, expected `0`, `1`, `5`, `10`, `15`, `30` or `60`",
        ],
    );
    check(
        &with("database: {backup_window: '3:00-4:00', maintenance_window: sun:04:00-sun:04:10}"),
        &[
            "5:27: database.backup_window: found `3:00-4:00`, expected a daily window of at least 30 minutes in UTC, such as `03:00-03:30`",
            "5:60: database.maintenance_window: found `sun:04:00-sun:04:10`, expected a weekly window of 30 minutes to a day in UTC, such as `sun:04:00-sun:04:30`",
        ],
    );
    check(
        &with("database: {name: postgres, port: 80}"),
        &[
            "5:18: database.name: found `postgres`, expected 1 to 63 lower-case letters, digits and underscores, starting with a letter, no reserved word",
            "5:34: database.port: found `80`, expected a whole number from 1150 to 65535",
        ],
    );
}

#[test]
fn people_are_named_once() {
    check(
        &with("people: {read_only: [ada], administer: [Ada, 'a b']}"),
        &[
            "5:41: people.administer[0]: found `Ada`, who is in `read_only`, expected each user once (hint: every group may do what the one before may: name a user in the highest)",
            "5:46: people.administer[1]: found `a b`, expected a name of 1 to 45 letters, digits and `-._`",
        ],
    );
    check(
        &with("people: {operate: ada}"),
        &[
            "5:19: people.operate: found `ada`, expected a list of texts such as `ada` (hint: write a list: `[ada]`)",
        ],
    );
    check(
        &with("people: {read_only: [ada, ada]}"),
        &["5:27: people.read_only[1]: found `ada` again, expected each entry once"],
    );
}

#[test]
fn keys_logs_and_alarms_are_checked() {
    check(
        &with(
            "encryption: {rotation_days: 30, key_administrators: ['arn:aws-cn:iam::123456789012:role/x', 'arn:aws:iam::1:root']}",
        ),
        &[
            "5:29: encryption.rotation_days: found `30`, expected a whole number from 90 to 2560",
            "5:54: encryption.key_administrators[0]: found `arn:aws-cn:iam::123456789012:role/x`, expected an ARN that starts with `arn:aws:`",
            "5:93: encryption.key_administrators[1]: found `arn:aws:iam::1:root`, expected the ARN of an IAM user or role, `arn:aws:iam::<account>:role/<name>`",
        ],
    );
    check(
        &with("logging: {trail: mine}"),
        &["5:18: logging.trail: found `mine`, expected `account` or `own`"],
    );
    check(
        &with("logging: {retention_days: 100}"),
        &[
            "5:27: logging.retention_days: found `100`, expected `1`, `3`, `5`, `7`, `14`, `30`, `60`, `90`, `120`, `150`, `180`, `365`, `400`, `545`, `731`, `1096`, `1827`, `2192`, `2557`, `2922`, `3288` or `3653`",
        ],
    );
    check(
        &with("alarms: {emails: [me]}"),
        &[
            "5:19: alarms.emails[0]: found `me`, expected an e-mail address such as `ops@example.org`",
        ],
    );
    check(
        &with(
            "alarms:\n  custom:\n    - {name: a, namespace: x, metric: y}\n    - {name: a, namespace: x, metric: y, threshold: high, period_seconds: 45}\n",
        ),
        &[
            "7:7: alarms.custom[0].threshold: found no `threshold`, expected a number (hint: `threshold`: the value that separates good from bad)",
            "8:14: alarms.custom[1].name: found `a` again, expected each alarm's name once",
            "8:53: alarms.custom[1].threshold: found `high`, expected a number",
            "8:75: alarms.custom[1].period_seconds: found `45`, expected 10, 30 or a multiple of 60",
        ],
    );
}
