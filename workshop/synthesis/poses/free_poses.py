"""Standing, stepping, lunging, squatting, sitting, kicking; arms anywhere: poses drawn joint by joint within limits.

All are anatomical turns by role, see `anatomy`; "root" is the whole body's, "spine" and "neck" those of whole chains. A
leg is thought of as its thigh's and shin's angles against the vertical, forward positive, in degrees.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bodydouble.geometry.smoothstep import smoothstep
from workshop.synthesis.poses.anatomy import LIMITS, SIDES, Array, turn

_FOOT = 0.32  # length from ankle to toes, in thighs
_SHIN = 1.02  # length of a shin, in thighs

Leg = tuple[float, float]  # thigh, knee flexion
Legs = tuple[tuple[Leg, Leg], float, bool]  # both legs, the pelvis' lean forward, whether both feet are on the ground
LegKind = Callable[[np.random.Generator], Legs]


def a_pose_turns(rng: np.random.Generator) -> dict[str, Array]:
    """As for a body scan: upright, arms 30 to 50 degrees off the body, feet apart."""
    turns = {
        "root": turn("xyz", *rng.normal(0, 1.5, 3)),
        "spine": turn("xyz", *rng.normal(0, 2.0, 3)),
        "neck": turn("xyz", *rng.normal(0, 4.0, 3)),
    }
    arms, elbows, legs = rng.uniform(30, 50), abs(rng.normal(8, 6)), rng.uniform(3, 14)
    palms, outward = rng.normal(10, 25), rng.uniform(0, 14)
    for side, sign in SIDES:
        arm = _arm(arms + rng.normal(0, 3), rng.normal(0, 6), rng.normal(0, 8), sign)
        turns |= {
            f"{side}_shoulder": arm,
            f"{side}_elbow": turn("x", -max(elbows + rng.normal(0, 4), 0)),
            f"{side}_wrist": _wrist(palms + rng.normal(0, 8), rng.normal(0, 5), rng.normal(0, 5), sign),
            f"{side}_hip": turn("xzy", rng.normal(0, 2), legs + rng.normal(0, 1.5), outward, side=sign),
            f"{side}_knee": turn("x", abs(rng.normal(0, 3))),
            f"{side}_ankle": turn("z", -legs, side=sign),
        }
    return turns


def free_turns(rng: np.random.Generator) -> dict[str, Array]:
    """Anything a person strikes a pose with on two feet or one."""
    return _turns(rng, _LEGS, _arm_angles)


def everyday_turns(rng: np.random.Generator) -> dict[str, Array]:
    """As people stand before a camera: arms hang, or hands are in pockets, on hips, before the belly, at the face."""
    return _turns(rng, _EVERYDAY_LEGS, _everyday_arm)


def _turns(
    rng: np.random.Generator, leg_kinds: dict[LegKind, float], arm_angles: Callable[[np.random.Generator], Array]
) -> dict[str, Array]:
    kinds = list(leg_kinds)
    legs, lean, standing = kinds[rng.choice(len(kinds), p=list(leg_kinds.values()))](rng)
    if rng.random() < 0.5:
        legs = legs[::-1]
    if standing:
        legs = level(legs)
    aside, yaw = rng.normal(0, 3), rng.normal(0, 6)
    back = _clamp("spine_forward", rng.normal(4, 10) - 0.3 * lean)
    turns = {
        "root": turn("xz", lean, aside),
        "spine": turn("yzx", _clamp("spine_turn", rng.normal(0, 16)),
                      _clamp("spine_aside", rng.normal(-0.7 * aside, 8)), back),
        "neck": turn("yzx", _clamp("head_turn", rng.normal(0, 24)), _clamp("head_aside", rng.normal(0, 8)),
                     _clamp("head_down", rng.normal(2, 11) - 0.5 * (lean + back))),
    }  # fmt: skip
    for (side, sign), leg in zip(SIDES, legs, strict=True):
        turns |= _leg(rng, side, sign, leg, lean, aside, sign * yaw)
    alike = rng.random() < 0.3  # both arms in the same gesture
    gesture = arm_angles(rng)
    for side, sign in SIDES:
        angles = gesture + rng.normal(0, 4, 6) if alike else arm_angles(rng)
        elevation, plane, outward, elbow, pronation, bend = angles
        turns[f"{side}_shoulder"] = _arm(_clamp("shoulder_elevation", elevation), plane, outward, sign)
        turns[f"{side}_elbow"] = turn("x", -_clamp("elbow_flexion", elbow))
        turns[f"{side}_wrist"] = _wrist(pronation, bend, rng.normal(-2, 7), sign)
    return turns


def level(legs: tuple[Leg, Leg]) -> tuple[Leg, Leg]:
    """The legs with the one that reaches lower bent until both feet are on the ground."""
    reaches = [_reach(leg) for leg in legs]
    low = int(reaches[1] > reaches[0])
    thigh, knee = legs[low]
    least, most = 0.0, 100.0
    for _ in range(20):  # halving: reach falls as the knee bends
        more = (least + most) / 2
        least, most = (more, most) if _reach((thigh + more / 2, knee + more)) > reaches[1 - low] else (least, more)
    bent = (thigh + least / 2, knee + least)
    return (legs[0], bent) if low else (bent, legs[1])


def _reach(leg: Leg) -> float:
    """How far below the hip the foot is, in thighs; a foot that cannot lie flat stands on its toes."""
    thigh, knee = leg
    heel = max(knee - thigh - LIMITS["ankle_up"][1], 0.0)
    return float(
        np.cos(np.deg2rad(thigh)) + _SHIN * np.cos(np.deg2rad(thigh - knee)) + _FOOT * np.sin(np.deg2rad(heel))
    )


def _leg(
    rng: np.random.Generator, side: str, sign: float, leg: Leg, lean: float, aside: float, yaw: float
) -> dict[str, Array]:
    thigh, knee = leg
    spread = _clamp("hip_abduction", abs(rng.normal(4, 6)) + 0.08 * max(thigh, 0.0))
    outward = _clamp("hip_outward", rng.normal(7, 7) + yaw)
    flat = _clamp("ankle_up", knee - thigh)
    heel = float(np.clip(knee - thigh - flat, 0, 50))
    return {
        f"{side}_hip": turn("xzy", -_clamp("hip_flexion", thigh + lean), spread - sign * aside, outward, side=sign),
        f"{side}_knee": turn("x", _clamp("knee_flexion", knee)),
        f"{side}_ankle": turn("xz", -flat, -spread * np.cos(np.deg2rad(thigh)), side=sign),
        f"{side}_toe": turn("x", -heel),
    }


def _arm(elevation: float, plane: float, outward: float, sign: float) -> Array:
    """A swing of a hanging arm into a plane (0 sideways, 90 forward), after a turn outward about its own length."""
    return turn("yzyy", -plane, elevation, plane, outward, side=sign)


def _wrist(pronation: float, bend: float, radial: float, sign: float) -> Array:
    return turn(
        "yzx", -_clamp("pronation", pronation), -_clamp("wrist_flexion", bend), -_clamp("wrist_radial", radial),
        side=sign,
    )  # fmt: skip


def _arm_angles(rng: np.random.Generator) -> Array:
    """Elevation, plane, outward turn, elbow flexion, pronation, wrist flexion; a third of the arms just hang."""
    elbow = abs(rng.normal(0, 18)) if rng.random() < 0.4 else rng.uniform(15, 138)
    if rng.random() < 0.3:
        elevation, plane = rng.uniform(5, 25), rng.uniform(-30, 60)
        elbow = abs(rng.normal(12, 12))
    else:
        elevation = 165 * rng.beta(1.6, 1.9)
        backward = -40.0 if elevation < 50 else -10.0
        across = 122.0 if 40 < elevation < 105 else 95.0
        plane = rng.uniform(backward, across)
    # A hanging arm turns both ways; the higher it is raised, the more it has to turn outward, by as much less as it is
    # raised forward (Codman's paradox: raised sideways and raised forward, it ends the same).
    raised = float(np.clip((elevation - 30) / 120, 0, 1))
    raised = smoothstep(raised)
    low, high = (1 - raised) * np.array([-65.0, 50.0]) + raised * (np.array([45.0, 115.0]) - plane)
    outward = low + (high - low) * rng.beta(2, 2)
    return np.array([elevation, plane, outward, elbow, rng.normal(0, 35), rng.normal(0, 18)])


def _everyday_arm(rng: np.random.Generator) -> Array:
    """The same angles of an arm at rest, drawn from ranges set by hand."""
    between, about = rng.uniform, rng.normal
    kind = rng.choice(5, p=[0.45, 0.2, 0.12, 0.13, 0.1])
    if kind == 0:  # hangs
        return np.array([between(4, 18), about(-5, 30), about(-8, 15), between(4, 30), about(0, 25), about(5, 12)])
    if kind == 1:  # the hand in a pocket
        return np.array(
            [between(14, 32), between(-65, -10), about(-15, 15), between(25, 60), about(20, 20), about(0, 15)]
        )
    if kind == 2:  # on the hip
        return np.array(
            [between(30, 52), between(-40, 0), about(-38, 15), between(75, 108), about(20, 25), about(0, 25)]
        )
    if kind == 3:  # before the belly
        return np.array(
            [between(5, 25), between(0, 70), between(-65, -25), between(65, 105), about(10, 25), about(0, 15)]
        )
    return np.array([between(20, 60), between(30, 90), about(-15, 20), between(95, 138), about(0, 30), about(0, 20)])


def _stand(rng: np.random.Generator) -> Legs:
    relaxed = abs(rng.normal(0, 14))
    straight = (rng.normal(0, 2), abs(rng.normal(0, 2)))
    return (straight, (0.6 * relaxed, relaxed)), rng.normal(0, 4), True


def _step(rng: np.random.Generator) -> Legs:
    stride = rng.uniform(10, 32)
    front, back = (stride, abs(rng.normal(0, 10))), (-0.7 * stride, abs(rng.normal(10, 12)))
    return (front, back), rng.normal(4, 4), True


def _lunge(rng: np.random.Generator) -> Legs:
    front = rng.uniform(45, 85)
    return ((front, front * rng.uniform(0.9, 1.2)), (rng.uniform(-30, 0), rng.uniform(10, 70))), rng.normal(6, 7), True


def _squat(rng: np.random.Generator) -> Legs:
    knee = rng.uniform(40, 120)
    thigh = knee - min(rng.uniform(8, 25), 0.5 * knee)
    return ((thigh, knee), (thigh + rng.normal(0, 3), knee + rng.normal(0, 3))), 0.25 * knee + rng.normal(0, 5), True


def _sit(rng: np.random.Generator) -> Legs:
    thigh = rng.uniform(72, 92)
    return ((thigh, rng.uniform(65, 100)), (thigh, rng.uniform(65, 100))), rng.normal(-6, 8), False


def _lift(rng: np.random.Generator) -> Legs:
    lifted = (rng.uniform(25, 100), rng.uniform(0, 120)) if rng.random() < 0.7 else (-10.0, rng.uniform(40, 120))
    return (lifted, (rng.normal(0, 3), abs(rng.normal(3, 5)))), rng.normal(0, 6), False


_LEGS: dict[LegKind, float] = {  # and how often
    _stand: 0.4,
    _step: 0.24,
    _lunge: 0.1,
    _squat: 0.09,
    _sit: 0.07,
    _lift: 0.1,
}
_EVERYDAY_LEGS: dict[LegKind, float] = {_stand: 0.7, _step: 0.2, _sit: 0.1}


def _clamp(name: str, angle: float) -> float:
    """The angle, kept inside the joint's limits."""
    return float(np.clip(angle, *LIMITS[name]))
