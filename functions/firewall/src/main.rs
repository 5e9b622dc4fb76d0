//! The Lambda of the firewall tier.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared::tier::Error> {
    shared::tier::serve(&firewall::TIER).await
}
