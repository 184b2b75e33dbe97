"""Artifacts, as version 4 of GitHub's service has them: created, uploaded, finalised; listed, fetched, deleted."""

from datetime import UTC, datetime
from math import ceil

import msgspec
from msgspec import Struct

from dure.runner.counter.asking import Asking
from dure.runner.counter.blocks import Uploads, hand_over
from dure.runner.counter.refusing import No
from dure.runner.counter.saying import said_text
from dure.runner.counter.tokens import Stamp
from dure.runner.place import Want
from dure.wire import ArtifactCard, ArtifactName

SECONDS_PER_DAY = 86_400
ZIP = "application/zip"
KIND_CHARACTERS_MAX = 100


class Ids(Struct, kw_only=True):
    workflow_run_backend_id: str = ""
    workflow_job_run_backend_id: str = ""


class Create(Ids, kw_only=True):
    name: ArtifactName
    expires_at: datetime | None = None
    version: int = 4
    mime_type: msgspec.Raw = msgspec.Raw(b'""')


class Finalize(Ids, kw_only=True):
    name: ArtifactName
    size: str | int = ""
    hash: msgspec.Raw = msgspec.Raw(b'""')


class Listing(Ids, kw_only=True):
    name_filter: msgspec.Raw = msgspec.Raw(b'""')
    id_filter: msgspec.Raw = msgspec.Raw(b'""')


class Named(Ids, kw_only=True):
    name: ArtifactName


class Artifacts:
    """What is asked, by the names that GitHub has for it. Each answer is told as JSON."""

    def __init__(self, asking: Asking, uploads: Uploads, stamp: Stamp, days_max: int) -> None:
        self.asking, self.uploads, self.stamp, self.days_max = asking, uploads, stamp, days_max

    def create(self, asked: Create) -> dict[str, object]:
        self.check(asked, mine=True)
        if any(card.name == asked.name and not card.stale for card in self.all()):
            raise No(409, "an artifact with this name already exists on the workflow run")
        kind = said_text(asked.mime_type)[:KIND_CHARACTERS_MAX]
        number = self.uploads.begin(("artifact", asked.name), kind or ZIP, self.days(asked.expires_at))
        return {"ok": True, "signed_upload_url": self.stamp.signed(f"/uploads/{number}", "upload")}

    def finalize(self, asked: Finalize) -> dict[str, object]:
        self.check(asked, mine=True)
        number, upload = self.uploads.of(("artifact", asked.name))
        file = self.asking.name("artifact")
        size = int(asked.size) if str(asked.size).isascii() and str(asked.size).isdigit() else None
        hand_over(upload, size, said_text(asked.hash), self.asking.shelf / file)
        kept = self.asking.ask(
            Want(
                what="send_artifact",
                name=asked.name,
                file=file,
                kind=upload.kind,
                days=upload.days,
                digest=upload.digest,
            )
        )
        self.uploads.done(number)
        return {"ok": True, "artifact_id": str(kept.number)}

    def listed(self, asked: Listing) -> dict[str, object]:
        self.check(asked)
        name, number = said_text(asked.name_filter), said_text(asked.id_filter)
        found = [c for c in self.all() if (not name or c.name == name) and (not number or str(c.id) == number)]
        return {"artifacts": [self.told(card) for card in found]}

    def url(self, asked: Named) -> dict[str, object]:
        self.check(asked)
        card = self.one(asked.name)
        return {"signed_url": self.stamp.signed(f"/artifacts/{card.id}", "download")}

    def delete(self, asked: Named) -> dict[str, object]:
        self.check(asked)
        card = self.one(asked.name)
        self.asking.ask(Want(what="drop_artifact", name=card.name))
        return {"ok": True, "artifact_id": str(card.id)}

    def all(self) -> list[ArtifactCard]:
        return self.asking.ask(Want(what="list_artifacts")).artifacts

    def one(self, name: str) -> ArtifactCard:
        for card in self.all():
            if card.name == name:
                return card
        raise No(404, f"This run has no artifact {name[:200]}.")

    def with_id(self, number: str) -> ArtifactCard:
        for card in self.all():
            if str(card.id) == number:
                return card
        raise No(404, "This run has no such artifact.")

    def check(self, asked: Ids, *, mine: bool = False) -> None:
        """The ids are told to clients by the token, which is this job's. Other runs are none of its business."""
        if asked.workflow_run_backend_id != self.stamp.run:
            raise No(403, "This token is not for this run.")
        job = asked.workflow_job_run_backend_id
        if (mine and job != self.stamp.job) or not (job.isascii() and job.isdigit()):
            raise No(403, "This token is not for this job.")

    def days(self, expires_at: datetime | None) -> int | None:
        if expires_at is None:
            return None
        moment = expires_at if expires_at.tzinfo else expires_at.replace(tzinfo=UTC)
        return max(1, min(ceil((moment - datetime.now(UTC)).total_seconds() / SECONDS_PER_DAY), self.days_max))

    def told(self, card: ArtifactCard) -> dict[str, object]:
        return {
            "workflow_run_backend_id": self.stamp.run,
            "workflow_job_run_backend_id": str(card.job_id),
            "database_id": str(card.id),
            "name": card.name,
            "size": str(card.size),
            "created_at": card.kept_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "digest": card.digest,
        }
