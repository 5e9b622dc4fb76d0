//! What is asked of a machine image.

use shared::aws::Cx;
use shared::world::CloudError;

/// Amazon Linux's own.
const DEFAULT: &str = "/dev/xvda";

/// The name of the image's root volume: mapping any other would add a second one.
pub async fn root_device(cx: &Cx, image: &str) -> Result<String, CloudError> {
    let answer = ec2::client(cx).describe_images().image_ids(image).send().await?;
    let found = answer.images().first().and_then(|it| it.root_device_name());
    Ok(found.unwrap_or(DEFAULT).to_owned())
}
