"""The bundle as an MLflow model: text in, canonical results out. MLflow copies and runs this file (models from code).

It imports the device runtime alone, which travels with the model; so it loads wherever numpy and onnxruntime are.
"""

from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import mlflow
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from trunkline_edge.understanding.session import open_folder


class BundleModel(PythonModel):
    """Answers utterances with the bundle among its artifacts."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open the bundle; every file is hashed on the way."""
        # An address when MLflow tries the example on the model that it is about to log, a path ever after.
        place = context.artifacts["bundle"]
        self.runtime = open_folder(Path(url2pathname(urlsplit(place).path) if place.startswith("file:") else place))

    # MLflow reads the schema of inputs from the type, and passes no context to a method that does not ask for it. Of
    # outputs it would read no more than "anything"; theirs is `tasks.tracking.answer_schema`.
    def predict(self, model_input: list[str]):  # type: ignore[no-untyped-def, override]  # see above
        """Answer each utterance: a list of canonical results."""
        return [self.runtime.parse(text).to_json() for text in model_input]


mlflow.models.set_model(BundleModel())
