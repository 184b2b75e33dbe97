"""Which master key is in use. The database names it, so a house with an old or a foreign key file notices."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import now
from dure.ledger import Moment, Table, Work
from dure.vault.keyring import Keyring

THE_ROW = 1


class KeyInUse(Table):
    """One row: the key with which secrets are locked from now on."""

    __tablename__ = "vault_key_in_use"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key_id: Mapped[str]
    since: Mapped[datetime] = mapped_column(Moment)
    by: Mapped[str]


def key_in_use(work: Work, keys: Keyring, *, locked: bool) -> str:
    """The id of the key in use. The first secret of a database settles it; `locked` holds it until the commit."""
    query = select(KeyInUse).where(KeyInUse.id == THE_ROW)
    if locked:
        query = query.with_for_update()
    row = work.session.scalar(query)
    if row is None:
        try:
            with work.session.begin_nested():
                first = KeyInUse(id=THE_ROW, key_id=keys.newest().id, since=now(), by=work.actor.ref)
                work.session.add(first)
        except IntegrityError:
            # Another house was faster, maybe with another key file.
            return work.session.scalars(query).one().key_id
        return first.key_id
    return row.key_id
