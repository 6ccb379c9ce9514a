"""Detail finer than the base: the twin's own, cloth and hair like those that were seen, a feather towards the seen."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.geometry.blur import blur_plane
from bodydouble.geometry.distance import distance_to, rough_distance_to
from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.geometry.uv import fill_seams
from bodydouble.geometry.window import mask_box
from bodydouble.inpaint.cloth import carry_cloth
from bodydouble.inpaint.skin_detail import skin_gain
from bodydouble.parsing.labels import CLOTH, HAIR, SKIN
from bodydouble.progress import Progress, part_of
from bodydouble.surface.regions import Anatomy, Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.scatter import erode
from bodydouble.values import RestBody, Texture

_RIM = 3  # texels of a 1024² texture cut off the seen area before it serves as a source
_STRENGTH = 0.35  # of synthesised detail, against the sample's own: at 0.6 plain backs looked woolly
_WINDOWS = (64, 40, 24)  # texels of a 1024² texture: the side of the sample, the largest that fits
_STEPS = 8  # places in a window's side from which the next one begins
_STRUCTURED = 0.2  # of all windows that fit, this part is plainer than the sample: no logo, no button, no zip
_ALIKE = 0.25  # difference of colour between materials
_COARSEST = 0.06  # largest standard deviation of synthesised detail
_FEATHER = 0.008  # of the texture's side
_JEWELLERY = 0.08  # of a channel; what differs more from skin is on one wrist or leg alone: jewellery, sun, shade
_AROUND_MARKS = 0.01  # of the texture's side, 2 cm: the outline of such a mark would come again as a vein
_STRANDS = 0.004  # of the texture's side, 0.8 cm: deviation of the blur that leaves of hair its tone, and no strands
_STRONGEST = 0.12  # largest residue that is feathered; more is a rim's wrong colour


def lay_detail(
    partial: Texture,
    base: Tensor,
    body: BodyModel,
    progress: Progress | None = None,
    *,
    labels: Tensor | None = None,
    front_only: Tensor | None = None,
    rest: RestBody | None = None,
) -> Texture:
    """The partial texture completed by smooth colours with detail, bent to meet the observed texels, which stay.

    Args:
        base: 3×S×S, colours of every texel.
        labels: S×S, of all texels: skin has no weave, hair has strands, and cloth's pattern or folds go on. None:
            nothing is known of it.
        front_only: S×S, bool, seen texels that do not go on.
        rest: the body at rest, with `labels`.
    """
    covered = texel_map(body.layout, partial.rgb.shape[-1]).face[0] >= 0
    seen = partial.confidence > 0
    if not bool(seen.any()):
        return Texture(rgb=fill_seams(base, covered), confidence=partial.confidence)
    solid = solid_texels(partial.confidence, covered)
    if progress:
        progress("inpaint", 0.0)
    if labels is None or rest is None:
        colour = (base + all_detail(partial.rgb, base, solid, anatomy(body))).clamp(0, 1)
    else:
        colour, has_twin = base, torch.zeros_like(solid)
        if body.layout.mirrored:
            alike = (labels == labels.flip(-1)) & ~torch.isin(labels, torch.tensor(CLOTH))
            below = _below_head(body, labels)
            alike &= ~(below & find_lone_marks(partial.rgb, base, solid & below))
            detail, has_twin = twin_detail(partial.rgb, base, solid & alike)
            hair = has_twin & (labels == HAIR)
            detail = torch.where(hair, keep_strands(detail, hair), detail)
            colour = (base + detail).clamp(0, 1)
        colour = torch.where((labels == SKIN) & ~has_twin, colour * skin_gain(body, len(labels)), colour)
        source = solid if front_only is None else solid & ~front_only
        cloth, chosen = carry_cloth(partial, base, labels, source, rest, body, part_of(progress, 0.25, 0.25))
        colour = torch.where(chosen, cloth, colour)
    if progress:
        progress("inpaint", 0.5)
    colour = feather(colour, partial.rgb, seen).clamp(0, 1)
    rgb = torch.where(seen, partial.rgb, fill_seams(colour, covered))
    return Texture(rgb=rgb, confidence=partial.confidence)


def _below_head(body: BodyModel, labels: Tensor) -> Tensor:
    """S×S, bool: texels of labels, S×S, that are skin of trunk, limbs, hands and feet."""
    below = torch.tensor([int(Region.BODY), int(Region.HAND), int(Region.FOOT)])
    return (labels == SKIN) & torch.isin(anatomy(body).regions(len(labels)), below)


def find_lone_marks(rgb: Tensor, base: Tensor, skin: Tensor) -> Tensor:
    """S×S, bool: texels on and around what is on one wrist or leg alone: jewellery, a patch of sun.

    Args:
        rgb: 3×S×S, where `skin`, S×S bool, was seen.
        base: 3×S×S, smooth colours.
    """
    marks = skin & ((rgb - base).abs().amax(0) > _JEWELLERY)
    return rough_distance_to(marks) <= _AROUND_MARKS * len(skin)


def solid_texels(confidence: Tensor, covered: Tensor) -> Tensor:
    """S×S, bool: seen texels (`confidence` above 0) of the body (`covered`) off the rim, where colours are mixed."""
    inside = (confidence > 0) & covered
    return erode((inside | ~covered).float(), 2 * max(1, round(_RIM * confidence.shape[-1] / 1024)) + 1) & inside


def keep_strands(detail: Tensor, known: Tensor) -> Tensor:
    """3×S×S: of the other side's hair, S×S bool, its strands alone, which set in softly.

    What is coarser is glare or shade on that side; its border is where the photo ends there, and was a torn line.
    """
    sigma, drawn = _STRANDS * len(known), torch.zeros_like(detail)
    if not bool(known.any()):
        return drawn
    (left, top, right, bottom), margin = mask_box(known), round(4 * sigma)
    part = slice(max(0, top - margin), bottom + margin), slice(max(0, left - margin), right + margin)
    shown, colour = known[part], detail[:, *part]
    weight = torch.from_numpy(blur_plane(shown.float().numpy(), sigma)).clamp_min(1e-3)
    tone = torch.stack([torch.from_numpy(blur_plane((plane * shown).numpy(), sigma)) for plane in colour]) / weight
    inside = (rough_distance_to(~shown) / (2 * sigma)).clamp(0, 1)
    drawn[:, *part] = (colour - tone) * smoothstep(inside)
    return drawn


def all_detail(rgb: Tensor, base: Tensor, solid: Tensor, parts: Anatomy) -> Tensor:
    """3×S×S: what the twin shows beyond the base; elsewhere cloth and hair like those that were seen.

    Args:
        rgb: 3×S×S, known where `solid`.
        base: 3×S×S, smooth colours of every texel.
        solid: S×S, bool, texels that serve as sources.
    """
    size = rgb.shape[-1]
    region, limb = parts.regions(size), parts.limbs(size)
    detail = torch.zeros_like(rgb)
    for material in [(region == Region.BODY) & (limb == kind) for kind in range(3)] + [region == Region.SCALP]:
        detail = torch.where(material, synthesised_detail(rgb, base, solid & material), detail)
    if parts.layout.mirrored:
        mirrored, has_twin = twin_detail(rgb, base, solid)
        detail = torch.where(has_twin, mirrored, detail)
    return detail


def twin_detail(rgb: Tensor, base: Tensor, solid: Tensor) -> tuple[Tensor, Tensor]:
    """What the mirrored texel shows beyond the base (3×S×S), and where it shows anything (S×S, bool)."""
    return ((rgb - base) * solid).flip(-1), solid.flip(-1)


def synthesised_detail(rgb: Tensor, base: Tensor, source: Tensor) -> Tensor:
    """Detail that looks like that of a sample (3×S×S, mean 0): no copy, so nothing is seen twice.

    White noise convolved with the sample has the sample's spectrum (Galerne, Gousseau and Morel, "Random phase
    textures", 2011): weave and folds keep their size and direction, and a logo's shape is lost.

    Args:
        rgb: 3×S×S.
        base: 3×S×S, the colours that the detail is for: it fades where they are not the sample's.
        source: S×S, bool, seen texels of one material. Zeros come back where no window of a sample fits.
    """
    size = rgb.shape[-1]
    for window in _WINDOWS:
        side = _STEPS * max(1, round(window * size / 1024 / _STEPS))
        sample = _plain_window(rgb, source, side)
        if sample is not None:
            break
    else:
        return torch.zeros_like(rgb)
    spot = sample - _plane(sample)
    taper = torch.hann_window(side + 2, periodic=False)[1:-1]
    spot = spot * (taper[:, None] * taper).sqrt()
    spot = spot - spot.mean((1, 2), keepdim=True)
    noise = torch.randn(size, size, generator=torch.Generator().manual_seed(0))
    # Unit noise through a kernel has the variance of the kernel's energy.
    energy = spot.square().sum((1, 2), keepdim=True).sqrt().clamp_min(1e-6)
    deviation = (sample - _plane(sample)).square().mean((1, 2), keepdim=True).sqrt().clamp(max=_COARSEST)
    spectrum = torch.fft.rfft2(spot, s=(size, size)) * torch.fft.rfft2(noise)
    detail = torch.fft.irfft2(spectrum, s=(size, size))
    unlike = (base - sample.mean((1, 2), keepdim=True)).square().sum(0)
    return _STRENGTH * torch.exp(-unlike / _ALIKE**2) * detail / energy * deviation


def _plain_window(rgb: Tensor, source: Tensor, side: int) -> Tensor | None:
    """3×side×side (a multiple of `_STEPS`) from within `source`, among the plainer ones; None where none fits."""
    step = side // _STEPS

    def mean_of(image: Tensor) -> Tensor:
        return functional.avg_pool2d(functional.avg_pool2d(image[None], step), _STEPS, 1)[0]

    full = mean_of(source[None].float())[0] > 0.999
    if not bool(full.any()):
        return None
    variance = (mean_of(rgb.square()) - mean_of(rgb).square()).sum(0)
    typical = variance[full].quantile(_STRUCTURED)
    best = torch.where(full, (variance - typical).abs(), torch.inf).argmin()
    row, column = (int(index) * step for index in divmod(int(best), full.shape[1]))
    return rgb[:, row : row + side, column : column + side]


def _plane(sample: Tensor) -> Tensor:
    """The sample's light and shade: the quadratic surface closest to each channel."""
    side = sample.shape[-1]
    y, x = torch.meshgrid(torch.linspace(-1, 1, side), torch.linspace(-1, 1, side), indexing="ij")
    # Orthogonal on the grid, so no solver is needed, whose last bits change from call to call.
    middle = x.square().mean()
    basis = torch.stack([torch.ones_like(x), x, y, x * y, x.square() - middle, y.square() - middle])
    amounts = (sample[:, None] * basis).sum((2, 3)) / basis.square().sum((1, 2))
    return (amounts[:, :, None, None] * basis).sum(1)


def feather(colour: Tensor, rgb: Tensor, observed: Tensor) -> Tensor:
    """`colour` (3×S×S) bent to meet `rgb` where it was seen (S×S, bool), within a narrow band outside."""
    residue = ((rgb - colour) * observed).clamp(-_STRONGEST, _STRONGEST)
    total, weight = residue[None], observed[None, None].float()
    levels: list[tuple[Tensor, Tensor]] = []
    while len(levels) < 5 and total.shape[-1] > 4:
        levels.append((total, weight))
        total, weight = functional.avg_pool2d(total, 2), functional.avg_pool2d(weight, 2)
    spread = total / weight.clamp_min(1e-6)
    for total, weight in reversed(levels):
        coarse = functional.interpolate(spread, total.shape[-2:], mode="bilinear", align_corners=False)
        spread = torch.where(weight > 0.02, total / weight.clamp_min(1e-6), coarse)
    distance = distance_to(observed)
    return colour + spread[0] * torch.exp(-((distance / (_FEATHER * observed.shape[-1])) ** 2))
