"""Light that the figure keeps from itself: what reaches each texel of an overcast sky, past arms, legs and hems.

Colours alone make limbs and backs flat: in photographs the seat, the hollow of the spine, undersides of arms and what
lies beneath a hem are darker, shoulders lighter. Which light the photo's was tells nothing of the side that is turned
away; an overcast sky lights all sides alike. Its luminance grows threefold from the horizon to the zenith (Moon and
Spencer, "Illumination from a non-uniform sky", 1942; the CIE's standard overcast sky), the ground gives a part of it
back, and each vertex gets what no face of the figure hides (ambient occlusion).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import dress_rest
from bodydouble.clothing.loose_surfaces import TUBES
from bodydouble.clothing.tube import COLUMNS
from bodydouble.geometry.camera import clip_from_world, orbit_camera, project
from bodydouble.geometry.mesh import join_meshes, vertex_normals
from bodydouble.geometry.uv import enlarge, fill_seams
from bodydouble.raster import rasteriser
from bodydouble.raster.shade import interpolate
from bodydouble.surface.skeleton import pose_surface
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import FittedView, Mesh, Surface, SurfaceKind

_DIRECTIONS = 64  # that light comes from, spread evenly; with half of them limbs get stripes
_DRAWN_PX = 256  # side of the picture of the figure from each: a pixel is 7 mm of a person
_AWAY = 40.0  # radii of the figure from which it is drawn, nearly without perspective
_BIAS_M = 0.012  # twice a pixel's width of a person: nearer faces are a vertex's own
_STEEPEST = 0.2  # cosine; of faces that are turned away farther the slope is not followed
_GROUND = 0.3  # of the zenith's luminance, that the ground has: pavement gives back a fifth to a third of its light
_SIZE = 512  # texels a side at which the gain is computed; it is smooth
_JOIN_M = 0.08  # from the top of a skirt or a coat, down to where the body beneath it shares faces with what is above
_LEAST = 0.12  # of an open, level place's light; folds of the body that are closed would be black
# Of the gain's logarithm. Seen sides of 29 photos have .4 of it (median; their albedo blurs that); by eye more reads
# as form, and all of it as dirt under the arms.
_STRENGTH = 0.8
# Logarithms of the gain: that of an upright place with nothing before it, and how much darker than that a place is at
# most. Arms move, and what they keep off while they hang is a stain on a coat as soon as they do.
_UPRIGHT, _DEEPEST = -0.45, 0.4


def measure_sky_gains(surfaces: Sequence[Surface], view: FittedView, body: BodyModel) -> tuple[Tensor, ...]:
    """S×S of each surface: logarithm of the light that an overcast sky gives each of its texels in the photo's pose.

    Hair keeps no light off: it swings away from where it hung, and what it left on back and neck was a grey stain.

    Args:
        surfaces: at rest, the body first; S is the side of each one's texture.
        view: whose fit poses them; its camera is upright.
    """
    rest = dress_rest(view.fit, body)
    meshes = [pose_surface(surface, rest, view.fit.pose).mesh for surface in surfaces]
    whole = join_meshes(meshes)
    of_hair = torch.cat([torch.full((len(each.faces),), each.kind == SurfaceKind.HAIR) for each in surfaces])
    light = measure_sky_light(whole, casting=whole.faces[~of_hair])[0].split([len(mesh.vertices) for mesh in meshes])
    light = (_light_joins(light, meshes, surfaces), *light[1:])
    gains = []
    for surface, mesh, of_vertices in zip(surfaces, meshes, light, strict=True):
        texels = texel_map(surface.layout, _SIZE)
        gain = _bound(_STRENGTH * of_vertices.clamp_min(_LEAST).log())[:, None]
        drawn = fill_seams(interpolate(texels, mesh.faces, gain)[0], texels.face[0] >= 0)
        gains.append(enlarge(drawn, surface.texture.rgb.shape[-1])[0])
    return tuple(gains)


def _light_joins(light: Sequence[Tensor], meshes: Sequence[Mesh], surfaces: Sequence[Surface]) -> Tensor:
    """(V,) light of the body's vertices, of which those right below the top of a skirt or a coat have that one's light.

    Nobody sees them; as dark as they are, they drew a line along the waist, above which the same cloth goes on.

    Args:
        light: (V,) of each surface, the body first.
        meshes: in the pose.
    """
    joined, body = light[0], meshes[0].vertices
    for number, surface in enumerate(surfaces):
        if surface.kind in TUBES:
            sheet = meshes[number].vertices
            ring, index = cKDTree(sheet[:COLUMNS].numpy()), cKDTree(sheet.numpy()).query(body.numpy())[1]
            distance, of_ring = ring.query(body.numpy(), distance_upper_bound=_JOIN_M)
            near = torch.from_numpy(distance < _JOIN_M).nonzero()[:, 0]
            beneath = near[body[near, 1] < sheet[of_ring[near], 1]]
            joined = joined.index_put((beneath,), torch.maximum(joined, light[number][index])[beneath])
    return joined


def _bound(gain: Tensor) -> Tensor:
    """Logarithms of gains, (V,), of which those of hidden places approach a bound."""
    hidden = (_UPRIGHT - gain).clamp_min(0)
    return gain + hidden - _DEEPEST * torch.tanh(hidden / _DEEPEST)


@torch.no_grad()
def measure_sky_light(mesh: Mesh, biases_m: Sequence[float] = (_BIAS_M,), casting: Tensor | None = None) -> Tensor:
    """B×V: light that reaches each vertex from sky and ground, 1 for what lies open and level.

    Args:
        mesh: metres, y up.
        biases_m: B depths by which a vertex may lie behind the face that is drawn there, beyond that one's own slope:
            what lies less deep is not shaded.
        casting: F×3, the faces that keep light off; None: all do.
    """
    casting = mesh.faces if casting is None else casting
    normals, draw = vertex_normals(mesh.vertices, mesh.faces), rasteriser()
    low, high = mesh.vertices.aminmax(dim=0)
    middle, radius = (low + high) / 2, float((high - low).norm()) / 2
    focal, slope = _DRAWN_PX / 2 * _AWAY, 2 * radius / _DRAWN_PX
    light, level, biases = torch.zeros(len(biases_m), len(normals)), 0.0, torch.tensor(biases_m)[:, None]
    for azimuth, elevation, direction in _spread_directions():
        size = (_DRAWN_PX, _DRAWN_PX)
        camera = orbit_camera(azimuth, elevation, middle, _AWAY * radius, focal, size)
        depth = draw(clip_from_world(mesh.vertices, camera)[None], casting, size).depth[0]
        pixel = project(mesh.vertices, camera)
        column, row = pixel[:, :2].long().clamp(0, _DRAWN_PX - 1).unbind(1)
        cosine = (normals @ direction).clamp_min(0)
        tangent = (1 - cosine**2).clamp_min(0).sqrt() / cosine.clamp_min(_STEEPEST)
        open_to = pixel[:, 2] < depth[row, column] + biases + slope * tangent
        luminance = _sky_luminance(float(direction[1]))
        light += luminance * cosine * open_to
        level += luminance * max(float(direction[1]), 0.0)
    return light / level


def _spread_directions() -> list[tuple[float, float, Tensor]]:
    """Azimuths and elevations in degrees, and unit vectors, on Fibonacci's spiral over the sphere."""
    golden, directions = math.pi * (1 + math.sqrt(5)), []
    for number in range(_DIRECTIONS):
        height, azimuth = 1 - (2 * number + 1) / _DIRECTIONS, golden * (number + 0.5) % math.tau
        level = math.sqrt(1 - height**2)
        direction = torch.tensor([level * math.sin(azimuth), height, level * math.cos(azimuth)])
        directions.append((math.degrees(azimuth), math.degrees(math.asin(height)), direction))
    return directions


def _sky_luminance(height: float) -> float:
    """Luminance of the sky over the zenith's, by the sine of its elevation; the ground's below the horizon."""
    return (1 + 2 * height) / 3 if height > 0 else _GROUND
