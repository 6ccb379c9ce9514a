"""Human-SGD: a textured mesh of the clothed person, seen from every side. And the view painter's contract.

"Single-Image 3D Human Digitization with Shape-Guided Diffusion" (arXiv 2311.09221) has no published code. The folder
can be read from the paper's start to its end:

| paper | file |
|---|---|
| all of it, in order | `run.py` |
| 3.1 geometry (PIFuHD; here the double's own surfaces) | `figure.py`: `geometry.py`, on `solid.py`; or `user_mesh.py` |
| what of these surfaces a mesh can have | `opaque.py` |
| folds and strands (PIFuHD's normals; here also what the look shows) | `relief.py`, `look_relief.py` |
| 3.1 back view as guidance (2-D reposing; here the double's own back) | `run.py` |
| 3.2 azimuths and their order; aggregation, w_v of M, B, φ, d | `views.py` |
| 3.3 shape-guided inpainting, prompts | `guided.py`; painters: `exemplar.py`, `stable_diffusion.py` |
| 4.3 ablation | `config.py`; `withhold` in `guided.py` |
| 3.4 UV atlas | `chart.py` |
| 3.4 fusion, Σ LPIPS + 10 · L1, Adam | `fuse.py`, on `perceptual.py` or `lpips.py` |
| textured mesh (past the paper: on a skeleton) | `textured_mesh.py`, `mesh_files.py`, `as_double.py` |
| past the paper: an interrupted run goes on | `work_folder.py`, `resume.py` |

What the paper leaves open is chosen in these files, and their docstrings say so.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, Literal, Protocol, get_args

from torch import Tensor

from bodydouble import plugins

GuidanceKind = Literal["both", "normals", "silhouette", "none"]  # the rows of the paper's ablation (section 4.3)
GUIDANCE_KINDS: tuple[GuidanceKind, ...] = get_args(GuidanceKind)


@dataclass(frozen=True, kw_only=True)
class Guidance:
    """What a view painter is told of the view. None: withheld, as in the paper's ablation; a painter does without.

    What lies within the outline is told or withheld together: normals, labels and seed.
    """

    normals: Tensor | None  # 3×H×W, unit, camera axes (x right, y down, z forward); 0 where nothing is
    silhouette: Tensor | None  # H×W, bool
    prompt: str  # the paper's, with the view's name
    labels: Tensor | None  # H×W, uint8, of `parsing.labels.LABELS`
    number: int = 0  # of the view: what is drawn by lot depends on it, and not on the views painted before
    seed: Tensor | None  # 3×H×W, [0, 1], sRGB: the view as the double has it, for painters that begin from something


class ViewPainter(Protocol):
    """Paints what is missing in a view. It is built with the keyword `seed`, and with others of its own."""

    def __call__(self, image: Tensor, missing: Tensor, guidance: Guidance) -> Tensor:
        """The whole view, 3×H×W, [0, 1], sRGB.

        Args:
            image: 3×H×W, [0, 1], sRGB; 0 where it is missing, and beyond the silhouette.
            missing: H×W, bool, within the silhouette; all that is not covered where that is withheld.

        Returns:
            What is not missing comes back as it was.
        """
        ...


PAINTERS = {
    "exemplar": "bodydouble.digitize.exemplar:ExemplarPainter",
    "stable-diffusion": "bodydouble.digitize.stable_diffusion:StableDiffusionPainter",
}


def view_painter(name: str = "exemplar", **options: Any) -> ViewPainter:
    """A new view painter of that name, or of "module:attribute"; `options` are its own.

    Raises:
        InputError: there is no such painter, or it lacks what it needs.
    """
    return plugins.resolve(name, PAINTERS, "view painter")(**options)


class _Callable(ModuleType):
    """This folder has the name of what it does: once it is imported, `bodydouble.digitize` is the folder."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """See `digitize.run.digitize`."""
        return import_module("bodydouble.digitize.run").digitize(*arguments, **options)


sys.modules[__name__].__class__ = _Callable
