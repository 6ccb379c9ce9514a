"""The pack: small, whole, and enough by itself."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from bodydouble.errors import InputError
from workshop.synthesis.garments.wardrobe import read_garment
from workshop.synthesis.layers import KINDS
from workshop.synthesis.pack.contents import Pack, read_pack
from workshop.synthesis.pack.open import open_pack

ALONE = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("anny", "mediapipe", "warp", "trimesh", "diffusers"):
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
import torch
from pathlib import Path
torch.set_num_threads(1)
from workshop.synthesis.pack.contents import read_pack
from workshop.synthesis.records.person import RecordConfig, make_record, read_view
record = make_record(read_pack(Path(sys.argv[1])), RecordConfig(views=1, poses=1, size=96, texture_size=32), 0)
print(float(read_view(record, 0).rgba[3].mean()))
"""


def test_it_is_small_enough_to_carry(pack_file: Path) -> None:
    assert pack_file.stat().st_size < 30_000_000


def test_it_is_enough_without_anny_and_mediapipe(pack_file: Path) -> None:
    done = subprocess.run([sys.executable, "-c", ALONE, str(pack_file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert 0.05 < float(done.stdout) < 0.6  # of the picture is the person


def test_garments_survive(pack: Pack, shared: Path) -> None:
    original = read_garment(next((shared / "wardrobe/clothes/shoes01").glob("*.mhclo")))
    packed = pack.articles["clothes/shoes01"].garment
    for name, value in vars(original).items():
        if isinstance(value, torch.Tensor):
            assert torch.equal(value, getattr(packed, name)), name
    assert {article.kind for article in pack.articles.values()} <= set(KINDS)
    assert pack.image("skins/young_asian_female.jpg").shape[0] == 4


def test_other_files_are_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "pack.safetensors"
    wrong.write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="pack.safetensors"):
        read_pack(wrong)
    with pytest.raises(InputError, match="wardrobe"):
        open_pack(tmp_path / "absent")
    with pytest.raises(InputError, match="is no wardrobe"):
        open_pack(tmp_path)
