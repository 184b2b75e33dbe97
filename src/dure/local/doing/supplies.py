"""What a supervisor wants of the house, given without one: artifacts lie in a folder of the run, files in the working
copy."""

import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from dure.kit import Refused, say, told
from dure.local.doing.workplace import Workplace
from dure.local.ground import Ground, Sources, bring, bring_commit, give_all, shelve
from dure.runner import Answer, JobPlace, Want


@dataclass
class Supplies:
    ground: Ground
    workplace: Workplace
    artifacts: Path
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
            said = self.given(want, place.path / "shelf" / Path(want.file).name)
            place.put(f"wants/{path.stem}.answer", msgspec.json.encode(said))
            place.ring("ear")
            code = 0
        finally:
            os._exit(code)

    def given(self, want: Want, file: Path) -> Answer:
        known: dict[str, Callable[[str, Path], Answer]] = {
            "send_artifact": self.send_artifact,
            "fetch_artifact": self.fetch_artifact,
            "list_artifacts": self.list_artifacts,
            "send_test": lambda _, __: Answer(),
            "fetch_files": self.fetch_files,
            "fetch_action": self.fetch_action,
        }
        try:
            if want.what not in known:
                raise Refused(say("Only a house can do this for a job: {what}.", what=want.what))
            return known[want.what](want.name, file)
        except Refused as refusal:
            return Answer(refusal=told(refusal.text))
        except OSError as error:
            return Answer(refusal=f"{want.name}: {error.strerror}")

    def list_artifacts(self, _: str, __: Path) -> Answer:
        return Answer(names=sorted(path.stem for path in self.artifacts.glob("*.zip")))

    def fetch_artifact(self, name: str, file: Path) -> Answer:
        kept = self.artifacts / f"{name}.zip"
        if not kept.is_file():
            raise Refused(say("There is no artifact {name} in this run.", name=name))
        shutil.copyfile(kept, file)
        return Answer()

    def fetch_action(self, uses: str, _: Path) -> Answer:
        """Its files are there afterwards, where every job may read them."""
        name, ref = uses.rsplit("@", 1)
        tree = self.sources.find(name, ref)
        return Answer(digest=f"sha256:{shelve(tree, self.workplace.actions)}", sha=tree.sha)

    def fetch_files(self, name: str, folder: Path) -> Answer:
        """The working copy as it lies; of `owner/name@ref` what stands there."""
        repository, _, ref = name.partition("@")
        user = self.workplace.view.user
        if not name:
            bring(self.ground, folder, user)
        elif not repository:
            bring_commit(self.ground, ref, folder, user)
        else:
            shutil.copytree(self.sources.find(repository, ref or "HEAD").path, folder, symlinks=True)
            give_all(folder, user)
        return Answer()

    def send_artifact(self, name: str, file: Path) -> Answer:
        self.artifacts.mkdir(parents=True, exist_ok=True)
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        fresh = self.artifacts / f".{name}.{os.getpid()}"
        shutil.copyfile(file, fresh)
        fresh.replace(self.artifacts / f"{name}.zip")
        with suppress(OSError):
            file.unlink()
        return Answer(digest=f"sha256:{digest}")
