"""actions/cache, actions/cache/restore and actions/cache/save: files that outlive their job.

What a job may read and write, the house decides. A cache that is there is never changed.
"""

import hashlib
from collections.abc import Mapping

from dure.kit import Refused, say
from dure.runner.job.desk import Desk, Done, Later, StepFailed
from dure.runner.job.saying import heard
from dure.runner.place import Want
from dure.wire import CACHE_KEY_CHARACTERS_MAX, CACHE_KEYS_MAX

NOTHING_FOUND = 66


def cache(desk: Desk, inputs: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Brings what is there, and after the last step of the job keeps what was not."""
    outputs = restore(desk, inputs, environment)
    if outputs.get("cache-hit") != "true" and inputs.get("lookup-only") != "true":

        def later(desk: Desk) -> Done:
            return heard(desk, {}, lambda: kept(desk, inputs, environment))

        condition = "always()" if inputs.get("save-always") == "true" else "success()"
        desk.later.append(Later(f"Post {desk.name}", condition, {}, later, desk.trail))
    return outputs


def kept(desk: Desk, inputs: Mapping[str, str], environment: Mapping[str, str]) -> Done:
    """A job does not fail because a cache could not be kept."""
    try:
        save(desk, inputs, environment)
    except Refused as refusal:
        desk.log.tell(f"##[warning]{refusal.text}")
        desk.annotate("warning", str(refusal.text))
    return Done("success")


def restore(desk: Desk, inputs: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    primary = key_of(inputs)
    keys = [primary, *lines(inputs.get("restore-keys", ""))][:CACHE_KEYS_MAX]
    outputs = {"cache-primary-key": primary}
    card = desk.answered(Want(what="find_cache", keys=keys, version=version_of(inputs))).cache
    if card is None:
        if inputs.get("fail-on-cache-miss") == "true":
            raise StepFailed(say("There is no cache for {keys}.", keys=", ".join(keys)))
        desk.log.tell(f"Cache not found for input keys: {', '.join(keys)}")
        return outputs
    outputs |= {"cache-matched-key": card.key, "cache-hit": str(card.key == primary).lower()}
    if inputs.get("lookup-only") == "true":
        desk.log.tell(f"Cache found and can be restored from key: {card.key}")
        return outputs
    file = f"cache_{desk.tally.next('caches')}.tgz"
    desk.answered(Want(what="fetch_cache", number=card.id, file=file))
    desk.handed.put_in(desk.shelf / file, file)
    try:
        argv = desk.script("cache", "bring", f"{desk.scope.room}/handed/{file}", desk.scope.room)
        if desk.run(argv, environment, desk.scope.workspace) != 0:
            raise StepFailed(say("The cache {key} could not be laid out; the reason stands above.", key=card.key))
    finally:
        desk.handed.drop(file)
    desk.log.tell(f"Cache restored from key: {card.key}")
    return outputs


def save(desk: Desk, inputs: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    key, version = key_of(inputs), version_of(inputs)
    if desk.answered(Want(what="find_cache", keys=[key], version=version, is_mine=True)).cache is not None:
        desk.log.tell(f"Cache hit occurred on the primary key {key}, not saving cache.")
        return {}
    file = f"cache_{desk.tally.next('caches')}.tgz"
    paths = lines(inputs.get("path", ""))
    argv = desk.script("cache", "keep", f"{desk.scope.room}/handed/{file}", desk.scope.room, *paths)
    code = desk.run(argv, environment, desk.scope.workspace)
    if code == NOTHING_FOUND:
        raise StepFailed(say("There is nothing at {paths} to be kept.", paths=", ".join(paths)))
    if code != 0 or not desk.handed.take_out(file, desk.shelf / file):
        raise StepFailed(say("The cache could not be packed; the reason stands above."))
    with (desk.shelf / file).open("rb") as opened:
        digest = f"sha256:{hashlib.file_digest(opened, 'sha256').hexdigest()}"
    said = desk.answered(Want(what="send_cache", file=file, keys=[key], version=version, digest=digest))
    words = f"Cache saved with key: {key}" if said.is_fresh else f"Another job has saved the key {key} meanwhile."
    desk.log.tell(words)
    return {}


def key_of(inputs: Mapping[str, str]) -> str:
    key = inputs.get("key", "")
    if not key or len(key) > CACHE_KEY_CHARACTERS_MAX or "," in key:
        raise StepFailed(
            say(
                "The key of a cache has 1 to {count} characters and no comma, unlike '{key}'.", count=512, key=key[:100]
            )
        )
    if not inputs.get("path"):
        raise StepFailed(say("The input {name} is missing.", name="path"))
    return key


def version_of(inputs: Mapping[str, str]) -> str:
    """Only a cache of the same paths, made by us, will do."""
    return hashlib.sha256("\n".join(["dure-1", *lines(inputs.get("path", ""))]).encode()).hexdigest()


def lines(words: str) -> list[str]:
    return [line.strip() for line in words.splitlines() if line.strip()]
