"""One job, from its sandbox to its last word. It runs in a process of its own, which outlives runner and house."""

import logging
from contextlib import ExitStack
from dataclasses import dataclass

import msgspec
from msgspec import structs

from dure.kit import HIDDEN_BYTES_MIN, Mask, Refused, Text, say, web_link
from dure.runner.counter import Counter
from dure.runner.job.containers import close_containers, open_containers
from dure.runner.job.desk import Desk, Drawer, Scope, Watch, at
from dure.runner.job.given import event_of
from dure.runner.job.reports import hand_over_tests
from dure.runner.job.saying import Matching, Remarks
from dure.runner.job.steps import do_steps
from dure.runner.job.warm import Kind, Warm, moved_in
from dure.runner.place import JobPlace, hold, is_full
from dure.runner.record import Journal, Log
from dure.runner.sandbox import CellLost, View, words_of
from dure.wire import Ended, JobOrder, JobResult, Started, Tier

log = logging.getLogger(__name__)

OUTPUTS_BYTES_MAX = 1 << 20


@dataclass(frozen=True)
class Errand:
    """What a supervisor is told. It holds secrets and is never written to a disk."""

    order: JobOrder
    place: JobPlace
    view: View
    """What the job will see; its room is yet to be made."""
    tier: Tier
    runner_name: str

    @property
    def kind(self) -> Kind:
        return Kind(self.tier, self.view)


def supervise(errand: Errand, warm: Warm | None = None) -> None:
    """Does the job. Whatever happens, its journal ends with the last word, unless this process is killed."""
    with hold(errand.place.path / "lock") as ours:
        journal_file = errand.place.path / "journal"
        if not ours or (journal_file.exists() and journal_file.stat().st_size):
            # Given up as lost before it began.
            return
        journal = Journal(journal_file, lambda: errand.place.ring("bell"))
        try:
            ended = do_job(errand, journal, warm)
        except CellLost:
            ended = last_word("failure", say("The sandbox of the job ended before the job did."))
        except OSError as error:
            log.exception("job %s", errand.place.path.name)
            why = say("The disk of the runner is full.") if is_full(error) else say("{error}", error=str(error))
            ended = last_word("failure", why)
        except Refused as refusal:
            ended = last_word("failure", refusal.text)
        except Exception:
            log.exception("job %s", errand.place.path.name)
            ended = last_word("failure", say("The runner made a mistake; its log says which."))
        journal.add(structs.replace(ended, why=without_secrets(errand.order, ended.why)))


def last_word(conclusion: JobResult, why: Text | None = None, outputs: dict[str, str] | None = None) -> Ended:
    return Ended(conclusion=conclusion, outputs=outputs or {}, at=at(), why=str(why) if why else "")


def do_job(errand: Errand, journal: Journal, warm: Warm | None) -> Ended:
    order, place = errand.order, errand.place
    with ExitStack() as closing:
        counter = Counter(place, order)
        closing.callback(counter.close)
        written = Log(place.path / "log", order.log_bytes_max, [*hidden(order), *counter.secrets])
        written.on_written = lambda: place.ring("bell")
        room, cell = moved_in(errand.kind, place, warm)
        closing.callback(cell.close)
        commands = Drawer(room / "commands", errand.view.user, jobs_own=False)
        handed = Drawer(room / "handed", errand.view.user, jobs_own=True)
        scope = Scope(order, cell.room, errand.runner_name)
        watch = Watch(place, cell, written, 60 * order.timeout_minutes, 60 * order.cancel_timeout_minutes)
        desk = Desk(place, scope, written, journal, cell, watch, commands, handed)
        desk.services = counter.environment
        matching = Matching(desk)
        written.heed = Remarks(desk, matching).heed
        scope.hash_files = desk.hash_files
        commands.put("event.json", msgspec.json.encode(event_of(scope)))
        isolation = words_of(errand.tier, errand.view)
        journal.add(Started(isolation=isolation, at=at()))
        written.tell(f"{order.name} on {errand.runner_name}\n{isolation}")
        scope.env = scope.texts(order.env)
        closing.callback(close_containers, desk)
        open_containers(desk)
        do_steps(desk, matching)
        ended = outcome(desk)
        closing.close()
        watch.drain()
        written.settle()
        hand_over_tests(desk, room / "work")
        return structs.replace(ended, why=written.masked(ended.why))


def outcome(desk: Desk) -> Ended:
    """How the job went, and what it says to the jobs that need it."""
    scope, why = desk.scope, None
    conclusion: JobResult = scope.status
    outputs, link = {}, ""
    try:
        outputs = scope.texts(scope.order.outputs)
        link = link_in(desk)
    except Refused as refusal:
        conclusion, why = "failure", refusal.text
    if desk.watch.obeyed == "job_time":
        why = say("The job took longer than its {minutes:g} minutes.", minutes=scope.order.timeout_minutes)
    if sum(len(value.encode()) for value in outputs.values()) > OUTPUTS_BYTES_MAX:
        conclusion, why, outputs = "failure", say("The outputs of the job have more than 1 MiB."), {}
    # What would stand as stars is not told at all: the job that reads it would take the stars for the value.
    shown = {name: value for name, value in outputs.items() if desk.log.masked(value) == value}
    for name in outputs.keys() - shown.keys():
        desk.log.tell(f"##[warning]The output {name} is left out, because it holds a secret.")
    return structs.replace(last_word(conclusion, why, shown), environment_url=link)


def link_in(desk: Desk) -> str:
    """Where people see what the job has put up, if a page may lead there."""
    said = desk.scope.text(desk.scope.order.environment_url)
    link = web_link(said)
    if said and (not link or desk.log.masked(link) != link):
        desk.log.tell("##[warning]The url of the environment is left out: it must begin with http:// or https://.")
        return ""
    return link


def without_secrets(order: JobOrder, words: str) -> str:
    """Why a job ended may name what its expressions came to, even where there is no log yet."""
    if not words:
        return words
    mask = Mask(value for value in hidden(order) if len(value.strip().encode()) >= HIDDEN_BYTES_MIN)
    return (mask.feed(words.encode("utf-8", "replace")) + mask.finish()).decode("utf-8", "replace")


def hidden(order: JobOrder) -> list[str]:
    return [*order.secrets.values(), order.job_token]
