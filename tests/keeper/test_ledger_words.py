"""`dure ledger`: read beside a running house, on both databases."""

import json
from pathlib import Path

import pytest

from dure.ledger import HOUSE, House, seal
from dure.people import make_account
from tests.parts.house import dure


def place(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The settings by which a word finds the database of this test."""
    return {"DURE_DATA": str(tmp_path)} | ({} if database_url.startswith("sqlite") else {"DURE_DATABASE": database_url})


@pytest.fixture
def peopled(house: House) -> House:
    """A house with one account, which is in the ledger and sealed."""
    house.write_now(HOUSE, lambda work: make_account(work, handle="ada", name="Ada \x1b[31m", admin=True))
    house.write_now(HOUSE, seal)
    return house


@pytest.mark.usefixtures("peopled")
def test_the_chain_is_verified(database_url: str, tmp_path: Path) -> None:
    done = dure("ledger", "verify", "--json", environment=place(database_url, tmp_path))
    assert done.code == 0, done.err
    chain = json.loads(done.out)
    assert (chain["entries"], chain["seals"], chain["unsealed"]) == (2, 1, 0)
    again = dure("ledger", "verify", "--expect", chain["head"], environment=place(database_url, tmp_path))
    assert again.code == 0
    assert "The chain holds: 2 entries under 1 seal." in again.out
    cut = dure("ledger", "verify", "--expect", "f" * 64, environment=place(database_url, tmp_path))
    assert cut.code == 1
    assert "cut off" in cut.err


@pytest.mark.usefixtures("peopled")
def test_a_thread_is_shown(database_url: str, tmp_path: Path) -> None:
    done = dure("ledger", "show", "person:1", environment=place(database_url, tmp_path))
    assert done.code == 0, done.err
    assert done.out.splitlines()[0].split() == ["Entry", "When", "Who", "What"]
    assert "\x1b" not in done.out
    told = json.loads(dure("ledger", "show", "person:1", "--json", environment=place(database_url, tmp_path)).out)
    assert [entry["kind"] for entry in told["entries"]][:1] == ["people.account_made"]
    nothing = dure("ledger", "show", "issue:99", environment=place(database_url, tmp_path))
    assert nothing.code == 5
