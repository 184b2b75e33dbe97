"""Blobs in a bucket of S3 or of anything that speaks its protocol.

A file goes up in parts and becomes visible when the last one is confirmed. A house that is killed in the middle leaves
parts that no reader sees but that the bucket counts: give the bucket a rule that ends incomplete uploads after a day.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.store import S3Store

from dure.kit import Invalid, say
from dure.storage.objects import ObjectShelf

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config

BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
# Long enough for one part of a large blob on a slow line; a dead connection is noticed by the connect timeout.
REQUEST_TIMEOUT = timedelta(minutes=5)
CONNECT_TIMEOUT = timedelta(seconds=5)
RETRY_TIMEOUT = timedelta(seconds=30)
RETRIES_MAX = 4


@dataclass(frozen=True)
class Bucket:
    """Which bucket, and how to get in. What is not said here is asked of AWS_* in the environment,
    then of the machine's own role."""

    name: str
    prefix: str = ""
    region: str | None = None
    endpoint: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)


def bucket_at(address: str, endpoint: str = "", region: str = "") -> Bucket:
    """The bucket that the settings name: `s3://name` or `s3://name/prefix`."""
    scheme, _, rest = address.partition("://")
    name, _, prefix = rest.strip("/").partition("/")
    if scheme != "s3" or not BUCKET_NAME.fullmatch(name):
        raise Invalid(
            {
                "storage": say(
                    "Write where blobs go as s3://bucket or s3://bucket/prefix, not {address}.", address=address
                )
            }
        )
    return Bucket(name, prefix, region or None, endpoint or None)


class S3(ObjectShelf):
    """A bucket, or the part of it under a prefix."""

    def __init__(self, bucket: Bucket, retries_max: int = RETRIES_MAX) -> None:
        config: S3Config = {}
        client: ClientConfig = {"timeout": REQUEST_TIMEOUT, "connect_timeout": CONNECT_TIMEOUT}
        if bucket.region is not None:
            config["region"] = bucket.region
        if bucket.endpoint is not None:
            config["endpoint"] = bucket.endpoint
            client["allow_http"] = bucket.endpoint.startswith("http://")
        if bucket.access_key_id is not None and bucket.secret_access_key is not None:
            config["access_key_id"] = bucket.access_key_id
            config["secret_access_key"] = bucket.secret_access_key
        store = S3Store(
            bucket.name,
            prefix=bucket.prefix or None,
            config=config,
            client_options=client,
            retry_config={"max_retries": retries_max, "retry_timeout": RETRY_TIMEOUT},
        )
        super().__init__(store, f"s3://{bucket.name}/{bucket.prefix}")
