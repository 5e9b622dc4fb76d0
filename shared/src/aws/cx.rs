//! What a resource may know of its surroundings.

use sha2::{Digest, Sha256};

use super::{Aws, Tags};
use crate::model::Address;
use crate::plan::hex;

/// Which stack, in which account and region. All names come from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// At most 18 characters.
    pub stack: String,
    /// Twelve digits.
    pub account: String,
    pub region: String,
}

/// One invocation's view: the stack, the run, the clients.
#[derive(Clone)]
pub struct Cx {
    pub scope: Scope,
    /// The run that makes changes; goes into tags.
    pub run: String,
    /// When that run began, in Unix seconds: the same at every try, so it may be part of a name.
    pub started: i64,
    /// All of the stack is to go: time to look for what would hold it.
    pub leaving: bool,
    pub aws: Aws,
}

impl Scope {
    /// `terrace-<stack>-<part>`, the name of most things.
    ///
    /// Fits every kind's limit: the tightest, load balancers and target groups, take 32
    /// characters, which leaves five for the part.
    pub fn name(&self, part: &str) -> String {
        format!("terrace-{}-{part}", self.stack)
    }

    /// Bucket names are global: they carry a hash of account and region. At most 63 characters.
    pub fn bucket_name(&self, part: &str) -> String {
        let place = format!("{}/{}", self.account, self.region);
        format!("{}-{}", self.name(part), &hex(&Sha256::digest(place))[..8])
    }

    /// `terrace-<stack>/<what>`, the name of an alarm.
    ///
    /// Alarms are listed, granted and recognised by the beginning of their names; the slash ends
    /// the stack's, so `shop` never means `shop-two` as well.
    pub fn alarm_name(&self, what: &str) -> String {
        format!("terrace-{}/{what}", self.stack)
    }

    /// The ARN of the stack's own trail: what receives its records admits it by this before it
    /// stands.
    pub fn trail_arn(&self) -> String {
        self.arn("cloudtrail", &format!("trail/{}", self.name("trail")))
    }

    /// IAM path of everything a stack has there: `/terrace/<stack>/`.
    pub fn iam_path(&self) -> String {
        format!("/terrace/{}/", self.stack)
    }

    /// Where applications find what the stack made for them: `/terrace/<stack>/<part>`.
    pub fn parameter_name(&self, part: &str) -> String {
        format!("/terrace/{}/{part}", self.stack)
    }

    /// `arn:aws:<service>:<region>:<account>:<resource>`, in the partition of the region.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        let Self { account, region, .. } = self;
        format!("arn:{}:{service}:{region}:{account}:{resource}", self.partition())
    }

    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub fn partition(&self) -> &'static str {
        match &self.region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }
}

impl Cx {
    /// The tags of the resource at `address`: `Name` and the index tags.
    pub fn tags(&self, address: &Address) -> Tags {
        Tags::of(&self.scope, &self.run, address)
    }

    /// A client token that is the same for the same wish: at most 64 ASCII characters.
    ///
    /// `generation` tells apart what is made again after it was there (a token whose object
    /// was deleted must not be used again).
    pub fn token(&self, address: &Address, generation: &str) -> String {
        let Scope { stack, account, region } = &self.scope;
        let wish = format!("{account}/{region}/{stack}/{address}/{generation}");
        hex(&Sha256::digest(wish))[..48].to_owned()
    }
}
