"""The paper's view painter: Stable Diffusion's inpainting with two ControlNets, normals and silhouette (section 3.3).

Weights are the user's (`diffusion_weights.py`). Guidance 15 and 25 steps a view are the paper's. Left open by it and
chosen here: both ControlNets count 1; the image is the view, padded to a square of 512 pixels; normals are painted as
surface normals usually are, red to the right, green up, blue to the camera.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.digitize import Guidance
from bodydouble.digitize.diffusion_weights import check_weights, download_weights
from bodydouble.errors import InputError

GUIDANCE_SCALE = 15.0
STEPS = 25
CONTROL_SCALES = (1.0, 1.0)  # of normals and silhouette
SIDE_PX = 512  # of the square that the networks see: what versions 1.5 and 2 were trained with


class StableDiffusionPainter:
    """See `ViewPainter`."""

    def __init__(
        self,
        seed: int = 0,
        weights_dir: str | Path | None = None,
        device: str = "cpu",
        steps: int = STEPS,
        side_px: int = SIDE_PX,
        download: bool = False,
    ) -> None:
        """Load the three networks; half precision on a GPU.

        Args:
            weights_dir: the folder of the user's weights.
            download: whether what it lacks is to be fetched.

        Raises:
            InputError: no folder is named, or one of its three is missing or holds something else, or cannot be
                fetched, or the library for the text encoder is not installed.
        """
        if download:
            download_weights(weights_dir)
        folders = check_weights(weights_dir)
        self._pipeline = _load(folders, device)
        self._steps, self._side, self._seed = steps, side_px, seed

    def __call__(self, image: Tensor, missing: Tensor, guidance: Guidance) -> Tensor:
        """See `ViewPainter`."""
        if not bool(missing.any()):
            return image
        covered = ~missing if guidance.silhouette is None else guidance.silhouette
        white = torch.where(covered, image, torch.ones_like(image))
        result = self._pipeline(
            prompt=guidance.prompt,
            image=self._square(white, 1.0),
            mask_image=(self._square(missing[None].float(), 0.0) > 0).float(),
            control_image=[
                self._square(*_normal_control(guidance, image)),
                self._square(*_outline_control(guidance, image)),
            ],
            height=self._side,
            width=self._side,
            num_inference_steps=self._steps,
            guidance_scale=GUIDANCE_SCALE,
            controlnet_conditioning_scale=[
                scale * (image is not None)
                for scale, image in zip(CONTROL_SCALES, (guidance.normals, guidance.silhouette), strict=True)
            ],
            generator=torch.Generator("cpu").manual_seed((self._seed << 8) + guidance.number),
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


def _normal_control(guidance: Guidance, image: Tensor) -> tuple[Tensor, float]:
    """The image of the first ControlNet, and what lies beyond it; empty where normals are withheld."""
    normals = torch.zeros_like(image) if guidance.normals is None else guidance.normals
    return paint_normals(normals, normals.norm(dim=0) > 0), 0.5


def _outline_control(guidance: Guidance, image: Tensor) -> tuple[Tensor, float]:
    """The same of the second one, and the silhouette."""
    outline = torch.zeros_like(image[0]) if guidance.silhouette is None else guidance.silhouette.float()
    return outline.expand(3, -1, -1), 0.0


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
