from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from schemas.artifacts.vectors import VectorsInvalid, WordVectors, load_vectors, save_vectors


def test_word_vectors_come_back_as_half_floats_hold_them(tmp_path: Path) -> None:
    vectors = WordVectors(("lamp", "fenêtre"), np.asarray([[0.1, -2.0], [3.0, 0.5]], dtype=np.float32))
    save_vectors(tmp_path / "v.safetensors", vectors)
    loaded = load_vectors(tmp_path / "v.safetensors")
    assert loaded.words == vectors.words
    np.testing.assert_allclose(loaded.matrix, vectors.matrix, rtol=1e-3)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(VectorsInvalid, match=r"no such file.*make vectors"):
        load_vectors(tmp_path / "absent.safetensors")


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.safetensors"
    path.write_text("the 0.1 0.2")
    with pytest.raises(VectorsInvalid, match="no word vectors"):
        load_vectors(path)


@pytest.mark.parametrize("words", [("lamp",), ("lamp", "lamp")])
def test_a_word_needs_one_vector(tmp_path: Path, words: tuple[str, ...]) -> None:
    save_vectors(tmp_path / "v.safetensors", WordVectors(words, np.zeros((2, 3), dtype=np.float32)))
    with pytest.raises(VectorsInvalid, match=r"for a matrix of \(2, 3\)"):
        load_vectors(tmp_path / "v.safetensors")
