"""The stories, as Prefect flows: a file a flow, each a list of steps in order. What a person types is in `flows.cli`.

Arithmetic, files and libraries belong below: a flow imports tasks and records, never torch, polars or MLflow.
"""
