"""The doctor: the same findings for the same machine, each problem with its remedy."""

import json
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from dure.keeper.doctor import examine
from dure.keeper.doctor.house import judged_commits
from dure.keeper.doctor.machine import git_version, judged_clock, judged_drift, judged_past
from dure.kit import now
from dure.settings import Settings
from tests.parts.house import dure


def findings(data: Path, listen: str = "127.0.0.1:0") -> dict[str, str]:
    return {finding.name: finding.state for finding in examine(Settings(data=data, listen=listen))}


def test_a_healthy_machine_without_a_house(tmp_path: Path) -> None:
    found = findings(tmp_path / "data")
    assert {"python", "sqlite", "git", "isolation", "clock", "data", "disk", "port", "key", "database"} <= set(found)
    assert [found[name] for name in ("git", "sqlite", "port", "clock")] == ["good"] * 4


def test_every_problem_has_a_remedy(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    (data / "master.key").write_text("")
    (data / "dure.db").write_bytes(b"this is no database" * 1000)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = Settings(data=data, listen=f"127.0.0.1:{taken.getsockname()[1]}")
        found = {finding.name: finding for finding in examine(settings) if finding.state == "bad"}
    assert {"data", "key", "database", "port"} <= set(found)
    assert all(finding.remedy is not None for finding in found.values())
    assert "chmod 700" in str(found["data"].remedy)


def test_words_and_exit_codes(tmp_path: Path) -> None:
    well = dure("doctor", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0", "--json")
    assert well.code == 0, well.out
    assert all(set(each) == {"name", "state", "says", "remedy"} for each in json.loads(well.out)["findings"])
    tmp_path.chmod(0o755)
    ill = dure("doctor", "--data", str(tmp_path), "--listen", "127.0.0.1:0")
    assert ill.code == 1
    assert "→ Run: chmod 700" in ill.out
    assert "\x1b" not in ill.out, "no colour where nobody looks"


@pytest.mark.parametrize("year", [1970, 2000, 2106])
def test_a_clock_that_was_never_set(year: int) -> None:
    assert judged_clock(now().replace(year=year, day=1)).state == "bad"


def test_a_clock_that_jumps_while_it_is_watched() -> None:
    assert judged_clock(now(), walked=3600.1, went=0.1).state == "bad"
    assert judged_clock(now(), walked=0.1, went=0.1).state == "good"


def test_a_clock_that_went_back_behind_the_ledger() -> None:
    assert judged_past(now(), now() - timedelta(days=1)) is None
    found = judged_past(now(), now() + timedelta(hours=1))
    assert found is not None
    assert "went back" in str(found.says)


def test_a_clock_that_differs_from_the_database() -> None:
    assert judged_drift(now(), now() + timedelta(seconds=1)) is None
    assert judged_drift(now(), now() + timedelta(seconds=30)) is not None


def test_versions_of_git() -> None:
    assert git_version("git version 2.39.5 (Apple Git-154)") == (2, 39)
    assert git_version("nonsense") == (0, 0)


def test_a_postgresql_that_does_not_wait_for_its_disk() -> None:
    assert judged_commits("off").state == "bad"
    assert judged_commits("on").state == "good"
