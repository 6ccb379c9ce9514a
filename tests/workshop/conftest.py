"""People need a body that is packed: once for all tests."""

from pathlib import Path

import pytest

from bodydouble.body.anny import AnnyBody
from workshop.synthesis.body import PackedBody
from workshop.synthesis.pack.body import pack_body
from workshop.synthesis.pack.contents import Pack, read_pack
from workshop.synthesis.pack.open import make_pack


@pytest.fixture(scope="session")
def packed_body(anny: AnnyBody) -> PackedBody:
    """Anny as people are made of it."""
    return PackedBody(*pack_body(anny))


@pytest.fixture(scope="session")
def pack_file(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wardrobe and the motions in one file."""
    path = tmp_path_factory.mktemp("pack") / "pack.safetensors"
    make_pack(shared / "wardrobe", shared / "motions", path)
    return path


@pytest.fixture(scope="session")
def pack(pack_file: Path) -> Pack:
    """What people are sampled from."""
    return read_pack(pack_file)
