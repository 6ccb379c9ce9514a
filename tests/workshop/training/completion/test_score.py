"""Scores say what is nearer to the truth, by what was hidden alone."""

from dataclasses import replace

import pytest
import torch

from tests.workshop.training.completion.conftest import TOO_DARK
from workshop.training.completion.distance import Lite0Distance
from workshop.training.completion.records import split_people
from workshop.training.completion.score import score_completions


def test_a_completion_that_is_true_beats_one_that_is_too_dark(people):
    exemplar, symmetry = score_completions(split_people(people)[1], None)
    assert (exemplar.name, symmetry.name) == ("exemplar", "symmetry")
    assert exemplar.psnr == pytest.approx(-20 * torch.tensor(TOO_DARK).log10().item(), abs=0.1)
    assert symmetry.psnr == 100 and symmetry.lite0 == pytest.approx(0, abs=1e-6)
    assert exemplar.lite0 > 1e-4 and symmetry.better == 1 and exemplar.better == 0
    assert symmetry.psnr_gain == pytest.approx(symmetry.psnr - exemplar.psnr, abs=1e-3) and exemplar.psnr_gain == 0
    assert symmetry.lite0_gain == pytest.approx(symmetry.lite0 - exemplar.lite0, abs=1e-6)
    assert symmetry.line().startswith("symmetry")


def test_a_person_counts_once(people):
    dark, light = split_people(people)[1]
    (bad,) = dark.completions
    assert bad.symmetry is not None
    dark = replace(dark, completions=(bad, bad, bad))
    light = replace(light, completions=tuple(replace(each, exemplar=each.symmetry) for each in light.completions))
    both = score_completions([dark, light], None)[0]
    each = [score_completions([person], None)[0] for person in (dark, light)]
    assert both.psnr == pytest.approx((each[0].psnr + each[1].psnr) / 2, abs=1e-3)
    assert both.psnr_error == pytest.approx(abs(each[0].psnr - each[1].psnr) / 2, abs=1e-3)


def test_who_has_no_completion_does_not_count(people):
    dark, light = split_people(people)[1]
    usual, beside = (score_completions(each, None)[0] for each in ([light], [replace(dark, completions=()), light]))
    assert beside == usual


def test_what_was_never_hidden_does_not_count(people):
    person = split_people(people)[1][0]
    (completion,) = person.completions
    noise = torch.where(completion.hidden, completion.exemplar, 1 - completion.exemplar)
    other = replace(person, completions=(replace(completion, exemplar=noise),))
    usual, changed = (score_completions([each], None)[0] for each in (person, other))
    assert changed.psnr == pytest.approx(usual.psnr)


def test_the_distance_grows_with_the_difference():
    generator = torch.Generator().manual_seed(0)
    truth = torch.rand(1, 3, 64, 64, generator=generator)
    noise = torch.rand(1, 3, 64, 64, generator=generator) - 0.5
    where = torch.zeros(1, 64, 64, dtype=torch.bool)
    where[:, 16:48, 16:48] = True
    distance = Lite0Distance()
    none, little, much = (float(distance(truth + share * noise, truth, where)) for share in (0, 0.1, 0.4))
    assert none == 0 < little < much
