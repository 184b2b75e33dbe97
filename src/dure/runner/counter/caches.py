"""Caches, as version 2 of GitHub's service has them. What a job may read and write, the house decides by its ref."""

from typing import Annotated

from msgspec import Meta, Struct

from dure.runner.counter.asking import Asking
from dure.runner.counter.blocks import Uploads, hand_over
from dure.runner.counter.refusing import No
from dure.runner.counter.tokens import Stamp
from dure.runner.place import Want
from dure.wire import CACHE_KEYS_MAX, CacheCard, CacheKey, CacheVersion

EXISTS = "a cache with this key and version exists already, and caches are never changed"


class Reserve(Struct, kw_only=True):
    key: CacheKey
    version: CacheVersion


class Finish(Struct, kw_only=True):
    key: CacheKey
    version: CacheVersion
    size_bytes: str | int = ""


class Find(Struct, kw_only=True):
    key: CacheKey
    version: CacheVersion
    restore_keys: Annotated[list[CacheKey], Meta(max_length=CACHE_KEYS_MAX)] = []


class Caches:
    def __init__(self, asking: Asking, uploads: Uploads, stamp: Stamp) -> None:
        self.asking, self.uploads, self.stamp = asking, uploads, stamp
        self.found: dict[str, CacheCard] = {}
        """What this job was told of: only that it can fetch."""

    def reserve(self, asked: Reserve) -> dict[str, object]:
        there = self.asking.ask(Want(what="find_cache", keys=[asked.key], version=asked.version, is_mine=True))
        if there.cache is not None:
            return {"ok": False, "signed_upload_url": "", "message": EXISTS}
        number = self.uploads.begin(("cache", asked.version, asked.key))
        return {"ok": True, "signed_upload_url": self.stamp.signed(f"/uploads/{number}", "upload"), "message": ""}

    def finish(self, asked: Finish) -> dict[str, object]:
        number, upload = self.uploads.of(("cache", asked.version, asked.key))
        file = self.asking.name("cache")
        size = int(asked.size_bytes) if str(asked.size_bytes).isascii() and str(asked.size_bytes).isdigit() else None
        hand_over(upload, size, "", self.asking.shelf / file)
        want = Want(what="send_cache", file=file, keys=[asked.key], version=asked.version, digest=upload.digest)
        kept = self.asking.ask(want)
        self.uploads.done(number)
        if not kept.is_fresh:
            return {"ok": False, "entry_id": "0", "message": EXISTS}
        return {"ok": True, "entry_id": str(kept.number), "message": ""}

    def find(self, asked: Find) -> dict[str, object]:
        keys = [asked.key, *asked.restore_keys]
        card = self.asking.ask(Want(what="find_cache", keys=keys, version=asked.version)).cache
        if card is None:
            return {"ok": False, "signed_download_url": "", "matched_key": ""}
        self.found[str(card.id)] = card
        address = self.stamp.signed(f"/caches/{card.id}", "download")
        return {"ok": True, "signed_download_url": address, "matched_key": card.key}

    def with_id(self, number: str) -> CacheCard:
        card = self.found.get(number)
        if card is None:
            raise No(404, "There is no such cache.")
        return card
