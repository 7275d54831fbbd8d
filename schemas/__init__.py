"""What the data is and what is asked of it: specs, rows, recipes, scores.

No torch, no onnxruntime, no Prefect, no MLflow, and no handling of processes.
"""
