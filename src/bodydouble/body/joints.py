"""Names for the joints every humanoid has, so that motions, fitting and export need not know a body model."""

from __future__ import annotations

from bodydouble.person.landmarks import SIDES

FINGERS = ("thumb", "index", "middle", "ring", "pinky")

_SIDED = ("hip", "knee", "ankle", "toe", "clavicle", "shoulder", "elbow", "wrist")

# Fingers have three joints each, counted from the palm: "left_index_1" is the knuckle.
ROLES: tuple[str, ...] = (
    "pelvis",
    "spine_1",
    "spine_2",
    "spine_3",
    "neck",
    "head",
    *(f"{side}_{name}" for side in SIDES for name in _SIDED),
    *(f"{side}_{finger}_{n}" for side in SIDES for finger in FINGERS for n in (1, 2, 3)),
)


def mirrored_role(role: str) -> str:
    """The role on the body's other side; the same for roles on the middle line."""
    if role.startswith("left_"):
        return "right_" + role.removeprefix("left_")
    if role.startswith("right_"):
        return "left_" + role.removeprefix("right_")
    return role
