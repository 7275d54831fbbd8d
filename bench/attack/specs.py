"""Specs that somebody got wrong, from a flipped byte to aliases without end: each is a spec or a sentence, at once."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.attack import Attack, turns
from schemas.spec.bounded_yaml import SpecError
from schemas.spec.load import load_spec

HANG_S = 5.0
ODD_VALUES = (
    *r"""
~
''
{}
[]
[[]]
[~]
{a: b}
yes
0
-1
9
1e308
1e999
.inf
.nan
0x7fffffffffffffff
9223372036854775808
5e-324
1:30
!!int x
!!binary AA
!!python/none
"\ud800"
"\0"
"a\eb"
*nobody
&a [*a]
trunk
/dev/zero
|
%
""".strip().splitlines(),
    "9" * 5_000,
    "x" * 50_000,
    "[" * 3_000,
    "{a: " * 3_000,
    "'" + "é" * 300 + "'",
)
TOKENS = re.compile(r"\s+|[\w./-]+|[^\w\s]")


def mutants(texts: list[str], random_: random.Random) -> Mapping[str, Callable[[], bytes]]:
    """Return kind of attack -> a function that makes one more spec."""

    def text() -> str:
        return random_.choice(texts)

    def flipped() -> bytes:
        content = bytearray(text().encode())
        for _ in range(random_.randint(1, 4)):
            content[random_.randrange(len(content))] = random_.randrange(256)
        return bytes(content)

    def swapped() -> bytes:
        tokens = TOKENS.findall(text())
        for _ in range(random_.randint(1, 3)):
            one, other = random_.randrange(len(tokens)), random_.randrange(len(tokens))
            tokens[one], tokens[other] = tokens[other], tokens[one]
        return "".join(tokens).encode()

    def odd_value() -> bytes:
        content = text()
        values = list(re.finditer(r"(?<=: )[^\s,{}\[\]]+|(?<=: )\[[^\]]*\]|(?<=: )\{[^}]*\}", content))
        found = random_.choice(values)
        return (content[: found.start()] + random_.choice(ODD_VALUES) + content[found.end() :]).encode("utf-8")

    def repeated() -> bytes:
        lines = text().splitlines(keepends=True)
        first = random_.randrange(len(lines))
        part = lines[first : first + random_.randint(1, 4)]
        return "".join([*lines[:first], *part * random_.choice([2, 3, 60]), *lines[first:]]).encode()

    def cut() -> bytes:
        content = text().encode()
        return content[: random_.randrange(len(content))]

    def nested() -> bytes:
        many = random_.choice([2, 10, 40, 1_000])
        opened = random_.choice(["[", "{a: ", "- ", "? ", "&a [*a, "])
        wide = ", ".join(["*a"] * random_.choice([1, 2, 10]))
        laughs = "a0: &a [x, x, x]\n" + "".join(f"a{i}: &a [{wide}, {i}]\n" for i in range(3))
        chain = "b0: &b0 [x]\n" + "".join(f"b{i}: &b{i} [{', '.join([f'*b{i - 1}'] * 9)}]\n" for i in range(1, many))
        return (text() + random_.choice([f"train: {opened * many}", laughs, chain])).encode()

    def encoded() -> bytes:
        return text().encode(random_.choice(["utf-16", "utf-16-le", "utf-32", "cp037", "utf-7", "utf-8-sig"]))

    return {
        "bytes flipped": flipped,
        "tokens swapped": swapped,
        "odd value": odd_value,
        "lines repeated": repeated,
        "cut off": cut,
        "nested, aliases": nested,
        "other encoding": encoded,
    }


def attack(seed: int, seconds: float, inputs: int = 0) -> list[Attack]:
    """Feed changed copies of the specs of this repository to `load_spec` until the time is up."""
    root = Path(__file__).parents[2]
    texts = [
        path.read_text(encoding="utf-8")
        for path in sorted(root.glob("specs/*.yaml")) + sorted(root.glob("bench/specs/*.yaml"))
    ]
    kinds = mutants(texts, random.Random(seed))
    ends: dict[str, Counter[str]] = {kind: Counter() for kind in kinds}
    slowest = dict.fromkeys(kinds, 0.0)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "odd.yaml"
        for kind in turns(kinds, seconds, inputs):
            path.write_bytes(kinds[kind]())
            begun = time.monotonic()
            end = _end(path)
            took = time.monotonic() - begun
            slowest[kind] = max(slowest[kind], took)
            ends[kind]["silent" if took > HANG_S else end] += 1
    return [Attack.counted("specs", kind, found, slowest[kind]) for kind, found in ends.items()]


def _end(path: Path) -> str:
    """Return what becomes of a spec file; a refusal that is no sentence with its place counts as silence."""
    try:
        load_spec(path)
    except SpecError as error:
        return "refused" if str(error).startswith(f"{path}:") and len(str(error)) < 20_000 else "silent"
    except Exception:  # whatever it is, it should have been a SpecError
        return "traceback"
    return "accepted"
