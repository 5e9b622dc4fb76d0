//! What is known of all tiers while a pass runs.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Address, Facts, Live, Reference, Rules, Status, Tier, Usual};
use crate::plan::Inventory;

/// What one tier knows of itself. The tier alone writes it; the others read it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub live: Vec<Live>,
    pub rules: BTreeMap<String, Rules>,
    /// Made a moment ago and not shown by AWS yet.
    #[serde(default)]
    pub unseen: Vec<Unseen>,
    /// Steps that ask for patience, and since when.
    #[serde(default)]
    pub waiting: BTreeMap<Address, Waiting>,
    /// Its last pass found nothing to do until other tiers are through.
    #[serde(default)]
    pub idle: bool,
    /// When its next pass is due, in Unix seconds.
    #[serde(default)]
    pub due: i64,
    /// When a pass first left nothing to do, or nothing until slow neighbours are through.
    #[serde(default)]
    pub calm_since: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unseen {
    pub live: Live,
    /// Unix seconds.
    pub since: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Unix seconds.
    pub since: i64,
    /// The tier with the step that has to come first; none when it waits for AWS.
    #[serde(default)]
    pub blocked_by: Option<Tier>,
    /// How long AWS usually takes over it, where that is known.
    #[serde(default)]
    pub usual: Option<Usual>,
    /// How long whoever asks has waited, all in all.
    #[serde(default)]
    pub waited_seconds: i64,
    pub why: String,
}

/// A new object may be hidden from lists for this long ("retryable for 5 min" in EC2).
const UNSEEN_SECONDS: i64 = 5 * 60;

/// The parts of all tiers, with the tier that is acting.
pub struct Board {
    pub tier: Tier,
    parts: BTreeMap<Tier, Part>,
    inventory: Inventory,
}

impl Board {
    pub fn new(tier: Tier, parts: BTreeMap<Tier, Part>, inventory: Inventory) -> Self {
        let mut board = Self { tier, parts, inventory };
        board.parts.entry(tier).or_default();
        board
    }

    /// The part of the acting tier.
    pub fn own(&mut self) -> &mut Part {
        self.parts.entry(self.tier).or_default()
    }

    pub fn into_own(mut self) -> Part {
        self.parts.remove(&self.tier).unwrap_or_default()
    }

    /// The resource that counts at `address`. What was just made counts before it is shown, and
    /// before all that is.
    pub fn live(&self, address: &Address) -> Option<Live> {
        let (part, owned) = (self.parts.get(&address.tier())?, self.inventory.get(address)?);
        let claims: Vec<&Live> = self.claims(address).collect();
        let mut made = part.unseen.iter().map(|it| &it.live);
        if let Some(made) = made.find(|it| it.address == *address && owned.may_count(it)) {
            let shown = claims.iter().find(|it| it.is_same(made));
            return Some(shown.copied().unwrap_or(made).clone());
        }
        // Its own tier's part alone decides: every board has that one, and must come to the same.
        let neighbours: Vec<&Live> = part.live.iter().collect();
        owned.choose(&claims, &neighbours).cloned()
    }

    /// All that is listed at `address`.
    pub fn claims(&self, address: &Address) -> impl Iterator<Item = &Live> {
        let listed = self.parts.get(&address.tier()).into_iter().flat_map(|part| &part.live);
        listed.filter(move |live| live.address == *address)
    }

    /// The resource at `address` with that very id; any resource there when `id` is `None`.
    pub fn exactly(&self, address: &Address, id: Option<&str>) -> Option<Live> {
        self.claims(address).find(|live| id.is_none() || live.id() == id).cloned()
    }

    /// Whether `live`, which was just made, cannot be the one that counts: it was there before.
    pub fn is_spoken_for(&self, live: &Live) -> bool {
        let owned = self.inventory.get(&live.address);
        let spoken_for = |id| owned.is_some_and(|it| it.is_spoken_for(id));
        live.id().is_some_and(spoken_for)
    }

    /// The facts that stand for `references`. What failed has none to build on: it is replaced.
    pub fn facts<'a>(
        &self,
        references: impl Iterator<Item = &'a Reference>,
    ) -> BTreeMap<Address, Facts> {
        let useful = |it: &Address| self.live(it).filter(|live| !live.has_failed());
        references.filter_map(|it| Some((it.address.clone(), useful(&it.address)?.facts))).collect()
    }

    pub fn rules(&self, kind: &str) -> Rules {
        self.parts[&self.tier].rules.get(kind).cloned().unwrap_or_default()
    }

    /// What a tier waits for, as its last pass left it.
    pub fn waiting(&self, tier: Tier) -> impl Iterator<Item = &Waiting> {
        self.parts.get(&tier).into_iter().flat_map(|part| part.waiting.values())
    }

    /// When the next pass of a tier is due that is neither done nor left alone.
    pub fn due(&self, tier: Tier) -> Option<i64> {
        let part = self.parts.get(&tier).filter(|part| !part.waiting.is_empty() && !part.idle);
        part.map(|part| part.due)
    }

    /// Whether a tier can do nothing until others are through.
    pub fn is_idle(&self, tier: Tier) -> bool {
        self.parts.get(&tier).is_some_and(|part| part.idle && !part.waiting.is_empty())
    }

    /// The other tiers that the acting one waits for.
    pub fn neighbours(&self) -> BTreeSet<Tier> {
        let blocked_by = self.waiting(self.tier).filter_map(|it| it.blocked_by);
        blocked_by.filter(|tier| *tier != self.tier).collect()
    }

    /// Notes for how long the acting tier was left alone.
    pub fn waited(&mut self, seconds: i64) {
        for waiting in self.own().waiting.values_mut() {
            waiting.waited_seconds += seconds;
        }
    }

    /// Takes a fresh list of one kind; what was made and is not shown yet stays known for a while.
    pub fn relist(&mut self, kind: &str, live: Vec<Live>, now: i64) {
        let tier = self.tier;
        let part = self.own();
        part.live.retain(|it| it.kind != kind);
        // Other tiers may have resources of the kind too: theirs to look after.
        part.live.extend(live.into_iter().filter(|it| it.address.tier() == tier));
        let is_shown = |made: &Live| part.live.iter().any(|it| it.is_same(made));
        part.unseen.retain(|it| !is_shown(&it.live) && now - it.since < UNSEEN_SECONDS);
    }

    /// Remembers what was just made. The inventory's word on an older one no longer counts.
    pub fn made(&mut self, live: Live, now: i64) {
        let owned = self.inventory.entry(live.address.clone()).or_default();
        owned.id = live.id().map(str::to_owned);
        let live = Live { status: Status::Pending, ..live };
        self.own().unseen.push(Unseen { live, since: now });
    }
}
