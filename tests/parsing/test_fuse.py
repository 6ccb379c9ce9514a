"""What the detector took for the person, and the parser knows to be a chair, is left out; the edge is the photo's."""

from dataclasses import replace

import pytest
import torch

from bodydouble.parsing.fuse import FuseConfig, fuse_mask
from bodydouble.parsing.labels import LABELS
from bodydouble.values import LANDMARK_COUNT, Person, Photo, Understanding

HEIGHT, WIDTH, SCALE = 400, 300, 200.0  # pixels; pixels a metre
PERSON, CHAIR = (slice(40, 380), slice(100, 180)), (slice(220, 300), slice(180, 260))
NO_SELFIE = FuseConfig(selfie=0.0)


@pytest.fixture
def scene() -> tuple[Photo, Person, Understanding]:
    """A blue person, a brown chair at their side that the detector takes for a part of them, a grey room."""
    rgb = torch.full((3, HEIGHT, WIDTH), 0.6)
    rgb += 0.02 * torch.randn(rgb.shape, generator=torch.Generator().manual_seed(0))
    rgb[(slice(None), *PERSON)] = torch.tensor([0.2, 0.3, 0.8])[:, None, None]
    rgb[(slice(None), *CHAIR)] = torch.tensor([0.4, 0.25, 0.1])[:, None, None]
    mask, labels = torch.zeros(HEIGHT, WIDTH), torch.zeros(len(LABELS), HEIGHT, HEIGHT)
    mask[PERSON], mask[CHAIR] = 1, 1
    labels[LABELS.index("upper")][PERSON] = 1
    labels[LABELS.index("background")] = 1 - labels.sum(0)
    generator = torch.Generator().manual_seed(1)
    points = torch.rand(LANDMARK_COUNT, 2, generator=generator) * torch.tensor([50.0, 300.0]) + torch.tensor([115, 60])
    landmarks = torch.cat([points, torch.ones(LANDMARK_COUNT, 1)], 1)
    world = torch.cat([(points - points.mean(0)) / SCALE, torch.zeros(LANDMARK_COUNT, 1)], 1)
    normals = torch.zeros(3, HEIGHT, HEIGHT)
    normals[2] = -1
    return (
        Photo(rgb=rgb.clamp(0, 1)),
        Person(mask=mask, landmarks=landmarks, landmarks_world=world),
        Understanding(labels=labels, normals=normals, left=0, top=0, side=HEIGHT),
    )


def overlap(mask: torch.Tensor) -> float:
    truth = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    truth[PERSON] = True
    return float(((mask > 0.5) & truth).sum() / ((mask > 0.5) | truth).sum())


def test_the_chair_is_left_out(scene):
    photo, person, understanding = scene
    fused = fuse_mask(photo, person, understanding, NO_SELFIE)
    assert overlap(person.mask) < 0.85 < 0.97 < overlap(fused.mask)
    assert torch.equal(fused.landmarks, person.landmarks)


def test_with_the_detector_alone_the_chair_stays(scene):
    """The parser's word is what makes the difference."""
    photo, person, understanding = scene
    deaf = fuse_mask(photo, person, understanding, FuseConfig(selfie=0.0, detector=1.0, at_bones=1.0))
    assert overlap(deaf.mask) < 0.85


def test_a_cut_outs_mask_is_its_alpha(scene):
    photo, person, understanding = scene
    cut_out = replace(person, mask_is_exact=True)
    assert fuse_mask(photo, cut_out, understanding) is cut_out


def test_without_metres_nothing_changes(scene):
    photo, person, understanding = scene
    unknown = replace(person, landmarks_world=torch.full_like(person.landmarks_world, float("nan")))
    assert fuse_mask(photo, unknown, understanding) is unknown
