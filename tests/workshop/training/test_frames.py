"""What is stored in few bytes comes back; tones and squares are found."""

import numpy as np
import torch

from tests.workshop.training.makers import COUNT, striped_person
from workshop.training.frames import crop_squares, face_square, match_tone, pack_uv, sample_batch, unpack_uv


def test_uv_comes_back_to_a_fraction_of_a_texel():
    uv = torch.rand(2, 2, 5, 5)
    uv[0, :, 1, 2] = -1
    again = unpack_uv(pack_uv(uv))
    assert (again - uv).abs().max() < 0.02 / 1024
    assert (again[0, :, 1, 2] == -1).all()


def test_a_batch_holds_different_photographs_of_each_person():
    people = [striped_person(32, number) for number in range(3)]
    batch = sample_batch(people, COUNT, np.random.default_rng(0), torch.device("cpu"))
    assert batch.photo.shape == (3, COUNT, 3, 32, 32)
    for person, frames in zip(people, batch.photo, strict=True):
        every = person.photo.float() / 255
        found = {int((frame - every).abs().flatten(1).amax(1).argmin()) for frame in frames}
        assert found == set(range(COUNT))


def test_the_fitted_body_is_used_when_asked_for():
    person = striped_person(32, 0)
    moved = {**person.arrays(), "fitted_uv": person.fitted_uv.roll(3, -1).numpy()}
    person = type(person)(**{name: torch.as_tensor(value) for name, value in moved.items()})
    rng, device = np.random.default_rng(0), torch.device("cpu")
    true = sample_batch([person], 1, rng, device, fitted=0.0, fitted_targets=0.0)
    fitted = sample_batch([person], 1, rng, device, fitted=1.0, fitted_targets=0.0)
    assert (true.uv >= 0).sum() == (true.mask > 0).sum() * 2 and torch.equal(true.uv, true.target_uv)
    assert not torch.equal(fitted.uv[0, 0], fitted.target_uv[0, 0])


def test_exposure_balance_and_contrast_are_found():
    rgba = torch.rand(2, 4, 48, 48)
    rgba[:, 3] = 1
    from workshop.synthesis.draw import to_linear, to_srgb

    light = to_linear(rgba[:, :3]) * torch.tensor([0.9, 0.7, 1.1]).view(3, 1, 1)
    photo = to_srgb(0.18 * (light / 0.18) ** 1.1)
    toned = match_tone(rgba, photo)
    bright = photo < 0.99
    assert (toned[:, :3] - photo)[bright].abs().max() < 0.01


def test_a_square_around_the_head_is_cut_out():
    part = torch.zeros(2, 16, 16, dtype=torch.uint8)
    part[0, 4:8, 6:12] = 2
    squares = face_square(part, 2)
    assert squares.tolist() == [[6, 3, 6, 6], [0, 0, 0, 0]]
    image = part[:1, None].float()
    assert torch.equal(crop_squares(image, squares[:1], 6)[0, 0], image[0, 0, 3:9, 6:12])
