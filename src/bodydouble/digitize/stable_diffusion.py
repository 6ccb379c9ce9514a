"""The paper's view painter: Stable Diffusion's inpainting with two ControlNets, normals and silhouette (section 3.3).

Weights are the user's, in a folder of three, each as diffusers saves it, in safetensors:

    WEIGHTS_DIR/stable-diffusion       an inpainting model of Stable Diffusion 1.5 or 2
    WEIGHTS_DIR/controlnet-normal      a ControlNet for normal maps, of the same version
    WEIGHTS_DIR/controlnet-silhouette  a ControlNet for segmentations or silhouettes

Nothing is downloaded. Guidance 15 and 25 steps a view are the paper's. Left open by it and chosen here: both
ControlNets count 1; the image is the view, padded to a square of 512 pixels; normals are painted as surface normals
usually are, red to the right, green up, blue to the camera.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.digitize import Guidance
from bodydouble.errors import InputError

FOLDERS = ("stable-diffusion", "controlnet-normal", "controlnet-silhouette")
GUIDANCE_SCALE = 15.0
STEPS = 25
CONTROL_SCALES = (1.0, 1.0)  # of normals and silhouette
SIDE_PX = 512  # of the square that the networks see: what versions 1.5 and 2 were trained with
_CONFIGS = ("model_index.json", "config.json", "config.json")


class StableDiffusionPainter:
    """See `ViewPainter`."""

    def __init__(
        self,
        seed: int = 0,
        weights_dir: str | Path | None = None,
        device: str = "cpu",
        steps: int = STEPS,
        side_px: int = SIDE_PX,
    ) -> None:
        """Load the three networks; half precision on a GPU.

        Args:
            weights_dir: the folder of the user's weights.

        Raises:
            InputError: no folder is named, or one of its three is missing or holds something else, or the library
                for the text encoder is not installed.
        """
        folders = check_weights(weights_dir)
        self._pipeline = _load(folders, device)
        self._steps, self._side, self._device = steps, side_px, device
        self._generator = torch.Generator("cpu").manual_seed(seed)

    def __call__(self, image: Tensor, missing: Tensor, guidance: Guidance) -> Tensor:
        """See `ViewPainter`."""
        if not bool(missing.any()):
            return image
        white = torch.where(guidance.silhouette, image, torch.ones_like(image))
        result = self._pipeline(
            prompt=guidance.prompt,
            image=self._square(white, 1.0),
            mask_image=(self._square(missing[None].float(), 0.0) > 0).float(),
            control_image=[
                self._square(paint_normals(guidance.normals, guidance.silhouette), 0.5),
                self._square(guidance.silhouette[None].float().expand(3, -1, -1), 0.0),
            ],
            height=self._side,
            width=self._side,
            num_inference_steps=self._steps,
            guidance_scale=GUIDANCE_SCALE,
            controlnet_conditioning_scale=list(CONTROL_SCALES),
            generator=self._generator,
            output_type="pt",
        ).images[0]
        painted = self._unsquare(result.float().cpu(), (image.shape[-2], image.shape[-1]))
        return torch.where(missing, painted.clamp(0, 1), image)

    def _square(self, planes: Tensor, beyond: float) -> Tensor:
        """1×C×side×side of C×H×W planes, the image in the middle."""
        return functional.interpolate(pad_square(planes, beyond)[None], (self._side, self._side), mode="area")

    def _unsquare(self, planes: Tensor, size: tuple[int, int]) -> Tensor:
        """C×H×W of C×side×side planes: undoes `_square`."""
        height, width = size
        side = max(size)
        large = functional.interpolate(planes[None], (side, side), mode="bicubic", align_corners=False)[0]
        top, left = (side - height) // 2, (side - width) // 2
        return large[:, top : top + height, left : left + width]


def pad_square(planes: Tensor, beyond: float) -> Tensor:
    """C×H×W planes in the middle of a square whose side is the longer of theirs."""
    height, width = planes.shape[-2:]
    side = max(height, width)
    left, top = (side - width) // 2, (side - height) // 2
    return functional.pad(planes, (left, side - width - left, top, side - height - top), value=beyond)


def paint_normals(normals: Tensor, silhouette: Tensor) -> Tensor:
    """3×H×W in [0, 1] of normals in camera axes: red right, green up, blue to the camera; beyond them blue."""
    facing = torch.tensor([0.0, 0.0, -1.0])[:, None, None]
    shown = torch.where(silhouette, normals, facing)
    return (shown * torch.tensor([1.0, -1.0, -1.0])[:, None, None] + 1) / 2


def check_weights(weights_dir: str | Path | None) -> tuple[Path, ...]:
    """The three folders of weights.

    Raises:
        InputError: one sentence that says which is missing or wrong, and what is expected.
    """
    layout = ", ".join(FOLDERS)
    if weights_dir is None:
        raise InputError(
            f"the painter stable-diffusion needs weights of your own: name their folder, which holds {layout}"
        )
    root = Path(weights_dir)
    if not root.is_dir():
        raise InputError(f"the weights folder {root} does not exist; it is to hold {layout}")
    for name, config in zip(FOLDERS, _CONFIGS, strict=True):
        if not (root / name / config).is_file():
            raise InputError(
                f"the weights folder {root} lacks {name}/{config}; it is to hold {layout}, as diffusers saves them"
            )
        expected = "StableDiffusion" if config == "model_index.json" else "ControlNetModel"
        kind = _class_name(root / name / config)
        if not kind.startswith(expected):
            raise InputError(f"{root / name} holds a {kind or 'thing without a class'}, expected a {expected}")
    if find_spec("transformers") is None:
        raise InputError("the painter stable-diffusion needs transformers: pip install 'bodydouble[stable-diffusion]'")
    return tuple(root / name for name in FOLDERS)


def _class_name(config: Path) -> str:
    try:
        return str(json.loads(config.read_text(encoding="utf-8")).get("_class_name", ""))
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{config} is no configuration that diffusers wrote: {error}") from error


def _load(folders: tuple[Path, ...], device: str) -> Any:
    """The pipeline, on the device, quiet, and without what it does not need."""
    from diffusers import ControlNetModel, StableDiffusionControlNetInpaintPipeline

    local = {"dtype": torch.float16 if device == "cuda" else torch.float32, "local_files_only": True}
    local["use_safetensors"] = True
    try:
        nets = [ControlNetModel.from_pretrained(folder, **local) for folder in folders[1:]]
        pipeline = StableDiffusionControlNetInpaintPipeline.from_pretrained(
            folders[0], controlnet=nets, safety_checker=None, requires_safety_checker=False, **local
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise InputError(
            f"the weights in {folders[0].parent} cannot be loaded: {str(error).splitlines()[0]}"
        ) from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(device)
