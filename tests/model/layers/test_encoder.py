from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from bench.vectors import LAYERS, WIDTH, read
from model.export.graphs import export_graphs
from model.layers.encoder import AttentionLayer, EncoderTrunk, Pretrained, load_pretrained, save_pretrained
from model.layers.huggingface import named
from model.training.finished import load_net
from model.training.loop import Training
from schemas.artifacts.vectors import VectorsInvalid
from schemas.spec.bounded_yaml import SpecError
from schemas.spec.product import Spec
from tests.model.conftest import Workshop
from trunkline_edge.bundle.manifest import FeaturizerConfig
from trunkline_edge.understanding.featurizer import Featurizer

PIECES = {
    piece: i
    for i, piece in enumerate(
        ["[PAD]", "[UNK]", "turn", "on", "the", "lamp", "kit", "##chen", "hall", "[CLS]", "[SEP]"]
    )
}
HEADS = ("intent", "slots")


@pytest.fixture(scope="session")
def weights() -> dict[str, Tensor]:
    """A model of MiniLM's form, under MiniLM's names, that has learned nothing."""
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int) -> Tensor:
        return 0.05 * torch.randn(*shape, generator=generator)

    tensors = {
        "embeddings.word_embeddings.weight": random(len(PIECES), WIDTH),
        "embeddings.position_embeddings.weight": random(32, WIDTH),
        "embeddings.token_type_embeddings.weight": random(2, WIDTH),
    }
    linear = {"attention.self.query": (WIDTH, WIDTH), "attention.self.key": (WIDTH, WIDTH)}
    linear |= {"attention.self.value": (WIDTH, WIDTH), "attention.output.dense": (WIDTH, WIDTH)}
    linear |= {"intermediate.dense": (4 * WIDTH, WIDTH), "output.dense": (WIDTH, 4 * WIDTH)}
    for layer in range(LAYERS):
        for name, shape in linear.items():
            tensors[f"encoder.layer.{layer}.{name}.weight"] = random(*shape)
            tensors[f"encoder.layer.{layer}.{name}.bias"] = random(shape[0])
    for name in (
        "embeddings",
        *(f"encoder.layer.{i}.{part}" for i in range(LAYERS) for part in ("attention.output", "output")),
    ):
        tensors[f"{name}.LayerNorm.weight"] = 1 + random(WIDTH)
        tensors[f"{name}.LayerNorm.bias"] = random(WIDTH)
    return tensors


@pytest.fixture(scope="session")
def pretrained(weights: dict[str, Tensor]) -> Pretrained:
    return Pretrained(PIECES, named(weights))


@pytest.fixture(scope="session")
def file(pretrained: Pretrained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pretrained") / "encoder.safetensors"
    save_pretrained(path, pretrained)
    return path


def _spec(workshop: Workshop, file: Path, layers: int = 1, **train: object) -> Spec:
    trunk = {"kind": "encoder", "pretrained": str(file), "width": WIDTH, "layers": layers}
    return workshop.spec(HEADS, trunk, epochs=1, **train)


def _of_pieces(workshop: Workshop, file: Path, layers: int, **changes: object) -> Spec:
    trunk = {"kind": "encoder", "pretrained": str(file), "width": WIDTH, "embedding_width": WIDTH, "layers": layers}
    return workshop.spec(HEADS, trunk | {"tokenizer": "pieces"} | changes, epochs=1)


def test_an_encoder_starts_as_the_model_that_it_was_taken_from(
    workshop: Workshop, weights: dict[str, Tensor], pretrained: Pretrained, file: Path
) -> None:
    spec = _spec(workshop, file, LAYERS)
    wide = spec.trunk.model_copy(update={"embedding_width": WIDTH})
    words = ["turn", "on", "the", "lamp"]
    featurizer = Featurizer(
        FeaturizerConfig(**(spec.trunk.featurizer.model_dump(exclude={"vocabulary"}) | {"max_features": 2})), words
    )
    trunk = EncoderTrunk(featurizer.size, wide).eval()
    trunk.start_from(pretrained, featurizer)
    ids = torch.zeros(1, 4, 2, dtype=torch.int64)
    ids[0, :, 0] = torch.tensor([featurizer.word_id(word) for word in words])
    found = trunk(ids, torch.ones(1, 4, dtype=torch.bool)).layers[-1]
    # The model's own code has the mark of the sentence at its first position.
    moved = weights | {
        "embeddings.position_embeddings.weight": weights["embeddings.position_embeddings.weight"].roll(-1, 0)
    }
    torch.testing.assert_close(found, read(moved, torch.tensor([[PIECES[word] for word in words]])), atol=1e-4, rtol=0)


def test_attention_in_training_gives_what_it_gives_on_a_device_and_so_do_its_gradients() -> None:
    torch.manual_seed(0)
    layer = AttentionLayer(WIDTH, 4, dropout=0.0, units=WIDTH)
    read, bias = torch.randn(3, 5, WIDTH), torch.zeros(3, 1, 1, 5)
    bias[0, ..., 2:] = -1e9

    def of(mode: bool) -> tuple[Tensor, Tensor]:
        hidden = read.clone().requires_grad_()
        found = layer.train(mode)(hidden, bias)
        found.square().sum().backward()
        assert hidden.grad is not None
        return found, hidden.grad

    torch.testing.assert_close(of(True), of(False), atol=1e-4, rtol=1e-4)


def test_padding_changes_no_word(workshop: Workshop, pretrained: Pretrained, file: Path) -> None:
    spec = _spec(workshop, file, 2)
    featurizer = Featurizer(
        FeaturizerConfig(**spec.trunk.featurizer.model_dump(exclude={"vocabulary"})), ["turn", "on", "lamp"]
    )
    trunk = EncoderTrunk(featurizer.size, spec.trunk).eval()
    trunk.start_from(pretrained, featurizer)
    batch = workshop.random_batch(featurizer, [3, 7])
    alone = trunk(batch.ids[:1, :3], batch.mask[:1, :3]).layers[-1]
    torch.testing.assert_close(trunk(batch.ids, batch.mask).layers[-1][:1, :3], alone, atol=1e-5, rtol=0)


def test_a_word_that_is_no_piece_starts_as_the_mean_of_its_pieces(pretrained: Pretrained) -> None:
    found = pretrained.vectors(["kitchen", "zzz"])
    table = pretrained.tensors["pieces"]
    torch.testing.assert_close(found[0], (table[PIECES["kit"]] + table[PIECES["##chen"]]) / 2)
    torch.testing.assert_close(found[1], table[PIECES["[UNK]"]])
    assert "kitchen" not in pretrained.words() and "hall" in pretrained.words()


def test_an_encoder_trains_resumes_to_the_same_weights_and_exports(workshop: Workshop, file: Path) -> None:
    spec = _spec(workshop, file)
    dataset = workshop.dataset(spec)
    whole, resumed = workshop.train(spec, dataset), workshop.train_in_two(spec, dataset, 1)
    ours, theirs = workshop.weights(spec, whole), workshop.weights(spec, resumed)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    export_graphs(whole, dataset, spec, workshop.folder())  # raises where torch and onnxruntime differ


@pytest.mark.parametrize("tokenizer", ["words", "pieces"])
def test_heads_may_read_an_encoder_at_several_depths(workshop: Workshop, file: Path, tokenizer: str) -> None:
    trunk = {"kind": "encoder", "pretrained": str(file), "width": WIDTH, "layers": 2, "tokenizer": tokenizer}
    heads = {"intent": {"kind": "class"}, "slots": {"kind": "tag", "depth": 1}}
    spec = workshop.spec(heads, trunk, {"kind": "low_supervision"}, epochs=1)
    dataset = workshop.dataset(spec)
    training = Training(spec, dataset, workshop.folder())
    sharing, net = training.net.sharing, training.net
    batch = workshop.random_batch(training.featurizer, [4, 2])
    net(batch.ids, batch.mask)["slots"].sum().backward()
    reached = {id(parameter) for parameter in sharing.trunk.parameters() if parameter.grad is not None}
    assert {id(parameter) for parameter in sharing.shared_parameters() if parameter.requires_grad} == reached
    assert not any(id(parameter) in reached for parameter in sharing.trunk.layers[1].parameters())
    graphs = export_graphs(
        workshop.train(spec, dataset), dataset, spec, workshop.folder()
    )  # raises where torch differs
    assert graphs.graphs[0].outputs == ("hidden.2", "hidden.1")


def test_what_was_learned_before_learns_more_slowly_than_the_heads(workshop: Workshop, file: Path) -> None:
    spec = _spec(workshop, file)
    training = Training(spec, workshop.dataset(spec), workshop.folder())
    rates = {id(p): group["rate_factor"] for group in training.optimiser.param_groups for p in group["params"]}
    factors = {name: rates[id(parameter)] for name, parameter in training.net.named_parameters()}
    assert factors["heads.intent.project.weight"] == 1.0
    assert 0 < factors["sharing.trunk.layers.0.mix.weight"] < factors["sharing.trunk.embedding.table.weight"] < 1


def test_sizes_that_do_not_fit_and_files_that_are_none_are_refused(
    workshop: Workshop, pretrained: Pretrained, file: Path, tmp_path: Path
) -> None:
    spec = _spec(workshop, file, LAYERS + 1)
    with pytest.raises(VectorsInvalid, match="384, 16 and 7; the pre-trained encoder is 384 wide and has 6 layers"):
        Training(spec, workshop.dataset(spec), workshop.folder())
    with pytest.raises(VectorsInvalid, match="no such file"):
        load_pretrained(tmp_path / "absent")
    (tmp_path / "text").write_text("text")
    with pytest.raises(VectorsInvalid, match="make vectors"):
        load_pretrained(tmp_path / "text")


@pytest.mark.parametrize(
    ("heads", "trunk", "sharing", "says"),
    [
        (HEADS, {"kind": "encoder"}, None, "starts from `pretrained`"),
        (HEADS, {"pretrained": "x"}, None, "is for `kind: encoder`"),
        (HEADS, {"tokenizer": "pieces"}, None, "is for `kind: encoder`"),
        (HEADS, {"feed_forward": 64}, None, "is for `kind: encoder`"),
        (
            HEADS,
            {"kind": "encoder", "pretrained": "x"},
            {"kind": "soft"},
            "can only be shared hard, be read at several depths",
        ),
        ((*HEADS, "next_word"), {"kind": "encoder", "pretrained": "x"}, None, "no causal states"),
    ],
)
def test_a_spec_that_asks_too_much_of_an_encoder_says_so(
    workshop: Workshop, heads: tuple[str, ...], trunk: dict[str, object], sharing: dict[str, object] | None, says: str
) -> None:
    with pytest.raises(SpecError, match=says):
        workshop.spec(heads, trunk, sharing)


def test_an_encoder_over_pieces_reads_a_text_as_the_model_does(
    workshop: Workshop, weights: dict[str, Tensor], pretrained: Pretrained, file: Path
) -> None:
    spec = _of_pieces(workshop, file, LAYERS)
    lines = pretrained.lines(frozenset("abcdefghijklmnopqrstuvwxyz"))
    assert "##chen" in lines
    assert "[CLS]" not in lines
    options = spec.trunk.featurizer.model_dump(exclude={"vocabulary"}) | {"buckets": 1, "max_features": 3}
    featurizer = Featurizer(FeaturizerConfig(**options, kind="pieces"), lines)
    trunk = EncoderTrunk(featurizer.size, spec.trunk).eval()
    trunk.start_from(pretrained, featurizer)
    texts = ["turn on the kitchen lamp", "qqq hall"]  # no piece begins with q
    encodings = [featurizer.read(text) for text in texts]
    ids = torch.zeros(2, 5, 3, dtype=torch.int64)
    for row, encoding in zip(ids, encodings, strict=True):
        row[: len(encoding.ids)] = torch.from_numpy(encoding.ids)
    with torch.inference_mode():
        states = trunk(ids, ids[:, :, 0] != 0).layers[-1]
    for row, whole, firsts in (
        (0, "[CLS] turn on the kit ##chen lamp [SEP]", [1, 2, 3, 4, 6]),
        (1, "[CLS] [UNK] [UNK] [UNK] hall [SEP]", [1, 4]),
    ):
        expected = read(weights, torch.tensor([[PIECES[piece] for piece in whole.split()]]))[0, firsts]
        torch.testing.assert_close(states[row, : len(firsts)], expected, atol=1e-5, rtol=1e-4)


def test_an_encoder_over_pieces_trains_and_gives_graphs_that_answer_alike(
    workshop: Workshop, file: Path, tmp_path: Path
) -> None:
    spec = _of_pieces(workshop, file, 1)
    data = workshop.dataset(spec)
    table = Training(spec, data, tmp_path / "before").net.sharing.trunk.embedding.vectors.clone()
    trained = workshop.train(spec, data)
    net, featurizer = load_net(spec, trained)
    assert featurizer.config.kind == "pieces"
    assert torch.equal(net.sharing.trunk.embedding.vectors, table)  # no piece is changed
    graphs = export_graphs(trained, data, spec, tmp_path / "graphs")  # raises where torch answers otherwise
    assert graphs.featurizer == featurizer.config


def test_a_narrow_table_reads_as_a_wide_one_where_few_dimensions_say_all(
    workshop: Workshop, pretrained: Pretrained, file: Path
) -> None:
    flat = torch.randn(len(PIECES), 4) @ torch.randn(4, WIDTH) + torch.randn(WIDTH)
    few = Pretrained(PIECES, pretrained.tensors | {"pieces": flat})
    lines = few.lines(frozenset("abcdefghijklmnopqrstuvwxyz"))
    states = []
    for width in (WIDTH, 8):
        spec = _of_pieces(workshop, file, 2, embedding_width=width)
        options = spec.trunk.featurizer.model_dump(exclude={"vocabulary"}) | {"buckets": 1, "max_features": 3}
        featurizer = Featurizer(FeaturizerConfig(**options, kind="pieces"), lines)
        trunk = EncoderTrunk(featurizer.size, spec.trunk).eval()
        trunk.start_from(few, featurizer)
        assert trunk.embedding.vectors.shape == (featurizer.size + 2, width)
        ids = torch.from_numpy(featurizer.read("turn on the kitchen lamp").ids)[None]
        states.append(trunk(ids, torch.ones(1, 5, dtype=torch.bool)).layers[-1])
    torch.testing.assert_close(*states, atol=1e-4, rtol=1e-3)


def test_layers_may_be_narrow_between_and_say_so_where_the_file_has_others(
    workshop: Workshop, pretrained: Pretrained, file: Path, tmp_path: Path
) -> None:
    spec = _of_pieces(workshop, file, 1, feed_forward=8)
    with pytest.raises(VectorsInvalid, match="feed_forward is 8, the pre-trained encoder has 1536 units"):
        Training(spec, workshop.dataset(spec), workshop.folder())
    parts = {name: tensor for name, tensor in pretrained.tensors.items() if ".widen." not in name}
    for layer in range(LAYERS):
        for name in ("weight", "bias"):
            parts[f"layers.{layer}.widen.{name}"] = pretrained.tensors[f"layers.{layer}.widen.{name}"][:8]
        parts[f"layers.{layer}.narrow.weight"] = parts[f"layers.{layer}.narrow.weight"][:, :8]
    save_pretrained(tmp_path / "narrow.safetensors", Pretrained(PIECES, parts))
    spec = _of_pieces(workshop, tmp_path / "narrow.safetensors", 1, feed_forward=8)
    data = workshop.dataset(spec)
    export_graphs(workshop.train(spec, data), data, spec, tmp_path / "graphs")  # raises where torch answers otherwise


def test_words_of_a_unigram_model_are_those_that_begin_with_its_mark() -> None:
    pieces = {piece: i for i, piece in enumerate(["<s>", "</s>", "<unk>", "▁lamp", "s", "▁on", "▁7"])}
    pretrained = Pretrained(pieces, {"pieces": torch.eye(7)}, ("<s>", "</s>", "<unk>"), (0, 0, 0, -1, -2, -3, -4))
    assert pretrained.words() == ("lamp", "on")
    assert pretrained.lines(frozenset("lampson")) == ("▁lamp\t-1.0000", "s\t-2.0000", "▁on\t-3.0000")
    assert torch.equal(pretrained.vectors(["lamps", "q"]), torch.eye(7)[[3, 2]] * 0.5 + torch.eye(7)[[4, 2]] * 0.5)
