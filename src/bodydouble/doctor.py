"""What this installation has, what it lacks, and how to get it. Nothing is downloaded here."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, resources
from importlib.util import find_spec
from pathlib import Path

from bodydouble import weights
from bodydouble.errors import InputError

_PACKAGES = (
    *("torch", "mediapipe", "anny", "numpy", "safetensors", "pillow", "av", "pygltflib"),
    *("libigl", "xatlas", "trimesh"),  # of `digitize`
)
# Package, the extra that brings it, and what for.
_EXTRAS = (
    ("numba", "fast", "pictures in less time"),
    ("diffusers", "dinar", "--inpainter dinar and its doubles"),
    ("transformers", "stable-diffusion", "digitize --painter stable-diffusion"),
    ("pi-heif", "heic", "HEIC photos"),
)
_MEDIAPIPE_MODELS = (
    "modules/pose_landmark/pose_landmark_full.tflite",
    "modules/pose_detection/pose_detection.tflite",
    "modules/face_landmark/face_landmark.tflite",
    "modules/hand_landmark/hand_landmark_full.tflite",
)
_REINSTALL = "install again: pip install --force-reinstall bodydouble"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked for."""

    what: str
    present: bool
    remedy: str = ""  # how to get it, where it is missing


def examine() -> Iterator[Finding]:
    """Look at the interpreter, the packages, the device, the models and the data."""
    supported = (3, 11) <= sys.version_info[:2] < (3, 13)
    yield Finding(
        what=f"Python {platform.python_version()} on {platform.system()} {platform.machine()}",
        present=supported,
        remedy="Python 3.11 or 3.12 is needed",
    )
    yield Finding(what=f"bodydouble {_version('bodydouble') or 'not installed'}", present=True)
    for name in _PACKAGES:
        found = _version(name)
        yield Finding(what=f"{name} {found or ''}".strip(), present=bool(found), remedy=f"pip install {name}")
    for name, extra, use in _EXTRAS:
        state = _version(name) or f"not installed; pip install 'bodydouble[{extra}]'"
        yield Finding(what=f"{name}, optional, for {use}: {state}", present=True)
    yield _device()
    yield from _models()
    yield from _weights()
    yield from _data()


def _device() -> Finding:
    if find_spec("torch") is None:
        return Finding(what="a device to compute on", present=False, remedy="pip install torch")
    import torch

    if torch.cuda.is_available():
        return Finding(what=f"device cuda: {torch.cuda.get_device_name(0)}", present=True)
    return Finding(what=f"device cpu, {torch.get_num_threads()} threads (no CUDA device; none is needed)", present=True)


def _models() -> Iterator[Finding]:
    spec = find_spec("mediapipe")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    for model in _MEDIAPIPE_MODELS:
        yield Finding(
            what=f"MediaPipe model {Path(model).name}",
            present=bool(spec) and (folder / model).is_file(),
            remedy="install again: pip install --force-reinstall mediapipe==0.10.21",
        )


def _weights() -> Iterator[Finding]:
    if not weights.SHIPPED:
        yield Finding(what="learned weights: none ship with this version, and none are needed", present=True)
    for name in weights.SHIPPED:
        try:
            weights.find_weights(name)
        except InputError as error:
            yield Finding(what=f"learned weights {name}", present=False, remedy=str(error))
        else:
            yield Finding(what=f"learned weights {name}", present=True)


def _data() -> Iterator[Finding]:
    data = resources.files("bodydouble") / "data"
    names = sorted(item.name for item in data.iterdir()) if data.is_dir() else []
    yield Finding(what=f"data of this package: {', '.join(names) or 'none'}", present=bool(names), remedy=_REINSTALL)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
