"""A retrain as people see it, in a real browser on real servers: Prefect's form and run, MLflow's run and version.

`PICTURES=write pytest tests/flows/test_browser.py -m slow` writes the pictures of docs/pictures anew.
"""

from __future__ import annotations

import json
import os
import re
import signal
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from deploy.edge.tests.browser import needs_browser, open_page
from tests.flows.conftest import ROOT, TINY
from tests.flows.up import PATIENCE_S, addresses, family, start

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURES = ROOT / "docs" / "pictures"

pytestmark = [needs_browser, pytest.mark.slow, pytest.mark.timeout(1_200)]


@dataclass(frozen=True)
class Machine:
    """A team's machine on which somebody has started a retrain in the browser."""

    mlflow: str
    prefect: str
    page: Page
    run: dict[str, Any]
    """Of MLflow: what its API says of it."""

    def shows(self, address: str, *texts: str) -> None:
        """Open an address and wait until each text is to be seen."""
        self.page.goto(address)
        for text in texts:
            self.page.get_by_text(text).first.wait_for()

    def picture(self, name: str) -> None:
        if os.environ.get("PICTURES") == "write":
            PICTURES.mkdir(exist_ok=True)
            self.page.wait_for_timeout(2_000)  # what appears softly is there by then
            # 128 colours are a third of the bytes, and show all that there is to see.
            seen = Image.open(BytesIO(self.page.screenshot())).convert("RGB").quantize(128)
            seen.save(PICTURES / f"{name}.png", optimize=True)


def asked(url: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """`trunkline up`, and one retrain that was asked for by Prefect's form."""
    folder = tmp_path_factory.mktemp("browser")
    home, log = folder / "home", folder / "up.log"
    up = start(home, log)
    try:
        found = addresses(up, log)
        mlflow, prefect = (found[name].rstrip("/") for name in ("MLflow", "Prefect"))
        with open_page() as page:
            _fill_in_the_form(page, prefect)
            experiments = asked(f"{mlflow}/api/2.0/mlflow/experiments/search", {"max_results": 10})["experiments"]
            ids = [each["experiment_id"] for each in experiments if each["name"] == "tiny"]
            (run,) = asked(f"{mlflow}/api/2.0/mlflow/runs/search", {"experiment_ids": ids})["runs"]
            yield Machine(mlflow, prefect, page, run["info"])
    finally:
        up.send_signal(signal.SIGINT)
        up.wait(timeout=120)
        for process in family(home):
            process.kill()


def _fill_in_the_form(page: Page, prefect: str) -> None:
    page.goto(f"{prefect}/deployments")
    page.get_by_role("link", name="retrain").first.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    page.get_by_text("the spec file, for example specs/home.yaml").wait_for()
    page.locator("textarea").first.fill(str(TINY))
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**tab=Runs**")
    page.goto(f"{prefect}/runs")
    page.get_by_role("link", name=re.compile("tiny [0-9a-f]{8}$")).first.click(timeout=1_000 * PATIENCE_S)
    page.get_by_text("Completed", exact=True).first.wait_for(timeout=1_000 * PATIENCE_S)


def test_a_run_that_was_asked_for_in_the_form_tells_its_story(machine: Machine) -> None:
    page = machine.page
    for line in ("validate: 80 good rows, 1 quarantined", "train: ", "verdict: promoted"):
        page.get_by_text(line).first.wait_for()
    page.get_by_text("Artifacts", exact=True).first.click()
    cards = [page.locator("a[href*='/artifacts/artifact/']", has_text=f"tiny-{what}")
             for what in ("training", "validation", "verdict")]  # fmt: skip
    for card in cards:
        card.first.wait_for()
    machine.picture("prefect-run")
    shown = {}
    for what, address in [(card.first.inner_text().split("\n")[1], card.first.get_attribute("href")) for card in cards]:
        page.goto(f"{machine.prefect}{address}")
        page.get_by_text("Created").or_(page.get_by_text("Flow Run")).first.wait_for()
        page.wait_for_load_state("networkidle")
        shown[what] = page.locator("body").inner_text()
    assert "100" in shown["tiny-training"] and "epoch 4: score" in shown["tiny-training"]
    assert "rows read" in shown["tiny-validation"] and "no row can be read from the line" in shown["tiny-validation"]
    assert "there was no champion before it" in shown["tiny-verdict"] and "MLflow run" in shown["tiny-verdict"]
    machine.picture("prefect-verdict")


def test_mlflows_run_has_a_description_and_its_charts(machine: Machine) -> None:
    run = f"{machine.mlflow}/#/experiments/{machine.run['experiment_id']}/runs/{machine.run['run_id']}"
    machine.shows(run, "tiny: promoted", "What it learned from", "System metrics (", "Finished")
    machine.picture("mlflow-run")
    machine.shows(f"{run}/model-metrics", "loss.intent")
    machine.page.locator(".js-plotly-plot").nth(2).wait_for()
    machine.picture("mlflow-charts")


def test_what_mlflow_keeps_of_a_run_opens(machine: Machine) -> None:
    page = machine.page
    run = f"{machine.mlflow}/#/experiments/{machine.run['experiment_id']}/runs/{machine.run['run_id']}"
    machine.shows(f"{run}/artifacts", "report.html", "confusion_intent.png", "worst_errors.json", "quarantine.json")
    page.get_by_text("report.html").first.click()
    report = page.locator("iframe").last.content_frame
    report.get_by_role("heading", name="tiny: promoted").wait_for()
    for picture in ("learning curves", "confusion intent", "calibration intent"):
        report.get_by_alt_text(picture).wait_for()  # to be seen, so its bytes are a picture
    machine.picture("mlflow-report")
    page.get_by_text("confusion_intent.png").first.click()
    page.wait_for_function("[...document.images].some(each => each.src.startsWith('blob:') && each.naturalWidth > 100)")


def test_the_version_has_its_aliases_and_says_where_it_comes_from(machine: Machine) -> None:
    machine.shows(f"{machine.mlflow}/#/models/tiny/versions/1", "bundle_id", "data_digest", "promoted_why")
    shown = machine.page.locator("body").inner_text()
    assert "champion" in shown and "challenger" in shown
    assert "tiny: promoted" in shown
    assert "there was no champion before it" in shown
    assert "→ version 1 → bundle" in shown and "→ channel local" in shown
    machine.picture("mlflow-version")
