from __future__ import annotations

import os

from hypothesis import settings

# A busy machine is no fault of the code: tests that must be quick say so themselves.
settings.register_profile("trunkline", deadline=None)
# CI tells of the change, so it draws the same examples each time; the search for new ones is `make test` at a desk.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "trunkline"))
