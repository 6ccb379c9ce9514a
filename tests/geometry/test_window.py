"""Windows show the right pixels and bring points back to where they were."""

import numpy as np
import pytest

from bodydouble.geometry.window import GREY, Window, search_windows


def dots(points: np.ndarray, size=(60, 90)) -> np.ndarray:
    image = np.zeros((*size, 3), np.uint8)
    for x, y in points:
        image[y, x] = 255
    return image


@pytest.mark.parametrize("window", [Window(10, 5, 40), Window(-20, -10, 80), Window(50, 30, 70)])
def test_there_and_back(window):
    image = dots(np.array([[40, 20], [60, 40]]))[:, :, 0]
    view = window.view(image, 4 * window.side)
    assert view.shape == (4 * window.side,) * 2
    rows, columns = np.nonzero(view > 200)
    points = window.to_image((np.stack([columns, rows], 1) + 0.5) / len(view))
    known = np.array([[40.5, 20.5], [60.5, 40.5]])
    inside = (
        (known > (window.left, window.top)) & (known < (window.left + window.side, window.top + window.side))
    ).all(1)
    distance = np.abs(points[:, None] - known[None, inside]).max(-1)
    assert inside.any() and (distance.min(1) < 0.6).all() and (distance.min(0) < 0.2).all()


def test_paste_undoes_view():
    mask = np.zeros((60, 90), np.float32)
    mask[10:40, 20:50] = 1
    for window in (Window(5, -5, 60), Window(10, 0, 70)):
        view = window.view(mask, window.side)
        assert np.array_equal(window.paste(view, mask.shape), mask)
        image = mask.copy()
        window.add_to(image, view)
        assert np.array_equal(image, 2 * mask)


def test_outside_is_grey():
    view = Window(-30, -30, 60).view(np.zeros((60, 90, 3), np.uint8), 60)
    assert (view[:30] == GREY).all() and (view[30:, 30:] == 0).all()
    assert (Window(500, 500, 20).view(np.zeros((60, 90, 3), np.uint8), 10) == GREY).all()


def test_around_holds_the_points():
    points = np.array([[3.2, 50.0], [44.0, 10.5]])
    window = Window.around(points, 0.25)
    local = (points - (window.left, window.top)) / window.side
    assert window.side == 62 and local.min() > 0.12 and local.max() < 0.88


@pytest.mark.parametrize("size", [(720, 1080), (1080, 720), (500, 500), (100, 2000)])
def test_search_windows_cover_the_image(size):
    windows = list(search_windows(size))
    assert windows[0].side == max(size)
    covered = np.zeros(size, bool)
    for window in windows[2:]:
        covered[max(0, window.top) : window.top + window.side, max(0, window.left) : window.left + window.side] = True
    assert covered.mean() > 0.99


def test_small_parts_are_searched_in_large_images_alone():
    assert min(window.side for window in search_windows((1200, 1500))) == 600
    windows = list(search_windows((3000, 4500)))
    sides = [window.side for window in windows[2:]]
    assert sides == sorted(sides, reverse=True)
    for y, x in [(150, 200), (1500, 2250), (2850, 4300)]:  # whoever is 200 pixels tall fills a quarter of some window
        assert any(
            window.side <= 800
            and window.left <= x - 100
            and x + 100 <= window.left + window.side
            and window.top <= y - 100
            and y + 100 <= window.top + window.side
            for window in windows
        )
