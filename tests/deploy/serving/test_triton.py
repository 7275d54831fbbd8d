"""The model repository, read by Triton's own schema and run as Triton would run it."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
from google.protobuf import text_format

from deploy.edge.tests.tiny_bundle import HEADS, TEXTS, Recipe
from deploy.serving.triton import write_triton
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.errors import BundleInvalid, DigestMismatch
from trunkline_edge.understanding.featurizer import Featurizer
from trunkline_edge.understanding.names import Entry, Lexicon, Names
from trunkline_edge.understanding.session import open_folder

CLIENT = "tritonclient==2.73.0"
NUMPY = {"TYPE_BOOL": np.bool_, "TYPE_INT64": np.int64, "TYPE_FP32": np.float32}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Triton's own `ModelConfig`, of its client package.

    Into a folder of its own and without what it asks for: it wants another ml_dtypes than onnx, and grpc, which reading
    a text file does without.
    """
    folder = tmp_path_factory.mktemp("tritonclient")
    pip = [sys.executable, "-m", "pip"] if importlib.util.find_spec("pip") else [shutil.which("pip3") or "false"]
    command = [*pip, "install", "--quiet", "--no-deps", "--target", folder, CLIENT]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("pip reaches no package index")
    file = folder / "tritonclient" / "grpc" / "model_config_pb2.py"
    found = importlib.util.spec_from_file_location("model_config_pb2", file)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


class Triton:
    """What the server does with a repository: read the configurations, check them, walk an ensemble's steps."""

    def __init__(self, repository: Path, schema: Any) -> None:
        self.schema = schema
        self.configs = {
            file.parent.name: text_format.Parse(file.read_text(), self.schema.ModelConfig())
            for file in repository.glob("*/config.pbtxt")
        }
        self.sessions = {
            name: ort.InferenceSession(repository / name / self._version(config) / "model.onnx")
            for name, config in self.configs.items()
            if config.backend == "onnxruntime"
        }

    def _version(self, config: Any) -> str:
        (version,) = config.version_policy.specific.versions
        return str(version)

    def infer(self, model: str, tensors: dict[str, Any]) -> dict[str, Any]:
        config = self.configs[model]
        self._check(config.input, tensors)
        if config.platform == "ensemble":
            known, waiting = dict(tensors), list(config.ensemble_scheduling.step)
            while waiting:  # a step runs as soon as its inputs are there, whatever its place
                step = next(each for each in waiting if set(each.input_map.values()) <= set(known))
                waiting.remove(step)
                assert str(step.model_version) == self._version(self.configs[step.model_name])
                found = self.infer(step.model_name, {key: known[name] for key, name in step.input_map.items()})
                known |= {name: found[key] for key, name in step.output_map.items()}
            answer = {each.name: known[each.name] for each in config.output}
        else:
            names = [each.name for each in config.output]
            answer = dict(zip(names, self.sessions[model].run(names, tensors), strict=True))
        self._check(config.output, answer)
        return answer

    def _check(self, expected: Any, tensors: dict[str, Any]) -> None:
        assert sorted(each.name for each in expected) == sorted(tensors)
        for each in expected:
            found = tensors[each.name]
            assert found.dtype == NUMPY[self.schema.DataType.Name(each.data_type)]
            assert len(found.shape) == len(each.dims) + 1
            assert all(wanted in (-1, size) for wanted, size in zip(each.dims, found.shape[1:], strict=True))


def test_the_ensemble_gives_the_logits_that_the_runtime_gives(tmp_path: Path, schema: Any) -> None:
    manifest = Recipe().write(tmp_path / "bundle")
    names = write_triton(manifest, lambda entry: tmp_path / "bundle" / entry.name, tmp_path / "models")
    assert names == ["tiny-trunk", *(f"tiny-{head.name}" for head in HEADS), "tiny"]
    triton, runtime = Triton(tmp_path / "models", schema), open_folder(tmp_path / "bundle")
    for text in TEXTS:
        # As a client does it, with nothing but what lies in the ensemble's folder.
        version = tmp_path / "models" / "tiny" / "1"
        reader = Manifest.from_bytes((version / "manifest.json").read_bytes())
        encoding = Featurizer(reader.featurizer, (version / "vocabulary.txt").read_text().split("\n")).read(text)
        mask = np.ones((1, len(encoding.words)), dtype=np.bool_)
        answer = triton.infer("tiny", {"ids": encoding.ids[np.newaxis], "mask": mask})
        expected = runtime.tensors(runtime.featurizer.read(text))
        assert set(answer) == {head.logits for head in manifest.heads}
        for name, tensor in answer.items():
            np.testing.assert_array_equal(tensor, expected[name])


def test_an_ensemble_of_a_bundle_with_names_takes_what_is_known_of_each_word(tmp_path: Path, schema: Any) -> None:
    manifest = Recipe(reads_names=True).write(tmp_path / "bundle")
    write_triton(manifest, lambda entry: tmp_path / "bundle" / entry.name, tmp_path / "models")
    triton, runtime = Triton(tmp_path / "models", schema), open_folder(tmp_path / "bundle")
    encoding = runtime.featurizer.read("clipy on")
    inputs = {"ids": encoding.ids[np.newaxis], "mask": np.ones((1, 2), dtype=np.bool_)}
    nothing = np.zeros((1, 2, 2 * len(manifest.name_lists)), dtype=np.float32)
    known = Lexicon(Names({"entity": (Entry("vacuum.clipy", ("Clipy",)),)}), manifest.name_lists)
    some = known.tensor([word.form for word in encoding.words])[np.newaxis]
    for lexicon, of in ((nothing, None), (some, known)):
        expected = runtime.tensors(encoding, of)
        for name, tensor in triton.infer("tiny", inputs | {"lexicon": lexicon}).items():
            np.testing.assert_array_equal(tensor, expected[name])


def test_a_new_version_stands_beside_the_old_and_every_step_names_it(tmp_path: Path, schema: Any) -> None:
    for recipe in (Recipe(), Recipe(version=2, scale=1.5)):
        folder = tmp_path / str(recipe.version)
        write_triton(recipe.write(folder), lambda entry, folder=folder: folder / entry.name, tmp_path / "models")
    triton = Triton(tmp_path / "models", schema)
    assert {step.model_version for step in triton.configs["tiny"].ensemble_scheduling.step} == {2}
    assert sorted(path.name for path in (tmp_path / "models" / "tiny-trunk").iterdir()) == ["1", "2", "config.pbtxt"]


def test_a_changed_file_and_a_bundle_without_a_version_are_refused(tmp_path: Path) -> None:
    manifest = Recipe().write(tmp_path / "bundle")
    unregistered = Recipe(version=0).write(tmp_path / "unregistered")
    with pytest.raises(BundleInvalid, match="no version"):
        write_triton(unregistered, lambda entry: tmp_path / "unregistered" / entry.name, tmp_path / "models")
    (tmp_path / "bundle" / "trunk.onnx").write_bytes(b"other")
    with pytest.raises(DigestMismatch, match=r"trunk\.onnx"):
        write_triton(manifest, lambda entry: tmp_path / "bundle" / entry.name, tmp_path / "models")
    assert not (tmp_path / "models").exists()
