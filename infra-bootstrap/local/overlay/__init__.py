"""A local AWS: MiniStack in this process, mended where it differs from AWS. See ../README.md."""
