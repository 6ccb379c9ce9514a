"""Pictures for small folders of published layouts."""

from pathlib import Path

import numpy as np
from PIL import Image


def write_picture(path: Path, value: int, size: tuple[int, int] = (80, 100)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*size, 3), value, np.uint8)).save(path)
