"""The poses of a person in a video: the shape is that of one frame, and all frames are fitted at once.

best frame -> shape and camera (`fit.py`) -> first guess of every frame -> landmarks of all frames -> smoothed over time
-> feet that stand (`standing_feet.py`)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from scipy.signal import savgol_filter
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import select_vertices, skin
from bodydouble.fitting.depth_bias import correct_depths
from bodydouble.fitting.descent import Variables, descend
from bodydouble.fitting.fingers import finger_pose
from bodydouble.fitting.initial_pose import NEAREST_M, initial_pose, place, world_axes
from bodydouble.fitting.losses import (
    BENT_IN_MOTION,
    JointLimits,
    bone_direction,
    landmark_weights,
    reprojection,
    straight_legs,
)
from bodydouble.fitting.standing_feet import find_standing, plant_root
from bodydouble.geometry.camera import project
from bodydouble.geometry.quaternion import matrix_from_quaternion, quaternion_from_axis_angle
from bodydouble.geometry.rotation import axis_angle_from_matrix
from bodydouble.person.track import Track
from bodydouble.progress import Progress
from bodydouble.values import BODY_LANDMARKS, LANDMARK_COUNT, BodyShape, Camera, Motion, Person, Pose, RestBody

_STEPS = 80
_SOFTNESS = 0.01  # of the person's height; see `reprojection`
_DEPTH_WEIGHT, _POSE_WEIGHT = 0.02, 2e-5  # those of `FitConfig`
# Seconds of the windows of the Savitzky-Golay filter, of second order: of landmarks, of turns, and of where the body
# is, whose depth one camera hardly tells.
_LANDMARK_SECONDS, _TURN_SECONDS, _PLACE_SECONDS = 0.3, 0.45, 0.6


@dataclass(frozen=True, kw_only=True)
class TrackFit:
    """A body that moves as the person in a video does, in the world of the video's camera (`photo_camera`)."""

    motion: Motion
    rest: RestBody
    standing: dict[str, Tensor]  # see `find_standing`


def fit_track(
    track: Track, shape: BodyShape, camera: Camera, body: BodyModel, progress: Progress | None = None
) -> TrackFit:
    """Fit a body of a known shape to all frames of a video.

    Args:
        camera: of the frames, standing as `photo_camera` does.
    """
    rest, rate = body.rest(shape), track.frames_per_second
    track = replace(
        track,
        landmarks=_smooth(track.landmarks, _LANDMARK_SECONDS * rate),
        landmarks_world=_smooth(track.landmarks_world, _LANDMARK_SECONDS * rate),
    )
    persons = [_person_of(track, frame) for frame in range(len(track.landmarks))]
    problem = _TrackProblem(persons, rest, camera, body)
    variables = problem.start(persons)
    free = ("joints", "root_rotation", "root_translation")
    for step, _ in enumerate(descend(variables, free, problem.loss, _STEPS)):
        if progress:
            progress("fitting the motion", (step + 1) / _STEPS)
    turns = torch.cat([variables.root_rotation[:, None], variables.joints], 1)
    turns = _smooth_turns(turns, _TURN_SECONDS * rate)
    motion = Motion(
        joints=torch.cat([torch.zeros_like(turns[:, :1]), turns[:, 2:]], 1),
        root_rotation=turns[:, 0],
        root_translation=_smooth(variables.root_translation, _PLACE_SECONDS * rate),
        frames_per_second=rate,
    )
    pixels_per_metre = camera.intrinsics[1, 1] / (-motion.root_translation[:, 2]).clamp_min(NEAREST_M)
    standing = find_standing(track.landmarks, pixels_per_metre, rate)
    points = problem.points(motion.pose(slice(None), variables.expression))
    planted = motion.root_translation + plant_root(points, standing)
    return TrackFit(motion=replace(motion, root_translation=planted), rest=rest, standing=standing)


def _person_of(track: Track, frame: int) -> Person:
    """One frame's landmarks, without hands, face and mask; depths corrected."""
    landmarks, world = torch.zeros(LANDMARK_COUNT, 3), torch.full((LANDMARK_COUNT, 3), torch.nan)
    landmarks[BODY_LANDMARKS] = track.landmarks[frame]
    landmarks[:, 2].clamp_(0, 1)  # the filter overshoots
    world[BODY_LANDMARKS] = track.landmarks_world[frame]
    return correct_depths(Person(mask=torch.zeros(1, 1), landmarks=landmarks, landmarks_world=world))


class _TrackProblem:
    """All frames before one camera."""

    def __init__(self, persons: list[Person], rest: RestBody, camera: Camera, body: BodyModel) -> None:
        self.body, self.rest, self.camera = body, rest, camera
        rows = body.landmarks.vertices[BODY_LANDMARKS]
        used, self.rows = torch.unique(rows, return_inverse=True)
        self.used = select_vertices(rest, used)
        self.mixed = body.landmarks.weights[BODY_LANDMARKS]
        available = body.landmarks.weights.sum(1) > 0
        weights = [landmark_weights(person.landmarks[:, 2], available) for person in persons]
        self.weights = torch.stack(weights)[:, BODY_LANDMARKS] / len(persons)
        self.pixels = torch.stack([person.landmarks[BODY_LANDMARKS, :2] for person in persons])
        self.scores = torch.stack([person.landmarks[:, 2] for person in persons])
        self.world = torch.stack([world_axes(person.landmarks_world).nan_to_num() for person in persons])
        self.straight = torch.stack([straight_legs(world[BODY_LANDMARKS], BENT_IN_MOTION) for world in self.world])
        self.fingers = finger_pose(persons[0], rest, body)  # nobody looked for hands: they hang
        self.limits = JointLimits(body, rest, self.fingers)
        self.height_px = torch.tensor(1.0)

    def start(self, persons: list[Person]) -> Variables:
        """A first guess of every frame, by itself."""
        poses = [initial_pose(person, self.rest, self.body) for person in persons]
        pose = Pose(
            joints=torch.stack([each.joints for each in poses]),
            root_rotation=torch.stack([each.root_rotation for each in poses]),
            root_translation=torch.zeros(len(poses), 3),
            expression=poses[0].expression.expand(len(poses), -1),
        )
        points = self.points(pose)
        placed = [place(*each, self.camera) for each in zip(points, self.pixels, self.weights, strict=True)]
        translation = torch.stack(placed)
        depth = (-translation[:, 2]).clamp_min(NEAREST_M).median()
        self.height_px = self.camera.intrinsics[1, 1] * self.rest.vertices[:, 1].max() / depth
        return Variables(
            shape=torch.zeros(0),
            joints=pose.joints + self.fingers,
            root_rotation=pose.root_rotation,
            root_translation=translation,
            expression=pose.expression,
        )

    def points(self, pose: Pose) -> Tensor:
        """T×33×3, metres: the body's landmarks."""
        return (skin(self.used, pose)[:, self.rows] * self.mixed[..., None]).sum(-2)

    def loss(self, variables: Variables, _step: int) -> Tensor:
        pose = variables.pose()
        points = self.points(pose)
        projected = project(points, self.camera)[..., :2].reshape(-1, 2)
        flat = self.pixels.reshape(-1, 2), self.weights.flatten()
        seen = reprojection(projected, *flat, self.height_px, _SOFTNESS)
        padded = torch.nn.functional.pad(points, (0, 0, 0, LANDMARK_COUNT - points.shape[1]))
        directions = torch.func.vmap(bone_direction)(padded, self.world, self.scores).mean()
        limits = torch.func.vmap(self.limits)(pose.joints, self.straight).mean()
        return seen + _DEPTH_WEIGHT * directions + _POSE_WEIGHT * limits


def _smooth_turns(turns: Tensor, window: float) -> Tensor:
    """T×J×3 axis-angle, smoothed as quaternions of one hemisphere."""
    quaternions = quaternion_from_axis_angle(turns)
    flips = (quaternions[1:] * quaternions[:-1]).sum(-1, keepdim=True) < 0
    signs = torch.where(flips, -1.0, 1.0).cumprod(0)
    aligned = torch.cat([quaternions[:1], quaternions[1:] * signs])
    smooth = torch.nn.functional.normalize(_smooth(aligned, window), dim=-1)
    return axis_angle_from_matrix(matrix_from_quaternion(smooth))


def _smooth(values: Tensor, window: float) -> Tensor:
    """Values (T, …) by Savitzky and Golay's filter of second order over so many frames."""
    frames = min(2 * round(window / 2) + 1, (len(values) - 1) // 2 * 2 + 1)
    if frames < 5:
        return values
    return torch.from_numpy(savgol_filter(values.numpy(), frames, 2, axis=0)).to(values)
