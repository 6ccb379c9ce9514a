"""An arm that hangs elsewhere than it was fitted: its skin is not the trunk's; what no parser says changes nothing."""

from dataclasses import replace

import torch

from bodydouble.body.skinning import pose_fit
from bodydouble.geometry.camera import clip_from_world, project
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.parsing.labels import LABELS
from bodydouble.raster import rasteriser
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.skeleton import body_surface
from bodydouble.texture.misplaced import find_locks, misplaced_skin, without_misplaced
from bodydouble.texture.project import project_photo
from bodydouble.texture.rim import project_rim
from bodydouble.values import FACE_LANDMARKS, FittedView, SurfaceKind, Texture, Understanding
from tests.texture.conftest import SIZE, make_scene

SIDE = 540  # of the parser's square, which holds the photo


def understood(view: FittedView, skin: torch.Tensor) -> FittedView:
    """The view with a parser that says skin there (H×W bool), cloth elsewhere on the person."""
    labels = torch.zeros(len(LABELS), SIDE, SIDE)
    height, width = view.photo.size
    there = view.person.mask > 0.5
    labels[LABELS.index("skin"), :height, :width] = (skin & there).float()
    labels[LABELS.index("upper"), :height, :width] = (~skin & there).float()
    labels[LABELS.index("background")] = 1 - labels.sum(0)
    normals = torch.zeros(3, SIDE, SIDE)
    return replace(view, understanding=Understanding(labels=labels, normals=normals, left=0, top=0, side=SIDE))


def misplaced_of(anny, view: FittedView, skin: torch.Tensor) -> torch.Tensor:
    """H×W bool: what is misplaced of all that is skin."""
    view = understood(view, skin)
    mesh, camera = pose_fit(view.fit, anny), view.fit.camera
    shown = rasteriser()(clip_from_world(mesh.vertices, camera)[None], mesh.faces, camera.size).face[0]
    return misplaced_skin(view, mesh, shown, anny.rest(view.fit.shape), anny, camera)


def test_skin_beside_an_arm_is_the_arms_and_far_from_it_the_trunks(anny):
    """All is said to be skin: a band along the arms is misplaced, the middle of the belly and the legs are not."""
    view = make_scene(anny, arms=0.0, yaw=0.0).view
    wrong = misplaced_of(anny, view, torch.ones(view.photo.size, dtype=torch.bool))
    assert 0.005 < wrong[view.person.mask > 0.5].float().mean() < 0.25
    height = view.photo.size[0]
    assert not wrong[round(0.8 * height) :].any()  # shins
    assert not wrong[:, 195:205][round(0.4 * height) : round(0.5 * height)].any()  # the belly's middle
    assert not wrong[:, 195:205][round(0.15 * height) : round(0.4 * height)].any()  # a low neckline


def test_a_hand_before_the_face_takes_nothing_from_it(anny):
    scene = make_scene(anny, yaw=0.0)
    joints = scene.view.fit.pose.joints.clone()
    joints[anny.roles["left_shoulder"]] = torch.tensor([0.0, -0.6, 0.9])
    joints[anny.roles["left_elbow"]] = torch.tensor([-1.2, -1.2, 0.6])
    view = replace(scene.view, fit=replace(scene.view.fit, pose=replace(scene.view.fit.pose, joints=joints)))
    view = replace(view, person=replace(view.person, mask=torch.ones(view.photo.size)))
    wrong = misplaced_of(anny, view, torch.ones(view.photo.size, dtype=torch.bool))
    head = project(anny.landmarks.points(pose_fit(view.fit, anny).vertices)[FACE_LANDMARKS], view.fit.camera).long()
    assert not wrong[head[:, 1], head[:, 0]].any()


def test_cloth_is_nowhere_misplaced(anny):
    view = make_scene(anny, yaw=0.0).view
    assert not misplaced_of(anny, view, torch.zeros(view.photo.size, dtype=torch.bool)).any()


def test_what_is_misplaced_is_neither_gathered_nor_scattered(anny, scene):
    view = understood(scene.view, torch.ones(scene.view.photo.size, dtype=torch.bool))
    plain, told = project_photo(scene.view, anny, SIZE), project_photo(view, anny, SIZE)
    lost = (plain.confidence > 0) & (told.confidence == 0)
    assert 0 < lost.sum() < 0.2 * (plain.confidence > 0).sum()
    kept = told.confidence > 0
    assert torch.equal(told.rgb[:, kept], plain.rgb[:, kept])
    assert plain.labels is None and set(told.labels[kept].tolist()) <= {0, LABELS.index("skin")}
    assert not told.labels[~kept].any()
    mask = without_misplaced(view, anny).person.mask
    assert (mask <= scene.view.person.mask).all() and mask.sum() < scene.view.person.mask.sum()
    assert without_misplaced(scene.view, anny) is scene.view


def test_hair_is_a_lock_only_where_hair_hangs_before_it(anny):
    """Strands on the chest that the surface of hair does not reach stay as the photo shows them."""
    view = make_scene(anny, yaw=0.0).view
    view = understood(view, torch.zeros(view.photo.size, dtype=torch.bool))
    labels = view.understanding.labels.clone()
    labels[LABELS.index("hair")] = 1 - labels[LABELS.index("background")]
    labels[LABELS.index("upper")] = 0
    view = replace(view, understanding=replace(view.understanding, labels=labels))
    assert find_locks(view, (), anny) is view
    skin = body_surface(view.fit, anny, Texture(rgb=torch.zeros(3, 8, 8), confidence=torch.zeros(8, 8)))
    left = skin.vertices[skin.faces][..., 0].mean(1) > 0
    grown = skin.vertices + 0.02 * vertex_normals(skin.vertices, skin.faces)
    half = replace(skin, kind=SurfaceKind.HAIR, vertices=grown, faces=skin.faces[left])
    locks = find_locks(view, (half,), anny).locks
    assert locks is not None
    height, width = view.photo.size
    trunk = locks[height // 3 : height // 2]
    assert bool(trunk[:, width // 2 + 10 : width // 2 + 20].all()) and not bool(trunk[:, : width // 2 - 4].any())
    head = locks[: height // 8, width // 2 :].nonzero()[:, 0]
    body_top = int((view.person.mask > 0.5).any(1).float().argmax())
    assert int(head.min()) > body_top + 3, "the scalp beneath hair is hair, too"
    sunk = find_locks(view, (replace(half, vertices=2 * skin.vertices - grown),), anny).locks
    clear = replace(half, texture=replace(half.texture, alpha=torch.zeros(8, 8)))
    transparent = find_locks(view, (clear,), anny).locks
    assert sunk is not None and transparent is not None
    assert not sunk[height // 3 : height // 2, width // 2 + 10 : width // 2 + 20].any() and not transparent.any()


def test_a_cuff_that_reaches_onto_the_hand_stays(anny):
    """Cloth close to the wrist is a sleeve's; farther down the hand it is what lies behind."""
    view = make_scene(anny, arms=0.7, yaw=0.0).view
    rows = torch.arange(view.photo.size[0])[:, None].expand(view.photo.size)
    wrist, tip = (
        float(project(pose_fit(view.fit, anny).vertices[points].mean(0)[None], view.fit.camera)[0, 1])
        for points in (anny.skin_weights[:, anny.roles[f"left_{role}"]] > 0.5 for role in ("wrist", "middle_3"))
    )
    view = understood(view, rows > wrist + 0.2 * (tip - wrist))
    labels = project_rim(view, anny, SIZE).labels
    on_hand = anatomy(anny).regions(SIZE) == Region.HAND
    assert labels is not None and int((labels[on_hand] == LABELS.index("upper")).sum()) > 5
