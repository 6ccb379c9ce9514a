"""The weights of the painter `stable-diffusion`: a folder of three, each as diffusers saves it, in safetensors.

    WEIGHTS_DIR/stable-diffusion       an inpainting model of Stable Diffusion 1.5 or 2
    WEIGHTS_DIR/controlnet-normal      a ControlNet for normal maps, of the same version
    WEIGHTS_DIR/controlnet-silhouette  a ControlNet for segmentations or silhouettes

They are the user's. Nothing is downloaded but where the user says so; then from the repositories in `REPOSITORIES`.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bodydouble.errors import InputError
from bodydouble.files import check_parent

REPOSITORIES = {  # on Hugging Face, of version 1.5, under the CreativeML OpenRAIL-M licence; about 9 GB together
    "stable-diffusion": "stable-diffusion-v1-5/stable-diffusion-inpainting",
    "controlnet-normal": "lllyasviel/control_v11p_sd15_normalbae",
    "controlnet-silhouette": "lllyasviel/control_v11p_sd15_seg",
}
FOLDERS = tuple(REPOSITORIES)
CONFIGS = ("model_index.json", "config.json", "config.json")  # in each, by which it is known
_WANTED = ("*.json", "*.txt", "*.safetensors")
_UNWANTED = ("*.fp16.*", "*safety_checker*", "*inpainting*.safetensors")  # halves, a filter, and all in one file


def download_weights(weights_dir: str | Path | None, fetch: Callable[..., Any] | None = None) -> None:
    """Fetch those of the three folders that are not there; each appears when it is whole.

    Args:
        weights_dir: is made where it is not there.
        fetch: huggingface_hub's `snapshot_download`, or what stands in for it.

    Raises:
        InputError: no folder is named, it cannot be made, or a repository cannot be fetched.
    """
    if weights_dir is None:
        raise InputError("to download weights, name the folder that is to hold them with --weights-dir")
    root = Path(weights_dir)
    check_parent(root)
    if root.exists() and not root.is_dir():
        raise InputError(f"cannot download into {root}: it is a file; name a folder")
    fetch = fetch or _snapshot_download()
    root.mkdir(exist_ok=True)
    for name, repository in REPOSITORIES.items():
        if (root / name).exists():
            continue
        temporary = root / f".{name}.{secrets.token_hex(4)}"
        try:
            fetch(
                repo_id=repository,
                local_dir=temporary,
                allow_patterns=list(_WANTED),
                ignore_patterns=list(_UNWANTED),
            )
            shutil.rmtree(temporary / ".cache", ignore_errors=True)  # of the library's own
            temporary.rename(root / name)
        except Exception as error:  # a network fails in as many ways as its libraries know
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise InputError(f"{repository} cannot be downloaded: {reason}") from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _snapshot_download() -> Callable[..., Any]:
    if find_spec("huggingface_hub") is None:
        raise InputError("--download needs huggingface_hub: pip install 'bodydouble[stable-diffusion]'")
    from huggingface_hub import snapshot_download

    return snapshot_download


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
    for name, config in zip(FOLDERS, CONFIGS, strict=True):
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
