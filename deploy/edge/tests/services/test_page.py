"""The page at `/`, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest

from deploy.edge.tests.browser import browse, needs_browser
from deploy.edge.tests.services.conftest import Device, Running, Serve


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


@needs_browser
def test_a_sentence_is_shown_with_its_spans_intents_confidences_latency_and_bundle(
    service: Running, tmp_path: Path
) -> None:
    shot = tmp_path / "page.png"
    said = quote("Turn on the lämp 👍 in the guest room please")
    page = browse(f"{service.addresses.http}/#{said}", "#answer mark", shot)
    marks = re.findall(r"<mark class=\"c(\d)\" title=\"([^\"]*)\">([^<]*)<small>([^<]*)</small>", page)
    assert [(text, label) for _, _, text, label in marks] == [("lämp", "device"), ("guest room", "room")]
    assert marks[0][0] != marks[1][0]
    shown = text_of(page)
    assert re.search(r"Intent turn_on \d+\.\d %", shown)
    widths = [float(width) for width in re.findall(r"width: ([\d.e-]+)%", page)]
    assert len(widths) >= 5
    assert widths[0] > 50 > widths[1] > widths[2]
    assert re.search(r"Domain home \d+\.\d %", shown)
    assert re.search(r"topics polite \d+\.\d %", shown)
    assert re.search(r"[\d.]+ ms on the device", shown)
    assert f"bundle {service.ask('/status').json['model_id'][:12]}" in shown
    assert shot.stat().st_size > 10_000


@needs_browser
def test_markup_in_a_sentence_is_text_and_never_runs(service: Running) -> None:
    attack = "<img src=x onerror=document.title=1337> <script>document.title=1337</script> lamp on"
    page = browse(f"{service.addresses.http}/#{quote(attack)}", "#answer .card")
    answer = page[page.index('id="answer"') : page.rindex("<script>")]
    assert "&lt;img src=x onerror" in answer
    assert "<img" not in page
    assert "<title>Trunkline</title>" in page


@needs_browser
def test_a_refusal_is_shown_as_the_service_words_it(service: Running) -> None:
    assert "at most 512" in text_of(browse(f"{service.addresses.http}/#{quote('a ' * 600)}", "#answer .refused"))


@needs_browser
def test_where_a_token_is_needed_the_page_asks_for_it(serve: Serve, device: Device) -> None:
    running = serve(device, token="correct-horse-battery").until_ready()
    page = browse(f"{running.addresses.http}/#lamp", "#login")
    assert '<form id="login">' in page
    assert "a bearer token is needed" in page


@needs_browser
def test_the_page_of_the_api_lists_every_route(service: Running) -> None:
    page = text_of(browse(f"{service.addresses.http}/docs", "main, table, h1"))
    for path in service.ask("/openapi.json").json["paths"]:
        assert path in page


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_load_nothing_foreign_and_say_so(service: Running, path: str) -> None:
    answer = service.ask(path)
    assert not re.search(rb"""(src|href)=["']?(https?:)?//""", answer.body)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; connect-src 'self'")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
