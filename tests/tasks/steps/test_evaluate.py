from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.bundle.built import Built
from schemas.spec.load import load_spec
from tasks.records import Champion
from tasks.rows import open_data, validate
from tasks.steps.evaluate import judge, score, self_test
from trunkline_edge.bundle.manifest import Manifest

# MLflow warns of the types of its own request classes when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint:UserWarning")


def forgetful(chain: Any) -> Built:
    """The chain's bundle, whole and well hashed, but with a golden answer that its graphs do not give."""
    place = "build/forgetful"
    folder = shutil.copytree(chain.home / "cache" / chain.bundle.folder, chain.home / "cache" / place)
    first, *others = (folder / "golden.jsonl").read_text().splitlines()
    answer = json.loads(first)
    answer["labels"]["intents"][0]["name"] = "explode"
    golden = "\n".join([json.dumps(answer), *others, ""]).encode()
    (folder / "golden.jsonl").write_bytes(golden)
    value = json.loads((folder / "manifest.json").read_bytes())
    for entry in value["files"]:
        if entry["name"] == "golden.jsonl":
            entry.update(sha256=hashlib.sha256(golden).hexdigest(), length=len(golden))
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    manifest = Manifest.from_bytes(canonical)
    (folder / "manifest.json").write_bytes(canonical)
    return replace(chain.bundle, folder=Path(place), bundle_id=manifest.bundle_id)


def test_a_bundle_that_fails_its_self_test_is_turned_down_with_the_reason(chain: Any) -> None:
    bundle = forgetful(chain)
    failure = self_test.fn(bundle)
    assert failure is not None and "explode" in failure
    verdict = judge.fn(chain.spec, chain.data, score.fn(bundle, chain.data), None, None, failure)
    assert not verdict.promote
    assert verdict.reasons[0] == failure
    assert not (chain.home / "repository").exists(), "no device may ever be offered it"


def test_a_sound_bundle_passes_its_self_test_and_the_default_floors(chain: Any) -> None:
    assert self_test.fn(chain.bundle) is None
    verdict = judge.fn(chain.spec, chain.data, score.fn(chain.bundle, chain.data), None, None, None)
    assert (verdict.promote, verdict.reasons) == (True, ("there was no champion before it",))


def test_a_bundle_whose_files_have_changed_is_turned_down(chain: Any) -> None:
    graph = chain.home / "cache" / chain.bundle.folder / "intent.onnx"
    graph.write_bytes(graph.read_bytes()[:-1])
    failure = self_test.fn(chain.bundle)
    assert failure is not None and "intent.onnx" in failure


def resplit(chain: Any, texts: list[str]) -> Any:
    """The chain's spec on the same rows, of which those with these texts are test rows now."""
    old = Path(__file__).parents[1] / "tiny.jsonl"
    lines = old.read_text().splitlines()
    for number, line in enumerate(lines):
        for text in texts:  # lines that are no rows stay as they are
            if line.startswith(f'{{"text": {json.dumps(text)},'):
                lines[number] = json.dumps({**json.loads(line), "split": "test"})
    file = chain.home / "resplit.jsonl"
    file.write_text("\n".join(lines))
    return load_spec(Path(__file__).parents[1] / "tiny.yaml", data=[file])


def test_test_rows_that_the_champion_was_trained_on_decide_nothing_and_are_counted(chain: Any) -> None:
    known = next(iter(open_data(chain.data).batches("train")))["text"].head(3).to_list()
    spec = resplit(chain, known)
    data = validate(spec)
    champion = Champion("f" * 64, 1, chain.data.digest, {})
    scored = score.fn(chain.bundle, data)
    verdict = judge.fn(spec, data, scored, scored, champion, None)
    rows = data.counts["test"]
    assert rows > 3
    assert {(each.rows, each.left_out) for each in verdict.comparisons} == {(rows - 3, 3)}
    assert verdict.reasons[-1] == (
        f"the champion learned from other data ({chain.data.digest[:12]}, now {data.digest[:12]}); 3 of today's {rows} "
        "test rows decide nothing, as one of the two has learned from their texts"
    )


def test_on_the_champions_own_data_every_row_decides(chain: Any) -> None:
    scored = score.fn(chain.bundle, chain.data)
    verdict = judge.fn(chain.spec, chain.data, scored, scored, Champion("f" * 64, 1, chain.data.digest, {}), None)
    assert {(each.rows, each.left_out) for each in verdict.comparisons} == {(chain.data.counts["test"], 0)}
    assert not any("other data" in reason for reason in verdict.reasons)


def test_a_champion_whose_rows_are_gone_is_compared_on_all_rows_and_that_is_said(chain: Any) -> None:
    scored = score.fn(chain.bundle, chain.data)
    verdict = judge.fn(chain.spec, chain.data, scored, scored, Champion("f" * 64, 1, "e" * 64, {}), None)
    assert "its rows have left the step cache" in verdict.reasons[-1]
    assert {each.left_out for each in verdict.comparisons} == {0}
