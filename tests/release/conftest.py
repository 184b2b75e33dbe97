"""A yard with real git in it, in which what is green is released."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from dure import release
from dure.build.leaving import Logs
from dure.code import Reception, Repositories
from dure.ledger import House, Table, deliverer, open_database
from dure.release.reactions import reactions
from dure.storage import Blobs, open_blobs
from dure.storage.engines.disk import Disk
from dure.vault import open_keyring
from tests.build.wired import REACTIONS, URL, Yard, settle

WORKFLOW = "on: push\njobs:\n  test:\n    runs-on: linux\n    steps:\n      - run: 'true'\n"


@dataclass
class ReleaseYard(Yard):
    blobs: Blobs = None  # type: ignore[assignment]

    @property
    def releasing(self) -> release.Releasing:
        return release.Releasing(self.repositories, self.blobs, self.keys, URL)

    def go_on(self) -> None:
        """Deliver, plan and release until nothing is due."""
        self.carry_on()
        deliveries = deliverer(self.house, "test")
        releasing = self.releasing.phases().reconciler(self.house, "test")
        while deliveries.once() | releasing.once():
            pass

    def green(self, message: str, **files: str) -> str:
        """A commit that is pushed and found good."""
        sha = self.push({".github/workflows/ci.yml": WORKFLOW, **files}, message)
        self.do_all()
        self.go_on()
        return sha

    def releases(self) -> list[release.Release]:
        return list(self.read(lambda work: release.releases_of(work, self.project)))


@pytest.fixture
def yard(database_url: str, tmp_path: Path) -> Iterator[ReleaseYard]:
    with closing(House(open_database(database_url), [*REACTIONS, *reactions])) as house:
        Table.metadata.create_all(house.database.engine)
        ada, project = settle(house)
        repositories = Repositories(tmp_path / "repositories")
        keys = open_keyring(tmp_path / "master.key")
        yard = ReleaseYard(
            house=house,
            folder=tmp_path,
            keys=keys,
            ada=ada,
            project=project,
            repositories=repositories,
            reception=Reception(house, repositories),
            logs=Logs(tmp_path / "logs", 1_000_000),
            blobs=open_blobs(Disk(tmp_path / "blobs"), tmp_path / "incoming", 10**9),
        )
        while deliverer(house, "test").once():
            pass
        yield yard
