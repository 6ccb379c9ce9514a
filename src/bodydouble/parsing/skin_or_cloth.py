"""Where the network wavers between skin and cloth, the person's own colours tell: a bright red coat is no skin.

What is surely skin and what is surely cloth of a person tells how likely each colour is either; by Bayes' rule that is
weighed with the network's own chances, as the colour models of GrabCut are (Rother et al. 2004). A colour that both
have, or neither, says nothing.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.geometry.lengths import square_distances
from bodydouble.parsing.labels import CLOTH, SKIN

# By 42 photographs with labels: of the cloth's pixels that were skin 6 % fewer are (many of the rest are tights in the
# colour of skin), of the skin's that were cloth 13 %, and no more of things. Tried were sigmas of 4 to 12, floors
# of .01 to .2, sure chances of .8 to .95, lightness from .6 to 1, and `_EITHER` of .6, by which bags became skin.
_SURE = 0.9  # chance from which on a pixel tells the colours of its kind
_DOUBTED = 0.1  # chance of both, from which on a pixel may be either
_EITHER = 0.8  # of both together; what may as well be a bag is left alone
_SIGMA = 5.0  # CIELAB, within which two colours are one
_LIGHTNESS = 0.8  # how much it counts beside hue: shade changes it alone
_FLOOR = 0.05  # likelihood of a colour that a kind was not seen in, beside 1 of one of its own
_SAMPLES, _FEW = 400, 150  # pixels of each kind that are compared with, about, and with fewer of which nothing is told
_AT_ONCE = 16384  # pixels; a whole square's distances would take a gigabyte
_NEAREST = 0.05  # of those, the ones most like a colour: a kind may have many colours


def part_skin(labels: Tensor, picture: np.ndarray) -> Tensor:
    """L×S×S chances of `LABELS`, of which those of skin and of cloth are weighed by the picture's colours.

    What a pixel has of both together stays, and so do the shares of the kinds of cloth.

    Args:
        labels: L×S×S, chances.
        picture: S×S×3, uint8, sRGB: the same square.
    """
    skin, cloth = labels[SKIN], labels[list(CLOTH)].sum(0)
    either = (skin + cloth > _EITHER) & (torch.minimum(skin, cloth) > _DOUBTED)
    lab = cv2.cvtColor(cv2.GaussianBlur(picture, (3, 3), 0).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab *= np.array((_LIGHTNESS, 1, 1), np.float32)
    of_skin, of_cloth = (lab[(chance > _SURE).numpy()] for chance in (skin, cloth))
    if min(len(of_skin), len(of_cloth)) < _FEW or not bool(either.any()):
        return labels
    asked = lab[either.numpy()]
    likely = [torch.from_numpy(_FLOOR + _find_alike(asked, of_kind)) for of_kind in (of_skin, of_cloth)]
    odds = torch.ones_like(skin)  # by which colours raise those of cloth
    odds[either] = likely[1] / likely[0]
    told = (skin + cloth) * odds * cloth / (odds * cloth + skin).clamp_min(1e-6)
    parted = labels.clone()
    parted[list(CLOTH)] *= torch.where(either, told / cloth.clamp_min(1e-6), 1.0)
    parted[SKIN] = torch.where(either, skin + cloth - told, skin)
    return parted


def _find_alike(asked: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """(N,), [0, 1]: how like each of N×3 colours are the nearest of M×3."""
    known = colours[:: max(1, len(colours) // _SAMPLES)]
    few, alike = round(_NEAREST * len(known)), []
    for part in np.array_split(asked, -(-len(asked) // _AT_ONCE)):
        nearest = np.partition(square_distances(part, known), few, 1)[:, :few]
        alike.append(np.exp(-nearest.clip(0) / (2 * _SIGMA**2)).mean(1))
    return np.concatenate(alike)
