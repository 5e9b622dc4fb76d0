//! Specs that start nothing, and say why.

use std::sync::Arc;

use futures::FutureExt;
use serde_json::{Value, json};
use shared::ledger::{Key, StackState};
use support::{ACCOUNT, Cloud, REGION};

use super::stand::{Stand, until};
use crate::Test;

pub const TESTS: &[Test] = &[
    ("pipeline::a_bad_spec_starts_nothing_and_is_told", |cloud| bad(cloud).boxed_local()),
    ("pipeline::another_region_is_refused", |cloud| region(cloud).boxed_local()),
    ("pipeline::two_files_cannot_name_one_stack_and_a_deleted_spec_destroys_nothing", |cloud| {
        two_files(cloud).boxed_local()
    }),
];

/// A queue that hears what the control plane tells people.
pub struct Ear {
    sqs: aws_sdk_sqs::Client,
    sns: aws_sdk_sns::Client,
    queue: String,
    subscription: String,
}

impl Ear {
    pub async fn open(stand: &Stand) -> Self {
        let sqs = shared::client!(stand.cx, aws_sdk_sqs);
        let sns = shared::client!(stand.cx, aws_sdk_sns);
        let name = format!("ear-{}", stand.stack);
        let queue = sqs.create_queue().queue_name(&name).send().await.expect("a queue");
        let topic = format!("arn:aws:sns:{REGION}:{ACCOUNT}:terrace");
        let subscribe = sns.subscribe().topic_arn(topic).protocol("sqs");
        let subscribe = subscribe.endpoint(format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"));
        let subscription = subscribe.return_subscription_arn(true).send().await;
        let subscription = subscription.expect("a subscription").subscription_arn.expect("an ARN");
        Self { sqs, sns, queue: queue.queue_url.expect("an URL"), subscription }
    }

    /// Waits for a message whose subject names `what`; its subject and its text.
    pub async fn hears(&self, what: &str) -> (String, String) {
        let said = until(format!("a message on `{what}`"), || async {
            let receive = self.sqs.receive_message().queue_url(&self.queue);
            let heard = receive.max_number_of_messages(10).send().await.expect("messages");
            let heard = heard.messages.unwrap_or_default().into_iter();
            let mut told = heard.filter_map(|message| {
                let body: Value = serde_json::from_str(message.body()?).ok()?;
                let text = |field: &str| body[field].as_str().map(str::to_owned);
                Some((text("Subject")?, text("Message")?))
            });
            told.find(|(subject, _)| subject.contains(what))
        });
        said.await
    }

    pub async fn close(self) {
        let subscription = self.sns.unsubscribe().subscription_arn(&self.subscription);
        subscription.send().await.expect("it can be ended");
        self.sqs.delete_queue().queue_url(&self.queue).send().await.expect("it can be deleted");
    }
}

/// The report beside a refused spec.
async fn spec_report(stand: &Stand, key: &str) -> Value {
    let file = key.trim_start_matches("specs/");
    until(format!("a report on `{key}`"), || async { stand.read(&Key::SpecReport(file)).await })
        .await
}

async fn bad(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "bad");
    let ear = Ear::open(&stand).await;
    let key = format!("specs/{}.yaml", stand.stack);
    let text = format!(
        "terrace: 1\nname: {}\nregion: {REGION}\nnetwork:\n  zoness: 2\nbastion:\n  ssh_from: [0.0.0.0/0]\n",
        stand.stack
    );
    let run = stand.put_as(&key, &text).await;
    let report = spec_report(&stand, &key).await;
    let problems = report["problems"].to_string();
    for expected in
        ["zoness", "did you mean `zones`", "0.0.0.0/0", "public_key", &format!("{key}:5")]
    {
        assert!(problems.contains(expected), "`{expected}` in {report:#}");
    }
    let (subject, message) = ear.hears(&key).await;
    assert!(subject.contains("was refused") && message.contains("zoness"), "{subject}: {message}");
    assert!(!stand.executions("deploy").await.contains(&run), "nothing was started");
    let names = stand.ledger.names(&format!("stacks/{}/", stand.stack)).await;
    assert_eq!(names.expect("the ledger"), Vec::<String>::new());
    stand.delete_spec(&key).await;
    ear.close().await;
}

async fn region(cloud: Arc<Cloud>) {
    let mut stand = Stand::new(cloud, "region");
    stand.spec["region"] = json!("eu-west-1");
    let run = stand.put().await;
    let report = spec_report(&stand, &stand.spec_key()).await;
    let said = report["problems"].to_string();
    assert!(said.contains("eu-west-1") && said.contains(REGION), "{report:#}");
    assert!(!stand.executions("deploy").await.contains(&run), "nothing was started");
    stand.delete_spec(&stand.spec_key()).await;
}

async fn two_files(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "files");
    let ear = Ear::open(&stand).await;
    stand.deploy().await;
    let other = format!("specs/{}-again.json", stand.stack);
    let run = stand.put_as(&other, &stand.spec.to_string()).await;
    let report = spec_report(&stand, &other).await;
    let said = report["problems"].to_string();
    assert!(said.contains(&stand.spec_key()) && said.contains(&other), "{report:#}");
    assert!(!stand.executions("deploy").await.contains(&run), "nothing was started");

    stand.delete_spec(&stand.spec_key()).await;
    let (subject, message) = ear.hears(&format!("{} was deleted", stand.spec_key())).await;
    assert!(message.contains("Nothing is destroyed"), "{subject}: {message}");
    let look = stand.by_hand("drift", json!({ "stack": stand.stack })).await;
    assert!(look.plan.is_empty(), "{}", look.plan);
    assert_eq!(stand.record().await.state, StackState::Ready);
    stand.delete_spec(&other).await;
    ear.close().await;
    stand.destroy().await;
}
