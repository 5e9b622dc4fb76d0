//! The Lambda that looks whether the account can hold what a plan makes.

use shared::lambda::{self, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda::serve(|home, request, invocation| async move {
        preflight::preflight(&home, request, invocation).await
    })
    .await
}
