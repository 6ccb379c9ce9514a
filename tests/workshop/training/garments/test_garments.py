"""The garment head's training, on drawn pictures: truth, views, loss, runs that go on, and the file that ships."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from bodydouble.errors import InputError
from bodydouble.parsing.garment_layers import GarmentPlanes
from bodydouble.parsing.garment_network import read_garment_head
from bodydouble.parsing.garments import GARMENTS
from bodydouble.parsing.network import ParserNetwork
from tests.workshop.training.interrupted import assert_same_weights, train_interrupted
from tests.workshop.training.named_photos import BAG, DRESS, JEANS, SHIRT, SKIRT, drawn_labels, write_photos
from tests.workshop.training.pixel_names import NAMES
from workshop.training.garments import loop, views
from workshop.training.garments.batches import Truth, load_views, view_files
from workshop.training.garments.export import export_garments
from workshop.training.garments.losses import GarmentLossWeights, garment_loss
from workshop.training.garments.names import UNKNOWN, cloth_rows, garment_rows, read_by_eye
from workshop.training.garments.score import score_garments
from workshop.training.parsing.crop import View


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder of drawn photographs."""
    return write_photos(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module")
def gathered(photos, tmp_path_factory):
    """Views at 128² by an untrained parser."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("views")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "BODY_PX", 128)
        views.gather_views(photos, ParserNetwork().eval(), folder, 2)
    return folder


@pytest.fixture
def config(photos, gathered, tmp_path):
    return loop.GarmentTrainConfig(photos=photos, views=gathered, out=tmp_path / "run", steps=4, batch=2)


def told(labels: np.ndarray, name: str, by_eye: dict[str, str] | None = None) -> str:
    row = int(garment_rows(labels, tuple(NAMES), by_eye or {})[NAMES.index(name)])
    return "-" if row == UNKNOWN else GARMENTS[row]


def test_rows_of_cloth_are_the_names_that_have_garments():
    labels = np.arange(len(NAMES), dtype=np.uint8)[:, None].repeat(3, 1)
    assert set(np.flatnonzero(garment_rows(labels, tuple(NAMES), {}) != UNKNOWN)) <= cloth_rows(tuple(NAMES))


def test_a_garments_place_puts_its_name_right():
    assert told(drawn_labels(), "shirt") == "upper" and told(drawn_labels(), "skirt") == "skirt"
    assert told(drawn_labels(), "hair") == "-" and told(drawn_labels(), "jeans") == "-"
    low = drawn_labels(DRESS)
    assert told(low, "dress") == "skirt", "a dress of which only what is below the chest is seen"
    low[40:90][low[40:90] == SHIRT] = DRESS
    assert told(low, "dress") == "dress"
    high = drawn_labels()
    high[high == SHIRT] = JEANS
    assert told(high, "jeans") == "upper"
    assert told(drawn_labels(SHIRT), "shirt") == "upper"
    low = drawn_labels(SHIRT)
    low[40:90] = 0
    assert told(low, "shirt") == "-"


def test_what_was_seen_by_eye_counts_most():
    assert told(drawn_labels(), "skirt", {"skirt": "trousers"}) == "trousers"
    assert told(drawn_labels(), "skirt", {"skirt": "-"}) == "-"
    for garments in read_by_eye().values():
        assert set(garments) <= set(NAMES) and set(garments.values()) <= {*GARMENTS, "-"}


def drawn_view() -> View:
    labels = drawn_labels()
    square = np.zeros((200, 200), np.uint8)
    square[:, 40:160] = labels
    image = np.full((400, 400, 3), 90, np.uint8)
    return View(image=image, inside=np.full((400, 400), 255, np.uint8), labels=square, normals=None)


def test_recolouring_changes_one_garment_alone():
    view = drawn_view()
    changed = (
        np.abs(
            views.recolour(view, cloth_rows(tuple(NAMES)), np.random.default_rng(1)).image.astype(int) - view.image
        ).max(2)[::2, ::2]
        > 3
    )
    touched = {int(name) for name in np.unique(view.labels) if changed[view.labels == name].mean() > 0.5}
    assert touched in ({SHIRT}, {SKIRT})


def test_a_pasted_bag_is_named_and_seen():
    bag = views.Bag(image=np.full((30, 20, 3), 250, np.uint8), mask=np.full((30, 20), 255, np.uint8), height=0.2)
    view = replace(drawn_view(), labels=np.where(drawn_view().labels == BAG, 0, drawn_view().labels).astype(np.uint8))
    pasted = views.paste_bag(view, [bag], BAG, np.random.default_rng(0))
    there = pasted.labels == BAG
    assert there.sum() > 100 and (pasted.image[::2, ::2][there] > 200).mean() > 0.8
    assert (pasted.image[::2, ::2][~there] > 200).mean() < 0.02


def test_photographs_to_measure_with_are_kept_apart(gathered):
    rounds = view_files(gathered)
    assert [[file.stem for file in files] for files in rounds] == [["0001", "0002", "0003"]] * 2
    assert [file.stem for file in (gathered / views.MEASURED).iterdir()] == ["0016"]
    assert [[file.stem for file in files] for files in view_files(gathered, "2")] == [["0001", "0003"]] * 2
    with pytest.raises(InputError, match="holds no views"):
        view_files(gathered / "00")


def test_the_loss_knows_right_from_wrong_and_leaves_out_what_is_not_told():
    garments = torch.full((1, 8, 8), UNKNOWN)
    garments[:, :4] = GARMENTS.index("skirt")
    carried = torch.zeros(1, 8, 8, dtype=torch.int64)
    carried[:, :, :2], carried[:, :, 2] = 1, UNKNOWN

    def loss(name: str, carried_logits: torch.Tensor) -> dict[str, float]:
        logits = torch.zeros(1, len(GARMENTS), 8, 8)
        logits[:, GARMENTS.index(name)] = 6
        terms = garment_loss(GarmentPlanes(logits, carried_logits), garments, carried, GarmentLossWeights())
        return {term: float(value) for term, value in terms.items()}

    logits = torch.where(carried == 1, 6.0, -6.0)
    right, wrong = loss("skirt", logits), loss("dress", -logits)
    assert all(right[term] < 0.35 * wrong[term] for term in right)
    elsewhere = logits.clone()
    elsewhere[:, :, 2] = 9  # where nothing is told
    assert loss("skirt", elsewhere) == pytest.approx(right)


def test_the_loss_falls_and_what_was_learned_is_scored(config, gathered, monkeypatch):
    monkeypatch.setattr(loop, "_WARM_STEPS", 1)
    training, truth = loop.GarmentTraining(replace(config, steps=1000, dropout=0.0)), Truth(config.photos)
    files = view_files(gathered)[0]
    batch = load_views(files, truth)
    losses = [sum(training.learn(batch).values()) for _ in range(40)]
    assert losses[-1] < 0.6 * losses[0]
    scores = score_garments(training.network.eval(), files, config.photos)
    assert scores.garments == {"upper": 3, "skirt": 2, "trousers": 1} and scores.right["upper"] == 3
    assert "judged" in scores.lines()[0] and scores.lines()[-2].startswith("carried")


def test_interrupted_and_resumed_is_as_never_interrupted(config, monkeypatch):
    loop.train_garments(config)
    through, steps = loop.read_garment_average(config.out)
    assert steps == 4
    halves = train_interrupted(loop.train_garments, loop.GarmentTraining, config, monkeypatch)
    assert loop.read_garment_average(halves.out)[1] == 2
    loop.train_garments(halves)
    assert_same_weights(through, loop.read_garment_average(halves.out)[0])


def test_what_is_exported_is_read(config, tmp_path):
    loop.train_garments(replace(config, steps=1))
    path = export_garments(config.out, tmp_path / "garments.safetensors")
    assert path.stat().st_size < 1.5e6
    head, (trained, _) = read_garment_head(path), loop.read_garment_average(config.out)
    for name, value in trained.state_dict().items():
        if name != "logits.bias":
            assert torch.allclose(head.state_dict()[name], value, atol=1e-3), name
    less = (trained.logits.bias - head.logits.bias).detach().view(-1, 4)
    assert float(less[GARMENTS.index("shorts")].min()) > 0.2 and float(less[GARMENTS.index("skirt")].abs().max()) == 0
