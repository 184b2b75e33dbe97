"""Runs a server for as long as somebody uses it: `warden.py FOLDER COMMAND...`

Whoever uses the server holds a shared lock on FOLDER/users. The kernel lets go of that lock however a user ends,
by Ctrl-C and kill -9 too. Once nobody holds it the warden stops the server and removes the folder, so a test run
never leaves a server behind. It is a process of its own because the test run may be killed at any moment.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path


def main(folder: Path, command: list[str]) -> None:
    with (folder / "users").open() as users, (folder / "log").open("a") as log:
        # The one who called us goes on at once and owes us no farewell: we are the child of nobody.
        if os.fork():
            os._exit(0)
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")
        watch = threading.Thread(target=note_the_end, args=(server, folder))
        watch.start()
        fcntl.flock(users, fcntl.LOCK_EX)
        server.send_signal(signal.SIGQUIT)
        watch.join()
        shutil.rmtree(folder)


def note_the_end(server: "subprocess.Popen[bytes]", folder: Path) -> None:
    """Who waits for a server that died at its start learns it, instead of waiting in vain."""
    server.wait()
    (folder / "ended").touch()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
