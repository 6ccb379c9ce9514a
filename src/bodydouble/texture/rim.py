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
from bodydouble.geometry.blur import blur_plane
from bodydouble.geometry.distance import rough_distance_to
from bodydouble.parsing.labels import CLOTH, HAIR, SKIN
from bodydouble.progress import Progress
from bodydouble.texture.foreign import stuff_distance
from bodydouble.texture.project import ProjectConfig, project_photo
from bodydouble.texture.sight import Sight, see_texels
from bodydouble.values import FittedView, Texture

_EDGE_PX = 3.0  # width of the mask's edge, where the photo mixes person and background
_LEAST_EDGE_PX = 1.5  # however much a photo was reduced
FLATTEST = 0.2  # cosine below which a pixel, stretched five times, would be a smear from the side
TRUSTED = ProjectConfig.lowest_cosine  # from which the photo's colour is taken whole, without a step to what was seen
# Of a channel; skin or hair at the rim that is so unlike what is beside it is shade, shine or background.
_UNLIKE_SKIN = 0.15
_UNLIKE_CLOTH = (0.5, 1.0)  # the same of cloth (`stuff_distance`): where doubt begins, and where nothing is believed
_TONE = 0.006  # of the texture's side, 1.2 cm: deviation of the blur that leaves the tone of cloth, and no threads
_SMEARED = (TRUSTED, 0.6)  # cosine up to which nothing finer than tone is believed of cloth, and from which on all is
_NOTHING = 1e-3  # of a blur's weight, of which nothing is known
# Beside an arm or a hand labels tell what is whose; a pixel on what lies behind is the hand's edge.
_LOOSE = ProjectConfig(
    lowest_cosine=FLATTEST,
    mask_margin_px=0.0,
    turning_margin_px=0.0,
    front_margin_px=0.0,
    rear_margin_px=1.0,
    end_margin_px=0.0,
    outlines=False,
)


def project_rim(
    view: FittedView, body: BodyModel, size: int, progress: Progress | None = None, sight: Sight | None = None
) -> Texture:
    """What the photo shows with the rim, though that is not to be trusted; as `project_photo` has it.

    Where a texel has its colour from beside its own pixel, off the mask's edge, it is trusted for its tone alone: its
    confidence is at most `TRUSTED`.
    """
    edge_px = max(_LEAST_EDGE_PX, _EDGE_PX * view.photo.reduction)
    sight = sight or see_texels(view, body, size)
    if sight is None:
        return project_photo(view, body, size, _LOOSE, progress)
    sight = sight.with_colours(without_fringe(view.photo.rgb, view.person.mask, edge_px))
    rim = project_photo(view, body, size, _LOOSE, progress, sight)
    return replace(
        rim, confidence=torch.where(_find_fringe(sight, edge_px), rim.confidence.clamp(max=TRUSTED), rim.confidence)
    )


def _find_fringe(sight: Sight, edge_px: float) -> Tensor:
    """S×S, bool: texels whose pixel lies within the mask's edge, of so many pixels of the photo, or beyond it."""
    crop, points = sight.crop, sight.points
    height, width = crop.camera.size
    reduced = height / (crop.box[1] - crop.box[0])
    edge = rough_distance_to(crop.mask <= 0.5) <= edge_px * reduced
    fringe = sight.texels.face[0] >= 0
    fringe[fringe.clone()] = edge[points.y.long().clamp(0, height - 1), points.x.long().clamp(0, width - 1)]
    return fringe


def fill_grazing_texels(texture: Texture, rim: Texture, head: Tensor | None = None) -> Texture:
    """The completed texture with its visible but untrusted texels drawn towards the photo.

    Texels with a confidence above 0 come back to the last bit; it stays as it is, for the rim remains invented.

    Args:
        rim: what `project_rim` returned. Where it and the texture have labels, it counts where they agree, and on
            cloth, skin and hair the less, the more unlike the completed colour it is: it says more exactly what is
            there, and nothing else. A limb's outline, a hand's, a shadow or a bag beside would be a stripe from
            elsewhere. Of cloth that is seen flat its tone counts, not its threads, which are smeared there.
        head: S×S, bool, where skin may shine more than what is beside it, as faces do.
    """
    trust = ((rim.confidence - FLATTEST) / (TRUSTED - FLATTEST)).clamp(0, 1) * (texture.confidence == 0)
    beyond = rim.rgb - texture.rgb
    if rim.labels is not None and texture.labels is not None:
        alike = rim.labels == texture.labels
        skin, hair = texture.labels == SKIN, texture.labels == HAIR
        cloth = torch.isin(texture.labels, torch.tensor(CLOTH))
        from_cloth, agreement = _part_from_cloth(texture, rim, cloth & alike & (rim.confidence > 0))
        shines = torch.zeros_like(skin) if head is None else skin & head
        agreement = torch.where(cloth, agreement, torch.where(skin | hair, _agree_on_skin(beyond, shines), 1.0))
        trust, beyond = trust * alike * agreement, torch.where(cloth, from_cloth, beyond)
    shade = texture.shade
    if shade is not None and rim.shade is not None:
        shade = torch.lerp(shade, rim.shade, trust)
    return replace(texture, rgb=(texture.rgb + trust * beyond).clamp(0, 1), shade=shade)


def _agree_on_skin(beyond: Tensor, shines: Tensor) -> Tensor:
    """S×S in [0, 1]: how far a rim's colours less the completed ones, 3×S×S, are such as skin's and hair's may be.

    Args:
        shines: S×S, bool, where they may be lighter.
    """
    darker, lighter = (-beyond).amax(0), beyond.amax(0)
    unlike = torch.maximum(darker, lighter * ~shines)
    return (1 - unlike / _UNLIKE_SKIN).clamp(0, 1)


def _part_from_cloth(texture: Texture, rim: Texture, shown: Tensor) -> tuple[Tensor, Tensor]:
    """What a rim adds to a texture's cloth, 3×S×S, and how far it agrees with that, S×S in [0, 1].

    That is its tone, the mean of what is alike around there, and where it is seen steeply its threads and folds, too.
    How far it agrees is a matter of all around there, too: single texels that happen to be alike were crackle.

    Args:
        shown: S×S, bool, cloth that the rim shows.
    """
    beyond = rim.rgb - texture.rgb
    low, high = _UNLIKE_CLOTH
    alike = ((high - stuff_distance(texture.rgb, rim.rgb)) / (high - low)).clamp(0, 1) * shown
    planes = torch.cat([beyond * alike, alike[None], shown[None].float()]).numpy()
    *tone, weight, around = (torch.from_numpy(blur_plane(plane, _TONE * len(shown))) for plane in planes)
    smooth = torch.stack(tone) / weight.clamp_min(_NOTHING)
    low, high = _SMEARED
    steep = ((rim.confidence - low) / (high - low)).clamp(0, 1) * alike
    return smooth + steep * (beyond - smooth), (weight / around.clamp_min(_NOTHING)).clamp(0, 1).square()


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
