//! The Lambda of the database tier.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared::tier::Error> {
    shared::tier::serve(&database::TIER).await
}
