"""Secrets through the door, on both databases."""

import asyncio
import pickle
import threading
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from sqlalchemy import select, update

from dure.kit import Invalid, Missing
from dure.ledger import HOUSE, Actor, Entry, House, Work, thread
from dure.vault import (
    Keyring,
    Lent,
    Mask,
    SecretCard,
    SecretDamaged,
    TooManySecrets,
    lend,
    open_keyring,
    put_secret,
    remove_secret,
    secrets_of,
)
from dure.vault import secret as noun
from dure.vault.secret import Secret

ADA = Actor("person:1", "ada")


@pytest.fixture
def keys(tmp_path: Path) -> Keyring:
    return open_keyring(tmp_path / "keys" / "master.key")


def put(house: House, keys: Keyring, scope: str, name: str, value: str | bytes) -> SecretCard:
    return house.write_now(ADA, lambda work: put_secret(work, keys, scope, name, value, within="project:3"))


def borrow(house: House, keys: Keyring, scope: str, *names: str) -> dict[str, Lent]:
    return house.write_now(ADA, lambda work: lend(work, keys, scope, names, to="job:12", within="project:3"))


def said(house: House, ref: str) -> list[str]:
    return house.read_now(ADA, lambda work: [str(entry.sentence()) for entry in thread(work, ref)])


def test_a_secret_is_put_listed_lent_changed_and_removed(house: House, keys: Keyring) -> None:
    async def through_the_edge() -> SecretCard:
        return await house.write(ADA, lambda work: put_secret(work, keys, "project:3", "DEPLOY_KEY", "hunter22"))

    card = asyncio.run(through_the_edge())
    put(house, keys, "project:3", "CERT", b"\x00\xff\x00\xff")
    lent = borrow(house, keys, "project:3", "DEPLOY_KEY", "CERT")
    changed = put(house, keys, "project:3", "DEPLOY_KEY", "hunter33")
    listed = house.read_now(ADA, lambda work: secrets_of(work, "project:3"))
    house.write_now(ADA, lambda work: remove_secret(work, "project:3", "CERT"))

    assert (card.version, card.created_by, card.lent_at) == (1, "person:1", None)
    assert lent["DEPLOY_KEY"].text() == "hunter22"
    assert lent["CERT"].reveal() == b"\x00\xff\x00\xff"
    assert [(each.name, each.version) for each in listed] == [("CERT", 1), ("DEPLOY_KEY", 2)]
    assert all(each.lent_at is not None for each in listed)
    assert changed.created_at == card.created_at < changed.updated_at
    assert borrow(house, keys, "project:3", "DEPLOY_KEY")["DEPLOY_KEY"].text() == "hunter33"
    assert said(house, "project:3") == [
        "stored the secret DEPLOY_KEY",
        "stored the secret CERT",
        "changed the secret DEPLOY_KEY (version 2)",
        "removed the secret CERT",
    ]
    assert said(house, "job:12") == ["lent CERT, DEPLOY_KEY to job:12", "lent DEPLOY_KEY to job:12"]


def test_what_is_not_there_is_missing_by_name_and_nothing_is_lent(house: House, keys: Keyring) -> None:
    put(house, keys, "project:3", "HERE", "hunter22")

    with pytest.raises(Missing, match="GONE, LOST"):
        borrow(house, keys, "project:3", "HERE", "LOST", "GONE")
    with pytest.raises(Missing):
        borrow(house, keys, "project:4", "HERE")
    with pytest.raises(Missing):
        house.write_now(ADA, lambda work: remove_secret(work, "project:4", "HERE"))

    assert borrow(house, keys, "project:3") == {}
    assert said(house, "job:12") == []
    assert house.read_now(ADA, lambda work: secrets_of(work, "project:3"))[0].lent_at is None


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("1ST", "hunter22", "begins with no digit"),
        ("", "hunter22", "letters, digits"),
        ("A B", "hunter22", "letters, digits"),
        ("A\n", "hunter22", "letters, digits"),
        ("비밀", "hunter22", "letters, digits"),
        ("A" * 101, "hunter22", "100 long"),
        ("SHORT", "abc", "at least 4"),
        ("BLANK", "   \n  ", "at least 4"),
        ("LONG", "x" * (noun.VALUE_BYTES_MAX + 1), "64 KiB"),
    ],
)
def test_words_that_cannot_be_used_are_refused(
    house: House, keys: Keyring, name: str, value: str, sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence) as told:
        put(house, keys, "project:3", name, value)

    assert value not in str(told.value)
    assert house.read_now(ADA, lambda work: secrets_of(work, "project:3")) == []


def test_a_scope_has_room_for_so_many(house: House, keys: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noun, "SECRETS_PER_SCOPE_MAX", 2)
    for name in ("A", "B"):
        put(house, keys, "project:3", name, "hunter22")
    with pytest.raises(TooManySecrets, match="2 secrets"):
        put(house, keys, "project:3", "C", "hunter22")

    assert put(house, keys, "project:3", "A", "hunter33").version == 2
    assert put(house, keys, "project:4", "C", "hunter22").version == 1


@pytest.mark.parametrize("scope", ["project", "project:0", "Project:1", "house:1", "", "a:1 or 1=1"])
def test_a_scope_that_is_none_is_a_mistake_of_ours(house: House, keys: Keyring, scope: str) -> None:
    with pytest.raises(ValueError, match="no scope"):
        put(house, keys, scope, "A", "hunter22")


def test_an_environment_must_say_who_may_read_of_it(house: House, keys: Keyring) -> None:
    with pytest.raises(ValueError, match="within which project"):
        house.write_now(ADA, lambda work: put_secret(work, keys, "environment:7", "A", "hunter22"))
    put(house, keys, "environment:7", "A", "hunter22")
    house.write_now(ADA, lambda work: put_secret(work, keys, "house", "A", "hunter22"))

    within = house.read_now(ADA, lambda work: [entry.within for entry in work.session.scalars(select(Entry))])
    assert sorted(within) == ["house", "project:3"]


def test_no_value_shows_anywhere(house: House, keys: Keyring) -> None:
    card = put(house, keys, "project:3", "DEPLOY_KEY", "hunter22")
    lent = borrow(house, keys, "project:3", "DEPLOY_KEY")

    def everything(work: Work) -> str:
        rows = [*work.session.scalars(select(Secret)), *work.session.scalars(select(Entry))]
        return repr(rows) + repr([[getattr(row, column.key) for column in row.__table__.columns] for row in rows])

    shown = house.read_now(ADA, everything) + repr(card) + repr(lent) + str(lent) + repr(keys) + repr(keys.newest())
    raw = keys.newest().key

    assert "hunter22" not in shown
    assert repr(raw)[2:-1] not in shown
    assert "Lent('DEPLOY_KEY', ***)" in shown
    assert b"".join([Mask([lent["DEPLOY_KEY"].reveal()]).feed(b"is hunter22 ")]) == b"is *** "
    with pytest.raises(TypeError, match="not to be written down"):
        pickle.dumps(lent["DEPLOY_KEY"])


def swap(work: Work) -> None:
    one, two = work.session.scalars(select(Secret).order_by(Secret.id))
    for field in ("wrapped_key", "nonce", "ciphertext"):
        setattr(two, field, getattr(one, field))


def move(work: Work) -> None:
    work.session.execute(update(Secret).where(Secret.name == "B").values(scope="project:4"))
    work.session.execute(update(Secret).where(Secret.name == "A").values(name="B"))


def go_back(work: Work) -> None:
    work.session.execute(update(Secret).where(Secret.name == "B").values(version=7))


def flip(work: Work) -> None:
    two = work.session.scalars(select(Secret).where(Secret.name == "B")).one()
    two.ciphertext = bytes([two.ciphertext[0] ^ 1]) + two.ciphertext[1:]


@pytest.mark.parametrize("tamper", [swap, move, go_back, flip])
def test_a_row_changed_from_outside_does_not_open(house: House, keys: Keyring, tamper: Callable[[Work], None]) -> None:
    put(house, keys, "project:3", "A", "the value of A")
    put(house, keys, "project:3", "B", "the value of B")
    house.write_now(HOUSE, tamper)

    with pytest.raises(SecretDamaged, match="secret B does not open"):
        borrow(house, keys, "project:3", "B")


def test_many_puts_at_once_lose_no_version(house: House, keys: Keyring) -> None:
    def put_some() -> None:
        for number in range(5):
            put(house, keys, "project:3", "SHARED", f"value {number}")
            borrow(house, keys, "project:3", "SHARED")

    threads = [threading.Thread(target=put_some) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    (card,) = house.read_now(ADA, lambda work: secrets_of(work, "project:3"))
    assert card.version == 20


def test_a_card_has_no_place_for_a_value() -> None:
    assert {field.name for field in fields(SecretCard)}.isdisjoint({"value", "ciphertext", "wrapped_key", "nonce"})
