"""The paper's painter with tiny random networks of the true classes; the wiring, and what is said of wrong folders."""

import json
import sys
from pathlib import Path

import pytest
import torch

from bodydouble.digitize import Guidance, view_painter
from bodydouble.digitize.diffusion_weights import FOLDERS, check_weights
from bodydouble.digitize.guided import withhold
from bodydouble.digitize.stable_diffusion import (
    GUIDANCE_SCALE,
    STEPS,
    StableDiffusionPainter,
    pad_square,
    paint_normals,
)
from bodydouble.errors import InputError

SIDE = 64


@pytest.fixture(scope="module")
def weights_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three folders, as diffusers saves them; skips where the text encoder's library is not installed."""
    transformers = pytest.importorskip("transformers")
    diffusers = pytest.importorskip("diffusers")
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    sizes = {"block_out_channels": (32, 64), "layers_per_block": 1, "norm_num_groups": 32, "cross_attention_dim": 32}
    unet = diffusers.UNet2DConditionModel(
        **sizes,
        sample_size=SIDE // 8,
        in_channels=9,  # an inpainting model's: noise, mask, masked image
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=8,
    )
    autoencoder = diffusers.AutoencoderKL(
        block_out_channels=[32, 32, 32, 32],
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        latent_channels=4,
    )
    text = transformers.CLIPTextConfig(
        hidden_size=32, intermediate_size=37, num_attention_heads=4, num_hidden_layers=2, vocab_size=64
    )
    pipeline = diffusers.StableDiffusionInpaintPipeline(
        vae=autoencoder,
        text_encoder=transformers.CLIPTextModel(text),
        tokenizer=tiny_tokenizer(transformers, folder),
        unet=unet,
        scheduler=diffusers.DDIMScheduler(beta_schedule="scaled_linear", steps_offset=1, clip_sample=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder / FOLDERS[0])
    for name in FOLDERS[1:]:
        tiny_controlnet(diffusers, sizes).save_pretrained(folder / name)
    return folder


def tiny_controlnet(diffusers, sizes):
    net = diffusers.ControlNetModel(
        **sizes,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        conditioning_embedding_out_channels=(16, 16, 16, 16),
        attention_head_dim=8,
    )
    for layer in (*net.controlnet_down_blocks, net.controlnet_mid_block, net.controlnet_cond_embedding.conv_out):
        torch.nn.init.normal_(layer.weight, std=0.3)  # they begin at zero, and then say nothing
    return net


def tiny_tokenizer(transformers, folder: Path):
    letters = [*"abcdefghijklmnopqrstuvwxyz,0123456789"]
    words = ["<|startoftext|>", "<|endoftext|>", *(f"{letter}</w>" for letter in letters[:25]), *letters]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return transformers.CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)


@pytest.fixture
def view() -> tuple[torch.Tensor, torch.Tensor, Guidance]:
    """A tall picture, its right half missing."""
    silhouette = torch.zeros(90, 60, dtype=torch.bool)
    silhouette[10:80, 10:50] = True
    missing = silhouette.clone()
    missing[:, :30] = False
    normals = torch.zeros(3, 90, 60)
    normals[2] = -1.0
    image = torch.full((3, 90, 60), 0.4) * (silhouette & ~missing)
    labels = torch.zeros(90, 60, dtype=torch.uint8)
    guidance = Guidance(normals=normals * silhouette, silhouette=silhouette, prompt="a b", labels=labels, seed=image)
    return image, missing, guidance


def test_a_view_is_painted_end_to_end(weights_dir, view):
    image, missing, guidance = view
    options = {"weights_dir": weights_dir, "steps": 2, "side_px": SIDE}
    first, again, other = (view_painter("stable-diffusion", seed=seed, **options)(*view) for seed in (1, 1, 2))
    assert first.shape == image.shape and bool(torch.isfinite(first).all())
    assert torch.equal(first[:, ~missing], image[:, ~missing]), "what is there stays"
    assert float(first[:, missing].std()) > 0.01
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert "torchvision" not in sys.modules


@pytest.mark.parametrize("control", ["normals", "silhouette"])
def test_both_controls_steer(weights_dir, view, control):
    image, missing, guidance = view
    options = {"weights_dir": weights_dir, "steps": 2, "side_px": SIDE}
    painted = StableDiffusionPainter(seed=1, **options)(image, missing, guidance)
    changed = {**vars(guidance)}
    if control == "normals":
        changed["normals"] = guidance.normals.roll(1, 0)
    else:
        changed["silhouette"] = torch.ones_like(guidance.silhouette)
    assert not torch.equal(painted, StableDiffusionPainter(seed=1, **options)(image, missing, Guidance(**changed)))


def ask(weights_dir: Path, image: torch.Tensor, missing: torch.Tensor, guidance: Guidance):
    """What a painter paints whose pipeline answers in grey, and what it gave the pipeline."""
    painter = StableDiffusionPainter(weights_dir=weights_dir, side_px=SIDE)
    given = {}

    class Result:
        images = torch.full((1, 3, SIDE, SIDE), 0.5)

    painter._pipeline = lambda **options: given.update(options) or Result()
    return painter(image, missing, guidance), given


def test_the_pipeline_is_called_as_in_the_paper(weights_dir, view):
    image, missing, guidance = view
    painted, given = ask(weights_dir, image, missing, guidance)
    assert torch.allclose(painted[:, missing], torch.tensor(0.5))
    assert (given["guidance_scale"], given["num_inference_steps"]) == (GUIDANCE_SCALE, STEPS) == (15.0, 25)
    assert given["prompt"] == "a b"
    normals, silhouette = given["control_image"]
    assert normals.shape == silhouette.shape == given["image"].shape == (1, 3, SIDE, SIDE)
    middle = SIDE // 2
    assert normals[0, :, middle, middle].tolist() == pytest.approx([0.5, 0.5, 1.0])
    assert silhouette[0, :, middle, middle].tolist() == [1, 1, 1] and float(silhouette[0, 0, 0, 0]) == 0
    assert given["mask_image"][0, 0, middle].tolist()[2:].index(1.0) > 20, "the right half alone"
    assert float(given["image"][0, 0, 0, 0]) == 1, "the background is white"


@pytest.mark.parametrize(
    ("kind", "scales"), [("both", [1, 1]), ("normals", [1, 0]), ("silhouette", [0, 1]), ("none", [0, 0])]
)
def test_what_is_withheld_steers_nothing(weights_dir, view, kind, scales):
    image, missing, guidance = view
    _, given = ask(weights_dir, image, missing, withhold(guidance, kind))
    assert given["controlnet_conditioning_scale"] == scales
    assert float(given["control_image"][1].max()) == scales[1]


def test_a_view_does_not_depend_on_those_painted_before(weights_dir, view):
    options = {"weights_dir": weights_dir, "steps": 2, "side_px": SIDE}
    image, missing, guidance = view
    later = Guidance(**{**vars(guidance), "number": 1})
    painter = StableDiffusionPainter(seed=1, **options)
    painted = [painter(image, missing, each) for each in (guidance, later)]
    assert not torch.equal(*painted), "two views are not painted with one noise"
    assert torch.equal(StableDiffusionPainter(seed=1, **options)(image, missing, later), painted[1])


def test_what_is_not_missing_needs_no_networks(weights_dir, view):
    image, missing, guidance = view
    painter = StableDiffusionPainter(weights_dir=weights_dir, side_px=SIDE)
    painter._pipeline = None
    assert painter(image, missing & False, guidance) is image


def test_normals_are_painted_as_surface_normals_are():
    normals = torch.tensor([[1.0, 0, 0], [0, -1, 0], [0, 0, -1], [0, 0, 1]]).T[:, None]
    inside = torch.tensor([[True, True, True, False]])
    assert paint_normals(normals, inside)[:, 0].T.tolist() == [
        [1, 0.5, 0.5],
        [0.5, 1, 0.5],
        [0.5, 0.5, 1],
        [0.5, 0.5, 1],
    ]


def test_a_square_has_the_picture_in_its_middle():
    square = pad_square(torch.ones(1, 6, 2), 0.0)
    assert square.shape == (1, 6, 6) and square[0, 0].tolist() == [0, 0, 1, 1, 0, 0]


def test_wrong_folders_are_told_in_a_sentence(tmp_path):
    with pytest.raises(InputError, match="weights of your own"):
        view_painter("stable-diffusion")
    with pytest.raises(InputError, match="does not exist"):
        check_weights(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"lacks stable-diffusion/model_index\.json"):
        check_weights(tmp_path)
    for name, config in zip(FOLDERS, ("model_index.json", "config.json", "config.json"), strict=True):
        (tmp_path / name).mkdir()
        (tmp_path / name / config).write_text('{"_class_name": "StableDiffusionInpaintPipeline"}')
    with pytest.raises(InputError, match="expected a ControlNetModel"):
        check_weights(tmp_path)
    (tmp_path / FOLDERS[0] / "model_index.json").write_text("weights")
    with pytest.raises(InputError, match="no configuration"):
        check_weights(tmp_path)


def test_weights_that_do_not_load_are_told_in_a_sentence(weights_dir, tmp_path):
    for name, config in zip(FOLDERS, ("model_index.json", "config.json", "config.json"), strict=True):
        (tmp_path / name).mkdir()
        (tmp_path / name / config).write_text((weights_dir / name / config).read_text())
    with pytest.raises(InputError, match="cannot be loaded"):
        StableDiffusionPainter(weights_dir=tmp_path)
