"""The process of a server that commands share: `python -m flows.cli.server_process NOTE IDLE_S MODULE ARGUMENTS...`.

It begins when it is told that it is written down. Its starter may be killed before: then it reads the end of the file
and ends, instead of running where nobody knows of it. From then on it looks at its note: without users for a while it
ends itself, and so it does when the note is gone, with its home, or names another server.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import time
from pathlib import Path
from threading import Thread

from flows.cli.servers import STOP_TIMEOUT_S, end_all, family_of, lock_of, noted
from tasks.processes import this_process

LOOK_S = 2.0
"""How often it looks; a look is a small file and a signal 0 a user."""


def main(note: Path, idle_s: float | None, module: str) -> None:
    """Run the module as this process, once we are told to, and watch the note beside it."""
    if not sys.stdin.buffer.read(1):
        return
    Thread(target=_watch, args=(note, idle_s), daemon=True).start()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _watch(note: Path, idle_s: float | None) -> None:
    used = time.monotonic()
    while True:
        time.sleep(min(LOOK_S, idle_s or LOOK_S))
        if not _is_ours(note):
            _end()
        server = noted(note)
        if idle_s is None or (server is not None and server.living):
            used = time.monotonic()
        elif time.monotonic() - used >= idle_s:
            with lock_of(note):  # held until this process has ended, so that the next server finds the database free
                server = noted(note)
                if server is not None and not server.living:
                    note.unlink()
                    _end()


def _is_ours(note: Path) -> bool:
    server = noted(note)
    return server is not None and server.process == this_process()


def _end() -> None:
    """End what we have started, then ourselves as any SIGTERM does; at last without a word."""
    end_all(lambda: family_of(os.getpid()) - {os.getpid()})
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_TIMEOUT_S)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    note, idle, module = sys.argv[1:4]
    del sys.argv[1:4]
    main(Path(note), None if idle == "never" else float(idle), module)
