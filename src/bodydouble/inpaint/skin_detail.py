"""What all skin shows that smooth colours lack: palms' lines, nails, knuckles, knees, elbows, heels, a back's furrow.

It is the mean of many skins, learned as gains beside their smooth colour (`workshop/training/skins.py`), and stands for
no detail of the person's own. It lies in the layout that ships; for others marks are drawn from joints.
"""

from __future__ import annotations

import functools
import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import interpolate

from bodydouble.body import BodyModel
from bodydouble.body.layout import layout_fingerprint
from bodydouble.errors import InputError
from bodydouble.inpaint.skin_marks import draw_skin_marks
from bodydouble.nn.store import read_header, write_tensors
from bodydouble.weights import find_weights

KIND = "skins"
_STEP = 1 / 280  # of the gain's logarithm, for one step of the bytes that keep it: up to 1.55 times and back
_STRENGTH = 1.4  # of the mean: where skins differ it is fainter than each; by eye on legs beside their seen side
_LIGHTEST = 0.1  # of the logarithm: skin that is bright in the sun has no white palms
_ZERO = 128  # the byte that stands for a gain of 1
_QUALITY = 95  # of WebP: a sixth of the bytes without loss; its error is half a hundredth


@functools.lru_cache(maxsize=2)  # the same for every person
def skin_gain(body: BodyModel, size: int) -> Tensor:
    """3×S×S: by what smooth skin is multiplied, in sRGB; 1 where skins have nothing in common, and between charts."""
    file = find_weights(KIND)
    if read_header(file.path)[0].source.get("layout") != layout_fingerprint(body.layout):
        return draw_skin_marks(body, size)
    try:
        gain = unpack_gain(load_file(file.path)[KIND])
    except KeyError as error:
        raise InputError(f"{file.path} lacks {error}; install bodydouble again") from error
    return (
        interpolate(gain[None], size=(size, size), mode="bilinear", align_corners=False)[0]
        .mul(_STRENGTH)
        .clamp(max=_LIGHTEST)
        .exp()
    )


def pack_gain(gain: Tensor) -> Tensor:
    """(N,), bytes of a WebP picture of the logarithm of a gain, 3×S×S, which is alike left and right: its left half."""
    left = (gain[..., : gain.shape[-1] // 2] / _STEP + _ZERO).round().clamp(0, 255).byte()
    file = io.BytesIO()
    Image.fromarray(left.permute(1, 2, 0).numpy()).save(file, "WEBP", quality=_QUALITY)
    return torch.frombuffer(bytearray(file.getvalue()), dtype=torch.uint8)


def unpack_gain(picture: Tensor) -> Tensor:
    """3×S×S, the logarithm of the gain in such a picture."""
    with Image.open(io.BytesIO(picture.numpy().tobytes())) as image:
        left = torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)
    left = (left.float() - _ZERO) * _STEP
    return torch.cat([left, left.flip(-1)], -1)


def save_gain(gain: Tensor, layout: str, path: str | Path, source: dict[str, str]) -> None:
    """Write the file that `skin_gain` reads, of the logarithm of a gain, 3×S×S, in the layout of that fingerprint."""
    write_tensors({KIND: pack_gain(gain)}, path, KIND, {**source, "layout": layout})
