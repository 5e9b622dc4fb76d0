//! The state machines: definition, role, logs, and the alias that people and rules call.

use serde_json::{Map, Value, json};

use super::functions::{FUNCTIONS, log_group, version};
use super::{Resources, allow, attribute, logical, reference, role, sub};

/// Name and definition of each machine.
pub const MACHINES: &[(&str, &str)] = &[
    ("deploy", include_str!("../../../state-machines/deploy.asl.json")),
    ("destroy", include_str!("../../../state-machines/destroy.asl.json")),
    ("drift", include_str!("../../../state-machines/drift.asl.json")),
    ("respond", include_str!("../../../state-machines/respond.asl.json")),
];

pub fn add(resources: &mut Resources) {
    resources.insert("MachineRole".into(), machine_role());
    for (machine, definition) in MACHINES {
        let name = logical(machine);
        resources.insert(format!("{name}MachineLogs"), log_group(&format!("machines/{machine}")));
        resources.insert(format!("{name}Machine"), state_machine(machine, definition));
        resources.insert(format!("{name}Version"), json!({
            "Type": "AWS::StepFunctions::StateMachineVersion",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "StateMachineArn": reference(&format!("{name}Machine")),
                "StateMachineRevisionId": attribute(&format!("{name}Machine"), "StateMachineRevisionId"),
            },
        }));
        resources.insert(format!("{name}Alias"), json!({
            "Type": "AWS::StepFunctions::StateMachineAlias",
            "Properties": {
                "Name": "live",
                "RoutingConfiguration": [
                    { "StateMachineVersionArn": reference(&format!("{name}Version")), "Weight": 100 },
                ],
            },
        }));
    }
}

fn state_machine(machine: &str, definition: &str) -> Value {
    let name = logical(machine);
    json!({
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "StateMachineName": format!("terrace-{machine}"),
            "StateMachineType": "STANDARD",
            "DefinitionString": definition,
            "DefinitionSubstitutions": substitutions(definition),
            "RoleArn": attribute("MachineRole", "Arn"),
            "LoggingConfiguration": {
                "Level": "ALL",
                "IncludeExecutionData": false,
                "Destinations": [
                    { "CloudWatchLogsLogGroup": { "LogGroupArn": attribute(&format!("{name}MachineLogs"), "Arn") } },
                ],
            },
        },
    })
}

/// Machines call *versions* of functions: an execution that is under way when Terrace is
/// upgraded ends with the code it began with.
fn substitutions(definition: &str) -> Map<String, Value> {
    let names =
        FUNCTIONS.iter().map(|function| (format!("{}Function", logical(function.name)), function));
    names
        .filter(|(name, _)| definition.contains(&format!("${{{name}}}")))
        .map(|(name, function)| (name, reference(&version(function.name))))
        .collect()
}

fn machine_role() -> Value {
    let invoke = allow(
        &["lambda:InvokeFunction"],
        sub("arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:terrace-*"),
    );
    // Log delivery by Step Functions has no resource-level permissions.
    let deliver = allow(
        &[
            "logs:CreateLogDelivery",
            "logs:GetLogDelivery",
            "logs:UpdateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:DescribeResourcePolicies",
            "logs:DescribeLogGroups",
        ],
        json!("*"),
    );
    role("states.amazonaws.com", vec![invoke, deliver])
}
