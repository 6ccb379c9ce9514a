"""The hat head learns where hats are, and folds do not see what they judge."""

import torch

from bodydouble.parsing.hat_network import read_hat_head
from bodydouble.parsing.network import TAP_CHANNELS
from workshop.training.hats.squares import Square
from workshop.training.hats.train import cross_validate, fit_head, measure_iou, train_hats

SIDE = 16


def drawn_squares(count: int) -> list[Square]:
    """Squares in which the first feature of the finest stride tells the hat; every third has none."""
    generator = torch.Generator().manual_seed(0)
    squares = []
    for number in range(count):
        hat = torch.zeros(SIDE, SIDE)
        if number % 3:
            left = int(torch.randint(0, 8, (1,), generator=generator))
            hat[2:7, left : left + 8] = 1
        taps = [
            torch.randn(channels, SIDE >> level, SIDE >> level, generator=generator)
            for level, channels in enumerate(TAP_CHANNELS)
        ]
        taps[0][0] += 6 * hat
        squares.append(Square(photo=f"{10 * number:04d}", taps=tuple(taps), hat=hat, plain=True))
    return squares


def test_it_finds_what_it_learned_and_its_file_is_read(tmp_path):
    squares = drawn_squares(24)
    head = fit_head(squares, 150)
    assert min(measure_iou(head, square) for square in squares if bool(square.hat.any())) > 0.7
    train_hats(squares, 2, tmp_path / "hats.safetensors")
    taps = [tap[None] for tap in squares[0].taps]
    assert read_hat_head(tmp_path / "hats.safetensors")(taps).shape == (1, SIDE, SIDE)


def test_every_photo_with_a_hat_is_judged_once():
    squares = drawn_squares(15)
    scores = cross_validate(squares, 2)
    assert set(scores) == {square.photo for square in squares if bool(square.hat.any())}
