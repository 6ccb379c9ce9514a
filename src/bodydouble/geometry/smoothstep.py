"""A step that begins and ends without a kink."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from torch import Tensor

Share = TypeVar("Share", float, np.ndarray, Tensor)


def smoothstep(share: Share) -> Share:
    """[0, 1]: 3s² − 2s³ of shares s of the way, numbers of any shape in [0, 1]; level at both ends."""
    return share * share * (3 - 2 * share)
