"""Bars for trials that go on at once."""

from __future__ import annotations

import time

from rich.progress import Progress, TaskID

from tasks.chain import SAYS
from tasks.progress import Advanced, Finished, GivenUp, Skipped, SourcedEvent, Started


class TrialBars:
    """A bar for each trial that is under way, and a line for each that is done."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.bars: dict[str, TaskID] = {}
        self.begun: dict[str, float] = {}
        self.done: set[tuple[str, str]] = set()
        """Who, and the step that ended the work: a net that was only trained may go on to be shipped."""

    def __call__(self, told: SourcedEvent) -> None:
        """Show what one of them told."""
        if (told.who, told.last) in self.done:  # the flow finds what the workers have done
            return
        if told.who not in self.bars:
            self.bars[told.who] = self.progress.add_task(told.who, total=None, what="")
            self.begun[told.who] = time.monotonic()
        self._show(told)

    def _show(self, told: SourcedEvent) -> None:
        who, bar = told.who, self.bars[told.who]
        event = told.event
        while isinstance(event, SourcedEvent):  # a teacher of the trial
            event = event.event
        match event:
            case Started(step):
                self.progress.update(bar, what=SAYS[step])
            case Advanced("train", done, total, what):
                self.progress.update(bar, completed=done, total=total, what=what)
            case Finished(step) if step == told.last:
                self._end(told, f"done in {time.monotonic() - self.begun[who]:.0f} s")
            case GivenUp(step, why) if step == told.last:
                self._end(told, why)
            case Skipped(step) if step == told.last:
                self._end(told, "[dim]skipped: same input and code[/dim]")
            case _:
                pass

    def _end(self, told: SourcedEvent, how: str) -> None:
        who = told.who
        self.done.add((who, told.last))
        # Hidden, not removed: `Progress.tasks` is read by number elsewhere, and removing one would shift the others.
        bar = self.bars.pop(who)
        self.progress.update(bar, visible=False)
        self.progress.stop_task(bar)
        self.progress.console.print(f"{who:<20} {how}", highlight=False, soft_wrap=True)
