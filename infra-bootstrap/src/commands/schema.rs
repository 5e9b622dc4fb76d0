//! `terrace schema`

use shared::spec;

use crate::answer::Answer;

pub fn run() -> Answer {
    let schema = spec::schema();
    Answer::new(format!("{schema:#}"), schema)
}
