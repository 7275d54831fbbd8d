"""Prefect tasks: thin adapters between flows and the packages below; the one place that knows Prefect and MLflow.

`settings` reads the environment, `records` are the values that steps hand on, `progress` is what steps tell while they
work. What can be computed without a server or a registry belongs into `model`, `deploy` or `schemas`.
"""
