"""The net: layers, sharing, balancing, training, export. Knows torch; knows no Prefect, no MLflow, no home.

`net` puts a trunk, a sharing system and heads together; everything else is a folder a subject.
"""
