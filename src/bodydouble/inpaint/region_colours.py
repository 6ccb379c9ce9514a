"""What the seen texels tell about the materials: skin, hair, shoes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.surface.graph import SurfaceTexels
from bodydouble.surface.regions import Region

_FEW = 40  # texels; fewer tell nothing
_SKIN = (0.72, 0.55, 0.46)  # where no skin was seen at all
_HAIR = (0.16, 0.12, 0.1)
_SHOE = (0.13, 0.12, 0.12)
_FLESH = (0.26, 0.1, 0.09)  # inside of the mouth
_SCLERA = (0.78, 0.76, 0.74)
_IRIS = (0.2, 0.13, 0.09)
_FACE = 30.0  # weight of what is painted on a face
_IRIS_COSINE = 0.87  # of the angle between the eyeball's normal and straight ahead, at the iris' rim
# Lines through rows of MediaPipe's face mesh.
_LIPS = (
    (61, 40, 39, 37, 0, 267, 269, 270, 291, 321, 405, 314, 17, 84, 181, 91, 61),
    (78, 81, 13, 311, 308, 402, 14, 178, 78),
)
_BROWS = (
    (46, 53, 52, 65, 55),
    (70, 63, 105, 66, 107),
    (276, 283, 282, 295, 285),
    (300, 293, 334, 296, 336),
)
_NEAR_M = 0.01  # to a landmark of mouth or brows
_ENOUGH_OF_FACE = 0.3  # of what is near to those
_BIN_M = 0.01
_FEW_IN_BIN = 8
_ENOUGH_OF_BIN = 0.3  # share of a row; fewer may be the edge of a hand on the hip
_CALM = 3  # bins to each side of which the median is taken: it keeps hems and drops belts


def region_prior_colours(surface: SurfaceTexels, rgb: Tensor, confidence: Tensor) -> tuple[Tensor, Tensor]:
    """A colour for each texel from what its region shows elsewhere, and how strongly it is meant.

    Args:
        rgb: N×3.
        confidence: (N,), how well each texel was seen, [0, 1].

    Returns:
        N×3 colours and (N,) weights for `surface.diffuse`.
    """
    colours = torch.zeros(len(surface), 3)
    weight = torch.zeros(len(surface))
    skin = _skin(surface, rgb, confidence)
    materials = {
        Region.BODY: (_median(rgb, confidence, surface.region == Region.BODY, skin), 1e-4),
        Region.HAND: (_median(rgb, confidence, surface.region == Region.HAND, skin), 1e-2),
        Region.FACE: (skin, 1e-2),
        Region.SCALP: (_hair(surface, rgb, confidence), 3e-2),
        Region.FOOT: (_median(rgb, confidence, surface.region == Region.FOOT, torch.tensor(_SHOE)), 3e-3),
    }
    for region, (colour, strength) in materials.items():
        here = surface.region == region
        colours[here], weight[here] = colour, strength
    cloth = surface.region == Region.BODY
    rows = along_limbs(surface, rgb, confidence)
    colours[cloth] = torch.where(rows.isfinite(), rows, colours)[cloth]
    colours, opacity = paint_default_face(surface, colours, confidence)
    return colours, weight + _FACE * opacity


def along_limbs(surface: SurfaceTexels, rgb: Tensor, confidence: Tensor) -> Tensor:
    """N×3: the usual colour of what was seen at the same place along the limb; NaN where the limb was not seen.

    Both sides count together. At the hem of a shirt these colours jump: it lies at one height around the body.
    """
    result = torch.full((len(surface), 3), torch.nan)
    for arm in (False, True):
        here = (surface.arm == arm) & (surface.region == Region.BODY)
        observed = here & (confidence > 0)
        if bool(observed.any()):
            bins = ((surface.along - surface.along[here].min()) / _BIN_M).long()
            # What faces sideways tells more of the back than the middle of the front does: a jacket may be open.
            sideways = observed & (surface.normal[:, 2].abs() < 0.85)
            profile = _profile(bins[observed], rgb[observed], sideways[observed], int(bins[here].max()) + 1)
            result[here] = profile[bins[here]]
    return result


def _profile(bins: Tensor, rgb: Tensor, preferred: Tensor, count: int) -> Tensor:
    """count×3: each bin's median colour, of `preferred` texels where there are enough, freed of short changes."""
    order = bins.argsort(stable=True)
    numbers, lengths = bins[order].unique_consecutive(return_counts=True)
    members = zip(rgb[order].split(lengths.tolist()), preferred[order].split(lengths.tolist()), strict=True)
    places, medians = [], []
    for number, (colours, preferred) in zip(numbers, members, strict=True):
        if preferred.sum() >= max(_FEW_IN_BIN, _ENOUGH_OF_BIN * len(preferred)):
            colours = colours[preferred]
        if len(colours) >= _FEW_IN_BIN:
            places.append(number)
            medians.append(colours.median(0).values)
    if not places:
        return torch.full((count, 3), torch.nan)
    nearest = (torch.arange(count)[:, None] - torch.stack(places)).abs().argmin(1)
    colours = torch.stack(medians)[nearest]
    padded = functional.pad(colours.T[None], (_CALM, _CALM), mode="replicate")[0].T
    return padded.unfold(0, 2 * _CALM + 1, 1).median(-1).values


def _median(rgb: Tensor, confidence: Tensor, where: Tensor, otherwise: Tensor) -> Tensor:
    colours = rgb[where & (confidence > 0)]
    return colours.median(0).values if len(colours) >= _FEW else otherwise


def _front_of_face(surface: SurfaceTexels) -> Tensor:
    return (surface.region == Region.FACE) & (surface.normal[:, 2] > 0.2)


def _points(surface: SurfaceTexels, lines: Sequence[Sequence[int]]) -> Tensor:
    """P×3, metres: points along lines through landmarks."""
    ends = [(first, second) for line in lines for first, second in itertools.pairwise(line)]
    first, second = surface.face_landmarks[torch.tensor(ends).T]
    return torch.cat([torch.lerp(first, second, fraction) for fraction in (0.0, 0.25, 0.5, 0.75, 1.0)])


def _distance(position: Tensor, points: Tensor) -> Tensor:
    """(N,), metres: of N×3 from the nearest of P×3. Differences, for products of metres would err by a millimetre."""
    return torch.cdist(position, points, compute_mode="donot_use_mm_for_euclid_dist").amin(1)


def _face_seen(surface: SurfaceTexels, confidence: Tensor) -> bool:
    """Whether a good part of mouth and brows was seen; an ear, a cheek or a beard from behind is none."""
    front = _front_of_face(surface)
    marks = torch.cat([_points(surface, lines) for lines in (_LIPS, _BROWS)])
    near = _distance(surface.position[front], marks) < _NEAR_M
    return bool(confidence[front][near].gt(0).float().mean() > _ENOUGH_OF_FACE)


def _skin(surface: SurfaceTexels, rgb: Tensor, confidence: Tensor) -> Tensor:
    """Of the face where it was seen, else of the hands."""
    if _face_seen(surface, confidence):
        return _median(rgb, confidence, _front_of_face(surface), torch.tensor(_SKIN))
    return _median(rgb, confidence, surface.region == Region.HAND, torch.tensor(_SKIN))


def paint_default_face(surface: SurfaceTexels, colours: Tensor, confidence: Tensor) -> tuple[Tensor, Tensor]:
    """Colours with eyes, the mouth's inside and, if little of them was seen, lips and brows.

    Args:
        colours: N×3.
        confidence: (N,), how well each texel was seen. Such texels are painted over, too.

    Returns:
        N×3 colours and (N,), how much of each was painted over, [0, 1].
    """
    painted, opacity = colours.clone(), torch.zeros(len(surface))
    iris = (surface.region == Region.EYE) & (surface.normal[:, 2] > _IRIS_COSINE)
    for where, colour in (
        (surface.region == Region.INSIDE, _FLESH),
        (surface.region == Region.EYE, _SCLERA),
        (iris, _IRIS),
    ):
        painted[where], opacity[where] = torch.tensor(colour), 1.0
    if _face_seen(surface, confidence):
        return painted, opacity
    # A shade of the skin along the landmarks.
    front = _front_of_face(surface)
    for lines, tint, reach in ((_LIPS, (0.85, 0.6, 0.6), 0.0045), (_BROWS, (0.45, 0.4, 0.38), 0.005)):
        distance = _distance(surface.position[front], _points(surface, lines))
        strength = torch.exp(-((distance / reach) ** 2))
        opacity[front] = torch.maximum(opacity[front], strength)
        painted[front] = torch.lerp(painted[front], painted[front] * torch.tensor(tint), strength[:, None])
    return painted, opacity


def _hair(surface: SurfaceTexels, rgb: Tensor, confidence: Tensor) -> Tensor:
    """Of the upper part of the scalp that was seen: farther from the face than the lower one."""
    scalp = (surface.region == Region.SCALP) & (confidence > 0)
    if int(scalp.sum()) < _FEW:
        return torch.tensor(_HAIR)
    return _median(
        rgb, confidence, scalp & (surface.position[:, 1] >= surface.position[scalp, 1].median()), torch.tensor(_HAIR)
    )
