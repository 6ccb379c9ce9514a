"""From a run to the file that ships: the averaged head, as float16."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from torch import nn

from bodydouble.nn.store import halve, write_tensors
from bodydouble.parsing.garment_network import NAME
from bodydouble.parsing.garments import GARMENTS
from bodydouble.parsing.network import SHUFFLE
from workshop.training.garments.loop import read_garment_average

# Logits: what training shows and counts more often than it is worn is believed a little less. About half of what
# training adds; chosen on photographs of `look.txt`.
_OFTENER = {"shorts": 0.5, "jumpsuit": 0.5, "tights": 0.3}


def export_garments(run: Path, path: Path) -> Path:
    """Write the file.

    Raises:
        InputError: the folder holds no run, or the file's folder does not exist.
    """
    head, steps = read_garment_average(run)
    lower_logits(head.logits, _OFTENER)
    return write_garment_network(head, NAME, run, steps, path, "{views} views of {photographs}")


def write_garment_network(network: nn.Module, kind: str, run: Path, steps: int, path: Path, data: str) -> Path:
    """Write a file of a network that names garments, and what it learned from.

    Args:
        kind: what the file's header says that it holds.
        run: the run's folder.
        steps: of the run, behind the network.
        data: how many photographs, with places for the numbers of which the run tells.

    Raises:
        InputError: the file's folder does not exist.
    """
    settings = json.loads((run / "run.json").read_text(encoding="utf-8"))
    source = {
        "garments": ", ".join(GARMENTS),
        "steps": str(steps),
        "seed": str(settings["seed"]),
        "data": f"{data.format(**settings['learned_from'])} street photographs of Clothing Co-Parsing; weights only",
    }
    write_tensors(halve(network.state_dict()), path, kind, source)
    return path


def lower_logits(convolution: nn.Conv2d, lowered: Mapping[str, float]) -> None:
    """Lower logits of garments, by name, in the convolution that makes them."""
    assert convolution.bias is not None
    for name, logit in lowered.items():
        first = GARMENTS.index(name) * SHUFFLE**2
        convolution.bias.data[first : first + SHUFFLE**2] -= logit
