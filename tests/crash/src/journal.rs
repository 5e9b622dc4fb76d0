//! The changing calls of Terrace's functions: each is a point at which a run can be cut off.

use std::fmt;

use serde::Deserialize;

/// One call as the local cloud's journal tells it.
#[derive(Clone, Debug, Deserialize)]
pub struct Call {
    pub service: String,
    pub action: String,
    #[serde(default)]
    pub resource: String,
    pub caller: String,
}

/// A call of a clean run, such that it is found again in the next run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    pub service: String,
    pub action: String,
    pub resource: String,
    /// The role of the function that makes it.
    pub caller: String,
    /// So many calls of its like come before it.
    pub skip: usize,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Point { service, action, resource, caller, skip } = self;
        write!(f, "{service}:{action} {resource} by {caller} #{skip}")
    }
}

impl Call {
    /// Whether a function of Terrace made it, and not the test or AWS itself.
    fn is_ours(&self) -> bool {
        self.caller.starts_with("terrace-")
    }

    /// The role without what CloudFormation draws, so that a point has one name in every cloud.
    fn role(&self) -> &str {
        self.caller.rsplit_once('-').map_or(&self.caller, |(role, _)| role)
    }

    /// A fault is found by parts of names, so calls that only begin alike count as well.
    fn is_like(&self, other: &Call) -> bool {
        self.service == other.service
            && self.action == other.action
            && self.role() == other.role()
            && self.resource.contains(&other.resource)
    }
}

/// All points of a run, in the order in which it came to them.
pub fn points(calls: &[Call]) -> Vec<Point> {
    let ours: Vec<&Call> = calls.iter().filter(|call| call.is_ours()).collect();
    let point = |(index, call): (usize, &&Call)| Point {
        service: call.service.clone(),
        action: call.action.clone(),
        resource: call.resource.clone(),
        caller: call.role().to_owned(),
        skip: ours[..index].iter().filter(|earlier| earlier.is_like(call)).count(),
    };
    ours.iter().enumerate().map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(resource: &str, caller: &str) -> Call {
        let [service, action] = ["ec2", "CreateTags"].map(str::to_owned);
        Call { service, action, resource: resource.to_owned(), caller: caller.to_owned() }
    }

    #[test]
    fn a_point_comes_after_all_calls_that_its_fault_would_strike_before_it() {
        let ours = "terrace-NetworkRole-1A2B";
        let calls = [
            call("subnet-a1", ours),
            call("subnet-b", "root"),
            call("subnet-a", ours),
            call("subnet-a", "terrace-EdgeRole-1A2B"),
            call("subnet-a", ours),
        ];
        let found: Vec<(String, usize)> =
            points(&calls).into_iter().map(|it| (it.resource, it.skip)).collect();
        let expected = [("subnet-a1", 0), ("subnet-a", 1), ("subnet-a", 0), ("subnet-a", 2)];
        assert_eq!(found, expected.map(|(name, skip)| (name.to_owned(), skip)));
    }
}
