"""Blobs in a folder of the house's own disk."""

import os
from pathlib import Path

from obstore.store import LocalStore

from dure.storage.objects import ObjectShelf


class Disk(ObjectShelf):
    """A folder. A file comes in by rename, which is atomic, and is on the platter before we say so."""

    def __init__(self, folder: Path) -> None:
        super().__init__(LocalStore(folder, mkdir=True), str(folder))
        self._folder = folder

    def take(self, key: str, whole: Path) -> None:
        target = self._folder / key
        for made in _make_folders(target.parent):
            _sync(made.parent)
        # The time of putting counts, not the time when the upload began.
        os.utime(whole)
        os.replace(whole, target)
        _sync(target.parent)


def _make_folders(folder: Path) -> list[Path]:
    """Make what is lacking on the way to this folder, from the top down."""
    lacking = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(lacking):
        each.mkdir(mode=0o700, exist_ok=True)
    return lacking


def _sync(folder: Path) -> None:
    """A rename is durable only when the folder that lists it is."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
