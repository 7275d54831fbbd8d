"""The shell blocks of docs/integrations.md, for the tests that run them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "integrations.md").read_text(encoding="utf-8")


def block(heading: str, language: str = "sh") -> list[str]:
    """Return the lines of the first block under a heading; under none, of the page's first."""
    section = PAGE.partition(f"# {heading}\n")[2].partition("\n#")[0] if heading else PAGE
    found = re.search(rf"^```{language}\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    assert found is not None, f"no {language} block under {heading}"
    return found.group(1).splitlines()
