//! The Lambda of the monitoring tier.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared::tier::Error> {
    shared::tier::serve(&monitoring::TIER).await
}
