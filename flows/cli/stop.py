"""Ctrl-C and SIGTERM at a desk: the command ends in order, says what is kept, and how to go on.

Loaded by every command, so it loads nothing heavy itself.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from schemas.errors import TrunklineError
from tasks.progress import Event, Finished, Skipped, Started


class Stopped(TrunklineError):
    """Somebody stopped the command; the exit code is what a shell makes of the signal."""

    def __init__(self, message: str, number: signal.Signals) -> None:
        super().__init__(message)
        self.exit_code = 128 + number  # type: ignore[misc]  # of other errors it is the class's


class Steps:
    """Which steps are done and which one is at work."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.running: str | None = None
        self.seconds = 0.0
        """That the steps took."""

    def __call__(self, event: Event) -> None:
        """Hear what a step tells; teachers and trials keep their steps as well, but there may be dozens."""
        match event:
            case Started():
                self.running = event.step
            case Finished() | Skipped():
                self.running = None
                self.seconds += event.seconds if isinstance(event, Finished) else 0.0
                if event.step not in self.done:
                    self.done.append(event.step)

    def sentence(self) -> str:
        """Say what is kept."""
        from tasks.chain import SAYS  # whose steps were heard of, has loaded it

        kept = f"Finished and kept: {', '.join(SAYS[step] for step in self.done)}. " if self.done else ""
        begun = "Training goes on from its last checkpoint. " if self.running == "train" else ""
        return f"stopped. {kept}{begun}The same command goes on from here."


@contextmanager
def stoppable() -> Iterator[Steps]:
    """Turn SIGINT and SIGTERM in this block into `Stopped`, once what is under way has been closed.

    A second signal ends the process where it is, for those who will not wait; the next command clears up after it.
    Blocks may be nested: the inner one, which knows its steps, says the sentence.
    """
    received: list[signal.Signals] = []

    def stop(number: int, frame: FrameType | None) -> None:
        received.append(signal.Signals(number))
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_DFL)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    steps = Steps()
    try:
        yield steps
    except KeyboardInterrupt:
        raise Stopped(steps.sentence(), (received or [signal.SIGINT])[0]) from None
    finally:
        if not _was_received():
            for number, handler in before.items():
                signal.signal(number, handler)


def nothing_to_stop() -> None:
    """Let signals change nothing from here on, where the work is done and only servers have to be left.

    Python raises Ctrl-C in whatever it runs at its end, where nobody catches it, and at the very end gives signals back
    to the kernel, which kills the process without a word. After a first signal a second one goes on to kill.
    """
    if not _was_received():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)


def _was_received() -> bool:
    """Python itself never leaves Ctrl-C to the kernel; only `stop` does, for the second."""
    return signal.getsignal(signal.SIGINT) is signal.SIG_DFL
