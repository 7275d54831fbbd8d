"""Many trainings side by side: running them, several at once, and what became of each.

Which trainings a comparison needs is `schemas.spec.variants`; what they show is `tasks.steps.compare`.
"""
