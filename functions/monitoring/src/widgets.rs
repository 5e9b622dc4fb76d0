//! What the dashboard shows: the alarms, then the way of a request through the stack.

use serde_json::{Value, json};
use shared::aws::Scope;
use shared::model::Node;
use shared::spec::Spec;

use crate::Dashboard;
use crate::cloudwatch::at;
use crate::dashboard;
use crate::metrics::{self, Source};

/// CloudWatch's grid is 24 units wide: three graphs a row.
const GRID: u32 = 24;
const WIDTH: u32 = 8;
const HEIGHT: u32 = 6;

/// Seconds over which a point of a graph is taken.
const PERIOD: u32 = 60;

/// The dashboard, with those of `alarms` (names within the stack) on top.
pub fn node(spec: &Spec, scope: &Scope, alarms: &[String]) -> Node {
    let graphs = graphs(spec);
    let mut widgets = vec![status(scope, alarms)];
    widgets.extend((0..).zip(&graphs).map(|(index, graph)| graph.widget(spec, index)));
    let body = json!({ "widgets": widgets }).to_string();
    shared::aws::node(at(dashboard::NAME), &Dashboard { body })
}

/// The state of every alarm, across the whole width.
fn status(scope: &Scope, alarms: &[String]) -> Value {
    let arn = |what: &String| scope.arn("cloudwatch", &format!("alarm:{}", scope.alarm_name(what)));
    // `DashboardBody`: an alarm widget takes 100 alarms.
    let alarms: Vec<String> = alarms.iter().take(100).map(arn).collect();
    json!({
        "type": "alarm",
        "x": 0, "y": 0, "width": GRID, "height": HEIGHT,
        "properties": { "title": "Alarms", "alarms": alarms },
    })
}

struct Graph {
    title: &'static str,
    lines: Vec<Line>,
}

struct Line {
    source: Source,
    metric: &'static str,
    statistic: &'static str,
    label: String,
}

fn graph(title: &'static str, lines: Vec<Line>) -> Graph {
    Graph { title, lines }
}

fn line(source: Source, metric: &'static str, statistic: &'static str, label: &str) -> Line {
    Line { source, metric, statistic, label: label.to_owned() }
}

fn graphs(spec: &Spec) -> Vec<Graph> {
    let (alb, targets) = (metrics::load_balancer, metrics::targets);
    let (instances, database) = (metrics::instances, metrics::database);
    let mut graphs = vec![
        graph("Requests", vec![line(alb(), "RequestCount", "Sum", "requests")]),
        graph(
            "Errors",
            vec![
                line(alb(), "HTTPCode_ELB_5XX_Count", "Sum", "5xx of the load balancer"),
                line(targets(), "HTTPCode_Target_5XX_Count", "Sum", "5xx of the application"),
                line(targets(), "HTTPCode_Target_4XX_Count", "Sum", "4xx of the application"),
            ],
        ),
        graph(
            "Seconds to answer",
            vec![
                line(targets(), "TargetResponseTime", "p50", "half of the requests"),
                line(targets(), "TargetResponseTime", "p95", "95 of 100"),
            ],
        ),
        graph(
            "Instances",
            vec![
                line(targets(), "HealthyHostCount", "Minimum", "healthy"),
                line(targets(), "UnHealthyHostCount", "Maximum", "unhealthy"),
            ],
        ),
        graph(
            "CPU in percent",
            vec![
                line(instances(), "CPUUtilization", "Average", "application"),
                line(database(), "CPUUtilization", "Average", "database"),
            ],
        ),
        graph("Connections", vec![line(database(), "DatabaseConnections", "Maximum", "database")]),
        graph(
            "Bytes the database has left",
            vec![
                line(database(), "FreeStorageSpace", "Minimum", "storage"),
                line(database(), "FreeableMemory", "Minimum", "memory"),
            ],
        ),
    ];
    let gateways = metrics::nat_gateways(spec);
    if !gateways.is_empty() {
        let traffic = gateways.into_iter().map(|(letter, source)| {
            line(source, "BytesOutToDestination", "Sum", &format!("zone {letter}"))
        });
        graphs.push(graph("Bytes to the internet", traffic.collect()));
    }
    if let Some(firewall) = metrics::firewall(spec) {
        let lines = vec![
            line(firewall.clone(), "BlockedRequests", "Sum", "blocked"),
            line(firewall, "AllowedRequests", "Sum", "allowed"),
        ];
        graphs.push(graph("Web application firewall", lines));
    }
    graphs
}

impl Graph {
    /// Below the alarms, three a row.
    fn widget(&self, spec: &Spec, index: u32) -> Value {
        let row = GRID / WIDTH;
        let metrics: Vec<Value> = self.lines.iter().map(Line::metric).collect();
        json!({
            "type": "metric",
            "x": index % row * WIDTH,
            "y": HEIGHT + index / row * HEIGHT,
            "width": WIDTH,
            "height": HEIGHT,
            "properties": {
                "title": self.title,
                "region": spec.region,
                "view": "timeSeries",
                "period": PERIOD,
                "metrics": metrics,
            },
        })
    }
}

impl Line {
    /// Namespace, metric, then names and values of dimensions, then how it is drawn.
    fn metric(&self) -> Value {
        let mut parts = vec![json!(self.source.namespace), json!(self.metric)];
        for (name, value) in &self.source.dimensions {
            parts.extend([json!(name), json!(value)]);
        }
        parts.push(json!({ "stat": self.statistic, "label": self.label }));
        Value::Array(parts)
    }
}
