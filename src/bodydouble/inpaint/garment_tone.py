"""One garment has one tone all around: at each height that which was seen there, on the body and on what hangs off it.

Body and sheets are completed apart, label by label and limb by limb, each from what was seen of it. Where their tones
part, a back has a band, a waist a step, a sleeve another hue, and no cloth has those. Here, under an overcast sky's
light, a garment has a profile of tones from its top to its hem; what was not seen departs from it with weave and folds
alone, and near what was seen as that does. Prints have no tone, and where a garment has another colour than usual, as
blocks of colour and ombres do, it stays as it was completed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from bodydouble.body import BodyModel
from bodydouble.geometry.uv import enlarge, resize_nearest
from bodydouble.inpaint.garment_marks import GarmentPoints, find_lone, measure_tones
from bodydouble.inpaint.tone_profile import CELL_M, FEW, measure_profile, tell_colour
from bodydouble.parsing.labels import BACKGROUND, CLOTH, LABELS, TOPS
from bodydouble.parsing.shade import GAMMA
from bodydouble.raster.shade import interpolate
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import Region
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Surface, SurfaceKind, Texture

_SIZE = 256  # texels a side at which tones are compared
_SHEETS = {SurfaceKind.SKIRT: CLOTH, SurfaceKind.COAT: TOPS}  # labels of the body's cloth above each
_DARK = 0.1  # that is added to colours before their logarithm: in the dark small steps are faint
_WELL = 0.45  # cosine to the camera from which a texel tells its garment's tone
_FEW_IN_CELL = 3  # texels that tell the tone of a cell of space
_BREADTH = 1.3  # cells, deviation of the blur that parts tone from pattern and folds
_FADE_M = (0.02, 0.12)  # from what was seen, from where on a garment begins to have its tone, and from where on it has
_ABOVE_M = 0.04  # around the height of a sheet's top, where the body wears what it hangs from
_MOST = (0.35, 0.7)  # departure of what was not seen, from which on less of it is mended, and nothing: another cloth
_OF_LIGHT = 0.5  # part of a departure in lightness, against one in tint


@dataclass(frozen=True, kw_only=True)
class GarmentTexels:
    """N texels of cloth, of the body and of sheets."""

    surface: Tensor  # (N,) int64, number of each one's surface
    garment: Tensor  # (N,) int64, its label
    place: Tensor  # N×3, metres, at rest
    sleeve: Tensor  # (N,) bool
    along: Tensor  # (N,), metres down the sleeve, else up
    rgb: Tensor  # N×3, [0, 1]
    sky: Tensor  # (N,), logarithm of the sky's light
    confidence: Tensor  # (N,), the cosine to the camera; 0: not seen


def level_garments(
    textures: Sequence[Texture], surfaces: Sequence[Surface], sky: Sequence[Tensor], body: BodyModel
) -> list[Texture]:
    """Textures whose unseen cloth has its garment's tone. Seen texels stay to the last bit.

    Args:
        textures: completed, of the body, with labels, and of what hangs off it.
        surfaces: as they were seen.
        sky: S×S of each, logarithm of an overcast sky's light (`texture.sky_light`).
    """
    if textures[0].labels is None:
        return list(textures)
    chosen = [0, *(number for number, each in enumerate(surfaces) if each.kind in _SHEETS)]
    gathered = [_gather_body(textures[0], surfaces[0], sky[0], body)]
    for number in chosen[1:]:
        gathered.append(_gather_sheet(number, textures[number], surfaces[number], sky[number], gathered[0]))
    texels = GarmentTexels(**{name: torch.cat([vars(each)[name] for each in gathered]) for name in vars(gathered[0])})
    gain = torch.zeros_like(texels.rgb)
    for garment in texels.garment.unique().tolist():
        here = texels.garment == garment
        gain[here] = measure_gain(GarmentTexels(**{name: values[here] for name, values in vars(texels).items()}))
    levelled = list(textures)
    for number in chosen:
        drawn = _draw(gain[texels.surface == number], textures[number], number == 0, body)
        seen = surfaces[number].texture.confidence > 0
        toned = ((textures[number].rgb + _DARK) * drawn.exp() - _DARK).clamp(0, 1)
        levelled[number] = replace(textures[number], rgb=torch.where(seen, textures[number].rgb, toned))
    return levelled


def measure_gain(texels: GarmentTexels) -> Tensor:
    """N×3: logarithms of the gains that give the unseen texels of one garment its tone; 0 where nothing tells it."""
    gain = torch.zeros_like(texels.rgb)
    space = _Space(texels.place.numpy())
    everywhere = np.ones(len(gain), bool)
    # Where a sheet hangs over the body, the sky's light steps from one to the other.
    light = space.blur(texels.sky.double().numpy()[:, None], everywhere)
    tone = np.log(texels.rgb.double().numpy() * np.exp(-light / GAMMA) + _DARK)
    well = (texels.confidence > _WELL).numpy()
    along, sleeve = texels.along.double().numpy()[:, None], texels.sleeve.numpy()
    planes = along, tone, sleeve[:, None], texels.place[:, :1].double().numpy()
    cells = _leave_out_lone(space.average(np.concatenate(planes, 1), well))
    if len(cells) < FEW:
        return gain
    unseen = (texels.confidence == 0).numpy()
    begun = np.interp(space.measure_distance(~unseen), _FADE_M, (0, 1))
    surface = texels.surface.numpy()
    for of_sleeve in np.unique(sleeve):
        profile = measure_profile(cells, of_sleeve)
        *target, plain = (np.interp(along[:, 0], profile[:, 0], plane) for plane in profile[:, 1:].T)
        for number in np.unique(surface):
            here = unseen & (sleeve == of_sleeve) & (surface == number)
            away = space.blur(tone - np.stack(target, 1), here)[here]
            level = (plain * begun)[here] * np.interp(_rate_departure(away), _MOST, (1, 0))
            gain[torch.from_numpy(here)] = torch.from_numpy(-away * level[:, None]).float()
    return gain


def _rate_departure(departure: np.ndarray) -> np.ndarray:
    """(N,): how large N×3 differences of tones are, of which light may make the most of their lightness."""
    lighter = departure.mean(1, keepdims=True)
    return np.hypot(np.linalg.norm(departure - lighter, axis=1), _OF_LIGHT * lighter[:, 0])


def _leave_out_lone(cells: np.ndarray) -> np.ndarray:
    """C×5: those of C×6 cells, whose last is metres to the left, that show what goes on around: no bag and no scarf."""
    along, tone, sleeve, x = torch.from_numpy(cells).float().split([1, 3, 1, 1], 1)
    points = GarmentPoints(
        tone=measure_tones(tone),
        x=x[:, 0],
        along=along[:, 0],
        sleeve=sleeve[:, 0] > 0.5,
        seen=torch.ones(len(cells), dtype=torch.bool),
    )
    return cells[~find_lone(points, FEW)[0].numpy(), :5]


class _Space:
    """N texels in cells of space."""

    def __init__(self, place: np.ndarray) -> None:
        """Args: place: N×3, metres."""
        places = (place - place.min(0)) / CELL_M + 1
        self._shape = tuple((places.max(0) + 2).astype(int))
        self._cell = np.ravel_multi_index(tuple(places.astype(int).T), self._shape)
        self._coordinates = places.T - 0.5

    def _sum(self, values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """(V+1)×X×Y×Z: sums of N×V values over the chosen texels of each cell, and last how many these are."""
        planes = np.concatenate([values, np.ones((len(values), 1))], 1)[chosen]
        sums = [np.bincount(self._cell[chosen], plane, int(np.prod(self._shape))) for plane in planes.T]
        return np.stack(sums).reshape(-1, *self._shape)

    def average(self, values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """C×V: means of N×V values in each cell that has enough chosen texels, (N,) bool."""
        sums = self._sum(values, chosen)
        enough = sums[-1] >= _FEW_IN_CELL
        return np.asarray((sums[:-1, enough] / sums[-1, enough]).T)

    def blur(self, values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """N×V: at each texel the mean of the values of the chosen ones, (N,) bool, around it."""
        sums = gaussian_filter(self._sum(values, chosen), (0, _BREADTH, _BREADTH, _BREADTH), mode="constant")
        means = sums[:-1] / (sums[-1] + 1e-3)
        return np.stack([map_coordinates(mean, self._coordinates, order=1, mode="nearest") for mean in means], 1)

    def measure_distance(self, chosen: np.ndarray) -> np.ndarray:
        """(N,), metres: of each texel from the nearest chosen one, (N,) bool; roughly. Infinite where none is."""
        occupied = self._sum(np.zeros((len(chosen), 0)), chosen)[0] > 0
        if not occupied.any():
            return np.full(len(chosen), np.inf)
        distance = distance_transform_edt(~occupied) * CELL_M
        return np.asarray(map_coordinates(distance, self._coordinates, order=1, mode="nearest"))


def _gather_body(texture: Texture, skin: Surface, sky: Tensor, body: BodyModel) -> GarmentTexels:
    assert texture.labels is not None
    texels = mean_surface_graph(body, _SIZE).surface
    places = texels.take(interpolate(texel_map(body.layout, _SIZE), body.faces, skin.vertices)[0])
    planes = torch.stack([texture.labels.float(), skin.texture.confidence])
    labels, confidence = texels.take(resize_nearest(planes, _SIZE)).T
    cloth = (texels.region == Region.BODY) & torch.isin(labels.long(), torch.tensor(CLOTH))
    return GarmentTexels(
        surface=torch.zeros(int(cloth.sum()), dtype=torch.int64),
        garment=labels[cloth].long(),
        place=places[cloth],
        sleeve=texels.arm[cloth],
        along=torch.where(texels.arm, texels.along, places[:, 1])[cloth],
        rgb=texels.take(_shrink(texture.rgb))[cloth],
        sky=texels.take(_shrink(sky[None]))[cloth, 0],
        confidence=confidence[cloth],
    )


def _gather_sheet(number: int, texture: Texture, sheet: Surface, sky: Tensor, of_body: GarmentTexels) -> GarmentTexels:
    """A sheet's texels; its garment is that of the body which it hangs from, if that has its tone, else one by itself.

    A dress may have two labels, one above the waist and one below: then it is the one right above the sheet. A coat is
    no part of trousers, though in a black suit they are blacker than its back. The jacket that hides a skirt's top is
    the body's, and has nothing of the skirt's tone.
    """
    places = interpolate(texel_map(sheet.layout, _SIZE), sheet.faces, sheet.vertices)[0].flatten(1).T
    rgb = _shrink(texture.rgb).flatten(1).T
    confidence = resize_nearest(sheet.texture.confidence[None], _SIZE)[0].flatten()
    well = confidence > _WELL
    above = (of_body.place[:, 1] - places[:, 1].max()).abs() < _ABOVE_M
    over = torch.zeros_like(well)
    if sheet.kind == SurfaceKind.SKIRT and texture.labels is not None:
        over = resize_nearest(texture.labels[None].float(), _SIZE)[0].flatten() != BACKGROUND
    garment = torch.zeros(len(rgb), dtype=torch.int64)
    for part, labels in ((~over, _SHEETS[sheet.kind]), (over, TOPS)):
        label = _find_garment(rgb[part & well], above, labels, of_body)
        garment[part] = label if label is not None else len(LABELS) + 2 * number + int(part is over)
    return GarmentTexels(
        surface=torch.full((len(rgb),), number),
        garment=garment,
        place=places,
        sleeve=torch.zeros(len(rgb), dtype=torch.bool),
        along=places[:, 1],
        rgb=rgb,
        sky=_shrink(sky[None]).flatten(),
        confidence=confidence,
    )


def _find_garment(rgb: Tensor, above: Tensor, labels: Sequence[int], of_body: GarmentTexels) -> int | None:
    """The body's garment, one of the labels, whose tone a sheet's well seen colours, N×3, have; None of another cloth.

    Args:
        above: (M,), bool, the body's texels right above the sheet.
    """
    garment: int | None = None
    best = -1, 0.0
    for label in labels:
        worn = (of_body.garment == label) & ~of_body.sleeve
        if int((worn & (of_body.confidence > _WELL)).sum()) >= FEW and len(rgb):
            # Of all of it: what was seen of a coat may be a scarf for the most part, what was completed is its cloth.
            usual = [(each.median(0).values + _DARK).log() for each in (of_body.rgb[worn], rgb)]
            rank = int((above & worn).sum()), -float((usual[0] - usual[1]).norm())
            if rank > best and tell_colour((usual[0] - usual[1]).numpy()) < 0.5:
                garment, best = label, rank
    return garment


def _shrink(image: Tensor) -> Tensor:
    """C×S×S to C×s×s."""
    return adaptive_avg_pool2d(image[None], _SIZE)[0]


def _draw(gain: Tensor, texture: Texture, of_body: bool, body: BodyModel) -> Tensor:
    """3×S×S: gains of the body's cloth, or of all of a sheet's texels, at full size."""
    size = texture.rgb.shape[-1]
    if not of_body:
        return enlarge(gain.T.reshape(3, _SIZE, _SIZE).contiguous(), size)
    assert texture.labels is not None
    texels, cloth = mean_surface_graph(body, _SIZE).surface, torch.isin(texture.labels, torch.tensor(CLOTH))
    chosen = texels.take(resize_nearest(cloth[None].float(), _SIZE))[:, 0] > 0
    chosen &= texels.region == Region.BODY
    planes = torch.zeros(len(texels), 4)
    planes[chosen] = torch.cat([gain, torch.ones(len(gain), 1)], 1)
    drawn = enlarge(texels.put(planes), size)
    return drawn[:3] / drawn[3:].clamp_min(1e-3) * cloth
