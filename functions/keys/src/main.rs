//! The Lambda of the keys tier.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared::tier::Error> {
    shared::tier::serve(&keys::TIER).await
}
