"""The bundle as an MLflow model: text in, canonical results out. MLflow copies and runs this file (models from code).

It imports the device runtime alone, which travels with the model; so it loads wherever numpy and onnxruntime are.
"""

from pathlib import Path
from typing import Any

import mlflow
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from trunkline_edge.understanding.session import open_folder


class BundleModel(PythonModel):
    """Answers utterances with the bundle among its artifacts."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open the bundle; every file is hashed on the way."""
        self.runtime = open_folder(Path(context.artifacts["bundle"]))

    # MLflow reads the schema from these types, and passes no context to a method that does not ask for it.
    def predict(self, model_input: list[str]) -> list[dict[str, Any]]:  # type: ignore[override]  # see above
        """Answer each utterance."""
        return [self.runtime.parse(text).to_json() for text in model_input]


mlflow.models.set_model(BundleModel())
