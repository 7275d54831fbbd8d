"""Folders as Hugging Face's libraries write them; compared once with these themselves (docs/adr/0015-pieces.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from model.export.graphs import export_graphs
from model.layers.encoder import MOST_DISTANCE
from model.layers.huggingface import read_folder
from model.training.loop import Training
from schemas.artifacts.vectors import VectorsInvalid
from tasks.cache.keys import training_key
from tests.model.conftest import Workshop

WIDTH, LAYERS, POSITIONS = 128, 2, 80
WORDPIECE = ["[PAD]", "[UNK]", "turn", "on", "the", "lamp", "kit", "##chen", "hall", "##s", "[CLS]", "[SEP]"]
UNIGRAM = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁turn", -2.0), ("▁on", -2.5), ("s", -3.0)]


MPNETS = {
    "attention.self.query": "attention.attn.q",
    "attention.self.key": "attention.attn.k",
    "attention.self.value": "attention.attn.v",
    "attention.output.dense": "attention.attn.o",
    "attention.output.LayerNorm": "attention.LayerNorm",
}


def weights(pieces: int, prefix: str = "") -> dict[str, Tensor]:
    """Return random weights under BERT's names."""
    generator = torch.Generator().manual_seed(0)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings": (pieces, WIDTH),
        "embeddings.position_embeddings": (POSITIONS, WIDTH),
        "embeddings.token_type_embeddings": (1, WIDTH),
        "embeddings.LayerNorm": (WIDTH,),
    }
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        shapes |= {f"{at}.attention.self.{name}": (WIDTH, WIDTH) for name in ("query", "key", "value")}
        shapes |= {f"{at}.attention.output.dense": (WIDTH, WIDTH), f"{at}.attention.output.LayerNorm": (WIDTH,)}
        shapes |= {f"{at}.intermediate.dense": (4 * WIDTH, WIDTH), f"{at}.output.dense": (WIDTH, 4 * WIDTH)}
        shapes |= {f"{at}.output.LayerNorm": (WIDTH,)}
    made = {}
    for name, shape in shapes.items():
        made[f"{prefix}{name}.weight"] = 0.05 * torch.randn(*shape, generator=generator) + (len(shape) == 1)
        made[f"{prefix}{name}.bias"] = 0.05 * torch.randn(shape[0], generator=generator)
    return made


def as_mpnet(berts: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return weights under MPNet's names, with a bias of attention for near and far, and no kinds of text."""
    made = {name.replace("bert.", "mpnet."): tensor for name, tensor in berts.items() if "token_type" not in name}
    for name, theirs in MPNETS.items():
        made = {each.replace(name, theirs): tensor for each, tensor in made.items()}
    generator = torch.Generator().manual_seed(1)
    return made | {"mpnet.encoder.relative_attention_bias.weight": torch.randn(32, 2, generator=generator)}


def folder_of(place: Path, kind: str = "bert", **changes: Any) -> Path:
    """Write an encoder; `changes` are to its configuration."""
    place.mkdir()
    config = {"model_type": kind, "hidden_size": WIDTH, "intermediate_size": 4 * WIDTH, "num_attention_heads": 2}
    (place / "config.json").write_text(json.dumps(config | {"hidden_act": "gelu"} | changes))
    if kind in ("bert", "mpnet"):
        model: dict[str, Any] = {"type": "WordPiece", "unk_token": "[UNK]"}
        model["vocab"] = {piece: row for row, piece in enumerate(WORDPIECE)}
        ends = {"type": "BertProcessing", "cls": ["[CLS]", 10], "sep": ["[SEP]", 11]}
        made = weights(len(WORDPIECE), "bert.")
        save_file(made if kind == "bert" else as_mpnet(made), place / "model.safetensors")
    else:
        model = {"type": "Unigram", "unk_id": 3, "vocab": UNIGRAM}
        marks = [{"SpecialToken": {"id": mark, "type_id": 0}} for mark in ("<s>", "</s>")]
        ends = {"type": "TemplateProcessing", "single": [marks[0], {"Sequence": {"id": "A"}}, marks[1]]}
        save_file(weights(len(UNIGRAM), "roberta."), place / "model.safetensors")
    (place / "tokenizer.json").write_text(json.dumps({"model": model, "post_processor": ends}))
    return place


def test_pieces_marks_scores_and_heads_are_those_of_the_folder(tmp_path: Path) -> None:
    bert, robert = read_folder(folder_of(tmp_path / "b")), read_folder(folder_of(tmp_path / "r", "xlm-roberta"))
    assert (bert.marks, bert.scores, bert.attention_heads, bert.layers) == (("[CLS]", "[SEP]", "[UNK]"), None, 2, 2)
    assert robert.marks == ("<s>", "</s>", "<unk>")
    assert robert.scores == tuple(score for _, score in UNIGRAM)
    assert bert.words() == ("turn", "on", "the", "lamp", "kit", "hall") and robert.words() == ("turn", "on")
    # RoBERTa's first two positions belong to padding.
    assert len(bert.tensors["positions"]) == POSITIONS == len(robert.tensors["positions"]) + 2
    wanted = weights(len(WORDPIECE))["encoder.layer.1.attention.self.key.weight"]
    torch.testing.assert_close(bert.tensors["layers.1.attention.weight"][WIDTH : 2 * WIDTH], wanted)


def test_mpnet_has_berts_parts_under_its_own_names(tmp_path: Path) -> None:
    bert, mpnet = read_folder(folder_of(tmp_path / "b")), read_folder(folder_of(tmp_path / "m", "mpnet"))
    assert mpnet.pieces == bert.pieces and mpnet.marks == bert.marks
    for name, tensor in bert.tensors.items():
        if name != "positions":
            torch.testing.assert_close(mpnet.tensors[name], tensor)
    # As in RoBERTa, the first two positions belong to padding, and all texts are of one kind.
    torch.testing.assert_close(
        mpnet.tensors["positions"], weights(len(WORDPIECE))["embeddings.position_embeddings.weight"][2:]
    )


def test_near_places_have_a_bias_each_and_far_ones_share_it(tmp_path: Path) -> None:
    """As `MPNetEncoder.relative_position_bucket` of transformers 4.57 has them for 32 rows, compared over -128..128."""
    told = read_folder(folder_of(tmp_path / "m", "mpnet")).tensors["distances"]
    table = as_mpnet(weights(1, "bert."))["mpnet.encoder.relative_attention_bias.weight"]
    rows = [int((table == bias).all(1).nonzero()) for bias in told]
    assert len(rows) == 2 * MOST_DISTANCE + 1
    before, here, after = rows[:MOST_DISTANCE][::-1], rows[MOST_DISTANCE], rows[MOST_DISTANCE + 1 :]
    assert here == 0 and before == [row - 16 for row in after]
    assert [1 + before.index(row) for row in range(1, 16)] == [1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91]


def test_attention_looks_at_how_far_apart_two_places_are(workshop: Workshop, tmp_path: Path) -> None:
    trunk = {"kind": "encoder", "width": WIDTH, "layers": LAYERS, "attention_heads": 2, "relative_attention": True}
    spec = workshop.spec(("intent",), {**trunk, "pretrained": str(folder_of(tmp_path / "m", "mpnet"))})
    net = Training(spec, workshop.dataset(spec), tmp_path / "start").net.sharing.trunk.eval()
    ids, mask = torch.tensor([[[3], [2], [2], [2], [2]]]), torch.ones(1, 5, dtype=torch.bool)
    with torch.no_grad():
        net.positions.zero_()  # the other way to tell one place from another
        near_and_far = net(ids, mask).layers[-1][0, 1:]
        net.distances.zero_()
        alike = net(ids, mask).layers[-1][0, 1:]
    assert alike.std(0).max() < 1e-5
    assert near_and_far.std(0).max() > 1e-3  # the other word is nearer to some than to others


@pytest.mark.parametrize(("kind", "relative"), [("mpnet", False), ("bert", True)])
def test_a_bias_for_distances_that_one_of_the_two_lacks_is_refused(
    workshop: Workshop, tmp_path: Path, kind: str, *, relative: bool
) -> None:
    trunk = {"kind": "encoder", "width": WIDTH, "attention_heads": 2, "relative_attention": relative}
    spec = workshop.spec(("intent",), {**trunk, "pretrained": str(folder_of(tmp_path / "m", kind))})
    with pytest.raises(VectorsInvalid, match=rf"set trunk\.relative_attention: {str(not relative).lower()}"):
        Training(spec, workshop.dataset(spec), tmp_path / "start")


@pytest.mark.parametrize(("tokenizer", "kind"), [("words", "bert"), ("pieces", "bert"), ("pieces", "mpnet")])
def test_a_net_trains_on_a_folder_and_its_graphs_answer_alike(
    workshop: Workshop, tmp_path: Path, tokenizer: str, kind: str
) -> None:
    folder = folder_of(tmp_path / "bert", kind)
    trunk = {"kind": "encoder", "pretrained": str(folder), "width": WIDTH, "layers": LAYERS, "attention_heads": 2}
    trunk["relative_attention"] = kind == "mpnet"
    spec = workshop.spec(("intent", "slots"), {**trunk, "tokenizer": tokenizer}, epochs=1)
    dataset = workshop.dataset(spec)
    start = Training(spec, dataset, tmp_path / "start").net.sharing.trunk.layers[1].mix.weight
    torch.testing.assert_close(start.detach(), read_folder(folder).tensors["layers.1.mix.weight"])
    # Raises where torch differs.
    graphs = export_graphs(workshop.train(spec, dataset), dataset, spec, workshop.folder())
    assert (graphs.graphs[0].int8, graphs.graphs[0].even) == ("trunk.int8.onnx", "trunk.even.onnx")


def test_any_of_its_files_decides_the_training(workshop: Workshop, tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "bert")
    spec = workshop.spec(("intent",), {"kind": "encoder", "pretrained": str(folder), "width": WIDTH})
    data = workshop.dataset(spec)
    before = training_key(spec, data).digest
    for name in ("config.json", "tokenizer.json"):
        (folder / name).write_text((folder / name).read_text() + "\n")
        assert training_key(spec, data).digest != before
        before = training_key(spec, data).digest


def test_another_number_of_attention_heads_is_refused(workshop: Workshop, tmp_path: Path) -> None:
    trunk = {"kind": "encoder", "pretrained": str(folder_of(tmp_path / "b")), "width": WIDTH, "layers": 1}
    spec = workshop.spec(("intent",), trunk)
    with pytest.raises(
        VectorsInvalid, match="attention_heads is 4, the pre-trained encoder has 2 in a layer: set that"
    ):
        Training(spec, workshop.dataset(spec), tmp_path / "start")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "config.json").unlink(), r"config\.json: No such file"),
        (lambda folder: (folder / "config.json").write_text("["), r"config\.json: not readable as JSON"),
        (lambda folder: (folder / "tokenizer.json").write_text("{}"), r"no tokenizer of BERT's form \(KeyError"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"junk"), "no weights of BERT's form"),
        (
            lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"),
            r"pytorch_model\.bin is a pickle, which could run code: save it as safetensors",
        ),
        (lambda folder: save_file({"x": torch.ones(1)}, folder / "model.safetensors"), "no weights of BERT's form"),
        (lambda folder: save_file(weights(3), folder / "model.safetensors"), "has 3 rows of word embeddings, and"),
        (
            lambda folder: (folder / "tokenizer.json").write_text(
                json.dumps({"model": {"type": "BPE"}, "post_processor": {"type": "x", "cls": ["a"], "sep": ["b"]}})
            ),
            "its model is BPE, expected WordPiece or Unigram",
        ),
    ],
)
def test_a_folder_that_is_no_encoder_says_which_file_is_at_fault(tmp_path: Path, change: Any, message: str) -> None:
    folder = folder_of(tmp_path / "bert")
    change(folder)
    with pytest.raises(VectorsInvalid, match=message):
        read_folder(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "gpt2"}, "model_type is 'gpt2', expected one of bert, xlm-roberta, mpnet"),
        ({"hidden_act": "relu"}, "hidden_act is 'relu'"),
        ({"position_embedding_type": "relative_key"}, "positions are relative"),
        ({"intermediate_size": 7}, f"intermediate_size is 7; its weights have {4 * WIDTH}"),
        ({"hidden_size": 7}, f"hidden_size is 7; its weights have {WIDTH}"),
    ],
)
def test_a_form_that_is_not_known_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(VectorsInvalid, match=message):
        read_folder(folder_of(tmp_path / "bert", **changes))
