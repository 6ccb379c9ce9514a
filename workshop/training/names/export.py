"""From a run to the file that ships: the averaged network, as float16."""

from __future__ import annotations

import json
from pathlib import Path

from bodydouble.nn.store import halve, write_tensors
from bodydouble.parsing.garments import GARMENTS
from bodydouble.parsing.name_network import NAME
from workshop.training.garments.export import lower_logits
from workshop.training.names.loop import read_name_average

# Logits: what training shows more often than it is worn is believed less. Three quarters of what `batches` adds to its
# odds; chosen on photographs of `look.txt`.
_OFTENER = {"dress": 0.8, "shorts": 0.8, "jumpsuit": 0.8}


def export_names(run: Path, path: Path) -> Path:
    """Write the file.

    Raises:
        InputError: the folder holds no run, or the file's folder does not exist.
    """
    network, steps = read_name_average(run)
    lower_logits(network.logits, _OFTENER)
    settings = json.loads((run / "run.json").read_text(encoding="utf-8"))
    photographs = settings["learned_from"]["photographs"]
    source = {
        "garments": ", ".join(GARMENTS),
        "steps": str(steps),
        "seed": str(settings["seed"]),
        "data": f"{photographs} street photographs of Clothing Co-Parsing; weights only",
    }
    write_tensors(halve(network.state_dict()), path, NAME, source)
    return path
