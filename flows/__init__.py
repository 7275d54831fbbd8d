"""The stories, each a list of steps in order: a file a story, and each but a skill's training one of Prefect's flows.

What a person types is in `flows.cli`.

Arithmetic, files and libraries belong below: a flow imports tasks and records, never torch, polars or MLflow.
"""
