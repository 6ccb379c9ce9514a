"""The built-in motions: idle, walk, wave, turn and dance. All stay where they stand and loop without a jump."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bodydouble.geometry.smoothstep import smoothstep
from bodydouble.motion.choreography import Curve, Score, held_curve, smooth_curve
from bodydouble.motion.clip import Clip

SIDES = (("left", 1.0), ("right", -1.0))

# Sagittal angles of level walking at a natural speed, degrees, at every tenth of the gait cycle from one heel strike to
# the next, rounded from the textbook curves (Winter, Biomechanics and Motor Control of Human Movement; Perry and
# Burnfield, Gait Analysis). The thigh is measured from the vertical, and the curves evened so that the foot is flat
# from a tenth to four tenths of the cycle and goes back at a steady speed.
_THIGH = (24, 20, 12, 1, -8, -14, -9, 7, 22, 27)  # forward positive
_KNEE = (5, 15, 15, 8, 6, 12, 40, 64, 54, 20)  # flexion positive
_ANKLE = (0, -6, 3, 7, 12, 6, -15, -2, 4, 2)  # toes up positive
_TOE = (4, 0, 0, 0, 3, 22, 48, 20, 4, 4)  # toes up positive


def walk(frames_per_second: float) -> Clip:
    """Four strides as on a treadmill, 1.1 s each."""
    strides = 4
    score = Score("walk", 1.1 * strides, frames_per_second)
    phase = strides * score.phase
    # Left heel strike is at phase 0: the pelvis is turned with its left side forward, the chest the other way.
    yaw = -4 * score.wave(strides)
    lean = 3.5 * score.wave(strides, phase=0.2)  # the side of the swinging leg drops
    sway = 0.018 * score.wave(strides, phase=0.27)  # towards the leg that carries
    roll = torch.rad2deg(sway / 0.85)  # of both legs under the swaying pelvis
    score.position[:, 0] = sway
    score.rotate("pelvis", x=2, y=yaw, z=lean)
    _bend_spine(score, x=1.5, y=-2.4 * yaw, z=-1.1 * lean)
    score.rotate("neck", x=-2, y=0.7 * yaw)
    score.rotate("head", x=-1, y=0.7 * yaw)
    score.hang_arms(away=11)
    for (side, sign), delay in zip(SIDES, (0.0, 0.5), strict=True):
        thigh, knee, ankle, toe = (smooth_curve(curve, phase - delay) for curve in (_THIGH, _KNEE, _ANKLE, _TOE))
        across = sign * -3.5 - lean - roll  # feet close to the line of progression
        score.rotate(f"{side}_hip", x=-thigh - 2, y=sign * 5 - yaw, z=across)
        score.rotate(f"{side}_knee", x=knee)
        score.rotate(f"{side}_ankle", x=-ankle, z=sign * 3.5 + roll)
        score.rotate(f"{side}_toe", x=-toe)
        forward = score.wave(strides, delay + 0.52)  # the arm goes with the other leg
        score.rotate(f"{side}_shoulder", x=3 - 19 * forward)
        score.rotate(f"{side}_elbow", y=sign * (-6 - 9 * forward))
        score.rotate(f"{side}_clavicle", y=sign * -3 * forward)
    return score.to_clip()


def idle(frames_per_second: float) -> Clip:
    """Eight seconds of standing: breath, weight from one leg to the other, a look around."""
    score = Score("idle", 8, frames_per_second)
    _stand_at_ease(score)
    gaze = smooth_curve((0, 2, 10, 11, 3, -2, -9, -6), score.phase)
    score.rotate("neck", y=0.5 * gaze, x=0.8 * score.wave(2))
    score.rotate("head", y=0.5 * gaze, x=1.5 * score.wave(1, 0.3))
    _plant_feet(score)
    return score.to_clip()


def wave(frames_per_second: float) -> Clip:
    """Four seconds: the right hand is raised, waves four times, and sinks."""
    score = Score("wave", 4, frames_per_second)
    raised = held_curve((0, 0, 0.45, 1, 1, 1, 1, 1, 1, 1, 1, 0.55, 0.1, 0), score.phase)
    _stand_at_ease(score, away_right=12 + 56 * raised, sway=0.6)
    shake = torch.sin(2 * torch.pi * 8 * score.phase) * held_curve((0, 0, 0, 1, 1, 1, 1, 0, 0, 0), score.phase)
    # The upper arm turns outward about its own length, so that the bent forearm points up and the palm forward.
    score.rotate_local("right_shoulder", x=-92 * raised)
    score.rotate("right_shoulder", y=-14 * raised)
    score.rotate("right_elbow", y=84 * raised + 17 * shake)
    score.rotate("right_wrist", y=9 * shake)
    for finger in ("index", "middle", "ring", "pinky"):
        for n, curl in ((1, 15), (2, 22), (3, 10)):
            score.rotate(f"right_{finger}_{n}", z=-curl * raised)
    score.rotate("right_clavicle", z=-7 * raised)
    _bend_spine(score, z=3 * raised)
    score.rotate("head", z=5 * raised + 1.5 * shake, y=-3 * raised)
    _plant_feet(score)
    return score.to_clip()


def turn(frames_per_second: float) -> Clip:
    """Once around to the left in six seconds, in twelve small steps."""
    score = Score("turn", 6, frames_per_second)
    heading = 360 * score.phase
    steps = 6  # of each foot
    score.rotate("pelvis", y=heading)
    score.position[:, 1] = -0.016 - 0.007 * score.wave(2 * steps)
    score.hang_arms(away=13)
    score.rotate("neck", y=6)
    score.rotate("head", y=6)
    for (side, sign), delay in zip(SIDES, (0.0, 0.5), strict=True):
        along = steps * score.phase - delay
        # A foot is in the air for two fifths of its step, and the middle of it is where the body's heading meets it.
        swing = ((along % 1.0) / 0.4).clamp(max=1)
        eased = smoothstep(swing)
        angle = 360 / steps * (torch.floor(along) + eased + delay - 0.3)
        lift = 0.06 * torch.sin(torch.pi * swing).square()
        _stand_around(score, side, sign, angle, lift)
        score.rotate(f"{side}_shoulder", x=-7 * score.wave(steps, delay + 0.2))
        score.rotate(f"{side}_elbow", y=sign * -8)
    _bend_spine(score, z=1.5 * score.wave(steps, 0.2))
    return score.to_clip()


def dance(frames_per_second: float) -> Clip:
    """Sixteen beats of step and touch at 120 a minute: arms low and swinging, then up."""
    score = Score("dance", 8, frames_per_second)
    bar = 4 * score.phase  # four beats: left foot out, right foot after it, right foot out, left foot after it
    bounce = score.wave(16)
    aside = held_curve((0.13, 0.13, -0.13, -0.13), bar - 0.125)
    swing = smooth_curve((1, 0.6, -1, -0.6), bar - 0.125)
    score.position[:, 0] = aside
    score.position[:, 1] = -0.07 + 0.025 * bounce
    score.rotate("pelvis", x=4, y=8 * swing, z=-5 * swing)
    _bend_spine(score, x=4 + 2 * bounce, y=-14 * swing, z=9 * swing)
    score.rotate("neck", x=-4 + 3 * bounce, z=-4 * swing)
    score.rotate("head", x=-3 + 3 * bounce, y=8 * swing, z=-3 * swing)
    up = held_curve((0, 0, 0, 0.1, 1, 1, 1, 0.9), score.phase)
    score.hang_arms(away=22)
    for (side, sign), delay in zip(SIDES, (0.0, 0.5), strict=True):
        pump = smooth_curve((1, 0.2, -1, -0.2), bar - 0.125 - delay)
        score.rotate_local(f"{side}_shoulder", x=-70 * up, y=sign * -20 * up)
        score.rotate(f"{side}_shoulder", x=-(28 * pump) * (1 - up), z=sign * up * (62 + 14 * pump))
        score.rotate(f"{side}_elbow", y=sign * -((52 + 22 * pump) * (1 - up) + (70 + 18 * pump) * up))
        score.rotate(f"{side}_clavicle", z=sign * (2 * bounce + 8 * up))
    left_x = held_curve((0.20, 0.20, 0.20, -0.02), bar)
    right_x = held_curve((-0.20, 0.02, -0.20, -0.20), bar)
    left_lift = _hop(bar, 0.75) + _hop(bar, 0.0)
    right_lift = _hop(bar, 0.25) + _hop(bar, 0.5)
    for side, sign, x, lift in (("left", 1.0, left_x, left_lift), ("right", -1.0, right_x, right_lift)):
        place = torch.stack([x - sign * 0.04, 0.05 * lift, torch.zeros_like(x)], -1)
        score.place_foot(side, place, heading=sign * 12, pitch=14 * lift)
    return score.to_clip()


def _hop(phase: Tensor, start: float, length: float = 0.2) -> Tensor:
    """A bump from 0 to 1 to 0 once a cycle."""
    return torch.sin(torch.pi * (((phase - start) % 1.0) / length).clamp(max=1)).square()


def _bend_spine(score: Score, x: Curve = 0.0, y: Curve = 0.0, z: Curve = 0.0) -> None:
    """Spread a turn of the chest against the pelvis over the three joints between them."""
    for joint in ("spine_1", "spine_2", "spine_3"):
        score.rotate(joint, *(torch.as_tensor(angle) / 3 for angle in (x, y, z)))


def _stand_at_ease(score: Score, away_right: Curve = 12.0, sway: float = 1.0) -> None:
    """Breath, and the weight's slow way from leg to leg and back."""
    shift = sway * score.wave(1, 0.25)
    breath = score.wave(2, 0.1)
    score.position[:, 0] = 0.016 * shift
    score.position[:, 1] = -0.004 - 0.001 * score.wave(2, 0.3)
    score.position[:, 2] = 0.005 * sway * score.wave(2, 0.6)
    score.rotate("pelvis", y=1.5 * shift, z=1.4 * shift)
    _bend_spine(score, x=1 - 0.8 * breath, y=-2 * shift, z=-2.2 * shift)
    score.hang_arms(away=12)
    score.rotate("right_shoulder", z=-(torch.as_tensor(away_right) - 12))
    score.rotate_both("clavicle", z=0.9 * breath)
    score.rotate_both("shoulder", x=-1.2 * score.wave(1, 0.4), z=-0.7 * breath)
    score.rotate_both("elbow", y=-2 * score.wave(1, 0.1))


def _plant_feet(score: Score) -> None:
    for side, sign in SIDES:
        score.place_foot(side, torch.tensor([sign * -0.01, 0.0, 0.0]).repeat(score.count, 1), heading=sign * 8)


def _stand_around(score: Score, side: str, sign: float, angle: Tensor, lift: Tensor) -> None:
    """Stand on a foot whose place turns about the body's axis by `angle` degrees."""
    radians = torch.deg2rad(angle)
    ankle = torch.tensor([sign * 0.10, 0.0, -0.01])
    x = ankle[0] * radians.cos() + ankle[2] * radians.sin()
    z = -ankle[0] * radians.sin() + ankle[2] * radians.cos()
    place = torch.stack([x - ankle[0], lift, z - ankle[2]], -1)
    score.place_foot(side, place, heading=angle + sign * 6, pitch=120 * lift)


BUILTIN_MOTIONS: dict[str, Callable[[float], Clip]] = {
    "idle": idle,
    "walk": walk,
    "wave": wave,
    "turn": turn,
    "dance": dance,
}
