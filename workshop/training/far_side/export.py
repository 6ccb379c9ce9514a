"""From a run to the file that ships: a parser whose near side is kept to the bit, and the further heads beside it."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors.torch import load_file

from bodydouble.nn.store import halve, read_header, write_tensors
from bodydouble.parsing.builtin import FAR, KIND, SHAPE
from bodydouble.weights import find_weights
from workshop.training.far_side.loop import read_far_average
from workshop.training.far_side.shape import read_shape_head


def export_far(parser: str, run: Path, path: Path) -> Path:
    """Write the file.

    Args:
        parser: weights whose near side is kept, a file or the name of weights that ship.

    Raises:
        InputError: the folder holds no run, or the file's folder does not exist.
    """
    source_file = find_weights(parser)
    header, _ = read_header(source_file.path)
    further = (f"{FAR}.", f"{SHAPE}.")
    near = {name: value for name, value in load_file(source_file.path).items() if not name.startswith(further)}
    far, steps = read_far_average(run)
    settings = json.loads((run / "run.json").read_text(encoding="utf-8"))
    heads = {f"{FAR}.{name}": value for name, value in far.state_dict().items()}
    heads |= {f"{SHAPE}.{name}": value for name, value in read_shape_head(run).state_dict().items()}
    source = dict(header.source) | {
        "far_steps": str(steps),
        "far_seed": str(settings["seed"]),
        "far_data": f"{settings['learned_from']['drawn views']} views of drawn people (CC0 assets)",
    }
    write_tensors(near | halve(heads), path, KIND, source)
    return path
