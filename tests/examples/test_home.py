"""The default product without Python: JavaScript says what the runtime says, with a device's names and without."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from deploy.bundle.build import build_bundle
from deploy.edge.tests.browser import needs_browser, open_page
from deploy.edge.tests.tiny_bundle import edit_manifest
from model.export.graphs import export_graphs
from model.training.loop import train
from schemas.data.validate import validate
from schemas.spec.load import load_spec
from tests.examples.agreement import check_golden, differences
from tests.examples.conftest import ROOT, run_node
from tests.examples.in_browser import ask_page, site
from tests.examples.sayings import home, sayings
from trunkline_edge.understanding.names import Names
from trunkline_edge.understanding.names_file import NO_NAMES
from trunkline_edge.understanding.session import open_folder

pytestmark = pytest.mark.slow
Ask = Callable[[Path, Path, list[str], Names, Path], list[dict]]
SEED = int(os.environ.get("SEED", "14"))
SAYINGS = 400
SMALL = (
    "data.0.options.rows=3000",
    "train.epochs=3",
    "trunk.embedding_width=32",
    "trunk.width=64",
    "trunk.layers=1",
    "reject.false_accept=0.3",
)
"""Of specs/home.yaml: a net that is ready in a minute and often wrong, which says more odd things than a good one."""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default product; HOME_BUNDLE names the folder of a better one."""
    if given := os.environ.get("HOME_BUNDLE"):
        return Path(given)
    folder = tmp_path_factory.mktemp("home")
    rows, trained, exported, bundle = (folder / name for name in ("rows", "trained", "exported", "bundle"))
    for each in (rows, trained, exported):
        each.mkdir()
    spec = load_spec(ROOT / "specs" / "home.yaml", overrides=SMALL)
    dataset = validate(spec, cache=rows, quarantine=rows, scratch=rows).dataset
    assert dataset is not None
    for _ in train(spec, dataset, trained):
        pass
    graphs = export_graphs(trained, dataset, spec, exported)
    build_bundle(graphs, dataset, spec, run_id="r1", created="2026-11-26T12:00:00+00:00", out=bundle)
    return bundle


def eager(bundle: Path, copy: Path) -> Path:
    """Copy a bundle that parts commands and is content with less certainty: a small net would do neither."""
    shutil.copytree(bundle, copy, ignore=shutil.ignore_patterns("otherwise"))
    heads = json.loads((copy / "manifest.json").read_bytes())["heads"]
    heads = [head | {"threshold": min(head["threshold"], 0.3)} for head in heads]
    (copy / "manifest.json").write_bytes(edit_manifest(copy, {"splits_commands": True, "heads": heads}))
    return copy


def ask_node(examples: Path, bundle: Path, said: list[str], names: Names, folder: Path) -> list[dict]:
    (folder / "names.json").write_bytes(names.to_bytes())
    command = ["parse.mjs", str(bundle), "--names", str(folder / "names.json")]
    printed = run_node(examples / "node", command, "\n".join(said) + "\n")
    return [json.loads(line) for line in printed.split("\n")[:-1]]


def ask_chromium(examples: Path, bundle: Path, said: list[str], names: Names, folder: Path) -> list[dict]:
    with site(examples, bundle, folder / "site") as address, open_page() as page:
        return ask_page(page, address, said, names)


where = pytest.mark.parametrize(
    "ask",
    [pytest.param(ask_node, id="Node"), pytest.param(ask_chromium, id="Chromium", marks=needs_browser)],
)


@where
def test_the_golden_answers_of_the_default_product_are_repeated(
    ask: Ask, examples: Path, bundle: Path, tmp_path: Path
) -> None:
    golden = [json.loads(line) for line in (bundle / "golden.jsonl").read_text(encoding="utf-8").splitlines()]
    check_golden(ask(examples, bundle, [line["text"] for line in golden], NO_NAMES, tmp_path), golden)


@where
@pytest.mark.parametrize("knows_names", [False, True], ids=["no names", "names"])
def test_of_any_sentence_javascript_says_what_the_runtime_says(
    ask: Ask, examples: Path, bundle: Path, tmp_path: Path, knows_names: bool
) -> None:
    print(f"SEED={SEED}")
    rng = Random(SEED)
    names = home(rng)
    said = sayings(SAYINGS, names, rng)
    known = names if knows_names else NO_NAMES
    bundle = eager(bundle, tmp_path / "bundle")
    runtime = open_folder(bundle)
    runtime.know(known)
    found = ask(examples, bundle, said, known, tmp_path)
    expected = [runtime.parse(text).to_json() for text in said]
    different = {
        answer["text"]: faults
        for answer, other in zip(expected, found, strict=True)
        if (faults := list(differences(other, answer)))
    }
    assert not different, json.dumps(different, ensure_ascii=False, indent=1)
    # Neither of them may be silent about what is compared here.
    slots = [slot for answer in expected for intent in answer["intents"] for slot in intent["slots"]]
    assert len(slots) > 50
    assert any(slot.get("id") for slot in slots) or not knows_names
