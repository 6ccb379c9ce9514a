"""What a point of the body's surface is made of: cloth or skin, hair, eye, the inside of the mouth.

Only the body model's joints and landmarks are asked, so that it works for every body model.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import torch
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import subtree_weight
from bodydouble.geometry.camera import clip_from_world, orbit_camera
from bodydouble.person.landmarks import SIDES
from bodydouble.raster import rasteriser
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import FACE_LANDMARKS, RestBody, UvLayout

# Rows of MediaPipe's face mesh: top of the forehead, temples, in front of the ears, corners of the jaw.
_FOREHEAD, _TEMPLE, EAR, _JAW = 10, 127, 234, 172
_LOOKS = [(elevation, azimuth) for elevation in (-50, 10) for azimuth in (0, 50, 100, 180, 260, 310)]  # degrees
# An ear from the side, in metres up and ahead of its landmark: measured on the mean body, others are hardly different.
_EAR_MIDDLE_M, _EAR_HALF_M, _EAR_LEANS = (-0.004, -0.034), (0.034, 0.024), 0.2
_EAR_SOFT_M, _EAR_DEEP_M = 0.03, 0.02  # way from its middle over which hair begins around it, and to its root within
_HAIRLINE_M = 0.012  # how far above the forehead's highest landmark hair begins


class Region(IntEnum):
    """What covers a part of the body, as far as one can know without a photo."""

    BODY = 0  # cloth or skin
    HAND = 1
    FACE = 2  # face and ears
    SCALP = 3
    EYE = 4
    INSIDE = 5  # of mouth and eye sockets: not seen from anywhere
    FOOT = 6


LIMBS = (
    ("left_shoulder", "left_wrist"),
    ("right_shoulder", "right_wrist"),
    ("left_hip", "left_ankle"),
    ("right_hip", "right_ankle"),
)  # first and last joint


@dataclass(frozen=True, eq=False)
class Anatomy:
    """What the body model tells of its parts; the same for every shape."""

    layout: UvLayout
    faces: Tensor  # F×3, int64
    score: Tensor  # V×R: how much each vertex belongs to each `Region`; the highest wins
    hidden: Tensor  # (F,), bool: inside the head
    limb_share: Tensor  # V×4: how much of each vertex moves with each of `LIMBS`

    @property
    def scalp(self) -> Tensor:
        """(V,), bool: vertices that belong to the scalp most of all."""
        return self.score.argmax(1) == Region.SCALP

    @property
    def face(self) -> Tensor:
        """(V,), bool: vertices that belong to face and ears most of all."""
        return self.score.argmax(1) == Region.FACE

    def regions(self, size: int) -> Tensor:
        """S×S, int64: `Region` of each texel; -1 between charts."""
        return _region_map(self, size)

    def limbs(self, size: int) -> Tensor:
        """S×S, int64: 0 where a texel lies on trunk or head, 1 on an arm, 2 on a leg."""
        return _limb_map(self, size)


@functools.lru_cache(maxsize=4)  # the same for every photo
def _region_map(parts: Anatomy, size: int) -> Tensor:
    texels = texel_map(parts.layout, size)
    # Scores blend over a face where names cannot: borders between regions run straight through it.
    region = interpolate(texels, parts.faces, parts.score)[0].max(0).indices
    inside = parts.hidden[texels.face[0]] & (region != Region.EYE)
    region = torch.where(inside, int(Region.INSIDE), region)
    return torch.where(texels.face[0] >= 0, region, -1)


@functools.lru_cache(maxsize=2)  # the same for every photo
def _limb_map(parts: Anatomy, size: int) -> Tensor:
    pairs = torch.stack([parts.limb_share[:, :2].sum(1), parts.limb_share[:, 2:].sum(1)], 1)
    most, kind = interpolate(texel_map(parts.layout, size), parts.faces, pairs)[0].max(0)
    return torch.where(most > 0.5, kind + 1, 0)


@functools.lru_cache(maxsize=2)  # the same for every photo and shape
def anatomy(body: BodyModel) -> Anatomy:
    """Regions and limbs of a body model, from the joints that move each vertex and from its landmarks."""
    rest = body.rest(body.mean_shape())
    head = subtree_weight(rest, body.roles["head"])
    score = torch.zeros(len(rest.vertices), len(Region))
    for region, part in ((Region.HAND, "wrist"), (Region.FOOT, "ankle")):
        for side in SIDES:
            score[:, region] += subtree_weight(rest, body.roles[f"{side}_{part}"])
    score[:, Region.BODY] = 1 - score.sum(1) - head
    scalp = torch.sigmoid(height_above_hairline(rest, body) / 0.01)
    score[:, Region.SCALP], score[:, Region.FACE] = head * scalp, head * (1 - scalp)
    eyes = [joint for joint, name in enumerate(body.joint_names) if "eye" in name.lower()]
    score[:, Region.EYE] = 2 * rest.skin_weights[:, eyes].sum(1)
    return Anatomy(
        layout=body.layout,
        faces=body.faces,
        score=score,
        hidden=_hidden_faces(rest, body, head > 0.5),
        limb_share=torch.stack([subtree_weight(rest, body.roles[first]) for first, _ in LIMBS], 1),
    )


def height_above_hairline(rest: RestBody, body: BodyModel) -> Tensor:
    """(V,), metres of a rest body above the hairline, a polyline from the side over nape, ear, temple and forehead.

    Ears are below it, and it runs around them.
    """
    points = body.landmarks.points(rest.vertices)[FACE_LANDMARKS]
    height, forward = points[:, 1], points[:, 2]
    x, y, z = rest.vertices[:, 0].abs(), rest.vertices[:, 1], rest.vertices[:, 2]
    ear_x, ear_y, ear_z = points[EAR, 0].abs(), height[EAR], forward[EAR]
    line = [
        (ear_z - 0.055, height[_JAW]),
        (ear_z - 0.045, ear_y),
        (ear_z + 0.003, ear_y),
        (forward[_TEMPLE], height[_TEMPLE] + 0.02),
        (forward[_FOREHEAD], height[_FOREHEAD] + _HAIRLINE_M),
    ]
    above = y - torch.from_numpy(np.interp(z.numpy(), *np.array(line, np.float32).T)).to(y)
    out = _EAR_SOFT_M * (_ear_radius(y - ear_y, z - ear_z) - 1)
    return torch.where(x > ear_x - _EAR_DEEP_M, torch.minimum(above, out), above)


def _ear_radius(up: Tensor, ahead: Tensor) -> Tensor:
    """(V,): 1 on the oval that is an ear's outline from the side, less within; of (V,) metres from its landmark."""
    (above, before), (tall, wide) = _EAR_MIDDLE_M, _EAR_HALF_M
    rise = up - above
    return ((rise / tall).square() + ((ahead - before + _EAR_LEANS * rise) / wide).square()).sqrt()


def _hidden_faces(rest: RestBody, body: BodyModel, head: Tensor) -> Tensor:
    """(F,), bool: faces of the head that no direction sees, in patches of at least a hundred."""
    centre = rest.vertices[head].mean(0)
    of_head = head[body.faces].all(1).nonzero()[:, 0]
    visible = torch.zeros(len(rest.vertices), dtype=torch.bool)
    for elevation, azimuth in _LOOKS:
        camera = orbit_camera(azimuth, elevation, centre, 4.0, 3000.0, (256, 256))
        face = rasteriser()(clip_from_world(rest.vertices, camera)[None], body.faces[of_head], camera.size).face
        visible[body.faces[of_head[face[face >= 0]]]] = True
    hidden = ~visible[body.faces].any(1) & head[body.faces].all(1)
    return _large_patches(body.faces, hidden, 100)


def _large_patches(faces: Tensor, selected: Tensor, least: int) -> Tensor:
    """The chosen faces (F, bool) whose connected patch has at least that many faces."""
    number = selected.nonzero()[:, 0]
    corner = faces[number].flatten().numpy()
    owner = np.repeat(np.arange(len(number)), 3)
    touch = coo_matrix((np.ones(len(corner)), (owner, corner)), shape=(len(number), int(faces.max()) + 1)).tocsr()
    _, patch = connected_components(touch @ touch.T)
    large = np.bincount(patch)[patch] >= least if len(number) else np.zeros(0, bool)
    kept = torch.zeros_like(selected)
    kept[number[torch.from_numpy(large)]] = True
    return kept
