"""A yard to deploy in: a house with one project, releases made by hand, and ports that only pretend."""

import hashlib
import io
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dure import deploy, people, plan
from dure.code import Repository, create_repository
from dure.deploy import Deployment, Environment, Rollouts
from dure.deploy.deployment import MOVING
from dure.deploy.engines.pretend import PretendPlatform, PretendTraffic
from dure.deploy.reactions import reactions
from dure.kit import now
from dure.ledger import HOUSE, Entry, House, Phases, Reconciler, Table, Work, deliverer, open_database, thread
from dure.people import Caller, Role
from dure.plan import Project
from dure.release import Artifact, Release, Released
from dure.release.release import ReleaseCommit
from dure.storage import Blobs, open_blobs
from dure.storage.engines.disk import Disk
from dure.vault import Keyring, open_keyring

ONE_ENVIRONMENT = """
x-dure:
  environments: [{name: production}]
"""
QUICK = (
    "rollout: {steps: [10, 50, 100], step_seconds: 0.1, enough_requests: 20, bake_seconds: 60, keep_old_seconds: 60}"
)
SHOP = f"""
services:
  web:
    command: python app.py
    stop_grace_period: 2s
    x-dure:
      port: PORT
      readiness: {{http: /up}}
      {QUICK}
{ONE_ENVIRONMENT}"""
TWO_PLACES = SHOP.replace(
    "[{name: production}]", "[{name: staging}, {name: production, after: staging, deploy: approval}]"
)
HOST = "web.production.shop.localhost"
GIVE_UP_SECONDS = 30


def tar_of(files: Mapping[str, str]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text.encode()), 0o755
            tar.addfile(entry, io.BytesIO(text.encode()))
    return whole.getvalue()


@dataclass
class Yard:
    """Everything that a test of deployments needs, carried on by hand so that things come in a known order."""

    house: House
    project: Project
    ada: Caller
    bob: Caller
    rollouts: Rollouts
    blobs: Blobs
    platform: Any
    traffic: Any
    keys: Keyring
    rounds: list[Reconciler[Any]] = field(default_factory=list)

    def release(
        self, version: str, app: str = SHOP, files: Mapping[str, str] | None = None, *, told: bool = True
    ) -> int:
        """A finished release; with `told` the house hears of it as of any other. Answers its id."""
        digest = self.blobs.put([tar_of(files or {"app.py": f"version = {version!r}"})])
        return self.house.write_now(
            HOUSE, lambda work: release_row(work, self.project, version, app, digest, told=told)
        )

    def do(self, verb: Callable[..., Any], *words: Any, by: Caller | None = None, **more: Any) -> Any:
        return self.house.write_now(by or self.ada, lambda work: verb(work, self.project, *words, **more))

    def once(self) -> bool:
        done = [reconciler.once() for reconciler in self.rounds]
        return any(done)

    def settle(self, each: Callable[[], object] = lambda: None) -> None:
        """Carry on until nothing is due."""
        give_up_at = time.monotonic() + GIVE_UP_SECONDS
        while self.once():
            each()
            assert time.monotonic() < give_up_at, "it never comes to rest"

    def until(self, done: Callable[[], bool], each: Callable[[], object] = lambda: None) -> None:
        """Carry on until something is so; `each` is what the world does meanwhile."""
        give_up_at = time.monotonic() + GIVE_UP_SECONDS
        while not done():
            each()
            if not self.once():
                time.sleep(0.01)
            assert time.monotonic() < give_up_at, [(row.number, row.phase, str(row.why)) for row in self.all()]

    def until_still(self, each: Callable[[], object] = lambda: None) -> None:
        """Until nothing moves and everybody has heard of everything."""
        self.settle(each)
        self.until(lambda: not any(row.phase in MOVING for row in self.all()), each)
        self.settle(each)

    def all(self) -> Sequence[Deployment]:
        return self.house.read_now(
            HOUSE, lambda work: work.session.scalars(select(Deployment).order_by(Deployment.id)).all()
        )

    def phases(self) -> list[str]:
        return [row.phase for row in self.all()]

    def row(self, number: int) -> Deployment:
        return self.house.read_now(HOUSE, lambda work: deploy.find_deployment(work, self.project, number))

    def place(self, name: str = "production") -> Environment:
        return self.house.read_now(HOUSE, lambda work: deploy.find_environment(work, self.project, name))

    def live(self, name: str = "production") -> str | None:
        def ask(work: Work) -> str | None:
            for place in deploy.environments_of(work, self.project):
                row = deploy.live_in(work, place)
                if place.name == name and row is not None:
                    return row.version
            return None

        return self.house.read_now(HOUSE, ask)

    def told(self, ref: str) -> list[str]:
        return [entry.kind for entry in self.thread(ref)]

    def thread(self, ref: str) -> Sequence[Entry]:
        return self.house.read_now(HOUSE, lambda work: thread(work, ref))

    def visit(self, requests: int = 100, host: str = HOST, **how: Mapping[str, float]) -> None:
        if any(route.host == host for route in self.traffic.routes):
            self.traffic.serve(host, requests, **how)

    def weights(self, host: str = HOST) -> Mapping[str, int]:
        return next((route.weights for route in self.traffic.routes if route.host == host), {})

    def running(self) -> list[str]:
        return sorted(seen.key for seen in self.platform.all() if seen.state == "running")


def release_row(work: Work, project: Project, version: str, app: str | None, digest: str, *, told: bool) -> int:
    repository = work.session.scalar(select(Repository).where(Repository.project_id == project.id))
    assert repository is not None
    sha = hashlib.sha1(f"{project.id} {version}".encode()).hexdigest()  # noqa: S324 - as git names commits
    row = Release(
        project_id=project.id,
        repository_id=repository.id,
        sha=sha,
        branch="main",
        made_at=now(),
        phase="released",
        version=version,
        app_file=app,
        app_file_name="compose.yaml" if app else "",
        released_at=now(),
    )
    work.session.add(row)
    work.session.flush()
    work.session.add(Artifact(release_id=row.id, name="source.tar", digest=digest, size=1))
    work.session.add(ReleaseCommit(release_id=row.id, place=0, sha=sha))
    work.session.flush()
    if told:
        event = Released(
            project=project.id, release=row.id, version=version, sha=sha, commits=(sha,), app=app is not None
        )
        work.record(event, about=[project.scope, row.ref], within=project.scope)
    return row.id


@contextmanager
def open_yard(url: str, folder: Path, platform: Any = None, traffic: Any = None) -> Iterator[Yard]:
    with closing(House(open_database(url), reactions)) as house:
        Table.metadata.create_all(house.database.engine)
        yield lay_out(house, folder, platform, traffic)


def lay_out(house: House, folder: Path, platform: Any = None, traffic: Any = None) -> Yard:
    def settle(work: Work) -> list[Caller]:
        accounts = [people.make_account(work, handle=name, name=name.title()) for name in ("ada", "bob")]
        return [people.caller_for(account) for account in accounts]

    ada, bob = house.write_now(HOUSE, settle)
    project = house.write_now(ada, lambda work: plan.make_project(work, owner="ada", name="shop"))

    def open_shop(work: Work) -> None:
        create_repository(work, project)
        assert bob.person_id is not None
        people.grant(work, project.scope, bob.person_id, Role.DEVELOPER)

    house.write_now(ada, open_shop)
    blobs = open_blobs(Disk(folder / "blobs"), folder / "spool", 1 << 26)
    keys = open_keyring(folder / "keys" / "master.key")
    platform, traffic = platform or PretendPlatform(folder), traffic or PretendTraffic()
    rollouts = Rollouts(platform, traffic, blobs, keys)
    yard = Yard(house, project, ada, bob, rollouts, blobs, platform, traffic, keys)
    machines: list[Phases[Any]] = [rollouts.phases(), rollouts.keeping()]
    yard.rounds = [deliverer(house, "yard"), *(machine.reconciler(house, "yard") for machine in machines)]
    return yard
