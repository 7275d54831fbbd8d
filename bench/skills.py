"""What skills on a frozen trunk are worth: `python -m bench.skills ../shared/data build/skills`.

Each domain of CLINC150, each intent of SNIPS, and flights and the smart home of an assistant that has both, is left out
of a base's training once and added to it as a skill, with 10, 50, 200 and all of its train rows; three domains also to
bases that had one or three others. Beside it: a net of its own on the same rows, and the net that learned everything
together. Then a base of five domains with 2, 10 and 20 skills of three or four intents from the other five. All answers
come from the device runtime. What was made or measured lies in the second folder and is not done twice; more arguments
name the sets or groups to do (`clinc150 banking snips`), `routing` the last part. `--encoder` builds bases on the small
encoder of `make encoder`, `--whole` takes all rows of the sets: each in a folder of its own.
"""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from bench.product import bundle_of, home_rows, write_rows
from bench.quality import SPECS
from bench.skill_sets import GROUPED_BY, HEADS, OUTSIDE, SKILL_HEADS, Row, groups_of, rows_of, skills_of
from deploy.skills.base import read_states, trunk_of
from deploy.skills.build import build_skill
from model.data.batches import encode
from model.skills.graphs import export_skill
from model.skills.train import DROPOUT, MINE_PLAN, SkillNet, fit
from model.training.device import choose_compute
from model.training.evaluate import score_net
from model.training.finished import load_net
from model.training.loop import train
from schemas.artifacts.states import States
from schemas.data.heads import plan_heads
from schemas.spec.load import load_spec, parse_spec
from schemas.spec.product import Spec
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.understanding.session import Runtime, open_folder
from trunkline_edge.understanding.skills import Skill

EPOCHS = {"clinc150": 10, "snips": 8, "together": 8}
COMPACT: Mapping[str, Any] = {
    "trunk": {"width": 128, "embedding_width": 64, "featurizer": {"buckets": 8192}},
    "train": {"batch_size": 32, "learning_rate": 4e-3},
}
ENCODER = SPECS / "clinc150-encoder.yaml"
"""Spec whose trunk and training a base has with `--encoder`."""
ROWS = (10, 50, 200, 0)
"""Train rows of a skill; 0: all that there are."""
OWN_ROWS = (50,)
"""With so many, a net of its own is trained beside it."""
OWN_STEPS = 300
LAYER = 0
SKILLS = (2, 10, 20)
OTHERS = 3_000
TRUNKS = (1, 3)
"""Groups that a trunk had, beside all but one: of `FEW_OF` and for `FEW_ROWS`."""
FEW_OF = "clinc150"
FEW_GROUPS = ("banking", "small_talk", "travel")
FEW_ROWS = (50, 0)


@dataclass(frozen=True)
class Cell:
    """One skill beside its base. Shares are of test rows, from 0 to 1."""

    data: str
    group: str
    trunk_groups: int
    """That the trunk had, what is for nobody apart."""
    asked: int
    """Of `ROWS`."""
    rows: int
    """Train rows that there were."""
    told: float
    """Own rows with the right intent from the skill's head, whoever claims them; slot F1 of a set with slots."""
    routed: float
    """Own rows that the skill claims and gets right; of a set with slots those that it claims."""
    joint: float
    """Own rows that the net of everything gets right, or its slot F1 on them."""
    own_net: float | None
    """As `told`, by a net of its own; None: not trained."""
    stolen: float
    """The base's rows that the skill claims."""
    outside: float | None
    """Rows from outside that it claims, where the set has some."""
    bytes: int
    ms: float
    """That the skill adds to an utterance of the base, at the median."""
    seconds: float
    """Of training its heads."""


def spec_of(name: str, rows: Path, heads: Mapping[str, str], epochs: int, net: Mapping[str, Any] = COMPACT) -> Spec:
    """Return the spec of a base, a skill or a net of its own."""
    return parse_spec(
        {
            "name": name,
            "data": [{"path": str(rows)}],
            "heads": {head: {"kind": kind} for head, kind in heads.items()},
            "trunk": net["trunk"],
            "train": {"epochs": epochs, "patience": epochs, **net["train"]},
            "reject": {"false_accept": 0.3},
        }
    )


@dataclass(frozen=True)
class Part:
    """A group to be measured as a skill."""

    group: str
    without: frozenset[str]
    """Groups that the trunk does not have."""
    trunk_groups: int
    """As in `Cell`."""
    rows: tuple[int, ...]
    """Of `ROWS`."""


def base_of(folder: Path, data: str, rows: Sequence[Row], without: Collection[str], net: Mapping[str, Any]) -> Path:
    """Train a base without some groups, once; returns its bundle's folder."""
    place = folder / data / ("-".join(sorted(without)).replace(" ", "_") or "joint")
    if not (place / "bundle" / "manifest.json").exists():
        kept = [row for row in rows if row["labels"][GROUPED_BY[data]] not in without]
        spec = spec_of(f"base-{data}", write_rows(kept, place / "rows.jsonl"), HEADS[data], EPOCHS[data], net)
        bundle_of(spec, home_rows(spec, place), place)
    return place / "bundle"


class Bench:
    """A base and the states of the rows that it was trained on."""

    def __init__(self, bundle: Path, rows: Sequence[Row]) -> None:
        self.bundle, self.runtime = bundle, open_folder(bundle)
        self.others = {
            split: self._states(bundle.parent / f"others-{split}.safetensors", _some(rows, split, OTHERS))
            for split in ("train", "valid")
        }

    def skill(
        self, name: str, data: str, rows: Sequence[Row], folder: Path, more: Mapping[str, States] | None = None
    ) -> tuple[Skill, float]:
        """Train a skill as `trunkline skill train` does; `more` are states of other skills. Returns the seconds too."""
        begun, place = 0.0, folder / "skill"
        spec = spec_of(name, write_rows(rows, folder / "rows.jsonl"), SKILL_HEADS[data], 1)
        dataset = home_rows(spec, folder)
        plans = plan_heads(spec, dataset)
        states = {split: self._texts(dataset, split) for split in ("train", "valid")}
        others = {split: States.joined([self.others[split], *([more[split]] if more else [])]) for split in states}
        torch.manual_seed(0)
        net = SkillNet((MINE_PLAN, *plans), states["train"].width, LAYER, dropout=DROPOUT, smoothing=0.05)
        encoded = encode(dataset, "train", self.runtime.featurizer, plans)
        begun = time.monotonic()
        mine = np.ones(len(encoded), dtype=np.bool_)
        for _ in fit(net, encoded, states["train"], others["train"], mine=mine, seed=0):
            pass
        seconds = time.monotonic() - begun
        base = self.runtime.manifest
        graphs = export_skill(
            net,
            states["train"],
            folder / "graphs",
            reads=trunk_of(base).outputs[0],
            trunk_id=base.trunk_id,
            featurizer=base.featurizer,
            opset=spec.export.opset,
        )
        build_skill(
            graphs,
            self.runtime,
            lambda entry: self.bundle / entry.name,
            dataset,
            states["valid"],
            others["valid"],
            spec,
            run_id="bench",
            created="2026-11-26T12:00:00Z",
            out=place,
        )
        skill = self.built(folder)
        assert skill is not None
        return skill, seconds

    def built(self, folder: Path) -> Skill | None:
        """Return the skill that was made in a folder; None where there is none."""
        place = folder / "skill"
        if not (place / "manifest.json").exists():
            return None
        manifest = Manifest.from_bytes((place / "manifest.json").read_bytes())
        return Skill(manifest, lambda entry: place / entry.name, self.runtime)

    def _texts(self, dataset: Any, split: str) -> States:
        return read_states(self.runtime, (text for frame in dataset.batches(split) for text in frame["text"]))

    def _states(self, file: Path, rows: Sequence[Row]) -> States:
        if not file.exists():
            read_states(self.runtime, (row["text"] for row in rows)).save(file)
        return States.load(file)


def measure(
    folder: Path,
    data: str,
    part: Part,
    rows: Sequence[Row],
    joint: Runtime,
    counts: Sequence[int],
    net: Mapping[str, Any],
) -> Iterator[Cell]:
    """Leave groups out, and yield what one of them is as a skill with so many rows."""
    group = part.group
    own = [row for row in rows if row["labels"][GROUPED_BY[data]] == group]
    rest = [row for row in rows if row["labels"][GROUPED_BY[data]] not in part.without]
    bench = Bench(base_of(folder, data, rows, part.without, net), rest)
    test = _some(own, "test", 10_000)
    theirs = _some([row for row in rest if row["labels"][GROUPED_BY[data]] != OUTSIDE], "test", 1_000)
    outside = _some([row for row in rest if row["labels"][GROUPED_BY[data]] == OUTSIDE], "test", 1_000)
    heads = SKILL_HEADS[data]
    for count in counts:
        some = [*_some(own, "train", count or 100_000), *_some(own, "valid", 100_000), *test]
        place = bench.bundle.parent / "skills" / f"{group}-{count}"
        skill, seconds = bench.skill(group.lower().replace(" ", "_"), data, some, place)
        bench.runtime.learn([skill])
        told, routed = _by_skill(bench.runtime, skill, test, data)
        stolen, far = (_share(bench.runtime, each) for each in (theirs, outside))
        yield Cell(
            data=data,
            group=group,
            trunk_groups=part.trunk_groups,
            asked=count,
            rows=sum(row["split"] == "train" for row in some),
            told=told,
            routed=routed,
            joint=_score(joint, test, data),
            own_net=_own_net(place, data, some, heads) if count in OWN_ROWS else None,
            stolen=stolen,
            outside=far if outside else None,
            bytes=sum(entry.length for entry in skill.runtime.manifest.brought),
            ms=_added_ms(bench.runtime, [skill], [row["text"] for row in theirs[:100]]),
            seconds=seconds,
        )


def routing(
    folder: Path, rows: Sequence[Row], done: set[tuple[bool, int]], net: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Add skills of few intents to a base of every other domain, and yield who answers, by their number."""
    left_out = set(sorted(groups_of("clinc150", rows))[::2])
    rest = [row for row in rows if row["labels"]["domain"] not in left_out]
    bench = Bench(base_of(folder, "clinc150", rows, left_out, net), rest)
    intents = sorted({row["labels"]["intent"] for row in rows if row["labels"]["domain"] in left_out})
    parts = {f"s{number:02}": set(part) for number, part in enumerate(np.array_split(intents, max(SKILLS)))}
    rows_by = {name: [row for row in rows if row["labels"]["intent"] in part] for name, part in parts.items()}
    states = {
        name: {split: read_states(bench.runtime, [row["text"] for row in own if row["split"] == split])
               for split in ("train", "valid")}
        for name, own in rows_by.items()
    }  # fmt: skip
    for acquainted in (True, False):
        if all((acquainted, count) in done for count in SKILLS):
            continue
        skills = {}
        for name, own in rows_by.items():
            more = None
            if acquainted:
                others = [states[other] for other in states if other != name]
                more = {split: States.joined([each[split] for each in others]) for split in ("train", "valid")}
            place = folder / "routing" / f"{name}-{acquainted}"
            skills[name] = bench.built(place) or bench.skill(name, "clinc150", own, place, more)[0]
        base_rows = _some([row for row in rest if row["labels"]["domain"] != OUTSIDE], "test", 1_000)
        outside = _some([row for row in rest if row["labels"]["domain"] == OUTSIDE], "test", 1_000)
        for count in SKILLS:
            if (acquainted, count) in done:
                continue
            added = list(skills)[:count]
            bench.runtime.learn([skills[name] for name in added])
            mine = [(bench.runtime.parse(row["text"]).skill, name)
                    for name in added for row in rows_by[name] if row["split"] == "test"]  # fmt: skip
            base = [(bench.runtime.parse(row["text"]).skill, None) for row in base_rows]
            times = [bench.runtime.parse(row["text"]).ms for row in base_rows[:300]]
            yield {
                "acquainted": acquainted,
                "skills": count,
                "right": float(np.mean([found == wanted for found, wanted in [*mine, *base]])),
                "own right": float(np.mean([found == wanted for found, wanted in mine])),
                "to another skill": float(np.mean([found not in (None, wanted) for found, wanted in mine])),
                "base right": float(np.mean([found is None for found, _ in base])),
                "outside claimed": _share(bench.runtime, outside),
                "p50 ms": float(np.median(times)),
            }


def _by_skill(runtime: Runtime, skill: Skill, rows: Sequence[Row], data: str) -> tuple[float, float]:
    """Return `Cell.told` and `Cell.routed`."""
    claimed = [runtime.parse(row["text"]).skill == skill.name for row in rows]
    told = _score(skill.runtime, rows, data)
    if "slots" in SKILL_HEADS[data]:
        return told, float(np.mean(claimed))
    right = [_intent(skill.runtime, row) == row["labels"]["intent"] for row in rows]
    return told, float(np.mean([one and other for one, other in zip(claimed, right, strict=True)]))


def _score(runtime: Runtime, rows: Sequence[Row], data: str) -> float:
    """Return intent accuracy, or slot F1 of a set with slots."""
    if "slots" not in SKILL_HEADS[data]:
        return float(np.mean([_intent(runtime, row) == row["labels"]["intent"] for row in rows]))
    hits = found = wanted = 0
    for row in rows:
        intents = runtime.parse(row["text"]).intents
        spans = {(slot.start, slot.end, slot.name) for intent in intents for slot in intent.slots}
        gold = {(span["start"], span["end"], span["label"]) for span in row["labels"]["slots"]}
        hits, found, wanted = hits + len(spans & gold), found + len(spans), wanted + len(gold)
    return 2 * hits / max(1, found + wanted)


def _intent(runtime: Runtime, row: Row) -> str | None:
    intents = runtime.parse(row["text"]).intents
    return intents[0].name if intents else None


def _own_net(folder: Path, data: str, rows: Sequence[Row], heads: Mapping[str, str]) -> float:
    """Train a net of its own for about as many steps as a skill takes; the best epoch on valid rows counts."""
    count = sum(row["split"] == "train" for row in rows)
    spec = spec_of("own", folder / "rows.jsonl", heads, max(4, OWN_STEPS * 32 // max(32, count)))
    dataset = home_rows(spec, folder)
    for _ in train(spec, dataset, folder / "own"):
        pass
    net, featurizer = load_net(spec, folder / "own")
    scores = score_net(net, encode(dataset, "test", featurizer, net.plans), choose_compute(spec.train))
    return scores.heads["slots" if "slots" in heads else "intent"].primary


def _share(runtime: Runtime, rows: Sequence[Row]) -> float:
    return float(np.mean([runtime.parse(row["text"]).skill is not None for row in rows])) if rows else 0.0


def _added_ms(runtime: Runtime, skills: Sequence[Skill], texts: Sequence[str]) -> float:
    """Return what skills add to an utterance at the median; with and without take turns, so that noise hits both."""
    times: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(5):
        for text in texts:
            for with_skills in times:
                runtime.learn(skills if with_skills else [])
                times[with_skills].append(runtime.parse(text).ms)
    return float(np.median(times[True]) - np.median(times[False]))


def _some(rows: Sequence[Row], split: str, most: int) -> list[Row]:
    """Return rows of a split, at most so many, drawn by the hash of their ids."""
    found = [row for row in rows if row["split"] == split]
    return sorted(found, key=lambda row: crc32(row["id"][::-1].encode()))[:most]


def show(cells: Sequence[Cell], routed: Sequence[Mapping[str, float]]) -> None:
    """Print the tables: means over groups."""
    kinds = {(cell.data, cell.trunk_groups): None for cell in cells}
    whole = {kind: [cell for cell in cells if (cell.data, cell.trunk_groups) == kind] for kind in kinds}
    most = {data: max(groups for other, groups in kinds if other == data) for data, _ in kinds}
    _print_means("skills left out of the base", {kind: whole[kind] for kind in kinds if kind[1] == most[kind[0]]})
    few = {
        kind: [cell for cell in found if cell.group in FEW_GROUPS and cell.asked in FEW_ROWS]
        for kind, found in sorted(whole.items())
        if kind[0] == FEW_OF
    }
    _print_means(f"{', '.join(FEW_GROUPS)}, by the groups that the trunk had", few)
    table = Table(*(routed[0] if routed else ["routing"]), title="routing")
    for line in routed:
        table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in line.values()))
    Console(width=140).print(table)


def _print_means(title: str, cells: Mapping[tuple[str, int], Sequence[Cell]]) -> None:
    table = Table(title=f"{title}, means over groups, %")
    shares = ("skill, told", "own net", "skill, routed", "joint", "stolen", "outside")
    for column in ("set", "trunk's groups", "rows", "groups", *shares, "kB", "ms", "train s"):
        table.add_column(column)
    for (data, trunk_groups), found in cells.items():
        for count in ROWS:
            some = [cell for cell in found if cell.asked == count]
            if not some:
                continue
            figures = [_mean([getattr(cell, name) for cell in some])
                       for name in ("told", "own_net", "routed", "joint", "stolen", "outside")]  # fmt: skip
            cost = [f"{np.mean([cell.bytes for cell in some]) / 1e3:.1f}", f"{np.mean([cell.ms for cell in some]):.3f}",
                    f"{np.mean([cell.seconds for cell in some]):.0f}"]  # fmt: skip
            table.add_row(data, str(trunk_groups), str(count or "all"), str(len(some)), *figures, *cost)
    Console(width=150).print(table)


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{100 * np.mean(known):.1f}" if known else ""


def parts_of(data: str, rows: list[Row]) -> Iterator[Part]:
    """Yield what is measured of a set: each group left out by itself, and some beside most others."""
    all_groups = groups_of(data, rows)
    for group in skills_of(data, all_groups):
        yield Part(group, frozenset({group}), len(all_groups) - 1, ROWS)
    if data == FEW_OF:
        others = sorted(all_groups - set(FEW_GROUPS))
        for group in FEW_GROUPS:
            for count in TRUNKS:
                yield Part(group, frozenset(all_groups - set(others[:count])), count, FEW_ROWS)


def main() -> None:
    parser = ArgumentParser(prog="python -m bench.skills")
    parser.add_argument("source", type=Path, help="folder of the public data sets, e.g. ../shared/data")
    parser.add_argument("folder", type=Path, help="where bases, skills and what was measured lie")
    parser.add_argument("only", nargs="*", help="sets, groups or `routing` (default: all)")
    parser.add_argument("--encoder", action="store_true", help="the base is a small encoder; `make encoder` first")
    parser.add_argument(
        "--whole", action="store_true", help="all rows of the sets, not what one core trains in minutes"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    folder, only = options.folder, options.only
    net = COMPACT
    if options.encoder:
        net = load_spec(ENCODER).model_dump(mode="json", include={"trunk", "train"}, exclude_unset=True)
    file, routed_file = folder / "cells.jsonl", folder / "routing.jsonl"
    cells = [Cell(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []
    routed = [json.loads(line) for line in routed_file.read_text().splitlines()] if routed_file.exists() else []
    for data in GROUPED_BY if not only or set(only) - {"routing"} else ():
        rows = rows_of(options.source, data, whole=options.whole)
        for part in parts_of(data, rows):
            if only and not {data, part.group} & set(only):
                continue
            done = {(cell.data, cell.group, cell.trunk_groups, cell.asked) for cell in cells}
            if counts := [count for count in part.rows if (data, part.group, part.trunk_groups, count) not in done]:
                joint = open_folder(base_of(folder, data, rows, (), net))
                for cell in measure(folder, data, part, rows, joint, counts, net):
                    cells.append(cell)
                    with file.open("a") as out:
                        out.write(json.dumps(asdict(cell)) + "\n")
    if not only or "routing" in only:
        known = {(each["acquainted"], each["skills"]) for each in routed}
        for found in routing(folder, rows_of(options.source, "clinc150", whole=options.whole), known, net):
            routed.append(found)
            with routed_file.open("a") as out:
                out.write(json.dumps(found) + "\n")
    show(cells, routed)


if __name__ == "__main__":
    main()
