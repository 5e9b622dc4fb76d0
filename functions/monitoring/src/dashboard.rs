//! `AWS::CloudWatch::Dashboard`

use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::cloudwatch::{self, at};

/// The one dashboard of a stack. CloudWatch keeps no tags for dashboards: the name says whose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dashboard {
    /// JSON text, which CloudWatch gives back as it was written.
    pub body: String,
}

/// The name of its address, and the last part of its own.
pub const NAME: &str = "dashboard";

/// `GetDashboard` and `DeleteDashboards` for a dashboard that is not there.
const ABSENT: &[&str] = &["ResourceNotFound", "DashboardNotFoundError"];

impl Resource for Dashboard {
    const KIND: &'static str = "AWS::CloudWatch::Dashboard";
    const GRANTS: &'static [Grant] = &[Grant::on(
        &["cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard", "cloudwatch:PutDashboard"],
        "arn:aws:cloudwatch::{account}:dashboard/terrace-*",
        "the stack's dashboard",
    )];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let name = cx.scope.name(NAME);
        let request = cloudwatch::client(cx).get_dashboard().dashboard_name(&name);
        let Some(found) = request.send().await.or_absent(ABSENT)? else { return Ok(Vec::new()) };
        let spec = Self { body: found.dashboard_body().unwrap_or_default().to_owned() };
        Ok(vec![LiveOf { address: at(NAME), spec, facts: facts(cx), status: Status::Ready }])
    }

    async fn create(&self, cx: &Cx, _: &Address) -> Result<Facts, CloudError> {
        self.put(cx).await?;
        Ok(facts(cx))
    }

    async fn update(&self, cx: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        self.put(cx).await
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = cloudwatch::client(cx).delete_dashboards();
        request.dashboard_names(&live.facts["name"]).send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl Dashboard {
    async fn put(&self, cx: &Cx) -> Result<(), CloudError> {
        let request = cloudwatch::client(cx).put_dashboard().dashboard_name(cx.scope.name(NAME));
        request.dashboard_body(&self.body).send().await?;
        Ok(())
    }
}

/// Dashboards have no region.
fn facts(cx: &Cx) -> Facts {
    let (scope, name) = (&cx.scope, cx.scope.name(NAME));
    let arn = format!("arn:{}:cloudwatch::{}:dashboard/{name}", scope.partition(), scope.account);
    cloudwatch::facts(&name, &arn)
}
