"""The look that networks give: from photo to file, pictures and GLB; the ablation; what a seed may change.

Networks are tiny and random; detector, fit and clothing are given.
"""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from bodydouble import cli, pipeline
from bodydouble import weights as weight_files
from bodydouble.dinar.appearance import ABLATION, AppearanceConfig, NeuralTexturing, networks_of
from bodydouble.dinar.latent_inpainter import LatentConfig
from bodydouble.dinar.networks import PRESETS, load_networks, save_networks
from bodydouble.dinar.neural_texture import square_view, visible_pixels
from bodydouble.dinar.renderer import NeuralRenderer
from bodydouble.dinar.tune import TuneConfig
from bodydouble.dinar.view import NeuralLook, render_neural
from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.pipeline import CreateConfig, create, create_samples
from bodydouble.texture.multi_view import project_and_merge
from tests.tiny import front_shot, tiny_networks

SMALL = (96, 64)
QUICK = AppearanceConfig(tune=TuneConfig(steps=3, crop=32), latent=LatentConfig(steps=2), refine_rounds=2)


@pytest.fixture(scope="module")
def sighting(anny):
    return front_shot(anny)


@pytest.fixture(scope="module")
def networks():
    return tiny_networks()


@pytest.fixture(scope="module")
def weights(networks, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_networks(networks, path, half=False)
    return path


@pytest.fixture
def photo(sighting, anny, monkeypatch):
    """A photo of which everything but the look is known."""
    monkeypatch.setattr(pipeline, "detector", lambda name: lambda photo, box: sighting.person)
    monkeypatch.setattr(pipeline, "fit_body", lambda *given, **known: sighting.fit)
    monkeypatch.setattr(pipeline, "clothe", lambda fit, *given: fit)
    for module in ("double", "pipeline"):
        monkeypatch.setattr(f"bodydouble.{module}.body_model", lambda name: anny)
    monkeypatch.setattr("bodydouble.double.VIDEO_SIZE", SMALL)
    return (sighting.photo.rgb * 255).round().byte().permute(1, 2, 0).numpy()


@pytest.fixture
def config(weights):
    return CreateConfig(inpainter="latent", weights=weights, appearance=QUICK, texture_size=128)


def test_from_photo_to_file_to_pictures(photo, config, weights, tmp_path):
    double = create(photo, config=config)
    assert double.texture.neural.shape == (21, 32, 32)
    assert double.metadata.weights == {"tiny.safetensors": load_networks(weights).source["sha256"]}
    double.save(tmp_path / "a.double")
    again = Double.load(tmp_path / "a.double", weights=weights)
    pictures = [each.render(azimuth=30, size=SMALL).astype(int) for each in (double, again)]
    assert pictures[0][..., 3].max() == 255 and abs(pictures[0] - pictures[1]).mean() < 0.5
    plain = Double.load(tmp_path / "a.double", weights="none")
    assert abs(plain.render(azimuth=30, size=SMALL)[..., :3].astype(int) - pictures[0][..., :3]).max() > 5
    again.turntable(tmp_path / "turn", frames=2)
    assert len(list((tmp_path / "turn").iterdir())) == 2


def test_what_is_exported_is_what_the_renderer_draws(photo, config, tmp_path, monkeypatch):
    monkeypatch.setattr("bodydouble.dinar.bake._VIEWS", [(0.0, 0.0), (180.0, 0.0)])
    double = create(photo, config=config)
    baked = double._plain_texture()
    assert (baked.rgb - double.texture.rgb).abs().mean() > 1e-3
    double.export(tmp_path / "a.glb")
    assert (tmp_path / "a.glb").read_bytes()[:4] == b"glTF"


def test_the_seed_changes_unseen_texels_only(photo, config):
    first, again, other = (create(photo, config=replace(config, seed=seed)).texture for seed in (1, 1, 2))
    assert torch.equal(first.rgb, again.rgb) and torch.equal(first.neural, again.neural)
    changed = (first.rgb != other.rgb).any(0)
    assert changed.any() and not (changed & (first.confidence > 0)).any()
    assert torch.equal(first.confidence, other.confidence)


def test_samples_are_the_doubles_of_the_seeds_that_follow(photo, config):
    samples = create_samples(photo, 2, config=replace(config, seed=1))
    assert [double.metadata.seed for double in samples] == [1, 2]
    assert torch.equal(samples[1].texture.rgb, create(photo, config=replace(config, seed=2)).texture.rgb)
    assert not torch.equal(samples[0].texture.rgb, samples[1].texture.rgb)


def test_several_photos_of_one_person(photo, config):
    assert create([photo, photo], config=config).texture.neural.isfinite().all()


@pytest.mark.parametrize("row", ABLATION)
def test_the_ablations_rows(row, sighting, anny, networks):
    config = ABLATION[row]
    if config.tune.steps:
        config = replace(config, tune=QUICK.tune)
    painter = NeuralTexturing(networks, replace(config, latent=QUICK.latent))
    gathered = project_and_merge([sighting], anny, 128)
    unfilled = painter.prepare(gathered, [sighting], anny).merged.neural[20] == 0
    texture = painter.paint(gathered, [sighting], anny)
    features, colours = texture.neural[:16], texture.neural[16:19]
    assert bool(features.any()) == (row != "rgb only")
    assert bool(colours.any()) == (row != "neural only")
    assert bool(colours[:, unfilled].any()) == row.startswith("+"), "invented colours are the diffusion model's"
    seen = gathered.merged.confidence > 0
    untouched = torch.equal(texture.rgb[:, seen], gathered.merged.rgb[:, seen])
    assert untouched == (row not in ("+ rgb tuning", "neural only"))
    mesh = anny.pose(anny.rest(sighting.fit.shape), sighting.fit.pose)
    picture = render_neural(mesh, anny.layout, NeuralLook.of(networks.renderer, texture), sighting.fit.camera)
    assert picture.shape == (4, *sighting.fit.camera.size) and picture[3].max() == 1


def test_a_renderer_without_fine_colours_is_tuned_through_the_neural_texture(sighting, anny, networks):
    """As the published one: what it draws comes nearer to the photo, though it never sees the fine texture."""
    torch.manual_seed(0)
    renderer = NeuralRenderer(replace(PRESETS["tiny"].renderer, detail=False)).eval().requires_grad_(False)
    published = replace(networks, renderer=renderer)
    gathered = project_and_merge([sighting], anny, 128)
    view = square_view(sighting.photo, sighting.fit, anny, 64, sighting.person.mask)
    pictures = []
    for steps in (0, 40):
        painter = NeuralTexturing(published, replace(QUICK, tune=TuneConfig(steps=steps, rate=0.02, crop=None)))
        neural = painter.prepare(gathered, [sighting], anny).merged.neural
        visible = visible_pixels(view, neural)
        drawn = painter._drawer(view)(neural, view.rgb, (slice(0, 64), slice(0, 64)))
        pictures.append((drawn - view.rgb)[:, visible].square().mean().item())
    assert pictures[1] < 0.97 * pictures[0]


def test_the_rows_differ_by_one_step_each():
    rows = list(ABLATION.values())
    assert [row.inpaint for row in rows] == [False, False, False, True, True, True]
    assert [row.occlusion for row in rows] == [False, False, False, False, True, True]
    assert [row.tune.steps > 0 for row in rows] == [False, False, False, False, False, True]


def test_without_weights_one_sentence_comes_before_the_work(photo, config, monkeypatch):
    monkeypatch.setattr(weight_files, "SHIPPED", {})
    monkeypatch.setattr(pipeline, "read_sources", lambda *_, **__: pytest.fail("begun for nothing"))
    with pytest.raises(InputError, match="train.*import-dinar.*symmetry"):
        create(photo, config=replace(config, weights=None))
    with pytest.raises(InputError, match="no such file"):
        create(photo, config=replace(config, weights="nowhere.safetensors"))
    with pytest.raises(InputError, match="takes no weights"):
        create(photo, config=replace(config, inpainter="symmetry"))
    with pytest.raises(InputError, match="one completion"):
        create_samples(photo, 2, config=CreateConfig(inpainter="symmetry"))
    with pytest.raises(InputError, match="0 samples"):
        create_samples(photo, 0, config=config)


def test_who_needs_no_networks_does_not_wait_for_them():
    """Their libraries take seconds to import."""
    code = "import sys, bodydouble.pipeline, bodydouble.double, bodydouble.cli; print('diffusers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_networks_in_memory_are_taken_as_they_are(photo, config, networks, anny, tmp_path):
    assert networks_of(networks) is networks
    double = create(photo, config=replace(config, weights=networks))
    assert double.metadata.weights == {"tiny": ""}
    double.save(tmp_path / "a.double")
    assert Double.load(tmp_path / "a.double", anny, networks).render(size=SMALL).any()


def test_a_double_without_its_networks_says_which(photo, config, tmp_path, networks):
    create(photo, config=config).save(tmp_path / "a.double")
    lonely = Double.load(tmp_path / "a.double")
    for use in (lambda: lonely.render(size=SMALL), lambda: lonely.export(tmp_path / "a.glb")):
        with pytest.raises(InputError, match="tiny.safetensors.*--weights"):
            use()
    other = tmp_path / "other.safetensors"
    save_networks(networks, other)  # in half precision: another file
    with pytest.raises(InputError, match=r"painted with tiny.safetensors .*, not with"):
        Double.load(tmp_path / "a.double", weights=other)


def test_the_command_line(photo, weights, tmp_path, capsys, monkeypatch):
    from PIL import Image

    monkeypatch.setattr("bodydouble.dinar.appearance.AppearanceConfig", lambda: QUICK)
    monkeypatch.setattr(weight_files, "SHIPPED", {})
    Image.fromarray(photo).save(tmp_path / "me.png")
    output = tmp_path / "me.double"
    latent = ["create", str(tmp_path / "me.png"), "-o", str(output), "--inpainter", "latent", "--device", "cpu"]
    assert cli.main(latent) == 2
    assert "import-dinar" in capsys.readouterr().err and not output.exists()
    assert cli.main([*latent, "--weights", str(weights), "--samples", "2"]) == 0
    assert sorted(path.name for path in tmp_path.glob("*.double")) == ["me-1.double", "me-2.double"]
    assert "me-2.double" in capsys.readouterr().out
    picture = ["render", str(tmp_path / "me-1.double"), "-o", str(tmp_path / "a.png"), "--size", "64,96"]
    assert cli.main(picture) == 2
    assert "--weights" in capsys.readouterr().err
    assert cli.main([*picture, "--weights", str(weights)]) == 0
    assert np.asarray(Image.open(tmp_path / "a.png")).shape == (96, 64, 4)
    assert cli.main([*picture, "--weights", "none"]) == 0


def test_where_the_renderer_is_plain_nothing_is_made_for_it(photo, config, networks, anny, tmp_path):
    """Its weights say so: it would draw the fine texture as it is, only slower."""
    plain = replace(networks, source={"renderer": "plain"})
    double = create(photo, config=replace(config, weights=plain, appearance=None))
    assert double.texture.neural is None and double.renderer is None
    assert double.metadata.weights == {"tiny": ""}, "they painted it"
    double.save(tmp_path / "a.double")
    assert Double.load(tmp_path / "a.double", anny).render(size=SMALL).any(), "no weights are asked for"
    asked = create(photo, config=replace(config, weights=plain))
    assert asked.texture.neural is not None, "settings that were given stand"


def test_the_inpainter_is_chosen_by_what_there_is(config, anny, monkeypatch):
    chosen = pipeline._with_inpainter
    plain = CreateConfig()
    assert chosen(plain, 1).inpainter == chosen(replace(plain, body=anny), 1).inpainter == "latent"
    assert chosen(replace(plain, body="smplx"), 1).inpainter == "symmetry", "the weights do not know its layout"
    assert chosen(replace(plain, inpainter="my:own"), 1).inpainter == "my:own"
    monkeypatch.setattr(pipeline, "SHIPPED", {})
    assert chosen(plain, 1).inpainter == "symmetry"
    assert chosen(plain, 2).inpainter == chosen(replace(plain, weights="mine"), 1).inpainter == "latent"
