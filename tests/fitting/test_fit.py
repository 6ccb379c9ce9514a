"""The fit and the clothing, on bodies whose truth is known: rendered here, with their own landmarks as detections."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import apply_clothing, joint_transforms, subtree_weight
from bodydouble.clothing.offsets import clothe, offset_caps
from bodydouble.clothing.skirt import skirt
from bodydouble.fitting.fit import fit_body
from bodydouble.fitting.fit_config import FitConfig
from bodydouble.fitting.initial_pose import initial_pose, place
from bodydouble.fitting.metrics import fit_quality
from bodydouble.geometry.camera import clip_from_world, photo_camera, project
from bodydouble.raster import rasteriser
from bodydouble.values import BODY_LANDMARKS, BodyFit, BodyShape, Clothing, Person, Photo, Pose

SIZE = (480, 360)
BEHIND = 3.1  # radians of heading: seen from behind


def _truth(anny, heading: float, seed: int = 0) -> BodyFit:
    generator = torch.Generator().manual_seed(seed)
    shape = anny.mean_shape().coefficients.clone()
    shape[: len(anny.phenotype_names)] += 0.15 * (torch.rand(len(anny.phenotype_names), generator=generator) - 0.5)
    joints = torch.zeros(len(anny.joint_names), 3)
    for role, turn in {
        "left_shoulder": (0.2, 0.1, 0.6),
        "right_shoulder": (-0.5, -0.3, 0.2),
        "left_elbow": (0.0, -0.6, 0.2),
        "left_hip": (-0.5, 0.1, 0.1),
        "left_knee": (0.7, 0.0, 0.0),
        "head": (0.1, 0.3, 0.0),
    }.items():
        joints[anny.roles[role]] = torch.tensor(turn)
    pose = Pose(
        joints=joints,
        root_rotation=torch.tensor([0.0, heading, 0.0]),
        root_translation=torch.tensor([0.1, -0.95, -3.6]),
        expression=torch.zeros(len(anny.expression_names)),
    )
    count = len(anny.skin_weights)
    bare = Clothing(offsets=torch.zeros(count, 3), leg_blend=torch.zeros(count))
    camera = photo_camera(torch.tensor(SIZE).float().norm().item(), SIZE)
    return BodyFit(shape=BodyShape(coefficients=shape), pose=pose, camera=camera, clothing=bare)


def _seen(anny, truth: BodyFit) -> Person:
    """What a perfect detector would say, the face aside where it looks away."""
    rest = anny.rest(truth.shape)
    mesh = anny.pose(apply_clothing(rest, truth.clothing, anny.mirror_joints), truth.pose)
    clip = clip_from_world(mesh.vertices, truth.camera)[None]
    mask = (rasteriser()(clip, anny.faces, SIZE).face[0] >= 0).float()
    points = anny.landmarks.points(anny.pose(rest, truth.pose).vertices)
    pixels = project(points, truth.camera)[:, :2]
    scores = (anny.landmarks.weights.sum(1) > 0).float()
    if abs(float(truth.pose.root_rotation[1])) > 2:
        scores[75:] = 0
    local = points * torch.tensor([1.0, -1.0, -1.0])
    metres = torch.full((543, 3), torch.nan)
    metres[BODY_LANDMARKS] = local[BODY_LANDMARKS] - local[[23, 24]].mean(0)
    return Person(mask=mask, landmarks=torch.cat([pixels, scores[:, None]], 1), landmarks_world=metres)


@pytest.fixture(scope="module", params=[0.3, BEHIND], ids=["front", "behind"])
def fitted(request, anny):
    truth = _truth(anny, request.param)
    person = _seen(anny, truth)
    result = fit_body(person, Photo(rgb=torch.zeros(3, *SIZE)), anny, FitConfig(full_steps=50))
    return truth, person, result


def test_the_body_is_found_again(anny, fitted):
    truth, person, result = fitted
    quality = fit_quality(result, person, anny)
    assert quality.silhouette_iou > 0.93
    assert quality.body_landmark_error < 0.005
    if quality.face_landmark_error is not None:
        assert quality.face_landmark_error < 0.004


def test_legs_below_the_photo_s_edge_stand(anny):
    """The truth sits half, with a raised thigh and a bent knee; the photo ends at the hips, and nobody can know."""
    truth = _truth(anny, 0.0)
    person = _seen(anny, truth)
    edge = int(person.landmarks[[23, 24], 1].max()) + 10
    landmarks = person.landmarks.clone()
    landmarks[25:33, 2] = 0.2
    cut = replace(person, mask=person.mask[:edge], landmarks=landmarks)
    result = fit_body(cut, Photo(rgb=torch.zeros(3, edge, SIZE[1])), anny, FitConfig(full_steps=20))
    points = anny.landmarks.points(anny.pose(anny.rest(result.shape), result.pose).vertices)
    for upper, lower in ((23, 25), (24, 26), (25, 27), (26, 28)):
        assert float(torch.nn.functional.normalize(points[upper] - points[lower], dim=0)[1]) > 0.95


def test_left_stays_left_and_front_stays_front(anny, fitted):
    truth, _, result = fitted

    def sides(fit):
        points = anny.landmarks.points(anny.pose(anny.rest(fit.shape), fit.pose).vertices)
        local = points @ fit.camera.camera_from_world[:3, :3].T
        across = local[[11, 13, 15, 23, 25]] - local[[12, 14, 16, 24, 26]]
        return across[:, 0], local[0] - local[[7, 8]].mean(0)  # left minus right; the nose's direction

    (across, nose), (true_across, true_nose) = sides(result), sides(truth)
    assert (across.sign() == true_across.sign()).all()
    assert torch.cosine_similarity(nose, true_nose, dim=0) > 0.9


def test_the_world_stands_between_the_feet_and_faces_z(anny, fitted):
    _, _, result = fitted
    vertices = anny.pose(anny.rest(result.shape), result.pose).vertices
    assert abs(float(vertices[:, 1].min())) < 1e-4
    points = anny.landmarks.points(vertices)
    left, up = points[11] - points[12], points[11] - points[23]
    forward = torch.linalg.cross(left, up)
    assert torch.cosine_similarity(forward[[0, 2]], torch.tensor([0.0, 1.0]), dim=0) > 0.95


def test_same_input_same_fit(anny):
    person = _seen(anny, _truth(anny, 0.0))
    photo = Photo(rgb=torch.zeros(3, *SIZE))
    config = FitConfig(torso_steps=3, limb_steps=3, full_steps=3)
    one, two = (fit_body(person, photo, anny, config) for _ in range(2))
    assert torch.equal(one.pose.joints, two.pose.joints)
    assert torch.equal(one.shape.coefficients, two.shape.coefficients)


def test_unknown_hands_and_face_do_not_matter(anny):
    truth = _truth(anny, 0.0)
    person = _seen(anny, truth)
    landmarks = person.landmarks.clone()
    landmarks[33:] = 0
    result = fit_body(replace(person, landmarks=landmarks), Photo(rgb=torch.zeros(3, *SIZE)), anny)
    assert torch.isfinite(result.pose.joints).all()
    assert fit_quality(result, person, anny).silhouette_iou > 0.9


def test_placing_solves_for_the_translation(anny):
    camera = photo_camera(500.0, SIZE)
    generator = torch.Generator().manual_seed(1)
    points, shift = torch.randn(20, 3, generator=generator) * 0.5, torch.tensor([0.2, -0.7, -4.0])
    pixels = project(points + shift, camera)[:, :2]
    assert torch.allclose(place(points, pixels, torch.ones(20), camera), shift, atol=1e-3)


def test_the_first_guess_points_the_limbs_as_seen(anny):
    truth = _truth(anny, 0.4)
    rest = anny.rest(truth.shape)
    guess = initial_pose(_seen(anny, truth), rest, anny)
    got = anny.landmarks.points(anny.pose(rest, guess).vertices)
    true = anny.landmarks.points(anny.pose(rest, truth.pose).vertices)
    for start, end in ((11, 13), (13, 15), (23, 25), (25, 27)):
        assert torch.cosine_similarity(got[end] - got[start], true[end] - true[start], dim=0) > 0.97


def test_clothing_covers_the_mask_and_spares_face_and_hands(anny):
    truth = _truth(anny, 0.0)
    rest = anny.rest(truth.shape)
    cap = offset_caps(rest, anny)
    normals = torch.nn.functional.normalize(rest.vertices - rest.vertices.mean(0), dim=1)
    thick = replace(truth.clothing, offsets=0.3 * cap[:, None] * normals)
    person = _seen(anny, replace(truth, clothing=thick))
    worn = clothe(truth, person, anny)
    before, after = (fit_quality(fit, person, anny).silhouette_iou for fit in (truth, worn))
    assert after > 0.97 > before
    still = cap < 1e-3
    assert still.sum() > 1000
    assert worn.clothing.offsets[still].norm(dim=1).max() < 0.002
    assert (worn.clothing.leg_blend == 0).all()


def test_a_skirt_is_seen_and_its_halves_hold_together(anny):
    truth = replace(_truth(anny, 0.0), pose=replace(_truth(anny, 0.0).pose, joints=torch.zeros(104, 3)))
    rest = anny.rest(truth.shape)
    tube = skirt(rest, anny, hem=0.55)
    person = _seen(anny, replace(truth, clothing=tube))
    worn = clothe(truth, person, anny)
    legs = subtree_weight(rest, anny.roles["left_hip"]) + subtree_weight(rest, anny.roles["right_hip"])
    knees = (legs > 0.9) & ((rest.vertices[:, 1] - 0.65).abs() < 0.03) & (rest.vertices[:, 0].abs() < 0.1)
    assert worn.clothing.leg_blend[knees].mean() > 0.5
    assert fit_quality(worn, person, anny).silhouette_iou > 0.95
    # A step: where the two halves meet they must still be together.
    step = torch.zeros(104, 3)
    step[anny.roles["left_hip"], 0], step[anny.roles["right_hip"], 0] = -0.4, 0.4
    stepped = anny.pose(
        apply_clothing(rest, worn.clothing, anny.mirror_joints), replace(truth.pose, joints=step)
    ).vertices
    edges = anny.faces[:, [0, 1]]
    edges = edges[knees[edges].all(1)]
    before = rest.vertices + worn.clothing.offsets
    stretch = (stepped[edges[:, 0]] - stepped[edges[:, 1]]).norm(dim=1)
    assert (stretch - (before[edges[:, 0]] - before[edges[:, 1]]).norm(dim=1)).max() < 0.06


def test_trousers_are_no_skirt(anny):
    truth = _truth(anny, 0.0)
    person = _seen(anny, truth)
    assert (clothe(truth, person, anny).clothing.leg_blend == 0).all()


def test_a_known_person_keeps_shape_and_clothing(anny):
    truth = _truth(anny, 0.2)
    known = replace(_truth(anny, 0.0), clothing=replace(truth.clothing, offsets=truth.clothing.offsets + 0.001))
    photo = Photo(rgb=torch.zeros(3, *SIZE))
    again = fit_body(_seen(anny, truth), photo, anny, previous=known)
    assert torch.equal(again.shape.coefficients, known.shape.coefficients)
    assert torch.equal(again.clothing.offsets, known.clothing.offsets)
    assert fit_quality(again, _seen(anny, truth), anny).silhouette_iou > 0.9


def test_hair_does_not_make_a_head_nod(anny):
    """What the mask has above and beside the head is no body to be covered."""
    truth = replace(_truth(anny, 0.0), pose=replace(_truth(anny, 0.0).pose, joints=torch.zeros(104, 3)))
    person = _seen(anny, truth)
    top = int((person.mask > 0.5).any(1).nonzero()[0])
    middle = int(person.landmarks[0, 0])
    y, x = torch.meshgrid(torch.arange(SIZE[0]), torch.arange(SIZE[1]), indexing="ij")
    hair = torch.hypot(x - middle, y - (top + 8.0)) < 22  # a bun of 25 cm
    person = replace(person, mask=torch.maximum(person.mask, hair.float()))
    fit = fit_body(person, Photo(rgb=torch.zeros(3, *SIZE), focal_px=600.0), anny)
    forward = joint_transforms(anny.rest(fit.shape), fit.pose)[0][anny.roles["head"]][:, 2]
    assert abs(float(torch.rad2deg(forward[1].asin()))) < 4
