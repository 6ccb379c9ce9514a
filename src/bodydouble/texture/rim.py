"""The rim of what the photo shows: too flat, or too near the mask's edge, to be trusted, yet better than a guess.

Completion invents these texels from their neighbours. Seen from the photo's own side they then miss what everybody
can compare, such as a shoe's sole or a sleeve's edge. Here they lean towards the photo, the more the more frontal they
are. The background cannot bleed in, because every pixel near the mask's edge first takes the colour of the nearest one
that is well inside.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.parsing.labels import SKIN
from bodydouble.progress import Progress
from bodydouble.texture.project import ProjectConfig, project_photo
from bodydouble.texture.sight import Sight, see_texels
from bodydouble.values import FittedView, Texture

_EDGE_PX = 3.0  # width of the mask's edge, where the photo mixes person and background
_LEAST_EDGE_PX = 1.5  # however much a photo was reduced
FLATTEST = 0.08  # cosine below which even a colour's place is a guess
TRUSTED = 0.3  # cosine from which the photo's colour is taken whole
_DARK_SKIN = 0.15  # of a channel; skin at the rim that is so much darker than beside it is shade or background
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


def fill_grazing_texels(texture: Texture, rim: Texture) -> Texture:
    """The completed texture with its visible but untrusted texels drawn towards the photo.

    Texels with a confidence above 0 come back to the last bit; it stays as it is, for the rim remains invented.

    Args:
        rim: what `project_rim` returned. Where it and the texture have labels, it counts where they agree, and on skin
            the less, the darker it is: a limb's outline would be a mottled stripe from elsewhere.
    """
    trust = ((rim.confidence - FLATTEST) / (TRUSTED - FLATTEST)).clamp(0, 1) * (texture.confidence == 0)
    if rim.labels is not None and texture.labels is not None:
        trust = trust * (rim.labels == texture.labels)
        darker = (texture.rgb - rim.rgb).amax(0) / _DARK_SKIN
        trust = torch.where(texture.labels == SKIN, trust * (1 - darker).clamp(0, 1), trust)
    shade = texture.shade
    if shade is not None and rim.shade is not None:
        shade = torch.lerp(shade, rim.shade, trust)
    return replace(texture, rgb=torch.lerp(texture.rgb, rim.rgb, trust), shade=shade)


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
