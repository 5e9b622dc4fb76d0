//! Who made a call.

use serde::{Deserialize, Serialize};

/// Who made a call, from where and with what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    #[serde(rename = "userIdentity", default)]
    identity: Identity,
    /// An IP address, or the name of an AWS service.
    #[serde(rename = "sourceIPAddress", default)]
    pub source_ip: Option<String>,
    #[serde(rename = "userAgent", default)]
    pub user_agent: Option<String>,
}

/// CloudTrail user guide, "userIdentity element".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Identity {
    #[serde(rename = "type")]
    kind: Option<String>,
    arn: Option<String>,
    user_name: Option<String>,
    account_id: Option<String>,
    invoked_by: Option<String>,
    session_context: SessionContext,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SessionContext {
    session_issuer: SessionIssuer,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SessionIssuer {
    arn: Option<String>,
    user_name: Option<String>,
}

impl Actor {
    /// The ARN of the caller; of a role it is that of the session. Services have none.
    pub fn arn(&self) -> Option<&str> {
        self.identity.arn.as_deref()
    }

    /// The ARN of the role whose session made the call, its path included.
    pub fn role(&self) -> Option<&str> {
        self.identity.session_context.session_issuer.arn.as_deref()
    }

    /// The caller as a person says it: "user `ada` from 203.0.113.9".
    pub fn who(&self) -> String {
        let name = self.name();
        match &self.source_ip {
            // A service that calls for somebody stands in both places.
            Some(place) if !name.contains(place.as_str()) => format!("{name} from {place}"),
            Some(_) | None => name,
        }
    }

    fn name(&self) -> String {
        let it = &self.identity;
        let user = it.user_name.as_deref();
        match (it.kind.as_deref(), user, &it.invoked_by) {
            (Some("Root"), ..) => "the account's root user".to_owned(),
            (Some("IAMUser"), Some(user), _) => format!("user `{user}`"),
            (Some("AssumedRole"), ..) => self.session(),
            (Some(_) | None, None, Some(service)) => service.clone(),
            (Some(_) | None, Some(user), _) => format!("`{user}`"),
            (Some("AWSAccount"), None, None) => match &it.account_id {
                Some(account) => format!("account {account}"),
                None => UNKNOWN.to_owned(),
            },
            (Some(_) | None, None, None) => {
                it.arn.as_ref().map_or(UNKNOWN.to_owned(), |arn| format!("`{arn}`"))
            }
        }
    }

    /// `arn:aws:sts::<account>:assumed-role/<role>/<session>`: the session's name is the person's
    /// where people sign in through an identity provider.
    fn session(&self) -> String {
        let arn = self.arn().unwrap_or_default();
        let session = arn.split_once(":assumed-role/").and_then(|(_, rest)| rest.split_once('/'));
        let issuer = self.identity.session_context.session_issuer.user_name.as_deref();
        match (session, issuer) {
            (Some((role, session)), _) => format!("`{session}` in role `{role}`"),
            (None, Some(role)) => format!("role `{role}`"),
            (None, None) => UNKNOWN.to_owned(),
        }
    }
}

const UNKNOWN: &str = "somebody whom CloudTrail does not name";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn who(identity: &Value, place: &Value) -> String {
        let actor = json!({"userIdentity": identity, "sourceIPAddress": place});
        serde_json::from_value::<Actor>(actor).map_or_else(|it| it.to_string(), |it| it.who())
    }

    #[test]
    fn callers_are_named_as_people_name_them() {
        let rows = [
            (
                json!({"type": "IAMUser", "userName": "ada"}),
                json!("203.0.113.9"),
                "user `ada` from 203.0.113.9",
            ),
            (
                json!({"type": "Root", "arn": "arn:aws:iam::1:root"}),
                json!("203.0.113.9"),
                "the account's root user from 203.0.113.9",
            ),
            (
                json!({"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/Admin/ada@example.org",
                    "sessionContext": {"sessionIssuer": {"userName": "Admin", "arn": "arn:aws:iam::1:role/Admin"}}}),
                json!("203.0.113.9"),
                "`ada@example.org` in role `Admin` from 203.0.113.9",
            ),
            (
                json!({"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"userName": "Admin"}}}),
                Value::Null,
                "role `Admin`",
            ),
            (
                json!({"accountId": "1", "invokedBy": "ec2.amazonaws.com"}),
                json!("ec2.amazonaws.com"),
                "ec2.amazonaws.com",
            ),
            (
                json!({"type": "AWSService", "invokedBy": "rds.amazonaws.com"}),
                json!("AWS Internal"),
                "rds.amazonaws.com from AWS Internal",
            ),
            (json!({"type": "IdentityCenterUser", "userName": "ada"}), Value::Null, "`ada`"),
            (
                json!({"type": "AWSAccount", "accountId": "444455556666"}),
                Value::Null,
                "account 444455556666",
            ),
            (json!({"type": "Unknown"}), Value::Null, "somebody whom CloudTrail does not name"),
        ];
        for (identity, place, expected) in rows {
            assert_eq!(who(&identity, &place), expected);
        }
    }
}
