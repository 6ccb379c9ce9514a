"""What a coat's sheet takes over from the trunk: tone and weave of plain cloth without its folds, a pattern whole."""

import numpy as np
import torch

from bodydouble.inpaint.trunk_cloth import (
    TrunkCloth,
    UnrolledSheet,
    _change_folds,
    _leave_out_folds,
    measure_colours,
    turn_over,
)

SCALE = 300.0  # pixels a metre
ROW, COLUMN = np.mgrid[:180, :300]


def test_folds_of_plain_cloth_do_not_come_again_but_its_weave_does():
    noise = 0.02 * np.random.default_rng(0).standard_normal((180, 300, 1))
    fold = -0.15 * np.exp(-np.square((COLUMN - 150 + 0.3 * ROW) / 5.0))[..., None]
    cloth = (0.5 + noise + fold).repeat(3, 2).astype(np.float32)
    plain = _leave_out_folds(cloth, cloth, SCALE)
    on_fold = fold[..., 0] < -0.12
    assert float(plain[~on_fold].mean() - plain[on_fold].mean()) < 0.04
    calm = np.s_[:, 220:]
    assert 0.6 < float(plain[calm].std() / cloth[calm].std()) < 1.2


def test_a_pattern_stays():
    checks = np.where(((ROW // 6 + COLUMN // 6) % 2 == 0)[..., None], [0.8, 0.1, 0.1], [0.9, 0.85, 0.7])
    checks = checks.astype(np.float32)
    assert float(np.abs(_leave_out_folds(checks, checks, SCALE) - checks).max()) < 0.05


def test_folds_of_the_trunk_go_over_into_those_of_the_sheet():
    trunk, own = (0.5 + 0.1 * np.sin(plane / 6)[..., None].repeat(3, 2) for plane in (ROW + COLUMN, ROW - COLUMN))
    depth = np.arange(180) / SCALE
    changed = _change_folds(*(image.astype(np.float32) for image in (trunk, trunk, own - 0.2)), depth, SCALE)
    assert np.abs(changed[:3] - trunk[:3])[:, 60:-60].mean() < 0.02
    assert np.abs(changed[30:-30] - own[30:-30])[:, 60:-60].mean() < 0.02, "in the trunk's tone"


def test_large_flowers_far_apart_go_on_whole():
    size, radius, length = 128, 0.15, 0.2
    angle = ((np.arange(size) + 0.5) / size - 0.5) * 2 * np.pi
    sheet = UnrolledSheet(
        centre=torch.zeros(2),
        top=np.ones(size),
        angle=angle,
        radius=radius,
        length=length,
        texel_m=(length / size, 2 * np.pi * radius / size),
    )
    around, up = (plane.ravel() for plane in np.meshgrid(angle * radius, np.arange(0.0, 0.18, 0.004)))
    flower = (around % 0.12 < 0.05) & (up % 0.09 < 0.04)
    rgb = torch.from_numpy(np.where(flower[:, None], [0.9, 0.3, 0.1], [0.1, 0.1, 0.15])).float()
    usual, spread = measure_colours(rgb.T)
    trunk = TrunkCloth(places=np.stack([around, up], 1), rgb=rgb, usual=usual, spread=spread)
    assert trunk.printed
    red = turn_over(trunk, sheet, size)[0]
    assert 0.1 < float((red > 0.8).float().mean()) < 0.3, "their mean, 0.24, everywhere"
