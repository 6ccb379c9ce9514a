"""Where a run keeps the steps that it has finished, so that the same command goes on after an interruption.

One safetensors file a step, written whole or not at all, in a folder beside the output. A stamp in each file's header
says what it was made of: of other photos, options or another version nothing is taken over.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.files import remove_leftovers, whole_file
from bodydouble.weights import sha256_of

_STAMP = "stamp"
_SUFFIX = ".safetensors"


@dataclass(frozen=True)
class WorkFolder:
    """A folder of finished steps; made when the first one is written."""

    path: Path
    stamp: str  # of what they are made of

    def read(self, step: str) -> dict[str, Tensor] | None:
        """What a step left; None where it was not finished, is damaged, or was made of something else."""
        path = self._file(step)
        if not path.is_file():
            return None
        try:
            with safe_open(path, "pt") as file:
                if (file.metadata() or {}).get(_STAMP) != self.stamp:
                    return None
                return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError):
            return None

    def write(self, step: str, tensors: Mapping[str, Tensor]) -> None:
        """Keep what a step leaves, in place of what it left before."""
        self.path.mkdir(exist_ok=True)
        with whole_file(self._file(step)) as temporary:
            plain = {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}
            temporary.write_bytes(save(plain, {_STAMP: self.stamp}))

    def remove(self) -> None:
        """Delete it: the output is whole, or nothing can come of it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _file(self, step: str) -> Path:
        return self.path / f"{step}{_SUFFIX}"


def open_work_folder(output: Path, files: Sequence[Path], options: str) -> WorkFolder:
    """The work folder of an output, `OUTPUT.work` beside it.

    Args:
        files: that the output is made of; of their bytes and of the options the stamp is made.
        options: all else that the output depends on.

    Raises:
        InputError: something else has that name.
    """
    path = output.with_name(f"{output.name}.work")
    if path.exists():
        if not path.is_dir() or any(
            not entry.name.startswith(".") and entry.suffix != _SUFFIX for entry in path.iterdir()
        ):
            raise InputError(f"cannot work in {path}: something else is there; give the output another name")
        remove_leftovers(path)
    digest = hashlib.sha256(f"{version('bodydouble')}\n{options}".encode())
    for file in files:
        digest.update(bytes.fromhex(sha256_of(file)) if file.is_file() else str(file).encode())
    return WorkFolder(path, digest.hexdigest())
