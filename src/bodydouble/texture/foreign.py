"""What a photo shows at an edge and nowhere else on a garment is none of it: background under an arm, a bag's rim.

texels well inside what was seen ─▶ the colours that each label has around each place
texels at an edge, or too flat   ─▶ left out where they have none of these

At edges a small error of fit or mask shows what lies beside. Prints, belts and buttons lie well inside, and say
themselves which colours there are. Shade changes brightness more than tint.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.ndimage import label
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import pose_fit
from bodydouble.geometry.camera import project
from bodydouble.geometry.distance import rough_distance_to
from bodydouble.geometry.lengths import measure_lengths
from bodydouble.geometry.neighbours import have_near
from bodydouble.geometry.uv import resize_nearest
from bodydouble.parsing.labels import CLOTH, SKIN
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import FittedView, RestBody, Texture

SIZE = 512  # texels a side at which colours are compared; about 4 mm each
# The numbers were chosen on a sleeve's colour and a hedge under an arm, and on the prints of four other photos.
_EDGE = 6.0  # of these texels: so near to what was not seen a texel lies at an edge
_BESIDE_M = 0.06  # distance from a held thing in the photo within which its rim or strap may show
_FRONTAL = 0.4  # cosine to the camera from which on a texel is well seen
_UNLIKE = 0.18  # distance of sRGB colours at one place from which on a texel is foreign ...
_REACH_M = 0.15  # ... and distance of places of one colour that counts as much; farther, sleeves measure a trunk
_BRIGHTNESS = 0.5  # weight of brightness against tint: cloth that is seen flat is darker, or shines
_AGREEING = 4  # well seen texels that must be alike
_NEAR_M = 0.08  # where nothing was well seen within this, no colour is known
_BARE, _BIN_M = 0.5, 0.02  # part of a bare upper arm that cloth takes up at most, in rings of this width
_PART = 0.3  # share of an island beside a thing that is unlike all well seen, from which on all of it is the thing's
_FEW = 60  # well seen texels of a label on a limb; fewer tell no colours


def leave_out_foreign(
    shown: Texture, measure: Texture, view: FittedView, body: BodyModel, labels: Sequence[int] = CLOTH
) -> Texture:
    """The partial texture without cloth at edges whose colour is unlike all that was well seen around there.

    Args:
        shown: what a photo shows, S×S; what is left out of it has confidence, colour and label 0.
        measure: what that photo shows well inside its edges, S×S; it may be `shown` itself.
        view: the photo; beside what is held in it nothing is well seen.
        labels: of what may be left out. Not of skin before labels are completed: a bare arm would get a sleeve.
    """
    foreign = find_foreign(shown, measure, body, find_beside_things(view, body), labels)
    return shown if foreign is None else without_texels(shown, foreign)


def without_texels(shown: Texture, dropped: Tensor) -> Texture:
    """A partial texture, S×S, in which texels, bool, were not seen; they may be a square of another size."""
    dropped = resize_nearest(dropped[None].float(), shown.rgb.shape[-1])[0] > 0
    return replace(forget_colours(shown, dropped), labels=None if shown.labels is None else shown.labels * ~dropped)


def forget_colours(texture: Texture, dropped: Tensor) -> Texture:
    """A partial texture in which the colours of texels, S×S bool, count as unseen; labels stay."""
    shade = None if texture.shade is None else torch.where(dropped, 1.0, texture.shade)
    return replace(texture, rgb=texture.rgb * ~dropped, confidence=texture.confidence * ~dropped, shade=shade)


def find_foreign(
    shown: Texture, measure: Texture, body: BodyModel, beside: Tensor | None = None, labels: Sequence[int] = CLOTH
) -> Tensor | None:
    """512×512, bool: the texels that `leave_out_foreign` leaves out; None where no parser was asked.

    Args:
        beside: as `find_beside_things` has it.
    """
    if shown.labels is None or measure.labels is None:
        return None
    parts, (position, rest) = anatomy(body), mean_places(body)
    worn, limbs = parts.regions(SIZE) == Region.BODY, parts.limbs(SIZE)
    candidates, reference = observe(shown), observe(measure)
    sure = worn & (reference.cosine > _FRONTAL) & (rough_distance_to(find_gaps(measure, body, SIZE)) > _EDGE)
    if beside is not None:
        sure &= ~beside | (reference.labels == SKIN)  # bracelets stay
    straps = _find_on_bare_arms(reference, position, rest, body) & worn
    sure &= ~straps
    unsure = worn & (candidates.cosine > 0) & ~sure
    foreign, kinds = torch.zeros_like(worn), limbs.unique()
    worn_cloth = torch.isin(reference.labels, torch.tensor(CLOTH))
    for number in labels:
        keys, queries = sure & (reference.labels == number), candidates.labels == number
        for limb in kinds:
            here = limbs == limb
            foreign |= _compare(candidates, reference, position, queries & unsure & here, keys & here)
            if beside is not None and number in CLOTH:
                # A bag's side may have a garment's label to itself.
                others = keys & here if int((keys & here).sum()) >= _FEW else sure & worn_cloth & here
                foreign |= _compare_colours(candidates, reference, queries & unsure & here & beside, others)
        foreign |= _compare(candidates, reference, position, queries & straps, keys, anywhere=True)
    return foreign


def _compare(
    candidates: Observed, reference: Observed, position: Tensor, queries: Tensor, keys: Tensor, anywhere: bool = False
) -> Tensor:
    """512×512, bool: which of the queries, texels of the candidates, are unlike the keys, texels of the reference."""
    unlike = torch.zeros_like(queries)
    if int(keys.sum()) >= _FEW and bool(queries.any()):
        colours = colours_at_places(candidates.rgb, position, queries)
        unlike[queries] = is_unlike(colours, colours_at_places(reference.rgb, position, keys), anywhere)
    return unlike


def _compare_colours(candidates: Observed, reference: Observed, queries: Tensor, keys: Tensor) -> Tensor:
    """512×512, bool: which of the queries have a colour that no key has, however far away: beside a held thing, its.

    Of an island of which much has, all is the thing's: a bag has dark cloth's colours in its own shade.
    """
    unlike = torch.zeros_like(queries)
    if int(keys.sum()) >= _FEW and bool(queries.any()):
        colours, others = stuff_colours(candidates.rgb, queries), stuff_colours(reference.rgb, keys)
        unlike[queries] = torch.from_numpy(~have_near(colours, others, _AGREEING, 1.0))
        islands = torch.from_numpy(label((queries | keys).numpy(), np.ones((3, 3), bool))[0]).long()
        own, of_thing = (
            torch.bincount(islands[texels], minlength=int(islands.max()) + 1) for texels in (queries, unlike)
        )
        own[islands[keys]] = torch.iinfo(torch.int64).max  # goes on in what was well seen
        unlike |= queries & (of_thing > _PART * own)[islands]
    return unlike


@functools.lru_cache(maxsize=4)  # the same for every photo; 12 MB each at 1024²
def mean_places(body: BodyModel, size: int = SIZE) -> tuple[Tensor, RestBody]:
    """3×size×size, metres, where each texel lies on the body of mean shape; and that body."""
    rest = body.rest(body.mean_shape())
    return interpolate(texel_map(body.layout, size), body.faces, rest.vertices)[0], rest


def find_beside_things(view: FittedView, body: BodyModel) -> Tensor | None:
    """512×512, bool: texels close to a held thing in the photo, which may show its rim or strap; None: none is held."""
    things = view.person.things
    if things is None:
        return None
    texels, mesh = texel_map(body.layout, SIZE), pose_fit(view.fit, body)
    covered = texels.face[0] >= 0
    x, y, depth = project(interpolate(texels, mesh.faces, mesh.vertices)[0][:, covered].T, view.fit.camera).unbind(1)
    reach = _BESIDE_M * float(view.fit.camera.intrinsics[0, 0] / depth.median())
    near = rough_distance_to(things) < reach
    height, width = near.shape
    row, column = y.floor().long(), x.floor().long()
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    beside = torch.zeros_like(covered)
    beside[covered] = inside & near[row.clamp(0, height - 1), column.clamp(0, width - 1)]
    return beside


def _find_on_bare_arms(reference: Observed, position: Tensor, rest: RestBody, body: BodyModel) -> Tensor:
    """512×512, bool: cloth on upper arms where most of what was seen around is skin: a bag's strap, or an armhole."""
    straps, limbs = torch.zeros_like(reference.cosine, dtype=torch.bool), anatomy(body).limbs(SIZE)
    observed, cloth = reference.cosine > 0, torch.isin(reference.labels, torch.tensor(CLOTH))
    for side, left in (("left", True), ("right", False)):
        shoulder, elbow = (rest.joints[body.roles[f"{side}_{joint}"]] for joint in ("shoulder", "elbow"))
        away = measure_lengths(position - shoulder[:, None, None], 0)
        arm = observed & (limbs == 1) & ((position[0] > 0) == left) & (away < (elbow - shoulder).norm())
        rows = (away / _BIN_M).long()
        covered, everything = (torch.bincount(rows[arm & what], minlength=64) for what in (cloth, observed))
        bare = covered < _BARE * everything
        straps[arm] = cloth[arm] & bare[rows[arm]]
    return straps


def is_unlike(queries: np.ndarray, keys: np.ndarray, anywhere: bool = False) -> Tensor:
    """(N,), bool, of N×7 queries: too few of the M×7 keys are alike, though some are near. Both as `colours_at_places`.

    Args:
        anywhere: whether some are near or not.
    """
    unlike = ~have_near(queries, keys, _AGREEING, 1.0)
    if not anywhere:
        place = slice(4, 7)
        unlike &= have_near(queries[:, place], keys[:, place], 1, _NEAR_M / _REACH_M)
    return torch.from_numpy(unlike)


def colours_at_places(rgb: Tensor, position: Tensor, texels: Tensor) -> np.ndarray:
    """N×7: tint, brightness and place of texels, S×S bool; those less than 1 apart may be of one stuff.

    Args:
        rgb: 3×S×S, sRGB.
        position: 3×S×S, metres.
    """
    return np.hstack([stuff_colours(rgb, texels), (position[:, texels].T / _REACH_M).numpy()])


def stuff_colours(rgb: Tensor, texels: Tensor, brightness: float = _BRIGHTNESS) -> np.ndarray:
    """N×4: tint and brightness of texels, S×S bool, of 3×S×S sRGB; 1 apart, they are of two stuffs.

    Args:
        brightness: weight against tint; under even light it tells more.
    """
    return _tint_and_brightness(rgb[:, texels], brightness).T.contiguous().numpy()


def stuff_distance(rgb: Tensor, other: Tensor) -> Tensor:
    """S×S: how far apart the stuffs of two textures' colours are, 3×S×S sRGB; from 1 on they are two."""
    return measure_lengths(_tint_and_brightness(rgb - other), 0)


def _tint_and_brightness(colour: Tensor, brightness: float = _BRIGHTNESS) -> Tensor:
    """4×… of 3×… sRGB, in units in which two stuffs are 1 apart."""
    mean = colour.mean(0, keepdim=True)
    return torch.cat([colour - mean, brightness * 3**0.5 * mean]) / _UNLIKE


@dataclass(frozen=True)
class Observed:
    """A partial texture, reduced to S×S."""

    rgb: Tensor  # 3×S×S
    cosine: Tensor  # S×S, to the camera; 0: not seen
    labels: Tensor  # S×S, float32


def find_gaps(texture: Texture, body: BodyModel, size: int) -> Tensor:
    """size×size, bool: what a partial texture, S×S, does not show of the body's surface.

    Charts end where they end at S. At another size a chart's border may have texels that none at S stands for: they
    are no gaps, but were an edge in the middle of a trunk, where its charts meet.
    """
    missing = (texel_map(body.layout, texture.confidence.shape[-1]).face[0] >= 0) & (texture.confidence == 0)
    return resize_nearest(missing[None].float(), size)[0] > 0


def observe(texture: Texture, size: int = SIZE) -> Observed:
    """A partial texture that has labels, reduced to so many texels a side."""
    assert texture.labels is not None
    layers = resize_nearest(torch.cat([texture.rgb, texture.confidence[None], texture.labels[None]]), size)
    return Observed(rgb=layers[:3], cosine=layers[3], labels=layers[4])
