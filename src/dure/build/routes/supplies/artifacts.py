"""Artifacts for runners: sent, listed, fetched and dropped by jobs of one run."""

import re
from functools import partial
from typing import Annotated

from litestar import delete, get, put
from litestar.params import QueryParameter
from litestar.response import Stream

from dure.build.leaving import ZIP, Left
from dure.build.routes.asked import KEYS, blobs_of, runner_of, settings_of
from dure.build.routes.runner import JOB, Attempt, artifact_name, holding, received
from dure.build.runners import artifact_cards, artifact_for, hand_in_artifact, take_back_artifact
from dure.kit import Invalid, say
from dure.shell import By, Name, Number, read, write
from dure.wire import ARTIFACT_BYTES_MAX, RUNNER_API, ArtifactNames, ArtifactTaken

RUN = f"{RUNNER_API}/runs/{{run:int}}"
KINDS = re.compile(r"^[a-z0-9.+-]+/[a-z0-9.+-]+( *; *[a-z0-9-]+=[a-z0-9._-]+)?(?![\s\S])")

Kind = Annotated[str, QueryParameter(max_length=100)]
Days = Annotated[int | None, QueryParameter(ge=1, le=100_000)]
Expected = Annotated[str, QueryParameter(max_length=100)]


@put(f"{JOB}/artifacts/{{name:str}}", opt=KEYS, include_in_schema=False, request_max_body_size=ARTIFACT_BYTES_MAX)
async def artifact(
    request: By, job: Number, name: Name, attempt: Attempt, kind: Kind = ZIP, days: Days = None, digest: Expected = ""
) -> ArtifactTaken:
    """It is there when this is answered. Until then nobody sees any of it, whoever is killed."""
    held, name = await holding(request, job, attempt), artifact_name(name)
    days_max = settings_of(request).artifact_days
    kept = await received(request, ARTIFACT_BYTES_MAX, digest)
    left = Left(name, kept.digest, kept.size, media_type(kind), min(days or days_max, days_max))
    row = await write(request, partial(hand_in_artifact, held=held, left=left))
    return ArtifactTaken(digest=kept.digest, size=kept.size, id=row.id)


@delete(f"{JOB}/artifacts/{{name:str}}", opt=KEYS, include_in_schema=False)
async def no_artifact(request: By, job: Number, name: Name, attempt: Attempt) -> None:
    held = await holding(request, job, attempt)
    await write(request, partial(take_back_artifact, held=held, name=name))


@get(f"{RUN}/artifacts", opt=KEYS, include_in_schema=False)
async def artifact_names(request: By, run: Number) -> ArtifactNames:
    runner_id = await runner_of(request)
    cards = await read(request, partial(artifact_cards, runner_id=runner_id, run_id=run))
    return ArtifactNames(names=[each.name for each in cards], artifacts=cards)


@get(f"{RUN}/artifacts/{{name:str}}", opt=KEYS, include_in_schema=False)
async def artifact_bytes(request: By, run: Number, name: Name) -> Stream:
    runner_id = await runner_of(request)
    found = await read(request, partial(artifact_for, runner_id=runner_id, run_id=run, name=name))
    return Stream(
        blobs_of(request).send(found.digest),
        media_type=found.kind,
        headers={"Content-Length": str(found.size)},
    )


def media_type(said: str) -> str:
    if not KINDS.match(said.lower()):
        raise Invalid({"kind": say("This is not a media type.")})
    return said.lower()


handlers = [artifact, no_artifact, artifact_names, artifact_bytes]
