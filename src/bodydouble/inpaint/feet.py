"""Shoes are shoes to the sole and the heel: unseen texels of a shod foot take the colours of what was seen of it."""

from __future__ import annotations

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import dress_rest, pose_fit
from bodydouble.geometry.camera import project
from bodydouble.geometry.mesh import vertex_normals, view_cosine
from bodydouble.parsing.at_photo import labels_at
from bodydouble.parsing.labels import SHOES, SKIN
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import BodyFit, FittedView, Texture

_LEAST_SHARE = 0.12  # of shoe among the feet's seen shoe and skin, from which on feet are shod
_LOW_CUT = 0.75  # of shoe among the same, from which on all of a foot is shoe
_LEAST_TEXELS = 100  # of a 1024² texture: fewer tell no colour
_SOLE_M = 0.016  # how far from the ground up a texel lies on the sole's edge
_DOWN = 0.7  # cosine to straight down from which a texel lies on the bottom
_SOLE_FADE_M = 0.008  # height over which the edge's colour passes into the upper's: its texels are as tall
_FACING = 0.3  # cosine from which a sole's edge is looked up in the photo
_SOLE_SHADE = 0.55  # brightness of an unseen sole, of the shoe's
_NEAR_M = 0.02  # how far a seen texel's colour reaches, whole to half of that, on this shoe and on the other one
_TOP_LINE_M = 0.045  # height of the bare foot up to which low shoes cover it


def cover_feet(base: Tensor, partial: Texture, view: FittedView, body: BodyModel) -> Tensor:
    """Colours of every texel, in which unseen texels of shod feet are shoe, and soles are soles.

    In low shoes, which show the instep, its texels become shoe only where they look like skin.

    Args:
        base: 3×S×S, completed colours.
        partial: what was seen, S×S; without labels nothing changes.
        view: tells where the shoes' soles are, and their colour.
    """
    if partial.labels is None or view.understanding is None:
        return base
    size, fit = base.shape[-1], view.fit
    foot = anatomy(body).regions(size) == Region.FOOT
    visible = foot & (partial.confidence > 0)
    shoe, skin = visible & (partial.labels == SHOES), visible & (partial.labels == SKIN)
    least = max(1, round(_LEAST_TEXELS * (size / 1024) ** 2))
    if int(shoe.sum()) < max(least, _LEAST_SHARE * int((shoe | skin).sum())):
        return base
    position, up = _dressed_texels(fit, body, size)
    sole_weight = torch.where(up < -_DOWN, 1.0, ((_SOLE_M - position[1]) / _SOLE_FADE_M + 0.5).clamp(0, 1)) * foot
    sole = sole_weight > 0.5
    of_upper = _colour(partial.rgb, shoe & ~sole, least, partial.rgb[:, shoe].median(1).values)
    edge = foot & (position[1] > _SOLE_M / 2) & (position[1] < 2 * _SOLE_M)  # lower down may be the floor's shade
    of_sole = _photo_colour(view, body, edge, least)
    of_sole = of_upper * _SOLE_SHADE if of_sole is None else of_sole
    high = int(shoe.sum()) > _LOW_CUT * int((shoe | skin).sum())
    low = _bare_height(fit, body, size) < _TOP_LINE_M
    upper = foot & ~visible & (_like_skin(base, partial, of_upper) | high | low)
    covered = torch.where(upper, of_upper[:, None, None], base)
    covered = torch.lerp(covered, of_sole[:, None, None].expand_as(base), sole_weight * ~visible)
    covered = _blend_nearby(covered, upper & ~sole, partial.rgb, shoe & ~sole, position)
    return _blend_nearby(covered, sole & ~visible, partial.rgb, shoe & sole, position)


def _dressed_texels(fit: BodyFit, body: BodyModel, size: int) -> tuple[Tensor, Tensor]:
    """Where each texel lies at rest (3×S×S, metres from the ground up), and the height of its normal (S×S)."""
    vertices = dress_rest(fit, body).vertices
    vertices = vertices - torch.stack([vertices.new_zeros(()), vertices[:, 1].min(), vertices.new_zeros(())])
    amounts = torch.cat([vertices, vertex_normals(vertices, body.faces)[:, 1:2]], 1)
    values = interpolate(texel_map(body.layout, size), body.faces, amounts)[0]
    return values[:3], values[3]


def _photo_colour(view: FittedView, body: BodyModel, edge: Tensor, least: int) -> Tensor | None:
    """(3,): median of the photo where soles' edges (S×S, bool) lie on shoes; None where fewer than `least` do.

    So near the mask's edge no texel is trusted, but all of them together are.
    """
    assert view.understanding is not None
    mesh, camera = pose_fit(view.fit, body), view.fit.camera
    amounts = torch.cat([mesh.vertices, view_cosine(mesh.vertices, mesh.faces, camera)], 1)
    points = interpolate(texel_map(body.layout, len(edge)), mesh.faces, amounts)[0][:, edge].T
    x, y, _ = project(points[points[:, 3] > _FACING, :3], camera).unbind(1)
    height, width = view.photo.size
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    x, y = x[inside], y[inside]
    shoe = labels_at(view.understanding, x, y) == SHOES
    if int(shoe.sum()) < least:
        return None
    return view.photo.rgb[:, y[shoe].long(), x[shoe].long()].median(1).values


def _bare_height(fit: BodyFit, body: BodyModel, size: int) -> Tensor:
    """S×S, metres from the ground up on the bare body at rest."""
    height = body.rest(fit.shape).vertices[:, 1:2]
    return interpolate(texel_map(body.layout, size), body.faces, height - height.min())[0, 0]


def _blend_nearby(base: Tensor, unseen: Tensor, rgb: Tensor, shoe: Tensor, position: Tensor) -> Tensor:
    """The base with `unseen` texels drawn to the colours (3×S×S) of the nearest seen ones of either shoe."""
    if not bool(shoe.any() & unseen.any()):
        return base
    points = position[:, shoe].T
    mirrored = points * torch.tensor([-1.0, 1.0, 1.0])
    distance, row = cKDTree(torch.cat([points, mirrored]).numpy()).query(position[:, unseen].T.numpy(), k=4)
    nearby = rgb[:, shoe].T[torch.from_numpy(row) % len(points)].mean(1).T
    weight = (2 - 2 * torch.from_numpy(distance).float().mean(1) / _NEAR_M).clamp(0, 1)
    blended = base.clone()
    blended[:, unseen] = torch.lerp(base[:, unseen], nearby, weight)
    return blended


def _like_skin(base: Tensor, partial: Texture, of_upper: Tensor) -> Tensor:
    """S×S, bool: colours nearer to the seen skin than to the shoe's; none where no skin was seen."""
    assert partial.labels is not None
    skin = (partial.confidence > 0) & (partial.labels == SKIN)
    if not bool(skin.any()):
        return torch.zeros_like(skin)
    of_skin = partial.rgb[:, skin].median(1).values
    from_skin, from_shoe = ((base - colour[:, None, None]).square().sum(0) for colour in (of_skin, of_upper))
    return from_skin < from_shoe


def _colour(rgb: Tensor, chosen: Tensor, least: int, otherwise: Tensor) -> Tensor:
    """(3,): the median of chosen texels (S×S, bool) of 3×S×S; `otherwise` where there are fewer than `least`."""
    return rgb[:, chosen].median(1).values if int(chosen.sum()) >= least else otherwise
