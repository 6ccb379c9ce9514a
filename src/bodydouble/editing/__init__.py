"""A double that is changed after it was made: the result is another double.

region    part of a double's surface, painted by hand
recolour  a region in another colour, with its folds
renew     a region made up anew: as another label, or as another seed would
wear      one double's clothes on another
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bodydouble.editing.recolour import recolour_region as recolour_region
    from bodydouble.editing.renew import renew_region as renew_region
    from bodydouble.editing.wear import wear_clothes as wear_clothes

# Public names and where they live; imported at first use.
_PUBLIC = {
    "recolour_region": "bodydouble.editing.recolour",
    "renew_region": "bodydouble.editing.renew",
    "wear_clothes": "bodydouble.editing.wear",
}
__all__ = list(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'bodydouble.editing' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
