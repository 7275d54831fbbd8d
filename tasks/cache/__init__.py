"""The step cache: finished steps, found again by what went into them. What a step computes does not belong here."""
