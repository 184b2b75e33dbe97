"""Where blobs can lie: on a disk (the default), in a bucket, or nowhere for long (tests)."""
