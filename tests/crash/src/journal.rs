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

    /// A fault is found by parts of names, so calls that only begin alike count as well.
    fn is_like(&self, other: &Call) -> bool {
        self.service == other.service
            && self.action == other.action
            && self.caller.contains(&other.caller)
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
        caller: call.caller.clone(),
        skip: ours[..index].iter().filter(|earlier| earlier.is_like(call)).count(),
    };
    ours.iter().enumerate().map(point).collect()
}
