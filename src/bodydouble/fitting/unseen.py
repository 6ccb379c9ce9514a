"""What a photo does not show of a person, and how it is thought to be: legs stand straight, arms hang.

Where the photo ends, the detector goes on guessing, and its guesses bend knees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.fitting.initial_pose import world_axes
from bodydouble.geometry.distance import rough_distance_to
from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.parsing.windows import pixels_per_metre
from bodydouble.person.landmarks import ANKLES, ELBOWS, HIPS, KNEES, SHOULDERS, SIDES, WRISTS, side_point
from bodydouble.values import BODY_LANDMARKS, LANDMARK_COUNT, LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS, Person

_SURE = 0.5  # score from which a point counts as seen, wherever it lies
_GUESSED = 0.25  # score below which a knee or an elbow that is followed by nothing was not seen either
_BESIDE_M = 0.15  # from the mask, farther than which a point of a low score was not seen; of an arm, off it at all
_ARM_ROWS = [side_point(side, name) for side in SIDES for name in ("elbow", "wrist", "pinky", "index", "thumb")]
# Metres from point to point of an adult, (sideways, up, ahead); only their directions count.
_TRUNK = (0.0, -0.5, 0.0)  # from between the shoulders to between the hips
_HALF_PELVIS = 0.1
# Radians by which the detector has trunks lean too far ahead when it sees no knees: 38 models who stand upright lean by
# 23 ± 5 degrees in its eyes, and whole people by a few.
_LEAN = math.radians(22)
_LEG = {
    "knee": ("hip", (0.0, -0.42, 0.0)),
    "ankle": ("knee", (0.0, -0.41, 0.0)),
    "heel": ("ankle", (0.0, -0.06, -0.05)),
    "foot_index": ("ankle", (0.02, -0.07, 0.14)),
}
_ARM = {
    "elbow": ("shoulder", (0.05, -0.28, 0.0)),
    "wrist": ("elbow", (0.02, -0.25, 0.03)),
    "pinky": ("wrist", (0.0, -0.08, -0.02)),
    "index": ("wrist", (0.0, -0.08, 0.02)),
    "thumb": ("wrist", (0.0, -0.05, 0.04)),
}


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """A person whose unseen limbs hang: what is known of them in metres says so, and in pixels nothing is."""

    person: Person
    imagined: Tensor  # (543,), bool: landmarks whose place in metres was made up; of hips that are seen, the depth


def unseen_points(person: Person) -> Tensor:
    """(33,), bool: points of the body that the detector guesses beyond the photo, or far off the person's mask."""
    points, (height, width) = person.landmarks[BODY_LANDMARKS], person.mask.shape
    x, y, score = points.unbind(1)
    outside = (x < 0) | (x >= width) | (y < 0) | (y >= height)
    distance = rough_distance_to(person.mask > 0.5)
    row, column = y.long().clamp(0, height - 1), x.long().clamp(0, width - 1)
    reach = torch.full((len(points),), _BESIDE_M * (pixels_per_metre(person) or torch.inf))
    reach[[side_point(side, name) for side in SIDES for name in _ARM]] = 0
    beside = distance[row, column] > reach
    unseen = (score < _SURE) & (outside | beside)
    # Knees are guessed a little above the edge, so that legs fit in; those behind something have more than this score.
    unseen[KNEES] |= unseen[ANKLES] & (score[KNEES] < _GUESSED)
    # Of an arm that the trunk hides the detector guesses a hand in the air, and believes it more than the elbow.
    hidden = score[ELBOWS] < _GUESSED
    unseen[WRISTS] |= hidden & (outside | beside)[WRISTS]
    unseen[ELBOWS] |= hidden & unseen[WRISTS]
    return unseen


def hang_unseen_limbs(person: Person) -> StandIn:
    """The person with legs that stand and arms that hang where the photo does not show them."""
    unseen = unseen_points(person)
    metres = world_axes(person.landmarks_world)
    body, imagined = metres[BODY_LANDMARKS].clone(), torch.zeros(LANDMARK_COUNT, dtype=torch.bool)
    if not bool(unseen.any()) or not bool(body.isfinite().all()):
        return StandIn(person=person, imagined=imagined)
    up = torch.tensor([0.0, 1.0, 0.0])
    left = normalize((body[SHOULDERS[0]] - body[SHOULDERS[1]]) * (1 - up), dim=0)
    axes = torch.stack([left, up, torch.linalg.cross(left, up)])
    if bool(unseen[KNEES].all()):
        body[HIPS] = _raised_trunk(body, axes)
        imagined[HIPS] = True
    if bool(unseen[HIPS].all()):
        middle = body[SHOULDERS].mean(0) + torch.tensor(_TRUNK) @ axes
        body[HIPS] = middle + _HALF_PELVIS * torch.stack([left, -left])
    imagined[BODY_LANDMARKS] |= _hang(body, unseen, axes)
    metres[BODY_LANDMARKS] = body
    without_pixels = imagined.clone()
    without_pixels[HIPS] = unseen[HIPS]
    landmarks = person.landmarks.clone()
    landmarks[without_pixels, 2] = 0
    for wrist, hand in zip(WRISTS, (LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS), strict=True):
        landmarks[hand, 2] *= ~without_pixels[wrist]  # what was found there is no hand, or another person's
    return StandIn(person=replace(person, landmarks=landmarks, landmarks_world=world_axes(metres)), imagined=imagined)


def _hang(body: Tensor, unseen: Tensor, axes: Tensor) -> Tensor:
    """Move unseen limbs of 33×3 points, metres, to where they hang from what is seen; (33,), bool: those moved.

    Args:
        axes: 3×3, rows left, up and ahead.
    """
    moved = torch.zeros_like(unseen)
    for side, outward in (("left", 1.0), ("right", -1.0)):
        for limb, first in ((_LEG, "knee"), (_ARM, "elbow")):
            hangs = bool(unseen[side_point(side, first)])
            for name, (above, offset) in limb.items():
                row = side_point(side, name)
                # A hand beyond the edge goes on from a forearm that is seen; a foot hangs from a knee that is.
                hangs |= bool(unseen[row]) and limb is _LEG
                if hangs:
                    along = torch.tensor(offset) * torch.tensor([outward, 1.0, 1.0])
                    body[row] = body[side_point(side, above)] + along @ axes
                    moved[row] = True
    return moved


def _raised_trunk(body: Tensor, axes: Tensor) -> Tensor:
    """2×3: the hips of 33×3 points, metres, brought below the shoulders by as much as the detector errs.

    Args:
        axes: 3×3, rows left, up and ahead.
    """
    middle = body[SHOULDERS].mean(0)
    trunk = axes @ (middle - body[HIPS].mean(0))
    lean = float(torch.atan2(trunk[2], trunk[1]).clamp(0, _LEAN))
    return middle + (body[HIPS] - middle) @ matrix_from_axis_angle(-lean * axes[0]).T
