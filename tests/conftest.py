from __future__ import annotations

from hypothesis import settings

# A busy machine is no fault of the code: tests that must be quick say so themselves.
settings.register_profile("trunkline", deadline=None)
settings.load_profile("trunkline")
