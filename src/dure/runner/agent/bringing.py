"""What supervisors want, brought from the house and to it."""

from collections.abc import Callable
from pathlib import Path

from dure.kit import Refused
from dure.runner.agent.actions import unpacked
from dure.runner.agent.house import CacheWords, House, Leaving, NotOurs, TurnedAway
from dure.runner.place import Answer, Card, JobPlace, Want

ACTION_SECONDS_MAX = 300.0
"""So long the house may take to fetch an action from somewhere else."""


class Bringer:
    """For one job. Every want may be asked for twice: the runner that began to answer it may have been killed."""

    def __init__(self, house: House, card: Card, actions: Path) -> None:
        self.house, self.card, self.actions = house, card, actions
        self.known: dict[str, Callable[[Want, Path], Answer]] = {
            "send_artifact": self.send_artifact,
            "send_test": self.send_test,
            "fetch_artifact": self.fetch_artifact,
            "list_artifacts": self.list_artifacts,
            "drop_artifact": self.drop_artifact,
            "fetch_action": self.fetch_action,
            "find_cache": self.find_cache,
            "fetch_cache": self.fetch_cache,
            "send_cache": self.send_cache,
            "id_token": self.id_token,
        }

    def bring(self, place: JobPlace, want: Want) -> Answer:
        """What the house says to it. A refusal is an answer too; `Away` and `NotOurs` are not."""
        try:
            return self.known.get(want.what, unheard_of)(want, place.path / "shelf" / Path(want.file).name)
        except TurnedAway as refusal:
            return Answer(refusal=str(refusal.text), status=refusal.status)
        except Refused as refusal:
            return Answer(refusal=str(refusal.text))
        except OSError as error:
            return Answer(refusal=f"{want.name}: {error.strerror}")

    def send_artifact(self, want: Want, file: Path) -> Answer:
        what = Leaving(want.name, want.kind, want.days, want.digest)
        taken = self.house.send_artifact(self.card.job_id, self.card.attempt, what, file)
        file.unlink(missing_ok=True)
        return Answer(digest=taken.digest, number=taken.id)

    def send_test(self, want: Want, file: Path) -> Answer:
        self.house.send_test(self.card.job_id, self.card.attempt, want.name, file)
        file.unlink(missing_ok=True)
        return Answer()

    def fetch_artifact(self, want: Want, file: Path) -> Answer:
        try:
            kind = self.house.fetch_artifact(self.card.run_id, want.name, file)
        except NotOurs:
            return Answer(refusal=f"There is no artifact {want.name} in this run.", status=404)
        return Answer(kind=kind)

    def list_artifacts(self, _: Want, __: Path) -> Answer:
        found = self.house.artifacts(self.card.run_id)
        return Answer(names=found.names, artifacts=found.artifacts)

    def drop_artifact(self, want: Want, _: Path) -> Answer:
        self.house.drop_artifact(self.card.job_id, self.card.attempt, want.name)
        return Answer()

    def find_cache(self, want: Want, _: Path) -> Answer:
        asked = CacheWords(want.keys, want.version, want.is_mine)
        return Answer(cache=self.house.find_cache(self.card.job_id, self.card.attempt, asked))

    def fetch_cache(self, want: Want, file: Path) -> Answer:
        self.house.fetch_cache(self.card.job_id, self.card.attempt, want.number, file)
        return Answer()

    def send_cache(self, want: Want, file: Path) -> Answer:
        asked = CacheWords(want.keys, want.version)
        kept = self.house.send_cache(self.card.job_id, self.card.attempt, asked, want.digest, file)
        file.unlink(missing_ok=True)
        return Answer(number=kept.id, is_fresh=kept.fresh)

    def id_token(self, want: Want, _: Path) -> Answer:
        return Answer(token=self.house.id_token(self.card.job_id, self.card.attempt, want.name))

    def fetch_action(self, want: Want, _: Path) -> Answer:
        """Its files are there afterwards. Jobs that want the same share them."""
        job, attempt = self.card.job_id, self.card.attempt
        house = House(self.house.url, self.house.token_file, ACTION_SECONDS_MAX)
        try:
            pin = house.pin_action(job, attempt, want.name)
            unpacked(self.actions, pin.digest, lambda: house.action_tree(job, attempt, pin.digest))
        finally:
            house.hang_up()
        return Answer(digest=pin.digest, sha=pin.sha)


def unheard_of(want: Want, _: Path) -> Answer:
    return Answer(refusal=f"A runner of a house does not do that: {want.what}.")
