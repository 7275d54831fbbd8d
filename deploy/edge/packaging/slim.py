"""Remove from an environment what no device needs: `python slim.py ENVIRONMENT`; prints the bytes that are gone.

Tests of libraries, onnxruntime's tools for makers of models, and its library for programs in C, which its Python
module has in itself once more.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

NEEDLESS = (
    "numpy/**/tests",
    "securesystemslib/_vendor/ed25519/test_data",
    "onnxruntime/backend",
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    "onnxruntime/capi/libonnxruntime.so*",
    "**/__pycache__",
)


def main(environment: Path) -> int:
    """Remove and count."""
    gone = 0
    for packages in environment.glob("lib/python3*/site-packages"):
        for path in [found for pattern in NEEDLESS for found in packages.glob(pattern)]:
            gone += sum(file.stat().st_size for file in _files(path))
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    print(f"{gone:,} bytes removed")
    return 0 if gone else 1


def _files(path: Path) -> Iterator[Path]:
    yield from (each for each in [path, *path.rglob("*")] if each.is_file() and not each.is_symlink())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    raise SystemExit(main(Path(sys.argv[1])))
