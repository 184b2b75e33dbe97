"""A deployment: one release on its way into one environment, and what became of it."""

from datetime import datetime

import msgspec
from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit
from dure.deploy.appfile import AppFile
from dure.kit import keep, kept, say
from dure.ledger import BIG, Machine, Moment, Table

WAITING, PREPARING, STARTING = "waiting", "preparing", "starting"
CANARY, ROLLING, PROMOTING, LIVE = "canary", "rolling", "promoting", "live"
ROLLING_BACK, ROLLED_BACK, FAILED = "rolling_back", "rolled_back", "failed"
SUPERSEDED, CANCELLED, REPLACED = "superseded", "cancelled", "replaced"
AT_ONCE = "at once"
"""The strategy beside canary and rolling: all of the traffic as soon as it is ready."""

MOVING = (PREPARING, STARTING, CANARY, ROLLING, PROMOTING, ROLLING_BACK)
UNDER_WAY = (WAITING, *MOVING)
ENDED = (ROLLED_BACK, FAILED, SUPERSEDED, CANCELLED, REPLACED)

PHASES: dict[str, kit.Text] = {
    WAITING: say("waiting"),
    PREPARING: say("unpacking"),
    STARTING: say("starting"),
    CANARY: say("on trial"),
    ROLLING: say("rolling"),
    PROMOTING: say("taking over"),
    LIVE: say("live"),
    ROLLING_BACK: say("rolling back"),
    ROLLED_BACK: say("rolled back"),
    FAILED: say("failed"),
    SUPERSEDED: say("overtaken"),
    CANCELLED: say("stopped"),
    REPLACED: say("was live"),
}
COLOURS = {
    WAITING: "waiting",
    LIVE: "good",
    ROLLED_BACK: "bad",
    FAILED: "bad",
    SUPERSEDED: "quiet",
    CANCELLED: "quiet",
    REPLACED: "quiet",
    ROLLING_BACK: "bad",
}


class Deployment(Machine, Table):
    __tablename__ = "deploy_deployment"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        Index("ix_deploy_deployment_environment", "environment_id", "phase"),
    )

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    environment_id: Mapped[int] = mapped_column(ForeignKey("deploy_environment.id"))
    release_id: Mapped[int] = mapped_column(BIG, index=True)
    number: Mapped[int]
    sha: Mapped[str]
    version: Mapped[str]
    """What people call the release: "1.4.0"."""
    source: Mapped[str]
    """The digest of the release's files."""
    app: Mapped[str] = mapped_column(Text)
    """The app file as it was read when this began; a later Dure may read files in another way."""
    strategy: Mapped[str]
    made_for: Mapped[str]
    """"push", "hand" or "rollback"."""
    made_by: Mapped[str]
    made_by_name: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Moment)
    needs_approval: Mapped[bool] = mapped_column(default=False)
    rollback_of: Mapped[int | None] = mapped_column(BIG, default=None)
    stands_on: Mapped[int | None] = mapped_column(BIG, default=None)
    """The deployment whose instances, kept from before, serve this one as well."""
    control_id: Mapped[int | None] = mapped_column(BIG, default=None)
    """What was live when this began to move: against it this is judged, and to it the traffic goes back."""
    step: Mapped[int] = mapped_column(default=0)
    weight: Mapped[int] = mapped_column(default=0)
    stepped_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    watched: Mapped[str] = mapped_column(Text, default="")
    """What the judges remember from second to second, as JSON."""
    verdict: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    traffic_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    """When the first share of the traffic went to it."""
    live_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    taken_back_by: Mapped[str] = mapped_column(default="")
    """Who went back from it; nobody when the house did so by itself."""
    back_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    """When no request went to it any more."""
    ended_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    crash_looped_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    told: Mapped[str] = mapped_column(Text, default="")
    """Why it is where it is, as a text for people."""

    @property
    def ref(self) -> str:
        return f"deployment:{self.id}"

    @property
    def stand_id(self) -> int:
        """The deployment to which the running instances belong."""
        return self.stands_on or self.id

    @property
    def version_key(self) -> str:
        """The name of its version in the traffic."""
        return f"d{self.stand_id}"

    @property
    def app_file(self) -> AppFile:
        return msgspec.json.decode(self.app, type=AppFile)

    @property
    def why(self) -> kit.Text | None:
        return kept(self.told)

    @why.setter
    def why(self, text: kit.Text | None) -> None:
        self.told = keep(text)

    @property
    def is_moving(self) -> bool:
        return self.phase in MOVING

    @property
    def is_under_way(self) -> bool:
        return self.phase in UNDER_WAY

    @property
    def is_healthy(self) -> bool:
        """Whether it ran well to the end of its time, so that one may go back to it."""
        return self.live_at is not None and self.phase in (LIVE, REPLACED) and self.crash_looped_at is None

    @property
    def phase_words(self) -> kit.Text:
        return PHASES.get(self.phase, say("{phase}", phase=self.phase))

    @property
    def colour(self) -> str:
        return COLOURS.get(self.phase, "busy")
