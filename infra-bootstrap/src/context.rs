//! Whom we speak to: credentials, region and endpoint, as AWS's own tools find them.

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_types::SdkConfig;
use aws_types::region::Region;
use shared::aws::{Aws, https};
use shared::ledger::Ledger;

use crate::answer::Exit;
use crate::failure::{Failure, Tried};

/// An account's region at an endpoint, and the control plane that may stand there.
pub struct Cloud {
    pub aws: Aws,
    pub ledger: Ledger,
    pub account: String,
    pub region: String,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// Another endpoint than AWS's own.
    pub endpoint: Option<String>,
}

impl Cloud {
    /// What environment and profile say; `region` goes before theirs.
    pub async fn of_environment(region: Option<&str>) -> Result<Self, Failure> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(https());
        if let Some(region) = region {
            loader = loader.region(Region::new(region.to_owned()));
        }
        let config = loader.load().await;
        check_credentials(&config).await?;
        Self::of(config).await
    }

    /// An endpoint with credentials that are known.
    pub async fn at(
        endpoint: &str,
        region: &str,
        credentials: Credentials,
    ) -> Result<Self, Failure> {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .endpoint_url(endpoint)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(https())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()));
        Self::of(config.build()).await
    }

    async fn of(config: SdkConfig) -> Result<Self, Failure> {
        let Some(region) = config.region().map(ToString::to_string) else {
            return Err(Failure::new("cannot tell which region is meant")
                .hint("set `AWS_REGION`, or give `--region`")
                .exit(Exit::Unreachable));
        };
        let endpoint = config.endpoint_url().map(str::to_owned);
        let place = endpoint.clone().unwrap_or_else(|| format!("AWS in {region}"));
        let sts = aws_sdk_sts::Client::new(&config);
        let caller =
            sts.get_caller_identity().send().await.tried(format!("cannot reach {place}"))?;
        let account = caller.account().unwrap_or_default().to_owned();
        // arn:<partition>:…
        let partition =
            caller.arn().and_then(|it| it.split(':').nth(1)).unwrap_or("aws").to_owned();
        let aws = Aws::new(config);
        let ledger = Ledger::new(&aws, &format!("terrace-{account}-{region}"));
        Ok(Self { aws, ledger, account, region, partition, endpoint })
    }

    /// The bucket of specs and of what came of them.
    pub fn ledger_bucket(&self) -> String {
        format!("terrace-{}-{}", self.account, self.region)
    }

    /// The bucket of the functions' code.
    pub fn artifacts_bucket(&self) -> String {
        format!("terrace-artifacts-{}-{}", self.account, self.region)
    }

    /// The alias of a state machine that is to be started.
    pub fn machine(&self, name: &str) -> String {
        format!("{}:stateMachine:terrace-{name}:live", self.states())
    }

    pub fn execution(&self, machine: &str, name: &str) -> String {
        format!("{}:execution:terrace-{machine}:{name}", self.states())
    }

    fn states(&self) -> String {
        format!("arn:{}:states:{}:{}", self.partition, self.region, self.account)
    }

    /// Where this is, for people.
    pub fn place(&self) -> String {
        match &self.endpoint {
            Some(endpoint) => format!("account {} in {} at {endpoint}", self.account, self.region),
            None => format!("account {} in {}", self.account, self.region),
        }
    }
}

async fn check_credentials(config: &SdkConfig) -> Result<(), Failure> {
    let none = || {
        Failure::new("cannot find AWS credentials").exit(Exit::Unreachable).hint(
            "set `AWS_PROFILE`, or `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; \
             to try without an account: `terrace demo`, or `terrace local start` and then \
             `eval \"$(terrace local env)\"`",
        )
    };
    let provider = config.credentials_provider().ok_or_else(none)?;
    match provider.provide_credentials().await {
        Ok(_) => Ok(()),
        Err(error) => {
            use aws_credential_types::provider::error::CredentialsError::CredentialsNotLoaded;
            let absent = matches!(error, CredentialsNotLoaded(_));
            Err(if absent { none() } else { none().because_of(&error) })
        }
    }
}
