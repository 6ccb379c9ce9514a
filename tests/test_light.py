"""What is installed along and never asked: the way from a photo to files works where it is taken out of reach."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

# Brought by Anny (warp), MediaPipe (JAX, matplotlib) and PyTorch (sympy, networkx); then what extras bring:
# docs/install.md.
ALONG = ("warp", "jax", "jaxlib", "ml_dtypes", "matplotlib", "fontTools", "sympy", "networkx")
NEVER = (*ALONG, "diffusers", "huggingface_hub", "transformers")
OPT_IN = ("bodydouble.dinar",)
# And what only photos need, once there is a double.
DETECTION = ("mediapipe", "bodydouble.pipeline")

BLOCK = """
import sys
from importlib.machinery import PathFinder

class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        blocked = name in {without!r} or name.partition(".")[0] in {without!r}
        return None if blocked else PathFinder.find_spec(name, path, target)

sys.meta_path[:] = [Finder if finder is PathFinder else finder for finder in sys.meta_path]
sys.path.insert(0, {root!r})
"""
CREATE = """
import bodydouble, bodydouble.cli; from tests.sample import QUICK, SAMPLE
bodydouble.create(SAMPLE, config=QUICK).save("me.double")
"""
DRAW = """
import bodydouble.double
bodydouble.double.VIDEO_SIZE = (48, 32)
double = bodydouble.double.Double.load("me.double")
double.turntable("me.mp4", frames=2)
double.animate("wave", "pictures")
double.export("me.glb"); double.export("me.vrm")
"""


def run(code: str, without: tuple[str, ...], folder: Path) -> None:
    """Run code in a process of its own, in which nothing of these names can be imported."""
    process = [sys.executable, "-c", BLOCK.format(root=str(ROOT), without=without) + code]
    done = subprocess.run(process, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr[-2000:]


def test_doubles_are_made_drawn_and_exported_without_what_only_comes_along(tmp_path: Path) -> None:
    run(CREATE, NEVER + OPT_IN, tmp_path)
    run(DRAW, NEVER + OPT_IN + DETECTION, tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".double", ".mp4", "", ".glb", ".vrm"}


def test_dinar_without_its_library_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import pytest; from bodydouble.errors import InputError; from bodydouble.inpaint import inpainter\n"
        "from bodydouble.commands.information import import_dinar; from pathlib import Path\n"
        "with pytest.raises(InputError, match='dinar'): inpainter('dinar')\n"
        "with pytest.raises(InputError, match='dinar'): import_dinar(Path('a.ckpt'), Path('b.safetensors'))\n"
    )
    run(code.replace("match='dinar'", r"match=r'pip install .bodydouble\[dinar\]'"), NEVER, tmp_path)
