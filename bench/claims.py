"""What textbooks promise of shared trunks, measured: `python -m bench.claims ../shared/data build/claims.jsonl`.

- *Implicit augmentation, less overfitting*: intents of SNIPS learned from few rows, of which a share has a wrong
  intent, with one head, two (slots) and five (three more with labels by rule).
- *Attention focusing*: words that mean nothing are planted into every row. How right is the intent, and how often does
  it change when other such words stand in their places?
- *Representation bias*: trunks of one to four heads over ATIS and SNIPS are frozen; a linear head on them learns the
  domains of CLINC150, which none of them has met, from few rows.

Each seed draws its own train rows, and each arm takes the learning rate that is best on valid rows with the first
seed. Intervals are Student's t over the seeds' differences, on the same test rows; findings are corrected for all of
them (Holm). What is done stands in the file, a line a training: the same command goes on where it stopped.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zlib import crc32

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter
from scipy.stats import t as student
from sklearn.linear_model import LogisticRegression

from model.data.batches import Encoded, by_length, collate, encode
from model.net import Net
from model.training.device import Compute, choose_compute
from model.training.evaluate import logits_of, score_net
from model.training.finished import load_net, read_history
from model.training.loop import train
from schemas.data.dataset import Dataset
from schemas.data.heads import plan_heads
from schemas.data.validate import validate
from schemas.evaluation.significance import holm
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec
from trunkline_edge.understanding.featurizer import Featurizer

RATES = (1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2)
SEEDS = (0, 1, 2, 3)
ROWS = {"train": 400, "valid": 200, "test": 700}
EPOCHS, BATCH = 8, 32
NOISE = (0.0, 0.15, 0.3)
PLANTED = (8,)
"""Words in every row."""
FEW = 100
"""Rows that a linear head learns from."""
JUNK = [f"{a}o{b}u{c}a" for a in "bdgk" for b in "lmnr" for c in "stvz"]
"""Words of one length, so that one can stand in another's place."""
IS_JUNK = re.compile(rf"\b({'|'.join(JUNK)})\b")

HEADS: dict[str, dict[str, Any]] = {
    "intent": {"kind": "class"},
    "slots": {"kind": "tag"},
    "flight_intent": {"kind": "class"},
    "flight_slots": {"kind": "tag"},
    "domain": {"kind": "class"},
    "has_number": {"kind": "class", "weak_label": "has_number", "auxiliary": True, "weight": 0.1},
    "has_time": {"kind": "class", "weak_label": "has_time", "auxiliary": True, "weight": 0.1},
    "length": {"kind": "class", "weak_label": "length_bucket", "auxiliary": True, "weight": 0.1},
}
ALONE, TWO, FIVE = ("intent",), ("intent", "slots"), ("intent", "slots", "has_number", "has_time", "length")
FLIGHTS, MUSIC = ("flight_intent", "flight_slots"), ("intent", "slots")
TRUNKS = (("flight_intent",), ("flight_slots",), FLIGHTS, (*FLIGHTS, *MUSIC))
NEW = "domain"

Row = dict[str, Any]


@dataclass(frozen=True)
class Arm:
    """What is trained with every seed."""

    claim: str
    amount: float
    """Share of wrong intents, words planted in a row, or rows of the new head."""
    heads: tuple[str, ...]


@dataclass(frozen=True)
class Done:
    """One training."""

    arm: Arm
    rate: float
    seed: int
    valid: float
    figures: dict[str, float]
    """From 0 to 1."""


ARMS = (
    *(Arm("noise", noise, heads) for noise in NOISE for heads in (ALONE, TWO, FIVE)),
    *(Arm("planted", planted, heads) for planted in PLANTED for heads in (ALONE, TWO)),
    *(Arm("new head", FEW, heads) for heads in TRUNKS),
)


def drawn(path: Path, split: str, rows: int, seed: int) -> list[Row]:
    """Draw rows of a split; valid and test rows are the same for every seed."""
    with path.open(encoding="utf-8") as lines:
        found = [row for row in map(json.loads, lines) if row["split"] == split]
    salt = seed if split == "train" else "all"
    return sorted(found, key=lambda row: crc32(f"{salt} {row['id']}".encode()))[:rows]


def with_noise(row: Row, share: float, labels: Sequence[str], seed: int) -> Row:
    """Give a train row one of the other intents, in this share of the rows."""
    rng = np.random.default_rng(crc32(f"{seed} noise {row['id']}".encode()))
    if row["split"] != "train" or rng.random() >= share:
        return row
    others = [label for label in labels if label != row["labels"]["intent"]]
    return {**row, "labels": {**row["labels"], "intent": str(rng.choice(others))}, "was": row["labels"]["intent"]}


def with_planted(row: Row, words: int, seed: int) -> Row:
    """Plant words between the row's own, outside its slots."""
    rng = np.random.default_rng(crc32(f"{seed} planted {row['id']}".encode()))
    text, slots = str(row["text"]), [dict(slot) for slot in row["labels"].get("slots", ())]
    starts = [0, *(match.end() for match in re.finditer(" ", text))]
    free = [at for at in starts if not any(slot["start"] < at < slot["end"] for slot in slots)]
    for at in sorted(rng.choice(free, words), reverse=True):
        word = f"{rng.choice(JUNK)} "
        text = text[:at] + word + text[at:]
        for slot in slots:
            if slot["start"] >= at:
                slot["start"] += len(word)
                slot["end"] += len(word)
    return {**row, "text": text, "labels": {**row["labels"], "slots": slots}}


def other_words(frame: pl.DataFrame) -> pl.DataFrame:
    """Put other planted words into the places of those that are there."""
    following = dict(zip(JUNK, [*JUNK[7:], *JUNK[:7]], strict=True))
    texts = [IS_JUNK.sub(lambda match: following[match[0]], text) for text in frame["text"]]
    return frame.with_columns(pl.Series("text", texts))


def rows_of(source: Path, arm: Arm, seed: int) -> list[Row]:
    """Return the rows that an arm learns from and is asked."""
    music = [row for split, rows in ROWS.items() for row in drawn(source / "snips.jsonl", split, rows, seed)]
    if arm.claim == "planted":
        return [with_planted(row, int(arm.amount), seed if row["split"] == "train" else 0) for row in music]
    if arm.claim == "noise":
        labels = sorted({row["labels"]["intent"] for row in music})
        return [with_noise(row, arm.amount, labels, seed) for row in music]
    flights = [row for split, rows in ROWS.items() for row in drawn(source / "atis.jsonl", split, rows, seed)]
    renamed = [{**row, "labels": {f"flight_{name}": value for name, value in row["labels"].items()}} for row in flights]
    new = [row for split, rows in ROWS.items() for row in drawn(source / "clinc150.jsonl", split, rows, seed)]
    return [
        *music,
        *renamed,
        *({**row, "labels": {NEW: row["labels"].get(NEW)}} for row in new if NEW in row["labels"]),
    ]


def spec_of(rows: Path, heads: Sequence[str], rate: float, seed: int) -> Spec:
    return parse_spec(
        {
            "name": "claims",
            "data": [{"path": str(rows)}],
            "heads": {name: HEADS[name] for name in heads},
            "trunk": {"width": 64, "embedding_width": 32, "featurizer": {"vocabulary": 4000, "buckets": 4096}},
            "train": {
                "epochs": EPOCHS,
                "patience": EPOCHS,
                "keep": "last",
                "batch_size": BATCH,
                "learning_rate": rate,
                "seed": seed,
                "device": "cpu",
            },
        }
    )


@dataclass(frozen=True)
class World:
    """Rows of one amount and seed."""

    path: Path
    dataset: Dataset
    wrong: frozenset[str]
    """Texts of train rows with a wrong intent."""


def made_world(source: Path, arm: Arm, seed: int, folder: Path) -> World:
    """Write and validate an arm's rows; arms of one claim and amount share them."""
    folder = folder / f"{arm.claim} {arm.amount} {seed}"
    (folder / "scratch").mkdir(parents=True)
    rows = rows_of(source, arm, seed)
    path = folder / "rows.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps({name: value for name, value in row.items() if name != "was"}) + "\n")
    heads = (*FLIGHTS, *MUSIC, NEW) if arm.claim == "new head" else FIVE
    found = validate(
        spec_of(path, heads, RATES[0], seed),
        cache=folder / "data",
        quarantine=folder / "bad",
        scratch=folder / "scratch",
    )
    assert found.dataset is not None, found.refused
    return World(path, found.dataset, frozenset(row["text"] for row in rows if "was" in row))


def run(arm: Arm, world: World, rate: float, seed: int) -> Done:
    """Train one net and measure what the claim is about."""
    spec = spec_of(world.path, arm.heads, rate, seed)
    with TemporaryDirectory() as folder:
        for _ in train(spec, world.dataset, Path(folder)):
            pass
        net, featurizer = load_net(spec, Path(folder))
        last = read_history(Path(folder))[-1]
    if arm.claim == "new head":
        return Done(arm, rate, seed, last.score, {"accuracy": linear_head(net, world, featurizer, seed)})
    compute = choose_compute(spec.train)
    splits = {split: encode(world.dataset, split, featurizer, net.plans) for split in ("test", "train")}
    test, learned = (score_net(net, splits[split], compute).heads["intent"] for split in ("test", "train"))
    figures = {"test": test.primary, "gap": learned.primary - test.primary}
    if arm.claim == "planted":
        changed = encode(world.dataset, "test", featurizer, net.plans, other_words)
        figures["changed"] = float(np.mean(intents(net, changed, compute) != intents(net, splits["test"], compute)))
    elif world.wrong:
        texts = [text for frame in world.dataset.batches("train") for text in frame["text"]]
        was_wrong = np.array([text in world.wrong for text in texts])[learned.rows]
        figures["by heart"] = float(learned.correct[was_wrong].mean())
    return Done(arm, rate, seed, last.valid["intent"]["accuracy"], figures)


def intents(net: Net, rows: Encoded, compute: Compute) -> NDArray[np.int64]:
    """Return each row's likeliest intent."""
    found = np.zeros(len(rows), dtype=np.int64)
    for some, logits in logits_of(net, rows, compute):
        found[some] = logits["intent"].argmax(axis=1)
    return found


def linear_head(net: Net, world: World, featurizer: Featurizer, seed: int) -> float:
    """Return how right a logistic regression is that reads the frozen trunk and has seen a few rows of a new head."""
    plans = plan_heads(spec_of(world.path, (NEW,), RATES[0], 0), world.dataset)
    pooled, labels = {}, {}
    for split in ("train", "test"):
        rows = encode(world.dataset, split, featurizer, plans)
        labelled = np.flatnonzero(rows.has_label[NEW])
        if split == "train":
            labelled = np.random.default_rng(seed).permutation(labelled)[:FEW]
        pooled[split], labels[split] = states(net, rows)[labelled], rows.targets[NEW][labelled]
    scale = np.abs(pooled["train"]).max() or 1.0
    head = LogisticRegression(C=10, max_iter=2_000).fit(pooled["train"] / scale, labels["train"])
    return float(head.score(pooled["test"] / scale, labels["test"]))


@torch.inference_mode()
def states(net: Net, rows: Encoded) -> NDArray[np.float32]:
    """Return what the shared trunk says of each row: mean and maximum over its words. Shape: (rows, 2 d)."""
    found: list[NDArray[np.float32]] = [np.zeros(0, dtype=np.float32)] * len(rows)
    for some in by_length(rows, 256):
        ids, mask, *_ = collate(rows, some).inputs
        hidden = next(iter(net.states(ids, mask).values()))
        inside = mask.unsqueeze(2)
        mean = (hidden * inside).sum(1) / inside.sum(1)
        most = hidden.masked_fill(~inside, -torch.inf).amax(1)
        for row, values in zip(some, torch.cat([mean, most], dim=1).numpy(), strict=True):
            found[row] = values
    return np.stack(found)


def measured(source: Path, known: Sequence[Done], scratch: Path) -> Iterator[Done]:
    """Yield the trainings that are not known yet: the grid with the first seed, then the best rate's other seeds."""
    worlds: dict[tuple[str, float, int], World] = {}

    def world(arm: Arm, seed: int) -> World:
        key = (arm.claim, arm.amount, seed)
        if key not in worlds:
            worlds[key] = made_world(source, arm, seed, scratch)
        return worlds[key]

    for arm in ARMS:
        found = {(done.rate, done.seed): done for done in known if done.arm == arm}
        for rate in RATES:
            if (rate, SEEDS[0]) not in found:
                found[rate, SEEDS[0]] = run(arm, world(arm, SEEDS[0]), rate, SEEDS[0])
                yield found[rate, SEEDS[0]]
        best = chosen_rate(list(found.values()))
        for seed in SEEDS[1:]:
            if (best, seed) not in found:
                yield run(arm, world(arm, seed), best, seed)


def chosen_rate(trainings: Sequence[Done]) -> float:
    return max((done for done in trainings if done.seed == SEEDS[0]), key=lambda done: done.valid).rate


@dataclass(frozen=True)
class Line:
    """A figure of an arm beside the same figure of another, in points."""

    arm: Arm
    against: Arm
    figure: str
    value: float
    other: float
    difference: float
    reach: float
    """Half of the 95 % interval."""
    p_value: float


def lines_of(known: Sequence[Done]) -> Iterator[Line]:
    """Compare every arm with its first: one head, or the trunk of flight intents."""
    kept: dict[Arm, dict[int, Done]] = {}
    for arm in ARMS:
        trainings = [done for done in known if done.arm == arm]
        if trainings:
            best = chosen_rate(trainings)
            kept[arm] = {done.seed: done for done in trainings if done.rate == best}
    for arm, seeds in kept.items():
        first = next(each for each in ARMS if (each.claim, each.amount) == (arm.claim, arm.amount))
        both = sorted(set(seeds) & set(kept[first]))
        if arm == first or len(both) < 2:
            continue
        for figure in seeds[both[0]].figures:
            mine, its = (np.array([100 * of[seed].figures[figure] for seed in both]) for of in (seeds, kept[first]))
            error = float((mine - its).std(ddof=1)) / np.sqrt(len(both))
            difference, freedom = float((mine - its).mean()), len(both) - 1
            p_value = 2 * float(student.sf(abs(difference) / error, freedom)) if error else float(difference == 0)
            reach = error * float(student.ppf(0.975, freedom))
            yield Line(arm, first, figure, float(mine.mean()), float(its.mean()), difference, reach, p_value)


def table_of(known: Sequence[Done]) -> Iterator[str]:
    """Yield the lines of the table, in Markdown; bold where the corrected p-value is below 0.05."""
    lines = list(lines_of(known))
    yield "| claim | amount | figure | heads | against | difference, 95 % |"
    yield "|---|--:|---|---|---|---|"
    for line, p_value in zip(lines, holm([line.p_value for line in lines]), strict=True):
        told = f"{line.difference:+.1f} ({line.difference - line.reach:+.1f} to {line.difference + line.reach:+.1f})"
        told = f"**{told}**" if p_value < 0.05 else told
        arm, first = line.arm, line.against
        yield (
            f"| {arm.claim} | {arm.amount:g} | {line.figure} | {' + '.join(arm.heads)}: {line.value:.1f} "
            f"| {' + '.join(first.heads)}: {line.other:.1f} | {told} |"
        )
    yield f"\nCorrected for {len(lines)} intervals (Holm)."


def main(source: Path, out: Path) -> None:
    torch.set_num_threads(1)
    out.parent.mkdir(parents=True, exist_ok=True)
    known = list(read(out))
    with TemporaryDirectory() as folder:
        for done in measured(source, known, Path(folder)):
            known.append(done)
            with out.open("a") as lines:
                lines.write(json.dumps(asdict(done)) + "\n")
    print("\n".join(table_of(known)))


def read(out: Path) -> Iterator[Done]:
    """Yield what is done."""
    for line in out.read_text().splitlines() if out.exists() else ():
        yield TypeAdapter(Done).validate_json(line)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
