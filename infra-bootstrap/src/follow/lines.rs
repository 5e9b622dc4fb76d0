//! Progress on the screen: redrawn where somebody watches, else a line for each change.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use shared::model::Tier;

use super::progress::{Progress, Standing};
use crate::render::clip;
use crate::screen::Screen;

/// Redraws are not worth more than this.
const TICK_MILLISECONDS: u64 = 120;

/// A milestone: what needs the database is often minutes away then.
const SITE_USABLE: &str = "site usable: listeners open, instances in service";

pub struct Lines<'a> {
    screen: &'a Screen,
    started: Instant,
    bars: Option<Bars>,
    /// What was last said, so that only changes are told.
    phase: String,
    tiers: BTreeMap<Tier, (Standing, String)>,
    site_usable: bool,
}

struct Bars {
    all: MultiProgress,
    phase: ProgressBar,
    tiers: BTreeMap<Tier, ProgressBar>,
}

impl<'a> Lines<'a> {
    pub fn new(screen: &'a Screen) -> Self {
        let bars = screen.live.then(Bars::new);
        let (phase, tiers, started) = (String::new(), BTreeMap::new(), Instant::now());
        Self { screen, started, bars, phase, tiers, site_usable: false }
    }

    pub fn show(&mut self, progress: &Progress) {
        match &mut self.bars {
            Some(bars) => bars.show(progress),
            None => self.say(progress),
        }
    }

    /// Leaves the last picture standing.
    pub fn end(&mut self) {
        if let Some(bars) = self.bars.take() {
            for line in bars.end() {
                self.screen.say(&clip(&line, self.screen.width));
            }
        }
    }

    fn say(&mut self, progress: &Progress) {
        if self.phase != progress.phase() {
            progress.phase().clone_into(&mut self.phase);
            self.line("", progress.phase());
        }
        for (tier, now) in &progress.tiers {
            // How much changed and what is waited for moves with every pass; what counts is where
            // the tier stands, and a first word about what it waits for.
            let said = (now.standing, now.waiting.clone());
            let before = self.tiers.get(tier);
            let worth = before.is_none_or(|(standing, waiting)| {
                *standing != now.standing || (waiting.is_empty() && !now.waiting.is_empty())
            });
            if worth && now.standing != Standing::Waiting {
                self.line(tier.name(), &now.describe());
                self.tiers.insert(*tier, said);
            }
        }
        if progress.is_site_usable() && !self.site_usable {
            self.site_usable = true;
            self.line("", SITE_USABLE);
        }
    }

    fn line(&self, tier: &str, text: &str) {
        let seconds = self.started.elapsed().as_secs();
        let line = format!("    {:>2}:{:02}  {tier:<11} {text}", seconds / 60, seconds % 60);
        self.screen.say(clip(&line, self.screen.width).trim_end());
    }
}

impl Bars {
    fn new() -> Self {
        let all = MultiProgress::new();
        let phase = all.add(ProgressBar::new_spinner());
        turn(&phase, "    {spinner} {wide_msg}");
        Self { all, phase, tiers: BTreeMap::new() }
    }

    fn show(&mut self, progress: &Progress) {
        self.phase.set_message(progress.phase().to_owned());
        let at_work = progress.tiers.iter().filter(|(_, it)| it.standing != Standing::Waiting);
        for (at, (tier, now)) in at_work.enumerate() {
            let bar = self.tiers.entry(*tier).or_insert_with(|| {
                let bar = self.all.insert(at + 1, ProgressBar::new_spinner());
                bar.set_prefix(tier.name());
                turn(&bar, "    {spinner} {prefix:11} {wide_msg}");
                bar
            });
            bar.set_message(now.describe());
            if now.standing == Standing::Ready {
                bar.set_style(style("    ✓ {prefix:11} {wide_msg}"));
            }
        }
    }

    /// Takes everything down; what each tier came to.
    fn end(self) -> Vec<String> {
        self.phase.finish_and_clear();
        let line = |(tier, bar): (Tier, ProgressBar)| {
            bar.finish_and_clear();
            format!("    {:<11} {}", tier.name(), bar.message())
        };
        self.tiers.into_iter().map(line).collect()
    }
}

/// Lets a bar move, once it has its place among the others: alone it would draw where it is.
fn turn(bar: &ProgressBar, template: &str) {
    bar.set_style(style(template));
    bar.enable_steady_tick(Duration::from_millis(TICK_MILLISECONDS));
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are ours and sound")
}
