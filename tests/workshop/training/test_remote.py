"""The whole chain, from a pack, where neither Anny nor MediaPipe can be imported."""

import subprocess
import sys
from pathlib import Path

from tests.workshop.elsewhere import environment
from workshop.training.checkpoint import read_state
from workshop.training.presets import PRESETS

_WITHOUT = """
import sys
class Without:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("anny", "mediapipe", "av", "pygltflib", "typer") and "diffusers" not in str(path):
            if not sys._getframe(2).f_globals.get("__name__", "").startswith("importlib.util"):
                raise ModuleNotFoundError(f"{name} is not on this machine", name=name)
sys.meta_path.insert(0, Without())
from workshop.training.remote import main
main()
"""


def test_all_stages_on_a_bare_machine(pack_file: Path, tmp_path: Path):
    script = tmp_path / "bare.py"
    script.write_text(_WITHOUT)
    command = f"--pack {pack_file} --out {tmp_path / 'run'} --leave {tmp_path / 'left'} --minutes 5 --preset tiny"
    options = [*command.split(), "--steps", "1", "--people", "1", "--workers", "0"]
    variables = environment(OMP_NUM_THREADS="1")
    done = subprocess.run([sys.executable, str(script), *options], capture_output=True, text=True, env=variables)
    assert done.returncode == 0, done.stderr[-2000:]
    state = read_state(tmp_path / "left", "tiny")
    assert state.steps == {name: 1 for name in PRESETS["tiny"].stages}
    left = [path for path in (tmp_path / "left").rglob("*") if path.is_file()]
    assert max(path.stat().st_size for path in left) < 16 * 2**20
    assert {path.parent.name for path in left if path.name == "curves.csv"} == set(state.steps)
    assert (tmp_path / "run" / "weights.safetensors").is_file()
