"""Blobs in memory, gone with the process. For tests."""

from obstore.store import MemoryStore

from dure.storage.objects import ObjectShelf


class Pretend(ObjectShelf):
    """A shelf that keeps nothing for long."""

    def __init__(self) -> None:
        super().__init__(MemoryStore(), "memory")
