"""Unseen skin of a limb has the tone that was seen at the same place along it."""

import pytest
import torch

from bodydouble.inpaint.limb_skin import profile_tones, tone_limbs
from bodydouble.parsing.labels import LABELS, SKIN
from bodydouble.surface.regions import Region

LOWER = LABELS.index("lower")
TAN, CHALK, GOLD = (torch.tensor(colour) for colour in ([0.75, 0.58, 0.48], [0.9, 0.85, 0.82], [0.8, 0.65, 0.1]))
KNEE_M = 0.5


@pytest.fixture
def legs(graph):
    """(N,) bool of shins, and what was seen of a person in nothing: redder below the knee, all from straight ahead."""
    surface = graph.surface
    shin = ~surface.arm & ~surface.trunk & (surface.region == Region.BODY) & (surface.position[:, 1] < KNEE_M - 0.1)
    rgb = TAN.repeat(len(surface), 1)
    rgb[shin] = TAN * torch.tensor([1.0, 0.9, 0.9])
    confidence = torch.where(surface.normal[:, 2] > 0.3, surface.normal[:, 2], 0.0)
    return shin, rgb, confidence


def tone(colour, rgb, confidence, label, graph):
    return tone_limbs(colour, rgb, confidence, torch.where(confidence > 0, label, 0), label, graph)


def test_a_leg_is_behind_as_it_is_in_front_at_each_height(graph, legs):
    shin, rgb, confidence = legs
    surface, label = graph.surface, torch.full((len(rgb),), SKIN)
    toned = tone(CHALK.repeat(len(rgb), 1), rgb, confidence, label, graph)
    height = surface.position[:, 1]
    behind = shin & (surface.normal[:, 2] < -0.7) & (height < KNEE_M - 0.2) & (height > 0.2)
    assert float((toned - rgb)[behind].abs().max()) < 0.02
    arm = surface.arm & (surface.region == Region.BODY) & (surface.normal[:, 2] < -0.7) & (surface.along > 0.1)
    assert float((toned - rgb)[arm].abs().max()) < 0.02
    face = surface.region == Region.FACE
    assert torch.equal(toned[face], CHALK.expand(int(face.sum()), 3))


def test_the_dark_outline_of_a_limb_fades_and_meets_what_was_seen(graph, legs):
    shin, rgb, confidence = legs
    surface, label = graph.surface, torch.full((len(rgb),), SKIN)
    dark = rgb.clone()
    dark[(confidence > 0) & (confidence < 0.42)] *= 0.8
    toned = tone(dark, dark, confidence, label, graph)
    height = surface.position[:, 1]
    shin = shin & (height > 0.2)
    beside = shin & (surface.normal[:, 2] < 0.25) & (surface.normal[:, 2] > 0.15)
    behind = shin & (surface.normal[:, 2] < -0.8)
    share = (toned / rgb).mean(1)
    assert float(share[beside].median()) < 0.9
    assert float(share[behind].median()) > 0.95


def test_jewellery_and_cloth_colour_no_skin(graph, legs):
    _, rgb, confidence = legs
    surface, label = graph.surface, torch.full((len(rgb),), SKIN)
    hand = surface.region == Region.HAND
    wrist = surface.arm & (surface.region == Region.BODY)
    wrist &= surface.along > surface.along[wrist].max() - 0.04
    rgb = rgb.clone()
    rgb[wrist] = GOLD
    label[surface.trunk] = LOWER
    toned = tone(TAN.repeat(len(rgb), 1), rgb, confidence, label, graph)
    unseen = (hand | wrist) & (confidence == 0)
    assert float((toned[unseen] - TAN).abs().max()) < 0.05
    assert torch.equal(toned[label == LOWER], TAN.expand(int((label == LOWER).sum()), 3))


def test_a_nape_is_lighter_than_the_shade_beneath_the_chin(graph, legs):
    _, rgb, confidence = legs
    surface, label = graph.surface, torch.full((len(rgb),), SKIN)
    neck = surface.trunk & ~surface.arm & (surface.region == Region.BODY) & (surface.position[:, 1] > 1.4)
    rgb = torch.where(neck[:, None], 0.5 * rgb, rgb)
    toned = tone(rgb, rgb, confidence, label, graph)
    nape = neck & (surface.normal[:, 2] < -0.7)
    assert 0.75 < float((toned[nape] / TAN).mean()) < 0.95
    assert torch.equal(toned[neck & (confidence > 0)], rgb[neck & (confidence > 0)])


def test_white_sleeves_that_are_taken_for_skin_stay_white_and_colour_no_hand(graph, legs):
    _, rgb, confidence = legs
    surface, label = graph.surface, torch.full((len(rgb),), SKIN)
    sleeve = surface.arm & (surface.region == Region.BODY)
    white = torch.full((3,), 0.9)
    rgb = torch.where(sleeve[:, None], white, rgb)
    toned = tone(rgb, rgb, confidence, label, graph)
    middle = sleeve & ~surface.trunk & (surface.along > 0.2)
    assert float((toned[middle] - white).abs().max()) < 0.01
    hand = (surface.region == Region.HAND) & (confidence == 0)
    assert float((toned[hand] - TAN).abs().max()) < 0.02


def test_hands_that_were_not_seen_have_the_face_s_tone_and_not_that_of_tights(graph, legs):
    _, rgb, confidence = legs
    surface, label = graph.surface, torch.full((len(rgb),), SKIN)
    leg = ~surface.arm & (surface.region == Region.BODY)
    rgb = torch.where(leg[:, None], GOLD, rgb)
    toned = tone(CHALK.repeat(len(rgb), 1), rgb, torch.where(surface.arm, 0.0, confidence), label, graph)
    assert float((toned[surface.region == Region.HAND] - TAN).abs().max()) < 0.02


def test_an_arm_that_was_not_seen_is_as_the_other_one(graph, legs):
    _, rgb, confidence = legs
    surface, label = graph.surface, torch.full((len(rgb),), SKIN)
    rgb = torch.where(surface.arm[:, None], 0.85 * rgb, rgb)
    hidden = surface.arm & (surface.position[:, 0] > 0)
    toned = tone(CHALK.repeat(len(rgb), 1), rgb, torch.where(hidden, 0.0, confidence), label, graph)
    middle = hidden & (surface.region == Region.BODY) & ~surface.trunk & (surface.along > 0.2)
    assert float((toned - rgb)[middle].abs().max()) < 0.03


def test_an_arm_of_which_a_hand_was_seen_is_farther_up_as_the_other_one(graph, legs):
    _, rgb, confidence = legs
    surface, label = graph.surface, torch.full((len(rgb),), SKIN)
    left = surface.arm & (surface.position[:, 0] > 0)
    hand = left & (surface.along > surface.along[left].max() - 0.15)
    brick = TAN * torch.tensor([1.05, 0.95, 0.95])
    rgb = torch.where(hand[:, None], brick, rgb)
    toned = tone(CHALK.repeat(len(rgb), 1), rgb, torch.where(left & ~hand, 0.0, confidence), label, graph)
    upper = left & (surface.region == Region.BODY) & ~surface.trunk & (surface.along > 0.1) & (surface.along < 0.3)
    assert float((toned[upper] - TAN).abs().max()) < 0.015
    unseen = hand & (confidence == 0)
    assert float((toned[unseen] - brick).abs().median()) < 0.01


def test_without_skin_nothing_changes(graph, legs):
    _, rgb, confidence = legs
    label = torch.full((len(rgb),), LOWER)
    assert tone(rgb, rgb, confidence, label, graph) is rgb


def test_a_profile_is_smooth_and_passes_over_shade():
    along = torch.linspace(0, 0.6, 601)
    rgb = torch.where(along[:, None] < 0.3, TAN, 0.9 * TAN)
    rgb[100:110] *= 0.3
    tones = profile_tones(along, rgb, along)
    assert float(tones.diff(dim=0).abs().max()) < 0.002
    assert float((tones[50] - TAN).abs().max()) < 0.01 and float((tones[550] - 0.9 * TAN).abs().max()) < 0.01
    assert float((tones[105] - TAN).abs().max()) < 0.01
