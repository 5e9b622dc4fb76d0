//! What this tier's resources are called. Those that AWS finds by name are listed by these.

use shared::aws::Scope;
use shared::model::Address;

use crate::at;

/// The buckets that a stack may have. One that it does without costs a look one call.
pub const BUCKETS: [&str; 4] = ["access-logs", "alb-logs", "files", "trail-logs"];

/// The name of a bucket and its address.
pub fn buckets(scope: &Scope) -> [(String, Address); 4] {
    BUCKETS.map(|part| (scope.bucket_name(part), at(part)))
}

pub fn bucket_arn(scope: &Scope, name: &str) -> String {
    format!("arn:{}:s3:::{name}", scope.partition())
}

pub fn topic_name(scope: &Scope) -> String {
    scope.name("alarms")
}

pub fn topic_arn(scope: &Scope) -> String {
    scope.arn("sns", &topic_name(scope))
}

/// Where the stack's own log groups are: one prefix, so one call lists them all.
pub fn log_group(scope: &Scope, part: &str) -> String {
    format!("/terrace/{}/{part}", scope.stack)
}

/// Where the stack's own trail writes, beside the bucket that has the shorter name.
pub const TRAIL_LOG_GROUP: &str = "trail-logs-group";

/// WAF takes only log groups whose names start so.
pub fn waf_log_group(scope: &Scope) -> String {
    format!("aws-waf-logs-{}", scope.name("acl"))
}

/// The groups that RDS writes to, one a stream.
pub fn database_log_group(scope: &Scope, stream: &str) -> String {
    format!("/aws/rds/instance/{}/{stream}", scope.name("db"))
}

/// Prefixes of all log groups of a stack, unlike those of any other stack.
pub fn log_group_prefixes(scope: &Scope) -> [String; 3] {
    [log_group(scope, ""), waf_log_group(scope), database_log_group(scope, "")]
}

/// Where a log group sits in the stack; `None` for somebody else's with a name alike.
pub fn log_group_address(scope: &Scope, name: &str) -> Option<Address> {
    if let Some(stream) = name.strip_prefix(&database_log_group(scope, "")) {
        return format!("storage/database-logs-{stream}").parse().ok();
    }
    let own = ["app-logs", "flow-logs", TRAIL_LOG_GROUP];
    let own = own.into_iter().find(|part| log_group(scope, part) == name);
    own.or((waf_log_group(scope) == name).then_some("waf-logs")).map(at)
}
