"""`dure key rotate`: a new master key, and every secret still opens."""

from contextlib import closing
from pathlib import Path

from dure.ledger import HOUSE, House, Table, open_database
from dure.vault import lend, open_keyring, put_secret
from tests.parts.house import dure


def test_a_new_key_opens_the_old_secrets(tmp_path: Path) -> None:
    keys = open_keyring(tmp_path / "master.key")
    with closing(House(open_database(f"sqlite:///{tmp_path}/dure.db"))) as house:
        Table.metadata.create_all(house.database.engine)
        house.write_now(HOUSE, lambda work: put_secret(work, keys, "house", "PASSWORD", "open sesame"))

    before = keys.path.read_text()
    done = dure("key", "rotate", "--data", str(tmp_path))
    assert done.code == 0, done.err
    assert "1 secret is locked with it." in done.out
    assert keys.path.read_text() != before

    with closing(House(open_database(f"sqlite:///{tmp_path}/dure.db"))) as house:
        fresh = open_keyring(keys.path)
        lent = house.write_now(HOUSE, lambda work: lend(work, fresh, "house", ["PASSWORD"], to="a test"))
    assert lent["PASSWORD"].reveal() == b"open sesame"

    again = dure("key", "rotate", "--resume", "--data", str(tmp_path))
    assert again.code == 0
    nothing = dure("key", "rotate", "--data", str(tmp_path / "none"))
    assert nothing.code == 1
    assert "no database" in nothing.err
