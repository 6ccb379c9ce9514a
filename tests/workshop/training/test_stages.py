"""Every stage teaches what it should and nothing else."""

import dataclasses

import pytest
import torch

from bodydouble.dinar.channels import blend_mask
from bodydouble.dinar.networks import new_networks
from workshop.measures.pretrained import PretrainedNetworks
from workshop.training.discriminator import Discriminator
from workshop.training.losses import Perceptual, weight_of
from workshop.training.presets import PRESETS
from workshop.training.stages import STAGES
from workshop.training.texture_stages import Diffusion

TINY = PRESETS["tiny"]


def _stage(name: str, tmp_path) -> tuple:
    torch.manual_seed(0)
    kind = STAGES[name]
    kind.frames = min(kind.frames, 4)  # as many as striped people have
    stage = kind(
        new_networks("tiny"),
        TINY,
        TINY.stages[name],
        Perceptual(torch.device("cpu"), PretrainedNetworks(weights=tmp_path)),
    )
    judge = Discriminator(TINY.discriminator).requires_grad_(False) if TINY.stages[name].adversarial else None
    return stage, judge


@pytest.fixture(autouse=True)
def _frames_as_they_were(monkeypatch):
    for kind in STAGES.values():
        monkeypatch.setattr(kind, "frames", kind.frames)


@pytest.mark.parametrize("name", STAGES)
def test_gradients_reach_the_trained_networks_alone(name, batch, tmp_path):
    stage, judge = _stage(name, tmp_path)
    stage.prepare(batch)
    # Layers that begin at zero hold back what is before them until they have moved.
    with torch.no_grad():
        for parameter in stage.trained():
            parameter.add_(0.01 * torch.randn_like(parameter))
    for _ in range(2):  # some losses are drawn at random
        outcome = stage(batch, judge)
        sum(value * weight_of(each, TINY.weights) for each, value in outcome.losses.items()).backward()
    touched = {
        name
        for name, module in stage.nets.modules().items()
        if any(p.grad is not None and p.grad.abs().max() > 0 for p in module.parameters())
    }
    assert touched == set(stage.trains)
    assert all(torch.isfinite(p.grad).all() for p in stage.trained() if p.grad is not None)
    assert judge is None or all(p.grad is None for p in judge.parameters())


def test_the_first_picture_is_the_sampled_colours(batch, tmp_path):
    stage, judge = _stage("appearance", tmp_path)
    stage.prepare(batch)
    outcome = stage(batch, judge)
    assert (outcome.figures["psnr"] - outcome.figures["psnr_start"]).abs() < 0.5
    assert outcome.losses["dice"] < 0.3


def test_appearance_gets_better_than_the_sampled_colours(batch, tmp_path):
    stage, judge = _stage("appearance", tmp_path)
    stage.prepare(batch)
    adam = torch.optim.Adam(stage.trained(), 5e-3, betas=(0.0, 0.99))
    for _ in range(25):
        outcome = stage(batch, judge)
        adam.zero_grad()
        sum(value * weight_of(name, TINY.weights) for name, value in outcome.losses.items()).backward()
        adam.step()
    assert outcome.figures["psnr"] > outcome.figures["psnr_start"] + 0.3


def test_latents_are_learned_from_again(batch, tmp_path):
    stage, _ = _stage("denoiser", tmp_path)
    assert isinstance(stage, Diffusion)
    stage.prepare(batch)
    latent, weight, given = stage._latents(batch)
    missing = (latent[:, None] - given[:, :, :6]).square().mean().sqrt()
    assert (missing - 1).abs() < 0.3 and given.shape[:3] == (2, 4, 7)
    assert 0.1 <= weight.min() < 0.5 and weight.max() == 1, "what nobody saw counts less"
    for _ in range(6):
        stage(batch, None)
    assert len(stage._kept) == TINY.stages["denoiser"].kept


def test_between_new_people_the_kept_latents_serve(batch, tmp_path):
    stage, _ = _stage("denoiser", tmp_path)
    stage.config = dataclasses.replace(stage.config, kept_every=3)
    stage.prepare(batch)
    assert [stage.needs_people(step) for step in range(4)] == [True] * 4, "none are kept yet"
    while len(stage._kept) < stage.config.kept:
        assert [stage.needs_people(step) for step in range(4)] == [True] * 4, "few are"
        stage(batch, None)
    kept = len(stage._kept)
    assert [stage.needs_people(step) for step in range(4)] == [True, False, False, True]
    assert torch.isfinite(stage(None, None).losses["noise"]) and len(stage._kept) == kept


def test_what_copying_learns_from_was_not_seen_in_that_view(batch, tmp_path):
    stage, _ = _stage("attention", tmp_path)
    [first, *_] = stage._views(batch, 8)
    size = first.truth.shape[-1]
    seen = first.shown[:, 3].repeat_interleave(size // 8, 1).repeat_interleave(size // 8, 2) == 1
    assert first.wanted.any() and not (first.wanted & seen).any()
    before = stage(batch, None).losses["negative_log_likelihood"]
    assert torch.isfinite(before) and torch.isfinite(stage(None, None).losses["negative_log_likelihood"]), (
        "without new people, too"
    )


@pytest.mark.parametrize("name", ["appearance", "finish"])
def test_a_crop_is_a_square_of_the_target_that_shows_the_body(name, batch, tmp_path):
    stage, _ = _stage(name, tmp_path)
    stage.config = dataclasses.replace(stage.config, crop=32)
    target = stage.target(batch)
    assert target.rgba.shape[-2:] == target.uv.shape[-2:] == (32, 32)
    assert (target.uv >= 0).all(1).flatten(1).any(1).all()
    whole = batch.target_uv[:, 1].unfold(2, 32, 16).unfold(3, 32, 16)
    where = (whole == target.uv[:, :, None, None]).flatten(4).all(-1).all(1)
    assert where.flatten(1).any(1).all(), "it is a part of the picture"


def test_the_joint_stage_draws_what_the_decoder_made_where_the_photo_showed_nothing(batch, tmp_path):
    stage, _ = _stage("joint", tmp_path)
    partial = stage._texture(batch)
    below: list[torch.Tensor] = []
    stage.colours = lambda _, colours: below.append(colours) or colours
    for seed in range(8):  # every second time by Eq. 6
        torch.manual_seed(seed)
        stage._draw_target(batch, stage.target(batch), partial, torch.ones_like(partial))
    unseen = (blend_mask(partial[:, 20:]) == 0).expand_as(below[0])
    assert unseen.any() and (below[0][unseen] == 1).all() and (below[0][~unseen] != 1).any()


def test_presets_name_every_stage():
    for preset in PRESETS.values():
        assert set(preset.stages) <= set(STAGES) and {"appearance", "denoiser", "finish"} <= set(preset.stages)
        assert dataclasses.asdict(preset.weights)["l2"] == 2.2
    paper = PRESETS["paper"].stages
    assert [paper[name].steps for name in ("appearance", "vqgan", "joint", "denoiser")] == [100e3, 300e3, 20e3, 50e3]
    assert (paper["appearance"].rate, paper["appearance"].people, paper["denoiser"].rate) == (2e-3, 4, 1e-6)
