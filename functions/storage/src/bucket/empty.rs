//! Emptying a bucket: every version of every object, and the markers of deleted ones.

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, DeleteMarkerEntry, ObjectIdentifier, ObjectVersion};
use shared::aws::{Cx, OrAbsent, classified};
use shared::world::CloudError;

use super::ABSENT;
use crate::s3;

/// A page is 1,000 versions and takes about a second: a pass stays far from a Lambda's end.
const PAGES_PER_PASS: usize = 20;

/// Removes what is in there, up to a bound; `NotYet` while something is left.
pub async fn empty(cx: &Cx, bucket: &str) -> Result<(), CloudError> {
    for _ in 0..PAGES_PER_PASS {
        // What was removed is not listed again, so every page is the first.
        let request = s3(cx).list_object_versions().bucket(bucket);
        let page =
            request.expected_bucket_owner(&cx.scope.account).send().await.or_absent(ABSENT)?;
        let objects = page.as_ref().map(objects).transpose()?.unwrap_or_default();
        if objects.is_empty() {
            return Ok(());
        }
        remove(cx, bucket, objects).await?;
    }
    let count = PAGES_PER_PASS * 1000;
    Err(CloudError::not_yet(
        "BucketNotEmpty",
        format!("removed up to {count} objects, more are left"),
    ))
}

async fn remove(cx: &Cx, bucket: &str, objects: Vec<ObjectIdentifier>) -> Result<(), CloudError> {
    let all = Delete::builder().set_objects(Some(objects)).quiet(true).build();
    let all = all.map_err(|error| CloudError::refused("BadObject", error.to_string()))?;
    let request = s3(cx).delete_objects().bucket(bucket).delete(all);
    let answer = request.expected_bucket_owner(&cx.scope.account).send().await?;
    let Some(error) = answer.errors().first() else { return Ok(()) };
    let (code, key) = (error.code().unwrap_or("NoCode"), error.key().unwrap_or_default());
    let text = format!("`{key}`: {}", error.message().unwrap_or_default());
    Err(classified(code, &text))
}

fn objects(page: &ListObjectVersionsOutput) -> Result<Vec<ObjectIdentifier>, CloudError> {
    let versions = page.versions().iter().map(|it: &ObjectVersion| (it.key(), it.version_id()));
    let markers =
        page.delete_markers().iter().map(|it: &DeleteMarkerEntry| (it.key(), it.version_id()));
    let named = versions.chain(markers).map(|(key, version)| {
        let object = ObjectIdentifier::builder().set_key(key.map(str::to_owned));
        object.set_version_id(version.map(str::to_owned)).build()
    });
    let named: Result<_, _> = named.collect();
    named.map_err(|error| CloudError::refused("BadObject", error.to_string()))
}
