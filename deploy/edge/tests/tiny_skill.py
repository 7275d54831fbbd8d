"""Skills on the tiny bundle, right by eye as it is: one that answers whoever is polite, one that knows weather."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from deploy.edge.tests.tiny_bundle import TinyHead, entry, head_entry, head_model
from trunkline_edge.bundle.manifest import MINE, GraphEntry, Manifest
from trunkline_edge.bundle.packed import write_packed
from trunkline_edge.understanding.selftest import golden_lines
from trunkline_edge.understanding.session import Runtime

TEXTS = ("fan off please", "please turn on the lamp", "rain please", "kitchen")


def mine(meaning: str, weight: float = 12, threshold: float = 0.5) -> TinyHead:
    """Take an utterance for the skill's own where a word means this."""
    return TinyHead(MINE, "multilabel", (MINE,), {meaning: (weight,)}, (-6,), threshold=threshold)


THANKS = TinyHead("intent", "class", ("thank", "refuse"), {"on": (4, 0), "off": (0, 4)}, (0.1, 0))


@dataclass(frozen=True)
class SkillRecipe:
    """What to put in a skill; the defaults make a good one."""

    name: str = "manners"
    heads: tuple[TinyHead, ...] = (mine("nice"), THANKS)
    replaced: Mapping[str, bytes] = field(default_factory=dict)
    """File -> other content, put in after the golden answers were made; the manifest names it as if it were right."""
    texts: tuple[str, ...] = TEXTS

    def write(self, base: Path, folder: Path) -> Manifest:
        """Write a skill on the bundle in `base`, beside copies of trunk and word list; returns the manifest."""
        folder.mkdir(parents=True)
        beneath = Manifest.from_bytes((base / "manifest.json").read_bytes())
        lent = [each for each in beneath.files if each.role in ("trunk", "vocabulary")]
        for each in lent:
            (folder / each.name).write_bytes((base / each.name).read_bytes())
        raw = {head.file: head_model(head).SerializeToString() for head in self.heads}
        for name, content in raw.items():
            (folder / name).write_bytes(content)
        graphs = [graph for graph in beneath.graphs if graph.name == "trunk"]
        graphs += [
            GraphEntry(head.name, head.file, ("hidden", "mask"), (f"{head.name}.logits",), "fp32")
            for head in self.heads
        ]
        draft = replace(
            beneath,
            product=self.name,
            files=(*lent, *(entry(name, "head", content) for name, content in raw.items())),
            graphs=tuple(graphs),
            heads=tuple(map(head_entry, self.heads)),
            splits_commands=False,
            is_skill=True,
        )
        runtime = Runtime(draft, lambda each: folder / each.name)
        golden = "".join(line + "\n" for line in golden_lines(runtime, self.texts)).encode()
        for name, content in {**raw, **self.replaced}.items():
            (folder / name).write_bytes(content)
        (folder / "golden.jsonl").write_bytes(golden)
        heads = [entry(name, "head", self.replaced.get(name, content)) for name, content in raw.items()]
        manifest = replace(draft, files=(*lent, *heads, entry("golden.jsonl", "golden", golden)))
        (folder / "manifest.json").write_bytes(manifest.to_bytes())
        return manifest

    def pack(self, base: Path, out: Path) -> Manifest:
        """Write the file that is carried to a device; returns the manifest."""
        folder = out.with_suffix(".built")
        manifest = self.write(base, folder)
        with out.open("wb") as file:
            write_packed(manifest, lambda each: folder / each.name, file)
        return manifest
