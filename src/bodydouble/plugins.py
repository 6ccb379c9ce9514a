"""A name from a contract's table, or "module:attribute", becomes an object; nothing is imported before it is needed."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from bodydouble.errors import InputError


def resolve(name: str, table: Mapping[str, str], kind: str) -> Any:
    """The object behind `name`.

    Args:
        name: a key of `table`, or "package.module:attribute".
        table: names to "package.module:attribute".
        kind: what is looked up, for the message ("detector", "body model", ...).

    Raises:
        InputError: the name is not in the table and not of the form module:attribute, or cannot be imported,
            or is nothing that can be called.
    """
    target = table.get(name, name)
    module, _, attribute = target.partition(":")
    if not (module and attribute):
        raise InputError(f"unknown {kind} {name!r}; known: {', '.join(sorted(table))}, or your own as module:attribute")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, TypeError) as error:
        raise InputError(f"{kind} {name!r} cannot be loaded: {error}") from error
    if not callable(found):
        raise InputError(f"{kind} {name!r} is a {type(found).__name__}; name a class or a function")
    return found
