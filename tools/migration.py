"""Drafts a migration from what the tables say now: `python -m tools.migration "labels get a description"`.

It compares the tables of all rooms with what the migrations so far make of an empty SQLite file. Read the draft before
committing it: a renamed column looks like one dropped and one added, and what is no table (the search index) it does
not see.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from dure import app  # noqa: F401 - importing the rooms declares their tables
from dure.ledger import migrate

SCRIPTS = Path(__file__).parents[1] / "src" / "dure" / "ledger" / "migrations"


def main(message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{folder}/draft.db")
        if any((SCRIPTS / "versions").glob("*.py")):
            migrate(engine)
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        number = len(list((SCRIPTS / "versions").glob("*.py"))) + 1
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")
        engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1])
