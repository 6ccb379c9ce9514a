"""The rows by name, and what those need that networks paint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bodydouble import plugins
from bodydouble.errors import InputError
from bodydouble.inpaint import inpainter
from bodydouble.weights import WeightsFile
from workshop.evaluation.methods import HUMAN_SGD, Method
from workshop.evaluation.methods.painted import InpainterMethod

_PRODUCTS = "workshop.evaluation.methods.products"
_SWITCHED = ("WITHOUT_BACK", "WITHOUT_GUIDANCE", "NORMALS_ONLY", "SILHOUETTE_ONLY")  # in the order of `HUMAN_SGD`
# Rows that need no networks, by name: an inpainter's name or module:attribute (a texture completed by it, everything
# else as in `create`), or a method's, told apart by the word before the colon.
ROWS = {
    "exemplar": "inpainter:exemplar",
    "symmetry": "inpainter:symmetry",
    "mean-colour": "inpainter:workshop.evaluation.methods.inpainters:MeanColour",
    "telea": "inpainter:workshop.evaluation.methods.inpainters:Telea",
    "nearest": "inpainter:workshop.evaluation.methods.inpainters:Nearest",
    "create": f"method:{_PRODUCTS}:created",
    "digitize": f"method:{_PRODUCTS}:digitized",
    "mirrored-photo": "method:workshop.evaluation.methods.mirrored_photo:MirroredPhoto",
}
ABLATION_ROWS = dict(zip(HUMAN_SGD, (f"method:{_PRODUCTS}:{name}" for name in _SWITCHED), strict=True))

_NO_STAGE_ONE = "no trained encoder, generator and renderer are at hand"
_NO_DIFFUSION = "no trained networks for latent diffusion are at hand"
MISSING: Mapping[str, str] = {  # rows that networks paint, and why they are empty where there are none
    "dinar": _NO_DIFFUSION,
    "dinar-plain": _NO_DIFFUSION,
    "rgb only": _NO_STAGE_ONE,
    "neural only": _NO_STAGE_ONE,
    "both": _NO_STAGE_ONE,
    "+ inpainting": _NO_DIFFUSION,
    "+ occlusion": _NO_DIFFUSION,
    "+ rgb tuning": _NO_DIFFUSION,
}


def method(row: str, networks: WeightsFile | None = None) -> Method:
    """The method of that row, of "inpainter:module:attribute", or of "method:module:attribute".

    Args:
        networks: what the rows in `MISSING` are painted with.

    Raises:
        InputError: no such row, it cannot be loaded, or it lacks networks.
    """
    if row in MISSING:
        if networks is None:
            raise InputError(f"the row {row!r} needs networks: {MISSING[row]}; name a file of them with --weights")
        from workshop.evaluation.methods.painters import dinar_method  # networks take seconds to import

        return dinar_method(row, networks)
    kind, _, name = {**ROWS, **ABLATION_ROWS}.get(row, row).partition(":")
    if kind == "inpainter":
        return InpainterMethod(name)
    if kind == "method":
        plugin: Method = plugins.resolve(name, {}, "method")
        return plugin
    known = ", ".join((*ROWS, *ABLATION_ROWS, *MISSING))
    raise InputError(
        f"unknown method {row!r}; known: {known}, or your own as inpainter:module:attribute or method:module:attribute"
    )


def check_rows(rows: Iterable[str], networks: WeightsFile | None = None) -> None:
    """Raise InputError where a row cannot be made, before hours are spent on the others."""
    for row in rows:
        paint = method(row, networks)
        if isinstance(paint, InpainterMethod):
            inpainter(paint.inpainter)
