"""What a supervisor wants of the house, given without one: artifacts lie in a folder of the run, files in the working
copy."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from dure.kit import Refused, say, told
from dure.local.doing.leaving import Artifacts, Caches
from dure.local.doing.workplace import Workplace
from dure.local.ground import Ground, Sources, bring, bring_commit, give_all, shelve
from dure.runner import Answer, JobPlace, Want

MISSING = 404


@dataclass
class Supplies:
    ground: Ground
    workplace: Workplace
    artifacts: Artifacts
    caches: Caches
    sources: Sources
    answered: set[Path] = field(default_factory=set)
    at_work: list[int] = field(default_factory=list)
    """Processes that make an answer."""

    def serve(self, place: JobPlace) -> None:
        """Answers what was asked since. Each answer is made by a process of its own: it may take long, and nobody
        else shall wait for it."""
        self.at_work = [process for process in self.at_work if os.waitpid(process, os.WNOHANG)[0] == 0]
        for path in sorted((place.path / "wants").glob("*.json")):
            if path in self.answered:
                continue
            self.answered.add(path)
            process = os.fork()
            if process == 0:
                self.answer(place, path)
            self.at_work.append(process)

    def answer(self, place: JobPlace, path: Path) -> None:
        code = 1
        try:
            want = msgspec.json.decode(path.read_bytes(), type=Want)
            said = self.given(want, place.path / "shelf" / Path(want.file).name, int(place.path.name))
            place.put(f"wants/{path.stem}.answer", msgspec.json.encode(said))
            place.ring("ear")
            code = 0
        finally:
            os._exit(code)

    def given(self, want: Want, file: Path, job: int) -> Answer:
        known: dict[str, Callable[[Want, Path], Answer]] = {
            "send_artifact": lambda want, file: self.send_artifact(want, file, job),
            "fetch_artifact": self.fetch_artifact,
            "list_artifacts": self.list_artifacts,
            "drop_artifact": self.drop_artifact,
            "send_test": lambda _, __: Answer(),
            "fetch_files": self.fetch_files,
            "fetch_action": self.fetch_action,
            "find_cache": self.find_cache,
            "fetch_cache": self.fetch_cache,
            "send_cache": self.send_cache,
        }
        try:
            if want.what not in known:
                raise Refused(say("Only a house can do this for a job: {what}.", what=want.what))
            return known[want.what](want, file)
        except Refused as refusal:
            return Answer(refusal=told(refusal.text))
        except OSError as error:
            return Answer(refusal=f"{want.name}: {error.strerror}")

    def send_artifact(self, want: Want, file: Path, job: int) -> Answer:
        card = self.artifacts.keep(want.name, want.kind, file, job)
        return Answer(digest=card.digest, number=card.id)

    def list_artifacts(self, _: Want, __: Path) -> Answer:
        found = self.artifacts.all()
        return Answer(names=[card.name for card in found], artifacts=found)

    def fetch_artifact(self, want: Want, file: Path) -> Answer:
        card = self.artifacts.named(want.name)
        if card is None:
            return Answer(refusal=told(say("There is no artifact {name} in this run.", name=want.name)), status=MISSING)
        shutil.copyfile(self.artifacts.place(card), file)
        return Answer()

    def drop_artifact(self, want: Want, _: Path) -> Answer:
        self.artifacts.drop(want.name)
        return Answer()

    def find_cache(self, want: Want, _: Path) -> Answer:
        return Answer(cache=self.caches.find(want.keys, want.version, exactly=want.is_mine))

    def fetch_cache(self, want: Want, file: Path) -> Answer:
        shutil.copyfile(self.caches.bytes_of(want.number), file)
        return Answer()

    def send_cache(self, want: Want, file: Path) -> Answer:
        number, is_fresh = self.caches.keep(want.keys[0], want.version, file)
        return Answer(number=number, is_fresh=is_fresh)

    def fetch_action(self, want: Want, _: Path) -> Answer:
        """Its files are there afterwards, where every job may read them."""
        name, ref = want.name.rsplit("@", 1)
        tree = self.sources.find(name, ref)
        return Answer(digest=f"sha256:{shelve(tree, self.workplace.actions)}", sha=tree.sha)

    def fetch_files(self, want: Want, folder: Path) -> Answer:
        """The working copy as it lies; of `owner/name@ref` what stands there."""
        repository, _, ref = want.name.partition("@")
        user = self.workplace.view.user
        if not want.name:
            bring(self.ground, folder, user)
        elif not repository:
            bring_commit(self.ground, ref, folder, user)
        else:
            shutil.copytree(self.sources.find(repository, ref or "HEAD").path, folder, symlinks=True)
            give_all(folder, user)
        return Answer()
