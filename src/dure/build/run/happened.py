"""What happens to jobs, as the ledger keeps it."""

from dataclasses import dataclass

from dure import kit
from dure.kit import say
from dure.ledger import Event


@dataclass(frozen=True, kw_only=True)
class JobStarted(Event, kind="build.job_started"):
    project: int
    run: int
    number: int
    job: int
    name: str
    sha: str

    def sentence(self) -> kit.Text:
        return say("started the job {name} of run {number}", name=self.name, number=self.number)


@dataclass(frozen=True, kw_only=True)
class JobEnded(Event, kind="build.job_ended"):
    project: int
    run: int
    number: int
    job: int
    name: str
    sha: str
    conclusion: str
    seconds: float

    def sentence(self) -> kit.Text:
        how = {
            "success": say("ended the job {name} of run {number}: success", name=self.name, number=self.number),
            "failure": say("ended the job {name} of run {number}: failure", name=self.name, number=self.number),
            "skipped": say("skipped the job {name} of run {number}", name=self.name, number=self.number),
        }
        cancelled = say("ended the job {name} of run {number}: cancelled", name=self.name, number=self.number)
        return how.get(self.conclusion, cancelled)


@dataclass(frozen=True, kw_only=True)
class JobCancelled(Event, kind="build.job_cancelled"):
    project: int
    run: int
    number: int
    job: int
    name: str

    def sentence(self) -> kit.Text:
        return say("cancelled the job {name} of run {number}", name=self.name, number=self.number)
