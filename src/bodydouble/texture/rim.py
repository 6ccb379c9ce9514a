"""The rim of what the photo shows: too flat, or too near the mask's edge, to be trusted, yet better than a guess.

Completion invents these texels from their neighbours. Seen from the photo's own side they then miss what everybody
can compare, such as a shoe's sole or a sleeve's edge. Here they lean towards the photo, the more the more frontal they
are, where it shows what completion has, but finer. The background cannot bleed in, because every pixel near the mask's
edge first takes the colour of the nearest one that is well inside.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.parsing.labels import CLOTH, SKIN
from bodydouble.progress import Progress
from bodydouble.texture.foreign import stuff_distance
from bodydouble.texture.project import ProjectConfig, project_photo
from bodydouble.texture.sight import Sight, see_texels
from bodydouble.values import FittedView, Texture

_EDGE_PX = 3.0  # width of the mask's edge, where the photo mixes person and background
_LEAST_EDGE_PX = 1.5  # however much a photo was reduced
FLATTEST = 0.2  # cosine below which a pixel, stretched five times, would be a smear from the side
TRUSTED = ProjectConfig.lowest_cosine  # from which the photo's colour is taken whole, without a step to what was seen
_UNLIKE_SKIN = 0.15  # of a channel; skin at the rim that is so unlike what is beside it is shade, shine or background
_UNLIKE_CLOTH = (0.5, 1.0)  # the same of cloth (`stuff_distance`): where doubt begins, and where nothing is believed
# Beside an arm or a hand labels tell what is whose; a pixel on what lies behind is the hand's edge.
_LOOSE = ProjectConfig(
    lowest_cosine=FLATTEST,
    mask_margin_px=0.0,
    front_margin_px=0.0,
    rear_margin_px=1.0,
    end_margin_px=0.0,
    outlines=False,
)


def project_rim(
    view: FittedView, body: BodyModel, size: int, progress: Progress | None = None, sight: Sight | None = None
) -> Texture:
    """What the photo shows with the rim, though that is not to be trusted; as `project_photo` has it."""
    edge_px = max(_LEAST_EDGE_PX, _EDGE_PX * view.photo.reduction)
    sight = sight or see_texels(view, body, size)
    if sight is not None:
        sight = sight.with_colours(without_fringe(view.photo.rgb, view.person.mask, edge_px))
    return project_photo(view, body, size, _LOOSE, progress, sight)


def fill_grazing_texels(texture: Texture, rim: Texture, head: Tensor | None = None) -> Texture:
    """The completed texture with its visible but untrusted texels drawn towards the photo.

    Texels with a confidence above 0 come back to the last bit; it stays as it is, for the rim remains invented.

    Args:
        rim: what `project_rim` returned. Where it and the texture have labels, it counts where they agree, and on cloth
            and skin the less, the more unlike the completed colour it is: it says more exactly what is there, and
            nothing else. A limb's outline, a hand's, a shadow or a bag beside would be a stripe from elsewhere.
        head: S×S, bool, where skin may shine more than what is beside it, as faces do.
    """
    trust = ((rim.confidence - FLATTEST) / (TRUSTED - FLATTEST)).clamp(0, 1) * (texture.confidence == 0)
    if rim.labels is not None and texture.labels is not None:
        trust = trust * (rim.labels == texture.labels) * _agreement(texture, rim, head)
    shade = texture.shade
    if shade is not None and rim.shade is not None:
        shade = torch.lerp(shade, rim.shade, trust)
    return replace(texture, rgb=torch.lerp(texture.rgb, rim.rgb, trust), shade=shade)


def _agreement(texture: Texture, rim: Texture, head: Tensor | None) -> Tensor:
    """S×S in [0, 1]: how far the rim's colours are such as a labelled texture has there; 1 off cloth and skin."""
    assert texture.labels is not None
    beyond = rim.rgb - texture.rgb
    darker, lighter = (-beyond).amax(0), beyond.amax(0)
    unlike = torch.maximum(darker, lighter if head is None else lighter * ~head)
    of_skin = torch.where(texture.labels == SKIN, 1 - unlike / _UNLIKE_SKIN, 1.0)
    low, high = _UNLIKE_CLOTH
    of_cloth = (high - stuff_distance(texture.rgb, rim.rgb)) / (high - low)
    return torch.where(torch.isin(texture.labels, torch.tensor(CLOTH)), of_cloth, of_skin).clamp(0, 1)


def without_fringe(rgb: Tensor, mask: Tensor, edge_px: float = _EDGE_PX) -> Tensor:
    """The photo (3×H×W) with each pixel outside the mask (H×W), or within its soft edge, coloured like the nearest
    one inside."""
    reach = int(edge_px)
    y, x = np.ogrid[-reach : reach + 1, -reach : reach + 1]
    disc = (x**2 + y**2 <= edge_px**2).astype(np.uint8)
    inside = cv2.erode((mask > 0.9).numpy().astype(np.uint8), disc) > 0
    if not inside.any():
        return rgb
    rows, columns = distance_transform_edt(~inside, return_distances=False, return_indices=True).astype(np.int64)
    return rgb[:, torch.from_numpy(rows), torch.from_numpy(columns)]
