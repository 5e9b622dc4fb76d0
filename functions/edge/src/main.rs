//! The Lambda of the edge tier.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared::tier::Error> {
    shared::tier::serve(&edge::TIER).await
}
