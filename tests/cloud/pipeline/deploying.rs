//! From the bucket to a ready stack.

use std::sync::Arc;

use futures::FutureExt;
use shared::ledger::{Key, Mode, Report, StackState};
use shared::model::Tier;
use shared::revision::Revision;
use support::Cloud;

use super::stand::Stand;
use crate::Test;

/// Looks that a deploy without changes may cost.
const READS_MAX: u64 = 110;

pub const TESTS: &[Test] = &[(
    "pipeline::a_spec_put_into_the_bucket_becomes_a_ready_stack_and_a_second_put_changes_nothing",
    |cloud| a_spec_becomes_a_stack(cloud).boxed_local(),
)];

async fn a_spec_becomes_a_stack(cloud: Arc<Cloud>) {
    let stand = Stand::new(cloud, "ready");
    let first = stand.deploy().await;
    is_ready(&stand, &first).await;
    assert!(first.api_calls.write > 0, "{:?}", first.api_calls);

    let second = stand.deploy().await;
    assert_ne!(second.run, first.run, "another version of the object is another run");
    assert_eq!(second.revision, first.revision, "the same spec is the same revision");
    assert_eq!(second.resources, first.resources);
    assert_eq!(second.api_calls.write, 0, "{:#?}", second.api_calls.by_operation);
    let read = second.api_calls.read;
    assert!(read <= READS_MAX, "{read} reads: {:#?}", second.api_calls.by_operation);
    is_ready(&stand, &second).await;
    stand.destroy().await;
}

async fn is_ready(stand: &Stand, report: &Report) {
    assert_eq!(report.mode, Mode::Deploy);
    assert_eq!(report.failure, None);
    assert!(report.plan.is_empty(), "{}", report.plan);
    for tier in Tier::ALL {
        assert!(report.resources.get(&tier).is_some_and(|it| *it > 0), "{tier}: {report:?}");
    }
    let record = stand.record().await;
    assert_eq!(record.state, StackState::Ready);
    assert_eq!((&record.run, &record.facts_run), (&report.run, &Some(report.run.clone())));
    let good: Revision = stand.read(&Key::KnownGood(&stand.stack)).await.expect("known good");
    assert_eq!(good.number, report.revision);
    let lease = stand.lease().await;
    assert_eq!(lease.run, None, "the lease is let go");
}
