"""The caches that a job reads and writes, asked for by its runner."""

from collections.abc import Sequence

from dure.build.leaving import Cache, Kept, cache_for, find_cache, keep_cache, note_cache_use, own_cache
from dure.build.runners.mine import Holding, in_the_house, run_in_hand
from dure.ledger import Work
from dure.wire import ArtifactTaken


# open: a runner speaks of its own job.
def cache_wanted(work: Work, held: Holding, keys: Sequence[str], version: str) -> Cache | None:
    return find_cache(in_the_house(work), run_in_hand(work, held), keys, version)


# open: a runner speaks of its own job.
def own_cache_of(work: Work, held: Holding, key: str, version: str) -> Cache | None:
    return own_cache(in_the_house(work), run_in_hand(work, held), key, version)


# open: a runner speaks of its own job.
def cache_to_fetch(work: Work, held: Holding, cache_id: int) -> Cache:
    return cache_for(in_the_house(work), run_in_hand(work, held), cache_id)


# open: a runner speaks of its own job.
def note_cache_wanted(work: Work, held: Holding, cache_id: int) -> None:
    run_in_hand(work, held)
    note_cache_use(work, cache_id)


# open: a runner speaks of its own job.
def cache_to_keep(work: Work, held: Holding, key: str, version: str, sent: ArtifactTaken, bytes_max: int) -> Kept:
    run = run_in_hand(work, held)
    return keep_cache(in_the_house(work), run, key, version, sent.digest, sent.size, bytes_max)
