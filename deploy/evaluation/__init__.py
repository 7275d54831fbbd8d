"""How good a bundle is, against labels, against the champion, and against nets that learn one head alone.

Pure functions that return their reasons. Who acts on a verdict is `tasks.tracking`; measures are `schemas.evaluation`.
"""
