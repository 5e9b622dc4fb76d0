//! A [`Resource`] with its type erased, so that one engine serves all kinds as JSON.

use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, TryFutureExt};
use serde_json::Value;

use super::{Cx, Grant, LiveOf, Resource};
use crate::model::{Facts, Live, Node, Rules, Typical, Usual};
use crate::world::{CloudError, World};

type Listing = BoxFuture<'static, Result<Vec<Live>, CloudError>>;
type Making = BoxFuture<'static, Result<Facts, CloudError>>;
type Doing = BoxFuture<'static, Result<(), CloudError>>;

/// One kind, as the engine calls it.
#[derive(Clone, Copy)]
pub struct Kind {
    pub name: &'static str,
    pub immutable: &'static [&'static str],
    pub deadline: Duration,
    pub grants: &'static [Grant],
    rules: fn() -> Rules,
    list: fn(Cx) -> Listing,
    create: fn(Cx, Node) -> Making,
    update: fn(Cx, Node, Live) -> Doing,
    delete: fn(Cx, Live) -> Doing,
}

impl Kind {
    pub const fn of<R: Resource>() -> Self {
        Self {
            name: R::KIND,
            immutable: R::IMMUTABLE,
            deadline: R::DEADLINE,
            grants: R::GRANTS,
            rules: rules::<R>,
            list: |cx| {
                async move { R::list(&cx).await?.into_iter().map(untyped).collect() }.boxed()
            },
            create: |cx, node| {
                async move { read::<R>(node.spec)?.create(&cx, &node.address).await }.boxed()
            },
            update: |cx, node, live| {
                async move { read::<R>(node.spec)?.update(&cx, &typed(live)?).await }.boxed()
            },
            delete: |cx, live| async move { R::delete(&cx, &typed(live)?).await }.boxed(),
        }
    }

    pub fn rules(&self) -> Rules {
        (self.rules)()
    }
}

fn rules<R: Resource>() -> Rules {
    let fields = |fields: &[&str]| fields.iter().map(|field| (*field).to_owned()).collect();
    let outages = R::OUTAGES.iter();
    Rules {
        immutable: fields(R::IMMUTABLE),
        unique: fields(R::UNIQUE),
        make_before_break: R::MAKE_BEFORE_BREAK,
        ordered: fields(R::ORDERED),
        outages: outages.map(|(field, text)| ((*field).to_owned(), (*text).to_owned())).collect(),
        protection: R::PROTECTION.to_owned(),
        moving: R::MOVING.to_owned(),
        bounded: R::bounds().into_iter().map(|(field, bound)| (field.to_owned(), bound)).collect(),
        protected: false,
        deadline_seconds: R::DEADLINE.as_secs(),
        typical: R::TYPICAL.iter().map(|(when, usual)| typical(when, *usual)).collect(),
        typical_deletion: R::TYPICAL_DELETION,
    }
}

fn typical(when: &str, usual: Usual) -> Typical {
    Typical { when: Some(when.to_owned()).filter(|it| !it.is_empty()), usual }
}

fn read<R: Resource>(spec: Value) -> Result<R, CloudError> {
    serde_json::from_value(spec).map_err(|error| {
        CloudError::refused("BadNode", format!("cannot read the spec of a {}: {error}", R::KIND))
    })
}

fn typed<R: Resource>(live: Live) -> Result<LiveOf<R>, CloudError> {
    let Live { address, kind: _, spec, facts, status } = live;
    Ok(LiveOf { address, spec: read(spec)?, facts, status })
}

fn untyped<R: Resource>(live: LiveOf<R>) -> Result<Live, CloudError> {
    let spec = serde_json::to_value(&live.spec)
        .map_err(|error| CloudError::refused("BadSpec", format!("{}: {error}", R::KIND)))?;
    let LiveOf { address, facts, status, .. } = live;
    Ok(Live { address, kind: R::KIND.to_owned(), spec, facts, status })
}

/// AWS, as far as the kinds of one tier reach.
pub struct TierWorld {
    pub kinds: &'static [Kind],
    pub cx: Cx,
}

impl TierWorld {
    fn kind(&self, name: &str) -> Result<&Kind, CloudError> {
        self.kinds
            .iter()
            .find(|kind| kind.name == name)
            .ok_or_else(|| CloudError::refused("UnknownKind", format!("this tier has no `{name}`")))
    }
}

impl World for TierWorld {
    async fn list(&self, kind: &str) -> Result<Vec<Live>, CloudError> {
        let say = |error| named(error, &format!("cannot list {kind}"));
        (self.kind(kind)?.list)(self.cx.clone()).map_err(say).await
    }

    async fn create(&self, node: &Node) -> Result<Facts, CloudError> {
        let say = |error| named(error, &format!("cannot create `{}`", node.address));
        (self.kind(&node.kind)?.create)(self.cx.clone(), node.clone()).map_err(say).await
    }

    async fn update(&self, node: &Node, live: &Live) -> Result<(), CloudError> {
        let say = |error| named(error, &format!("cannot update `{}`", node.address));
        (self.kind(&node.kind)?.update)(self.cx.clone(), node.clone(), live.clone())
            .map_err(say)
            .await
    }

    async fn delete(&self, live: &Live) -> Result<(), CloudError> {
        let say = |error| named(error, &format!("cannot delete `{}`", live.address));
        (self.kind(&live.kind)?.delete)(self.cx.clone(), live.clone()).map_err(say).await
    }
}

/// Says what was tried before why it failed.
fn named(error: CloudError, tried: &str) -> CloudError {
    match error {
        CloudError::NotYet { code, message } => {
            CloudError::NotYet { code, message: format!("{tried}: {message}") }
        }
        CloudError::Refused { code, message } => {
            CloudError::Refused { code, message: format!("{tried}: {message}") }
        }
        CloudError::Incomplete(what) => {
            CloudError::refused("Incomplete", format!("{tried}: AWS answered without {what}"))
        }
    }
}
