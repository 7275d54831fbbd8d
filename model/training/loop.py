"""The training loop: a generator of reports, resumable at any step to the same result.

The randomness of a step is a function of (seed, step) alone: batch order by `batch_rows`, dropout by seeding torch at
each step. So a checkpoint holds weights, optimiser state and counters, and no generator state.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.balance import build_balance
from model.data.augment import Augmenter
from model.data.batches import Batch, Encoded, encode, unchanged
from model.data.homes import Homes
from model.data.shards import Shards, Split
from model.net import Net
from model.training.affinity import Relations, probe
from model.training.checkpoint import load_tensors, optimiser_tensors, prefixed, restore_optimiser, save_tensors, under
from model.training.device import choose_compute
from model.training.distil import Teacher, Teaching
from model.training.evaluate import score_net
from model.training.failed import diverged, out_of_memory
from model.training.finished import HISTORY, INDEX, TABLES, WEIGHTS, load_net
from model.training.going_on import go_on_from, words_kept
from model.training.head_moments import HeadMoments
from model.training.head_stopping import Stopping
from model.training.optimiser import build_optimiser, learning_rate
from model.training.reports import EpochReport, StepReport
from model.training.start import fit_featurizer, load_start, scale_score_heads, start_net
from model.training.workers import Workers
from schemas.artifacts.graphs import VOCABULARY
from schemas.data.dataset import Dataset
from schemas.data.heads import plan_heads
from schemas.spec.product import Spec
from schemas.spec.teachers import teachers_of
from trunkline_edge.bundle.files import write_atomic

CHECKPOINT, BEST = "checkpoint.safetensors", "best.safetensors"
SHARDS = "shards"
"""Folder of the splits that are too large for memory, while the training lasts."""
REPORT_STEPS = 10
"""Steps between two `StepReport`s: each reads the losses back from the device."""


@dataclass
class _Progress:
    """The counters that a checkpoint carries."""

    epoch: int = 1
    step: int = 0
    """Steps done in the epoch."""
    best_score: float = -math.inf
    stale_epochs: int = 0
    seconds: float = 0.0
    """Spent in the epoch's steps so far."""
    rows: int = 0
    """Trained on in the epoch so far."""
    sums: dict[str, float] = field(default_factory=dict)
    """Sums over the epoch's steps: `loss/<head>`, `weight/<head>`, `steps/<head>`, `penalty/<name>`."""
    history: list[dict[str, Any]] = field(default_factory=list)


def train(
    spec: Spec,
    dataset: Dataset,
    folder: Path,
    teachers: Mapping[str, Path] = MappingProxyType({}),
    start: Path | None = None,
) -> Iterator[StepReport | EpochReport]:
    """Train in `folder`, resuming from its checkpoint when there is one.

    `teachers` are the folders of the finished trainings that `teachers_of(spec)` names; `start` is the folder of the
    one to go on from.

    When the iterator ends, the folder holds the best epoch's weights, the vocabulary, the history, and last of all
    `net.json`. A folder with `net.json` is done: nothing is yielded.

    Raises:
        TrainingDiverged: losses, weights or scores are no longer numbers.
        OutOfMemory: the net or its batches do not fit.
        AnotherNet: `start` holds a net of another architecture.
    """
    if (folder / INDEX).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield from Training(spec, dataset, folder, teachers, start).run()
    except (RuntimeError, MemoryError) as error:  # torch has no class of its own for a CPU whose memory is full
        full = out_of_memory(spec, error)
        if full is None:
            raise
        raise full from error


def describe_machine(spec: Spec) -> dict[str, str]:
    """Say which device and precision a training with this spec uses here."""
    return choose_compute(spec.train).describe()


class Training:
    """One training run: everything that lives between two steps."""

    def __init__(
        self,
        spec: Spec,
        dataset: Dataset,
        folder: Path,
        teachers: Mapping[str, Path] = MappingProxyType({}),
        start: Path | None = None,
    ) -> None:
        self.spec, self.settings, self.folder = spec, spec.train, folder
        self.compute, self.workers = choose_compute(spec.train), Workers.here()
        self.plans = plan_heads(spec, dataset)
        words = load_start(spec.trunk)
        self.augmenter = Augmenter(dataset, self.plans, self.settings) if self.settings.augment else None
        self.featurizer = fit_featurizer(dataset, spec.trunk, words, self.augmenter.words if self.augmenter else ())
        is_frozen = start is not None and self.settings.freeze is not None
        if start is not None and is_frozen:
            self.featurizer = words_kept(self.featurizer, start)
        # Of an auxiliary head nothing ships but what the trunk learns from it.
        self.learning = tuple(plan for plan in self.plans if not (is_frozen and plan.auxiliary))
        self.dataset = dataset
        self.homes = Homes(dataset, spec) if spec.names else None
        self.rows = self._encoded("train", 0)
        # Without valid rows the train rows must say when to stop; validation reports that there are none.
        self.valid = self._encoded("valid", 0) if dataset.counts.get("valid") else self.rows
        torch.manual_seed(self.settings.seed)
        if self.compute.device.type == "cuda":  # GPU only: cuDNN's LSTM and embedding sums vary from run to run
            torch.use_deterministic_algorithms(True, warn_only=True)
        self.net = Net(spec, self.plans, self.featurizer.size).to(self.compute.device)
        start_net(self.net, spec.trunk, words, self.featurizer)
        scale_score_heads(self.net, self.learning, self.rows)
        if start is not None:
            go_on_from(self.net, self.featurizer, start)
        if is_frozen:
            self.net.sharing.requires_grad_(False)
        self.balance = build_balance(spec.balance, self.plans).to(self.compute.device)
        self.optimiser = build_optimiser(self.net, self.balance, self.settings)
        self.relations, self.stopping = Relations(self.plans), Stopping(self.plans)
        self.teaching = self._teaching(teachers)
        self.progress = _Progress()
        self._resume()
        if self.settings.compile:
            self.net.compile()

    def run(self) -> Iterator[StepReport | EpochReport]:
        """Train to the last epoch or until patience ends."""
        while self.progress.epoch <= self.settings.epochs and self.progress.stale_epochs < self.settings.patience:
            yield from self._epoch()
        self._finish()

    def _epoch(self) -> Iterator[StepReport | EpochReport]:
        progress = self.progress
        if self.augmenter is not None or self.homes is not None:
            self.rows = self._encoded("train", progress.epoch)
        steps = self.rows.steps(self.settings.batch_size, self.settings.seed, progress.epoch)
        self.net.train()
        for encoded, rows in steps.after(progress.step):
            self.step(encoded, rows, (progress.epoch - 1) * len(steps) + progress.step, len(steps))
            progress.step += 1
            if progress.step % REPORT_STEPS == 0 or progress.step == len(steps):
                yield StepReport(progress.epoch, progress.step, len(steps), _mean_loss(self._epoch_losses()))
            if progress.step % self.settings.checkpoint_steps == 0:
                self._checkpoint()
        yield self._close_epoch()

    def _encoded(self, split: str, epoch: int) -> Split:
        """Return a split as an epoch sees it; 0: as the data set has it."""
        change = partial(self.augmenter, epoch=epoch) if self.augmenter and epoch else unchanged
        known = partial(self.homes, epoch=epoch) if self.homes else None
        what = self.dataset, split, self.featurizer, self.learning
        if self.dataset.counts.get(split, 0) <= self.settings.window_rows:
            return encode(*what, change, known)
        shards = self.folder / SHARDS
        if self.workers.is_first:  # an epoch's rows are of no use to the next
            for folder in shards.glob(f"{split}-*") if epoch else ():
                if folder.name not in (f"{split}-0", f"{split}-{epoch}"):
                    shutil.rmtree(folder)
        return Shards(
            shards / f"{split}-{epoch}", *what, self.settings.window_rows, self.workers.is_first, change, known
        )

    def step(self, encoded: Encoded, rows: NDArray[np.int64], step: int, steps: int) -> None:
        """Train on some rows; `step` counts from the training's start, `steps` are in an epoch."""
        begun = time.perf_counter()
        batch = self.workers.gather(encoded, rows, pin=self.compute.device.type == "cuda").to(self.compute.device)
        batch = replace(batch, targets=self.stopping.live(batch.targets))
        self.net.on_step_begin(step / (steps * self.settings.epochs), step)
        if self.spec.probe_steps and step % self.spec.probe_steps == 0:
            self.relations.add(probe(self.net, batch, self.settings.learning_rate))
        torch.manual_seed(self.workers.seed(self.settings.seed, step))
        rate = learning_rate(self.settings, step, steps * self.settings.epochs)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["rate_factor"]
        losses, weights, penalties = self.forward_backward(batch)
        self.workers.sum_gradients(self.net)
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.settings.clip_norm)
        self.optimiser.step()
        self.net.on_step_end(step, rate)
        self.balance.on_step_end(lambda: self._losses_again(batch, step))
        self._count(losses, weights, penalties)
        self.progress.rows += len(rows)
        self.progress.seconds += time.perf_counter() - begun

    def forward_backward(self, batch: Batch) -> tuple[dict[str, Tensor], Mapping[str, float], Mapping[str, Tensor]]:
        """Leave the gradients of a batch on the parameters; of several workers, each leaves its part.

        Returns:
            head -> loss, head -> its weight in the balanced loss, name -> penalty
        """
        logits, losses = self._losses(batch)
        penalties = self.net.penalties()
        self.net.sharing.observe(logits, batch.targets)
        self.optimiser.zero_grad(set_to_none=True)
        penalty = sum(penalties.values(), start=torch.zeros((), device=self.compute.device)) / self.workers.count
        if isinstance(self.optimiser, HeadMoments):
            return losses, self.optimiser.backward(losses, penalty), penalties
        return losses, self.balance.backward(losses, penalty, self.net), penalties

    def _losses(self, batch: Batch) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Return the logits of a batch, and head -> loss: against its labels, and its teachers if it has any."""
        with self._autocast():
            logits = self.net(*batch.inputs)
            progress = self.progress
            taught = self.teaching.losses(self.net, progress.epoch, progress.step) if self.teaching else {}
        heads = [plan.name for plan in self.plans]
        losses = self.workers.whole(self.net.losses(logits, batch.targets), batch.targets, heads)
        taught = self.workers.whole(taught, None, heads)  # all workers read the same synthetic rows
        for name, loss in taught.items():
            losses[name] = losses[name] + loss if name in losses else loss
        return logits, losses

    @torch.no_grad()
    def _losses_again(self, batch: Batch, step: int) -> dict[str, Tensor]:
        # The dropout masks of the step: only the weights differ.
        torch.manual_seed(self.workers.seed(self.settings.seed, step))
        return self._losses(batch)[1]

    def _count(
        self, losses: Mapping[str, Tensor], weights: Mapping[str, float], penalties: Mapping[str, Tensor]
    ) -> None:
        # Sums stay on the device until they are reported: reading one each step would stall a GPU.
        sums: dict[str, Any] = self.progress.sums
        for name, loss in losses.items():
            sums[f"loss/{name}"] = sums.get(f"loss/{name}", 0.0) + loss.detach().double()
            sums[f"weight/{name}"] = sums.get(f"weight/{name}", 0.0) + weights[name]
            sums[f"steps/{name}"] = sums.get(f"steps/{name}", 0) + 1
        for name, penalty in penalties.items():
            sums[f"penalty/{name}"] = sums.get(f"penalty/{name}", 0.0) + penalty.detach().double()

    def _epoch_losses(self) -> dict[str, float]:
        sums = self.progress.sums
        return {
            plan.name: float(sums[f"loss/{plan.name}"]) / sums[f"steps/{plan.name}"]
            for plan in self.plans
            if f"loss/{plan.name}" in sums
        }

    def _close_epoch(self) -> EpochReport:
        progress = self.progress
        losses = self._epoch_losses()
        lost = [f"the loss of {head} is {loss}" for head, loss in losses.items() if not math.isfinite(loss)]
        # The last step of an epoch shows in no loss of it.
        lost += [
            f"the weights {name} are no numbers"
            for name, weight in self.net.named_parameters()
            if not torch.isfinite(weight).all()
        ]
        if lost:
            raise diverged(self.spec, progress.epoch, lost[0])
        scores = score_net(self.net, self.valid, self.compute)
        score = self.workers.agreed(scores.mean)
        if not math.isfinite(score):
            raise diverged(self.spec, progress.epoch, f"the score on valid rows is {score}")
        is_best = score > progress.best_score
        affinities = self.relations.end_epoch()
        group = self.optimiser.param_groups[0]
        report = EpochReport(
            epoch=progress.epoch,
            epochs=self.settings.epochs,
            seconds=progress.seconds,
            utterances_per_s=progress.rows / max(progress.seconds, 1e-9),
            learning_rate=float(group["lr"]) / group["rate_factor"],
            losses=losses,
            penalties={name: float(value) / progress.step for name, value in under("penalty", progress.sums).items()},
            weights={name: progress.sums[f"weight/{name}"] / progress.sums[f"steps/{name}"] for name in losses},
            valid=scores.metrics(),
            score=score,
            is_best=is_best,
            affinities=affinities,
            stopped=self.stopping.on_epoch_end(affinities),
        )
        self.balance.on_epoch_end(losses)
        if self.workers.is_first and (is_best or self.settings.keep == "last"):
            # Before the hook: the weights kept are the weights scored.
            save_tensors(self.folder / BEST, self.net.state_dict(), {"epoch": progress.epoch, "score": score})
        self.net.on_epoch_end(progress.epoch)
        self.progress = _Progress(
            epoch=progress.epoch + 1,
            best_score=max(score, progress.best_score),
            stale_epochs=0 if is_best else progress.stale_epochs + 1,
            history=[*progress.history, asdict(report)],
        )
        self._checkpoint()
        return report

    def _checkpoint(self) -> None:
        if not self.workers.is_first:
            return
        sums = {key: float(value) for key, value in self.progress.sums.items()}
        tensors = (
            prefixed("net", self.net.state_dict())
            | prefixed("balance", self.balance.state_dict())
            | prefixed("relations", self.relations.state_dict())
            | prefixed("stopping", self.stopping.state_dict())
            | prefixed("optimiser", optimiser_tensors(self.optimiser))
        )
        save_tensors(self.folder / CHECKPOINT, tensors, asdict(self.progress) | {"sums": sums})

    def _resume(self) -> None:
        path = self.folder / CHECKPOINT
        if not path.exists():
            return
        tensors, facts = load_tensors(path)
        self.net.load_state_dict(under("net", tensors))
        self.balance.load_state_dict(under("balance", tensors))
        self.relations.load_state_dict(under("relations", tensors))
        self.stopping.load_state_dict(under("stopping", tensors))
        restore_optimiser(self.optimiser, under("optimiser", tensors))
        self.progress = _Progress(**facts)

    def _finish(self) -> None:
        self.workers.meet()  # nobody reads shards any more
        if not self.workers.is_first:
            return
        shutil.rmtree(self.folder / SHARDS, ignore_errors=True)
        best, facts = load_tensors(self.folder / BEST)
        save_tensors(self.folder / WEIGHTS, best, facts)
        self.net.load_state_dict(best)
        tables = [asdict(table) for table in [*self.net.tables(), *self.relations.tables()]]
        write_atomic(self.folder / TABLES, json.dumps(tables, indent=1).encode())
        write_atomic(self.folder / VOCABULARY, "\n".join(self.featurizer.vocabulary).encode())
        write_atomic(self.folder / HISTORY, json.dumps(self.progress.history, indent=1).encode())
        index = {
            "featurizer": self.featurizer.config.to_json(),
            "heads": [asdict(plan) for plan in self.plans],
            "compute": self.compute.describe(),
            **facts,
        }
        write_atomic(self.folder / INDEX, json.dumps(index, indent=1, ensure_ascii=False).encode())
        # Both are in `net.safetensors` or of no more use; with `net.json` written they are never read again.
        (self.folder / CHECKPOINT).unlink(missing_ok=True)
        (self.folder / BEST).unlink(missing_ok=True)

    def _teaching(self, folders: Mapping[str, Path]) -> Teaching | None:
        specs = teachers_of(self.spec)
        if not specs:
            return None
        return Teaching(
            [Teacher(*load_net(specs[name], folders[name])) for name in specs],
            self.dataset,
            self.learning,
            self.featurizer,
            made=self.spec.distill.made,
            weight=self.spec.distill.weight,
            batch_size=self.settings.batch_size,
            seed=self.settings.seed,
            compute=self.compute,
        )

    def _autocast(self) -> torch.autocast:
        return torch.autocast(
            self.compute.device.type, self.compute.autocast, enabled=self.compute.autocast is not None
        )


def _mean_loss(losses: Mapping[str, float]) -> float:
    return sum(losses.values()) / max(1, len(losses))
