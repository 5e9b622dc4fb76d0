//! The one place where environment variables are read.

/// What a Lambda is told by its environment.
#[derive(Clone)]
pub struct Environment {
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
    /// AWS's own variable for another endpoint, `AWS_ENDPOINT_URL`.
    pub endpoint_url: Option<String>,
    /// The bucket in which specs, runs and the inventory are kept.
    pub ledger: String,
    /// Who is told: a topic's ARN.
    pub topic: Option<String>,
    /// The machines, by ARN: deploy, drift, respond.
    pub machines: Machines,
    /// ARNs of the roles that Terrace itself acts with, in the order of the tiers.
    pub own_roles: Vec<String>,
}

#[derive(Clone, Default)]
pub struct Machines {
    pub deploy: Option<String>,
    pub drift: Option<String>,
    pub respond: Option<String>,
}

#[derive(Debug, thiserror::Error)]
#[error("the environment variable `{0}` is not set; the control plane's template sets it")]
pub struct Missing(&'static str);

impl Environment {
    pub fn read() -> Result<Self, Missing> {
        Ok(Self {
            region: need("AWS_REGION")?,
            access_key_id: need("AWS_ACCESS_KEY_ID")?,
            secret_access_key: need("AWS_SECRET_ACCESS_KEY")?,
            session_token: get("AWS_SESSION_TOKEN"),
            endpoint_url: get("AWS_ENDPOINT_URL"),
            ledger: need("TERRACE_LEDGER")?,
            topic: get("TERRACE_TOPIC"),
            machines: Machines {
                deploy: get("TERRACE_DEPLOY_MACHINE"),
                drift: get("TERRACE_DRIFT_MACHINE"),
                respond: get("TERRACE_RESPOND_MACHINE"),
            },
            own_roles: get("TERRACE_ROLES")
                .map(|roles| roles.split(',').map(str::to_owned).collect())
                .unwrap_or_default(),
        })
    }
}

fn get(name: &'static str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn need(name: &'static str) -> Result<String, Missing> {
    get(name).ok_or(Missing(name))
}
