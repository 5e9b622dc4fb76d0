"""Change sets that adopt resources which stand already (`ImportExistingResources`).

MiniStack plans the import of a bucket, and then refuses the stack because the bucket's name is
taken: by the very bucket that it is to import.
"""

from contextvars import ContextVar

from ministack.services.cloudformation import changesets, provisioners

from overlay.patch import replace

# Names of the buckets that the stack under way adopts.
_adopted: ContextVar[frozenset] = ContextVar("adopted", default=frozenset())


def install() -> None:
    @replace(changesets, "_deploy_stack_async", "which buckets are adopted has to be known below")
    async def _deploy_stack_async(original, *args, imports=None, **kwargs):
        names = (identifier.get("BucketName") for identifier in (imports or {}).values())
        _adopted.set(frozenset(name for name in names if name))
        return await original(*args, imports=imports, **kwargs)

    @replace(provisioners, "s3_bucket_name_conflict", "a bucket that is adopted is not in its own way")
    def s3_bucket_name_conflict(original, name):
        return None if name in _adopted.get() else original(name)
