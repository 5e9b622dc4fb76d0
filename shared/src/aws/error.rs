//! Classifies AWS's errors, once for all services.
//!
//! Sources: the error lists of the services' API references, and what operators report of
//! eventual consistency; each row is a code, and where one code has several meanings, a part
//! of the message that tells them apart.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::world::CloudError;

/// Codes that mean "ask again later", whatever the message.
const NOT_YET: &[&str] = &[
    "AWS.SimpleQueueService.QueueDeletedRecently",
    "BucketNotEmpty",
    "CertificateNotFound",
    "ConcurrentModification",
    "ConcurrentModificationException",
    "ConflictException",
    "DeleteConflict",
    "DependencyTimeoutException",
    "DependencyViolation",
    "InsufficientEncryptionPolicyException",
    "InsufficientS3BucketPolicyException",
    "InternalError",
    "InternalException",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "InvalidAllocationID.NotFound",
    "InvalidDBInstanceState",
    "InvalidDBParameterGroupState",
    "InvalidDBSubnetGroupStateFault",
    "InvalidEventSubscriptionState",
    "InvalidGroup.InUse",
    "InvalidGroup.NotFound",
    "InvalidIPAddress.InUse",
    "InvalidInternetGatewayID.NotFound",
    "InvalidKeyPair.NotFound",
    "InvalidRouteTableID.NotFound",
    "InvalidSubnetID.NotFound",
    "InvalidVpcID.NotFound",
    "KMSInternalException",
    "NatGatewayNotFound",
    "OperationAborted",
    "OperationAbortedException",
    "PriorRequestNotComplete",
    "RequestInProgressException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "ResourceContention",
    "ResourceInUse",
    "ResourceInUseException",
    "SNSNoAuthorization",
    "ScalingActivityInProgress",
    "ServiceFailure",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "SlowDown",
    "SourceNotFound",
    "Throttled",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TooManyUpdates",
    "Unavailable",
    "WAFAssociatedItemException",
    "WAFInternalErrorException",
    "WAFLogDestinationPermissionIssueException",
    "WAFOptimisticLockException",
    "WAFServiceLinkedRoleErrorException",
    "WAFUnavailableEntityException",
];

/// Codes that mean it only with these words in the message.
const NOT_YET_IF: &[(&str, &str)] = &[
    ("AccessDenied", "Access Denied for bucket"),
    ("InvalidCloudWatchLogsLogGroupArnException", "Access denied"),
    ("InvalidCloudWatchLogsRoleArnException", "Access denied"),
    ("InvalidConfigurationRequest", "Access Denied for bucket"),
    ("InvalidInstanceID", "pending"),
    ("InvalidNatGatewayID.NotFound", "does not exist"),
    ("InvalidParameter", "Unable to assume given IAM role"),
    ("InvalidParameterException", "KMS key"),
    ("InvalidParameterValue", "IAM role ARN value is invalid"),
    // A gateway that stands and is not attached yet.
    ("InvalidParameterValue", "and network gateway igw-"),
    ("InvalidParameterValue", "Invalid IAM Instance Profile"),
    ("InvalidParameterValueException", "cannot be assumed"),
    ("MalformedPolicy", "Invalid principal"),
    ("MalformedPolicyDocument", "Invalid principal"),
    ("MalformedPolicyDocumentException", "principal"),
    ("ValidationError", "Invalid IAM Instance Profile"),
];

impl<E> From<SdkError<E, HttpResponse>> for CloudError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let code = error.code().unwrap_or("NoAnswer").to_owned();
        let message = match error.message() {
            Some(message) => message.to_owned(),
            None => DisplayErrorContext(&error).to_string(),
        };
        // Without an answer nobody knows what happened: the next pass looks.
        let SdkError::ServiceError(answer) = &error else { return Self::not_yet(&code, message) };
        let status = answer.raw().status().as_u16();
        if is_passing(status) { Self::not_yet(&code, message) } else { classified(&code, &message) }
    }
}

/// AWS's own trouble, whatever the code, and too many requests: both pass.
/// Source: "Common errors" of each service's API reference.
const fn is_passing(status: u16) -> bool {
    status >= 500 || status == 429
}

/// The same for an error that AWS tells inside an answer of 200.
pub fn classified(code: &str, message: &str) -> CloudError {
    if is_not_yet(code, message) {
        CloudError::not_yet(code, message)
    } else {
        CloudError::refused(code, message)
    }
}

fn is_not_yet(code: &str, message: &str) -> bool {
    NOT_YET.contains(&code)
        || NOT_YET_IF.iter().any(|(it, words)| *it == code && message.contains(words))
}

/// Turns "there is no such thing", or "it is so already", from an error into `None`.
pub trait OrAbsent<T> {
    /// `None` for an answer with one of `codes`.
    fn or_absent(self, codes: &[&str]) -> Result<Option<T>, CloudError>;
}

impl<T, E, R> OrAbsent<T> for Result<T, SdkError<E, R>>
where
    SdkError<E, R>: ProvideErrorMetadata + Into<CloudError>,
{
    fn or_absent(self, codes: &[&str]) -> Result<Option<T>, CloudError> {
        match self {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.code().is_some_and(|code| codes.contains(&code)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    /// What an answer with this status and code is taken for.
    fn told(status: u16, code: &str) -> CloudError {
        let said = ErrorMetadata::builder().code(code).message("no").build();
        let status = status.try_into().expect("a status");
        SdkError::service_error(said, HttpResponse::new(status, SdkBody::empty())).into()
    }

    #[test]
    fn trouble_of_aws_passes_whatever_its_code() {
        for (status, code) in [(500, "Odd"), (503, "NeverHeardOf"), (429, "Enough")] {
            assert!(matches!(told(status, code), CloudError::NotYet { .. }), "{status} {code}");
        }
    }

    #[test]
    fn what_is_asked_wrongly_is_refused_and_what_is_not_yet_so_is_told_by_its_code() {
        assert!(matches!(told(400, "Odd"), CloudError::Refused { .. }));
        assert!(matches!(told(403, "AccessDenied"), CloudError::Refused { .. }));
        assert!(matches!(told(400, "DependencyViolation"), CloudError::NotYet { .. }));
    }
}
