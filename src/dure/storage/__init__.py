"""Storage: big bytes, kept under the digest of what they say.

In:    bytes, streamed from an upload, a build, a backup; the shelf they go to (engines/, chosen in app.py).
Out:   the same bytes, streamed and checked; `Blob`s to walk through when rubbish is collected.
Asks:  nobody. Who may read a blob is the business of the room that keeps its digest.
"""

from dure.storage.blobs import Blob, Blobs, Shelf, open_blobs
from dure.storage.digests import Digest, digest_of
from dure.storage.incoming import Incoming
from dure.storage.refusals import BlobDamaged, BlobTooLarge, DigestDiffers, StorageFull, StorageUnusable
from dure.storage.sweeping import Sweeper

__all__ = [
    "Blob",
    "BlobDamaged",
    "BlobTooLarge",
    "Blobs",
    "Digest",
    "DigestDiffers",
    "Incoming",
    "Shelf",
    "StorageFull",
    "StorageUnusable",
    "Sweeper",
    "digest_of",
    "open_blobs",
]
