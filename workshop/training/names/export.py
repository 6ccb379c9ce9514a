"""From a run to the file that ships: the averaged network, as float16."""

from __future__ import annotations

from pathlib import Path

from bodydouble.parsing.name_network import NAME
from workshop.training.garments.export import lower_logits, write_garment_network
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
    return write_garment_network(network, NAME, run, steps, path, "{photographs}")
