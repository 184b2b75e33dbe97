"""Which bucket the settings name."""

import pytest

from dure.kit import Invalid
from dure.storage.engines.s3 import Bucket, bucket_at


@pytest.mark.parametrize(
    ("address", "bucket"),
    [
        ("s3://dure-blobs", Bucket("dure-blobs")),
        ("s3://dure-blobs/", Bucket("dure-blobs")),
        ("s3://dure.blobs/house/one", Bucket("dure.blobs", prefix="house/one")),
    ],
)
def test_an_address_names_a_bucket_and_a_prefix(address: str, bucket: Bucket) -> None:
    assert bucket_at(address) == bucket


def test_a_service_that_is_not_amazons_has_its_endpoint() -> None:
    found = bucket_at("s3://dure-blobs", endpoint="http://127.0.0.1:9000", region="here")

    assert (found.endpoint, found.region) == ("http://127.0.0.1:9000", "here")


@pytest.mark.parametrize("address", ["", "dure-blobs", "s3://", "s3://x", "gs://dure-blobs", "s3://Dure_Blobs"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(Invalid, match="s3://bucket"):
        bucket_at(address)
