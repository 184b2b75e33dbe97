"""What the supervisor of one job wants: a thread for each, so that nothing waits for what is large."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from dure.runner.agent.bringing import Bringer
from dure.runner.agent.house import Away, NotOurs
from dure.runner.place import JobPlace, Want

log = logging.getLogger(__name__)

AT_ONCE_MAX = 4
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


class Wants:
    """Whoever dies in between leaves a question without an answer, and the next runner begins it anew."""

    def __init__(self, place: JobPlace, bringer: Callable[[], Bringer], is_leaving: Callable[[], bool]) -> None:
        self.place, self.bringer, self.is_leaving = place, bringer, is_leaving
        self.is_over = False
        self.trouble: NotOurs | None = None
        self.at_work: set[str] = set()

    def look(self) -> bool:
        """Begins with what is new; whether there was anything."""
        if self.trouble is not None:
            raise self.trouble
        found = False
        for path in sorted((self.place.path / "wants").glob("*.json")):
            if len(self.at_work) >= AT_ONCE_MAX:
                break
            if path.name in self.at_work or path.with_suffix(".answer").exists():
                continue
            self.at_work.add(path.name)
            threading.Thread(target=self.serve, args=(path,), name=f"want {path.stem}", daemon=True).start()
            found = True
        return found

    def serve(self, path: Path) -> None:
        bringer = self.bringer()
        try:
            self.bring(bringer, path)
        except NotOurs as error:
            self.trouble = error
        except FileNotFoundError:
            log.info("%s is not wanted any more", path)
        except Exception:
            log.exception("%s", path)
        finally:
            bringer.house.hang_up()
            self.at_work.discard(path.name)
            self.place.ring("bell")

    def bring(self, bringer: Bringer, path: Path) -> None:
        want = msgspec.json.decode(path.read_bytes(), type=Want)
        fails = 0
        while not (self.is_over or self.is_leaving()):
            try:
                said = bringer.bring(self.place, want)
            except Away as error:
                if fails == 0:
                    log.warning("job %s: %s", self.place.path.name, error)
                time.sleep(RETRY_SECONDS[min(fails, len(RETRY_SECONDS) - 1)])
                fails += 1
                continue
            with suppress(FileNotFoundError):
                self.place.put(f"wants/{path.stem}.answer", msgspec.json.encode(said))
                self.place.ring("ear")
            return
