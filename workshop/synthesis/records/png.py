"""Images as the bytes of PNG files inside tensors, in the order red, green, blue that any viewer shows."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

_OPENCV_ORDER = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}  # OpenCV writes and reads blue first


def encode_png(image: Tensor, bits: int = 8) -> Tensor:
    """C×H×W whole numbers (1, 3 or 4 channels) of 8 or 16 bits to the bytes of a PNG."""
    pixels = image.permute(1, 2, 0).cpu().numpy().astype(np.uint8 if bits == 8 else np.uint16)
    ordered = np.ascontiguousarray(pixels[..., _OPENCV_ORDER[pixels.shape[2]]])
    done, data = cv2.imencode(".png", ordered, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    assert done
    return torch.from_numpy(data.copy())


def decode_png(data: Tensor) -> np.ndarray:
    """H×W×C, uint8 or uint16: what `encode_png` was given."""
    pixels = cv2.imdecode(data.numpy(), cv2.IMREAD_UNCHANGED)
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    return np.ascontiguousarray(pixels[..., _OPENCV_ORDER[pixels.shape[2]]])
