"""Fitting a body to a photo: one camera, one shape, one pose (DINAR section 4.1's SMPLify-X, with a Dice loss).

landmarks in metres -> initial pose and place        (initial_pose.py)
torso -> limbs: landmarks only, on the few vertices they hang on
everything: landmarks, silhouette, expression, on the whole mesh
arms alone, where another depth is more natural than the detector's (arm_depths.py)
-> BodyFit in a world whose origin lies between the feet
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import apply_clothing, skin
from bodydouble.body.traits import Traits
from bodydouble.fitting.arm_depths import choose_arm_depths, moved_joints
from bodydouble.fitting.clavicles import raised_clavicles
from bodydouble.fitting.contact import body_rings, hand_contact, hidden_hands, pocketed_rows
from bodydouble.fitting.depth_bias import correct_depths
from bodydouble.fitting.descent import Variables, descend
from bodydouble.fitting.fingers import finger_pose
from bodydouble.fitting.fit_config import FitConfig
from bodydouble.fitting.ground import find_soles, stand_on_ground
from bodydouble.fitting.head_contact import hands_at_head, head_contact
from bodydouble.fitting.hidden_arms import arms_behind, behind_rows, forget_false_arms, turn_behind
from bodydouble.fitting.initial_pose import NEAREST_M, initial_pose, place, world_axes
from bodydouble.fitting.known_shape import KnownShape
from bodydouble.fitting.losses import (
    JointLimits,
    balance,
    bone_direction,
    expression_penalty,
    hanging_limbs,
    landmark_weights,
    lean,
    overlap_loss,
    reprojection,
    standing_upright,
    straight_legs,
)
from bodydouble.fitting.needed_vertices import needed_vertices
from bodydouble.fitting.origin import stand_between_feet
from bodydouble.fitting.outline import leave_out_head, mask_view
from bodydouble.fitting.unseen import hang_unseen_limbs
from bodydouble.fitting.wrists import WristLimits, spread_wrist_turns
from bodydouble.geometry.camera import clip_from_world, photo_camera, project, windowed
from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.person.landmarks import TORSO
from bodydouble.progress import Progress
from bodydouble.raster import rasteriser
from bodydouble.raster.shade import silhouette
from bodydouble.values import (
    BODY_LANDMARKS,
    BodyFit,
    BodyShape,
    Camera,
    Clothing,
    Person,
    Photo,
    Pose,
    RestBody,
    Understanding,
)


def fit_body(
    person: Person,
    photo: Photo,
    body: BodyModel,
    config: FitConfig | None = None,
    progress: Progress | None = None,
    previous: BodyFit | None = None,
    traits: Traits | None = None,
    understanding: Understanding | None = None,
) -> BodyFit:
    """Fit `body` to the person. The result carries no clothing, unless it is known.

    The focal length comes from EXIF where the photo has it, else from `FitConfig.focal_diagonals`.

    Args:
        previous: a fit of the same person in the same clothes; its shape and clothing are kept, and only pose, camera
            and expression are found.
        traits: what is known of the person's body, which overrules what the photo seems to say; not beside `previous`.
        understanding: what each pixel is, which tells hands in pockets; None: no parser was asked.

    Raises:
        InputError: the body model lacks what `traits` names.
    """
    config, known = config or FitConfig(), KnownShape(traits or Traits(), body)
    problem = _Problem(person, photo_camera_of(photo, config), body, config, previous, known, understanding)
    variables = problem.start(previous.shape if previous else known.start)
    where = ("root_rotation", "root_translation")
    form = () if previous else ("shape",)
    stages = (
        ("torso", config.torso_steps, problem.torso, where),
        ("limbs", config.limb_steps, problem.limbs, (*where, "joints", *form)),
        ("whole body", config.full_steps, problem.full, (*where, "joints", *form, "expression")),
    )
    total, done = sum(steps for _, steps, _, _ in stages), 0
    for name, steps, loss, free in stages:
        for _ in descend(variables, free, loss, steps):
            done += 1
            if progress:
                progress(f"fitting: {name}", done / total)
    if bool(problem.bending.any()):
        for _ in descend(problem.bend_arms(variables), ("joints",), problem.arms, config.arm_steps):
            pass
    return stand_between_feet(problem.result(variables), body)


def photo_camera_of(photo: Photo, config: FitConfig) -> Camera:
    """Where nothing is known yet of where it stands: see `photo_camera`."""
    told = None if photo.focal_px is None else photo.focal_px / photo.reduction
    whole = photo_camera(told or config.focal_diagonals * math.hypot(*photo.whole_size), photo.whole_size)
    return whole if photo.window is None else windowed(whole, photo.window, photo.size)


class _Problem:
    """One person before one camera: the data, and the stages' losses as functions of the variables."""

    def __init__(
        self,
        person: Person,
        camera: Camera,
        body: BodyModel,
        config: FitConfig,
        previous: BodyFit | None,
        known: KnownShape,
        understanding: Understanding | None,
    ) -> None:
        person = forget_false_arms(person, understanding)
        self.behind = arms_behind(person, understanding)
        stand_in = hang_unseen_limbs(turn_behind(correct_depths(person), self.behind))
        whole = mask_view(person, camera, config.silhouette_px)
        self.view = whole if previous else leave_out_head(whole, person, camera)  # known clothing covers the hair
        person, self.imagined = stand_in.person, stand_in.imagined
        self.person, self.camera, self.body, self.config, self.known = person, camera, body, config, known
        self.bent = choose_arm_depths(person)
        self.bending = moved_joints(person, self.bent, body)
        rest = body.rest(body.mean_shape())
        bare = Clothing(offsets=torch.zeros_like(rest.vertices), leg_blend=torch.zeros(len(rest.vertices)))
        self.clothing = previous.clothing if previous else bare
        # A bare body may stay inside its clothes: what reaches beyond the mask then costs more than what is left.
        self.beyond = 0.5 if previous else 0.6
        self.fingers = finger_pose(person, rest, body)
        low, high = body.shape_range
        self.low, self.high, self.spread = low, high, (high - low) / 2
        self.hidden = hidden_hands(person, understanding) * (1 - self.behind)
        self.at_head = hands_at_head(person)
        guessed = pocketed_rows(self.hidden)
        on_body = (body.landmarks.weights.sum(1) > 0) & ~guessed
        self.weights = landmark_weights(person.landmarks[:, 2], on_body)
        self.seen_world = world_axes(person.landmarks_world).nan_to_num()
        thought = stand_in.imagined | behind_rows(self.behind)
        scores = person.landmarks[:, 2].maximum(thought.float())
        self.scores = scores * person.landmarks_world.isfinite().all(1) * on_body
        raised = raised_clavicles(world_axes(person.landmarks_world)[BODY_LANDMARKS], body)
        self.limits = JointLimits(body, rest, self.fingers + raised)
        self.wrists = WristLimits(person, self.hidden, body, rest)
        self.straight = straight_legs(self.seen_world[BODY_LANDMARKS])
        self.standing = standing_upright(self.seen_world[BODY_LANDMARKS])
        self.height = float(rest.vertices[:, 1].max())
        self.rings = body_rings(rest, body)
        soles = find_soles(rest, body)
        further = torch.cat([known.crown(body), self.rings.vertices.flatten(), soles.flatten()])
        self.needed = needed_vertices(body, rest, further, headless=self.view is not whole)
        rows = self.needed.outlined
        worn = Clothing(offsets=self.clothing.offsets[rows], leg_blend=self.clothing.leg_blend[rows])
        self.worn = worn if previous else None
        self.ring_rows = torch.searchsorted(self.needed.pinned, self.rings.vertices)
        self.sole_rows = torch.searchsorted(self.needed.pinned, soles)
        self.rasterise = rasteriser()
        self.height_px = torch.tensor(1.0)

    def start(self, shape: BodyShape) -> Variables:
        rest = self.body.rest(shape)
        pose = initial_pose(self.person, rest, self.body)
        pose = replace(pose, joints=pose.joints + self.fingers)
        self.stance = self.landmarks(shape, replace(pose, root_rotation=torch.zeros(3)))
        self.root = rest.joints[0]
        translation = place(self.turned_stance(pose), self.person.landmarks[:, :2], self.weights, self.camera)
        depth = (-translation[2]).clamp_min(NEAREST_M)
        self.height_px = self.camera.intrinsics[1, 1] * rest.vertices[:, 1].max() / depth
        return Variables(
            shape=shape.coefficients.clone(),
            joints=pose.joints,
            root_rotation=pose.root_rotation,
            root_translation=translation,
            expression=pose.expression,
        )

    def landmarks(self, shape: BodyShape, pose: Pose) -> Tensor:
        return self.needed.landmarks.points(skin(self.body.rest(shape, self.needed.pinned), pose))

    def turned_stance(self, pose: Pose) -> Tensor:
        """The landmarks of the first guess, turned about the root and moved as one."""
        turn = matrix_from_axis_angle(pose.root_rotation)
        return (self.stance - self.root) @ turn.T + self.root + pose.root_translation

    def contact(self, points: Tensor, vertices: Tensor) -> Tensor:
        hands = hand_contact(points, self.rings, vertices[self.ring_rows], self.hidden, self.behind)
        return self.config.contact_weight * (hands + head_contact(points, self.at_head))

    def torso(self, variables: Variables, _step: int) -> Tensor:
        points = self.turned_stance(variables.pose())
        scores, target = self.person.landmarks[TORSO, 2], self.person.landmarks[TORSO, :2]
        weights = scores / scores.sum().clamp_min(1e-6)
        fit = reprojection(project(points[TORSO], self.camera)[:, :2], target, weights, self.height_px, 0.01)
        return fit + self.depth_terms(points)

    def limbs(self, variables: Variables, _step: int) -> Tensor:
        return self.without_outline(variables, 0.01)

    def full(self, variables: Variables, step: int) -> Tensor:
        every = self.config.silhouette_every
        if step % every:
            return self.without_outline(variables, 0.004)
        rest, pose = self.body.rest(self.shape(variables), self.needed.outlined), variables.pose()
        vertices = skin(rest, pose)
        terms = self.pinned(vertices.index_select(0, self.needed.pinned_rows), variables, 0.004)
        if self.worn is not None:
            vertices = skin(apply_clothing(rest, self.worn, self.body.mirror_joints), pose)
        return terms + self.height_term(rest) + every * self.config.silhouette_weight * self.overlap(vertices)

    def without_outline(self, variables: Variables, softness: float) -> Tensor:
        rest = self.body.rest(self.shape(variables), self.needed.pinned)
        return self.pinned(skin(rest, variables.pose()), variables, softness) + self.height_term(rest)

    def pinned(self, vertices: Tensor, variables: Variables, softness: float) -> Tensor:
        """All that the vertices that are `pinned`, P×3, tell."""
        points = self.needed.landmarks.points(vertices)
        ground = stand_on_ground(points, vertices[self.sole_rows], self.standing, self.height)
        return self.landmark_terms(points, variables, softness) + self.contact(points, vertices) + ground

    def bend_arms(self, variables: Variables) -> Variables:
        """Start arms in their most natural depth; from here on that is what is known. Nothing else is to move."""
        self.seen_world = world_axes(self.bent.landmarks_world).nan_to_num()
        start = initial_pose(self.bent, self.body.rest(self.shape(variables)), self.body)
        variables.joints = torch.where(self.bending[:, None], start.joints, variables.joints).detach()
        self.held = variables.joints.clone()
        return variables

    def arms(self, variables: Variables, _step: int) -> Tensor:
        joints = torch.where(self.bending[:, None], variables.joints, self.held)
        return self.without_outline(replace(variables, joints=joints), 0.004)

    def overlap(self, vertices: Tensor) -> Tensor:
        clip = clip_from_world(vertices, self.view.camera)[None]
        fragments = self.rasterise(clip.detach(), self.needed.faces, self.view.camera.size)
        rendered = silhouette(fragments, clip, self.needed.faces)[0]
        return overlap_loss(rendered, self.view.mask, self.view.inside, self.beyond)

    def height_term(self, rest: RestBody) -> Tensor:
        return self.config.height_weight * self.known.height_error(rest).square()

    def shape(self, variables: Variables) -> BodyShape:
        """Within the body model's range; the gradient passes the wall."""
        inside = variables.shape.clamp(self.low, self.high)
        return BodyShape(coefficients=self.known.hold(variables.shape + (inside - variables.shape).detach()))

    def landmark_terms(self, points: Tensor, variables: Variables, softness: float) -> Tensor:
        pixels = project(points, self.camera)[:, :2]
        config, shape = self.config, (variables.shape - self.known.start.coefficients) / self.spread
        return (
            reprojection(pixels, self.person.landmarks[:, :2], self.weights, self.height_px, softness)
            + self.depth_terms(points)
            + config.pose_weight * (self.limits(variables.joints, self.straight) + self.wrists(variables.joints))
            + config.shape_weight * shape.square().sum()
            + config.expression_weight * expression_penalty(variables.expression)
        )

    def depth_terms(self, points: Tensor) -> Tensor:
        directions = bone_direction(points, self.seen_world, self.scores)
        upright = balance(points[BODY_LANDMARKS], self.standing, self.height)
        hanging = hanging_limbs(points, self.seen_world, self.imagined)
        config = self.config
        leaning = config.lean_weight * lean(points[BODY_LANDMARKS], self.standing, self.height)
        terms = config.depth_weight * directions + config.balance_weight * upright + config.hanging_weight * hanging
        return terms + leaning

    def result(self, variables: Variables) -> BodyFit:
        with torch.no_grad():
            shape = BodyShape(coefficients=self.shape(variables).coefficients.clone())
            pose = variables.pose()
            pose = replace(pose, expression=pose.expression.clamp(0, 1))
            pose = spread_wrist_turns(pose, self.body, self.body.rest(shape))
        return BodyFit(shape=shape, pose=pose, camera=self.camera, clothing=self.clothing)
