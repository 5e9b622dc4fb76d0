//! The Lambda of the compute tier.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared::tier::Error> {
    shared::tier::serve(&compute::TIER).await
}
