//! Clients of AWS, made lazily and kept while a Lambda is warm.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use super::calls::{Calls, CountCalls};
use crate::environment::Environment;

/// How we speak to AWS: one configuration, one client a service, one tally of calls.
#[derive(Clone)]
pub struct Aws {
    config: SdkConfig,
    calls: Calls,
    clients: Arc<Mutex<HashMap<TypeId, Box<dyn Any + Send + Sync>>>>,
}

impl Aws {
    pub fn new(config: SdkConfig) -> Self {
        Self { config, calls: Calls::default(), clients: Arc::default() }
    }

    /// As a Lambda does: what the function's environment says, and nothing else, because
    /// the search for profiles and instance roles costs start-up time and size.
    pub fn from_environment(environment: &Environment) -> Self {
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(environment.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                &environment.access_key_id,
                &environment.secret_access_key,
                environment.session_token.clone(),
                None,
                "environment",
            )))
            .http_client(https())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .retry_config(RetryConfig::standard());
        config.set_endpoint_url(environment.endpoint_url.clone());
        Self::new(config.build())
    }

    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// Calls since the last time this was asked.
    pub fn take_calls(&self) -> super::Tally {
        self.calls.take()
    }

    /// The client of type `C`, made by the first who asks. See [`crate::client!`].
    pub fn client<C: Clone + Send + Sync + 'static>(
        &self,
        make: impl FnOnce(&SdkConfig, CountCalls) -> C,
    ) -> C {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let client = clients
            .entry(TypeId::of::<C>())
            .or_insert_with(|| Box::new(make(&self.config, CountCalls(self.calls.clone()))));
        match client.downcast_ref::<C>() {
            Some(client) => client.clone(),
            None => unreachable!("clients are kept by their type"),
        }
    }
}

/// rustls with ring: it builds with a C compiler alone, and is the smaller of the two.
pub fn https() -> aws_smithy_runtime_api::client::http::SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}
