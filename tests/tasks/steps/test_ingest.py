"""What came in, written out for a spec to name, with a real store."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from prefect.logging import disable_run_logger

from deploy.intake.take import take
from schemas.data.contract import SPLITS
from schemas.data.validate import validate
from schemas.spec.product import DataSpec, Spec
from tasks.steps.ingest import ROWS, store_of, write_out

# MLflow warns of the types of its own request classes when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint:UserWarning")


@pytest.mark.usefixtures("home")
def test_a_label_that_is_corrected_takes_the_place_of_the_one_before(tiny: Spec, tmp_path: Path) -> None:
    store, bad = store_of(tiny.name), tmp_path / "bad"
    for day, intent in enumerate(("light_on", "light_off")):
        file = tmp_path / f"{intent}.jsonl"
        rows = [{"text": "the hall please", "labels": {"intent": intent, "slots": []}}]
        rows += [
            {"text": f"lamp {number} please", "labels": {"intent": "light_on", "slots": []}} for number in range(40)
        ]
        file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        take(tiny, file, store, bad, datetime(2026, 11, 26, tzinfo=UTC) + timedelta(days=day))
    with disable_run_logger():
        write_out.fn(tiny)
    spec = tiny.model_copy(update={"data": (DataSpec(path=store.path.parent / ROWS),)})
    outcome = validate(spec, cache=tmp_path / "cache", quarantine=bad, scratch=tmp_path / "scratch")
    assert outcome.reasons == {"conflicting_labels": 1}
    assert outcome.dataset is not None
    kept = pl.concat(frame for split in SPLITS for frame in outcome.dataset.batches(split))
    assert kept.filter(pl.col("text") == "the hall please")["labels"].struct.field("intent").to_list() == ["light_off"]
    assert len(kept) == 41
