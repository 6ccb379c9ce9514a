"""The nouns that pass between the stages: frozen dataclasses with shape, unit and range on every field.

Conventions (world, camera, pixel, uv, pose) are those of `docs/conventions.md`. Tensors are float32 on one device
unless said otherwise. H and W are an image's height and width, V a mesh's vertices, F its faces, J joints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

import torch
from torch import Tensor

# A person's landmarks stand in one table of 543 rows: MediaPipe's 33 body points, 21 points of each hand, and the
# 468 points of its face mesh. These slices name the parts.
BODY_LANDMARKS = slice(0, 33)
LEFT_HAND_LANDMARKS = slice(33, 54)
RIGHT_HAND_LANDMARKS = slice(54, 75)
FACE_LANDMARKS = slice(75, 543)
LANDMARK_COUNT = 543

Value = TypeVar("Value")


def to_device(value: Value, device: torch.device | str) -> Value:
    """Copy of a value of this module with every tensor in it moved to `device` (nested values included)."""
    changes = {}
    for name, field in vars(value).items():
        if isinstance(field, Tensor):
            changes[name] = field.to(device)
        elif hasattr(field, "__dataclass_fields__"):
            changes[name] = to_device(field, device)
    return replace(value, **changes)  # type: ignore[type-var]


@dataclass(frozen=True, kw_only=True)
class PhotoWindow:
    """The part of a whole photo that an image shows, maybe reduced. In pixels of the whole photo."""

    left: int
    top: int
    size: tuple[int, int]  # (height, width) of the part
    whole: tuple[int, int]  # (height, width) of the photo


@dataclass(frozen=True, kw_only=True)
class Photo:
    """One image, upright (EXIF orientation applied), sRGB."""

    rgb: Tensor  # 3×H×W, [0, 1]
    alpha: Tensor | None = None  # H×W, [0, 1]; only where the file had an alpha channel with some transparency
    focal_px: float | None = None  # focal length in pixels of this image, where EXIF tells it
    name: str = "photo"  # for messages
    warnings: tuple[str, ...] = ()  # one sentence each: what was passed over in the file
    file_scale: float = 1.0  # pixels of the whole photo for one of the file's, where it was reduced when it was read
    window: PhotoWindow | None = None  # where this is a part of the whole photo; None: it is all of it

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.rgb.shape[-2], self.rgb.shape[-1]

    @property
    def whole_size(self) -> tuple[int, int]:
        """(height, width) in pixels of the whole photo."""
        return self.size if self.window is None else self.window.whole

    @property
    def reduction(self) -> float:
        """Pixels of this image, along a side, for one of the whole photo's; at most 1."""
        return 1.0 if self.window is None else self.size[0] / self.window.size[0]


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A pinhole camera: OpenCV axes (x right, y down, z forward)."""

    intrinsics: Tensor  # 3×3, pixels
    camera_from_world: Tensor  # 4×4, rigid, metres
    size: tuple[int, int]  # (height, width) in pixels


@dataclass(frozen=True, kw_only=True)
class Person:
    """What a detector saw of one person in a photo. Pixels are those of the photo."""

    mask: Tensor  # H×W, [0, 1], how much of each pixel the person covers
    landmarks: Tensor  # 543×3: x, y in pixels, score in [0, 1] (0: not seen, x and y then mean nothing)
    landmarks_world: Tensor  # 543×3, metres, camera axes (x right, y down, z forward); body: origin between the hips;
    #                          hands and face: origin at their own centre; unseen parts: NaN
    mask_is_exact: bool = False  # the photo came cut out: the mask is its alpha channel
    things: Tensor | None = None  # H×W, bool, held things, which are not in `mask`; None: none were sought, or none is
    warnings: tuple[str, ...] = ()  # one sentence each: several people, cut-off person

    def found_hands(self) -> tuple[bool, bool]:
        """Whether the detector found the left and the right hand."""
        score = self.landmarks[:, 2]
        return bool((score[LEFT_HAND_LANDMARKS] > 0).any()), bool((score[RIGHT_HAND_LANDMARKS] > 0).any())


@dataclass(frozen=True, kw_only=True)
class ShapeEstimate:
    """What a parser makes of a person's shape: coefficients of `parsing.shape.TRAITS`, and how sure it is."""

    mean: Tensor  # (6,), in the coefficients' range
    deviation: Tensor  # (6,), standard deviations


@dataclass(frozen=True, kw_only=True)
class StyleEstimate:
    """What a parser makes of what is worn: how likely each option of each of `parsing.style.ATTRIBUTES` is."""

    chances: Mapping[str, Mapping[str, float]]  # by attribute and option; none of what the photo cuts off

    def chance(self, attribute: str, option: str) -> float | None:
        """How likely an option is, [0, 1]; None where the photo does not tell."""
        return self.chances.get(attribute, {}).get(option)


def style_chance(style: StyleEstimate | None, attribute: str, option: str) -> float:
    """How likely an option is, [0, 1]; 0 where no parser was asked, or the photo does not tell."""
    return (style.chance(attribute, option) or 0.0) if style is not None else 0.0


@dataclass(frozen=True, kw_only=True)
class Understanding:
    """What a parser makes of the person in a photo: what each pixel is, and where its surface faces.

    It covers a square of the photo, `side` pixels wide, whose top left corner is (left, top); the square may reach
    beyond the photo. Outside it is background.
    """

    labels: Tensor  # L×S×S, probabilities of `parsing.labels.LABELS`, which sum to 1
    normals: Tensor  # 3×S×S, unit, camera axes (x right, y down, z forward); of no meaning on the background
    left: int
    top: int
    side: int
    shape: ShapeEstimate | None = None  # None: the parser says nothing about it
    style: StyleEstimate | None = None  # likewise
    garments: Tensor | None = None  # G×S×S, chances of `parsing.garments.GARMENTS` where there is cloth, which sum to 1


@dataclass(frozen=True, kw_only=True)
class FarSide:
    """What a parser makes of the side of a person that a photo does not show, seen through it: the farthest surface.

    It has the square and the outline of the `Understanding` that it was made with; normals and colours mean nothing on
    the background.
    """

    labels: Tensor  # L×S×S, probabilities of `parsing.labels.LABELS`, which sum to 1; background as on the near side
    normals: Tensor  # 3×S×S, unit, outwards, camera axes (x right, y down, z forward): z is positive but at the rim
    colour: Tensor  # 3×S×S, [0, 1], sRGB, in the photo's light without its shade; smooth: no folds, no patterns
    front_only: (
        Tensor  # S×S, [0, 1], how likely what the photo shows here is on the near side alone: a face, a placket,
    )
    #                    a buckle, a print, a hand before the belly
    left: int
    top: int
    side: int


@dataclass(frozen=True, kw_only=True)
class Shade:
    """The light on a person in a photo, over what is usual on this person: pixel = albedo · gain, in linear light.

    It covers the square of the `Understanding` that it was made with. Outside it is 1.
    """

    gain: Tensor  # 3×S×S, of red, green and blue, about 0.4 to 2.5; 1 where nothing is told, as off the person
    left: int
    top: int
    side: int


@dataclass(frozen=True, kw_only=True)
class BodyShape:
    """Shape coefficients in the order and range of the body model's `shape_names`."""

    coefficients: Tensor  # (S,)


@dataclass(frozen=True, kw_only=True)
class Pose:
    """Joint rotations as axis-angle, relative to the parent, in the rest frame (at rest, joint axes are the world's).

    The root's rotation turns the whole body about the root joint; `root_translation` then moves it. Leading batch
    dimensions are allowed where a function says so.
    """

    joints: Tensor  # J×3, radians; row 0 (the root) is `root_rotation`'s and must be zero
    root_rotation: Tensor  # (3,), radians, axis-angle
    root_translation: Tensor  # (3,), metres
    expression: Tensor  # (E,), coefficients of the body model's `expression_names`


@dataclass(frozen=True, kw_only=True)
class Clothing:
    """What separates the clothed surface from the bare body, in the rest pose."""

    offsets: Tensor  # V×3, metres, added to the rest vertices
    leg_blend: Tensor  # (V,), [0, 1]: 0 keeps the skin weights, 1 shares them between both legs (skirts, coats)
    hems: Tensor | None = None  # K×V, int8, of each hem of the surface: near it 1 the cloth that ends there, -1 what is
    #                             below it, else 0; in no file. None: not told


@dataclass(frozen=True, kw_only=True)
class RestBody:
    """A body of one shape in its rest pose: what posing needs and nothing else."""

    vertices: Tensor  # V×3, metres, world axes
    joints: Tensor  # J×3, metres, world axes
    skin_weights: Tensor  # V×J, rows sum to 1
    expressions: Tensor  # E×V×3, metres at coefficient 1
    parents: tuple[int, ...]  # J, parent of each joint; the root's is -1; parents come before children


@dataclass(frozen=True, kw_only=True)
class Mesh:
    """A triangle mesh in the world."""

    vertices: Tensor  # V×3, metres
    faces: Tensor  # F×3, int64, counter-clockwise seen from outside


@dataclass(frozen=True, kw_only=True)
class UvLayout:
    """Where each face lies in the texture: uv in [0, 1]², origin top left, u right, v down."""

    uv: Tensor  # T×2
    faces: Tensor  # F×3, int64, rows of `uv`; same face order as the mesh
    mirrored: bool  # True: the twin of (u, v) on the body's other side is (1 - u, v)


@dataclass(frozen=True, kw_only=True)
class BodyFit:
    """A body placed in a photo: seen through `camera`, the posed and clothed body covers the person."""

    shape: BodyShape
    pose: Pose
    camera: Camera
    clothing: Clothing
    faces: Tensor | None = None  # F×2×3, int64: of a bust the rows of vertices and of uv; None: all the body's


@dataclass(frozen=True, kw_only=True)
class FittedView:
    """One photo of the person, and the body as it stands in it."""

    photo: Photo
    person: Person
    fit: BodyFit  # all views of one double have one shape; pose, camera and clothing are this photo's
    understanding: Understanding | None = None  # None: no parser was asked
    far: FarSide | None = None  # the side that the photo does not show; None: no parser was asked
    shade: Shade | None = None  # the light on the person; None: it was not told from the material
    locks: Tensor | None = None  # H×W, bool: hair and coats that hang before the body, and are not painted on it


@dataclass(frozen=True, kw_only=True)
class Texture:
    """A texture in a surface's `UvLayout`."""

    rgb: Tensor  # 3×S×S, [0, 1], sRGB
    confidence: Tensor  # S×S, [0, 1]: how well the photo showed each texel (λ, the cosine to its camera); 0: invented
    alpha: Tensor | None = None  # S×S, [0, 1], straight; None: opaque
    labels: Tensor | None = None  # S×S, uint8: what each texel is; None where nothing was told
    shade: Tensor | None = None  # 3×N×N: gain of the light in which `rgb` shows each texel (`Shade`), N = S until it is
    #                              kept in a file; None: not told
    neural: Tensor | None = None  # 21×N×N: what a neural renderer draws (`dinar.neural_texture`); None: no networks
    by_hand: Tensor | None = None  # S×S, bool: unseen texels whose label was painted, before completion; None: nowhere


class SurfaceKind(StrEnum):
    """What a surface is."""

    BODY = "body"
    HAIR = "hair"
    SKIRT = "skirt"
    COAT = "coat"
    SHOES = "shoes"
    HAT = "hat"
    TEETH = "teeth"
    PROP = "prop"


@dataclass(frozen=True, kw_only=True)
class Chains:
    """A surface's own K joints, which swing: each hangs on a joint of the body or on an earlier one of its own.

    A joint on which no other hangs is a tip: it only says where the one above it ends. Of several on one joint, the
    first does. Strength and so on are those of `VRMC_springBone`, whose joints these are, in steps of 1/60 s: what
    falls freely has a gravity of 9.81 / 60.
    """

    names: tuple[str, ...]  # K, unique within the double
    parents: Tensor  # (K,), int64: a joint of the body (below J), or J plus the number of an earlier one of these
    positions: Tensor  # K×3, metres, in the rest pose
    stiffness: Tensor  # (K,), m/s, at least 0: how strongly it turns back to how it points at rest
    gravity: Tensor  # (K,), m/s, at least 0: how strongly it is pulled down
    drag: Tensor  # (K,), [0, 1]: share of its speed that is lost in a step
    radius: Tensor  # (K,), metres: how near its tail may come to a collider
    hinges: Tensor | None = None  # K×3, unit: the axis about which each turns alone, the positive way when a collider
    #                               pushes it; None: all turn freely


@dataclass(frozen=True, kw_only=True)
class Colliders:
    """C balls and capsules on body joints, which chains do not enter."""

    joints: Tensor  # (C,), int64, of the body
    heads: Tensor  # C×3, metres, in the rest pose, world axes, from the joint
    tails: Tensor  # C×3, likewise: a capsule's other end; the same as its head: a ball
    radii: Tensor  # (C,), metres
    partners: Tensor | None = None  # (C,), int64: with whom each carries cloth between the two; itself: with none


@dataclass(frozen=True, kw_only=True)
class Surface:
    """A textured piece of a double in the rest pose, bound to the skeleton: the body, or what hangs off it."""

    name: str  # unique within the double
    kind: SurfaceKind
    vertices: Tensor  # V×3, metres
    faces: Tensor  # F×3, int64, counter-clockwise seen from outside
    layout: UvLayout
    texture: Texture
    skin_weights: Tensor  # V×(J + K), rows sum to 1: body joints, then the surface's own
    blendshapes: Tensor | None = None  # E×V×3, metres at coefficient 1, for the body's expressions
    chains: Chains | None = None
    colliders: Colliders | None = None  # that its chains meet


@dataclass(frozen=True, kw_only=True)
class PosedSurface:
    """A surface in the world, ready to be drawn."""

    mesh: Mesh
    layout: UvLayout
    texture: Texture


@dataclass(frozen=True, kw_only=True)
class Motion:
    """A clip of poses at a fixed rate, for one body model."""

    joints: Tensor  # T×J×3, radians, as in `Pose`
    root_rotation: Tensor  # T×3
    root_translation: Tensor  # T×3, metres; moves the rest body, whose feet stand at y = 0
    frames_per_second: float
    name: str = "motion"

    def __len__(self) -> int:
        return self.joints.shape[0]

    def pose(self, frame: int | slice, expression: Tensor) -> Pose:
        """The pose at `frame`, or those of a slice of frames, with the given expression coefficients (E,)."""
        return Pose(
            joints=self.joints[frame],
            root_rotation=self.root_rotation[frame],
            root_translation=self.root_translation[frame],
            expression=expression,
        )
