"""What people wrap around commands: data alone, a module for each language. All written for this project."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.perturb.speech import de, en, es, fr, nl
from schemas.perturb.wordings import Speech

SPEECH: Mapping[str, Speech] = {
    code: module.SPEECH for code, module in (("en", en), ("de", de), ("fr", fr), ("es", es), ("nl", nl))
}
"""Language -> its speech; other languages have none yet."""
