"""Reads what a pickle holds, and runs nothing of it.

A pickle is a program for a stack machine. Most of its instructions build plain values and containers; a few name a
function of any module and call it. `pickletools` takes the program apart without running it, and the instructions are
followed here by hand: values, lists, tuples and dictionaries are built, a name stays a name (`Global`), and where the
program would call something there stands what it asked for (`Call`). No module is imported and no attribute looked up
by a name from the file, so there is nothing that a file could make happen.

What is built is less than what was pickled: the state that an object would be given is dropped, sets stay empty, and
dictionaries lack the entries whose key is no plain value.
"""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap
from typing import IO, Any, cast

_PUSH_ARGUMENT = frozenset(
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING BINBYTES "
    "SHORT_BINBYTES BINBYTES8 BYTEARRAY8 UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8".split()
)
_PUSH_NEW: dict[str, Callable[[], object]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
    "EMPTY_SET": lambda: Call(Global("builtins", "set"), ()),
}


@dataclass(frozen=True)
class Global:
    """The name of a class or function, which is not looked up."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, eq=False)
class Call:
    """What the pickle would call, which is not called."""

    function: object  # a Global in any ordinary file
    arguments: tuple[object, ...]


@dataclass(frozen=True, eq=False)
class Reference:
    """What the pickle refers to and does not hold: in checkpoints, a storage of numbers."""

    identifier: object


@dataclass(frozen=True, kw_only=True)
class Pickled:
    """The content of one pickle."""

    value: object
    references: list[Reference]  # all that occur, in the order of the file


_KEYS = (str, bytes, int, float, type(None), Global)  # not nested: hashing deep tuples would exhaust the C stack


def read_pickle(file: IO[bytes] | mmap) -> Pickled:
    """The pickle at the file's position, which moves behind it.

    Raises:
        ValueError: there is no pickle, or it is damaged; the message is not for users.
    """
    machine = _Machine()
    try:
        for opcode, argument, _ in pickletools.genops(cast(IO[bytes], file)):
            machine.follow(opcode.name, argument)
        return Pickled(value=machine.stack.pop(), references=machine.references)
    except (LookupError, TypeError, OverflowError, struct.error) as error:
        raise ValueError(f"damaged pickle: {error}") from error


class _Machine:
    """The stack and the memo of a pickle's program."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.references: list[Reference] = []
        self._below: list[list[Any]] = []  # the stacks under the marks
        self._memo: dict[int, Any] = {}

    def follow(self, name: str, argument: Any) -> None:
        """Follow one instruction.

        Raises:
            LookupError: the stack or the memo lacks what it takes, or no checkpoint needs such an instruction.
        """
        if name in _PUSH_ARGUMENT:
            self._push(argument)
        elif name in _PUSH_NEW:
            self._push(_PUSH_NEW[name]())
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            self._push(self._memo[argument])
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self._memo[argument] = self.stack[-1]
        elif name == "MEMOIZE":
            self._memo[len(self._memo)] = self.stack[-1]
        elif name not in ("PROTO", "FRAME", "STOP") and not self._arrange(name):
            self._name_or_call(name, argument)

    def _arrange(self, name: str) -> bool:
        """Follow an instruction about marks and containers; False if it is none."""
        match name:
            case "MARK":
                self._below.append(self.stack)
                self.stack = []
            case "POP" if self.stack:
                self.stack.pop()
            case "POP" | "POP_MARK" | "ADDITEMS":
                self._take_marked()
            case "DUP":
                self._push(self.stack[-1])
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                self._push(tuple(self._take(int(name[-1]))))
            case "TUPLE":
                self._push(tuple(self._take_marked()))
            case "LIST":
                self._push(self._take_marked())
            case "DICT":
                self._push(_build_dict(self._take_marked()))
            case "FROZENSET":
                self._take_marked()
                self._push(Call(Global("builtins", "frozenset"), ()))
            case "APPEND" | "APPENDS":
                items = self._take(1) if name == "APPEND" else self._take_marked()
                if isinstance(self.stack[-1], list):
                    self.stack[-1].extend(items)
            case "SETITEM" | "SETITEMS":
                items = self._take(2) if name == "SETITEM" else self._take_marked()
                if isinstance(self.stack[-1], dict):
                    self.stack[-1].update(_build_dict(items))
            case _:
                return False
        return True

    def _name_or_call(self, name: str, argument: Any) -> None:
        """Follow an instruction that names something, refers to it or would call it."""
        match name:
            case "GLOBAL":
                self._push(_parse_global(argument))
            case "STACK_GLOBAL":
                module, function = self._take(2)
                self._push(_parse_global(f"{_check_kind(module, str)} {_check_kind(function, str)}"))
            case "PERSID" | "BINPERSID":
                self.references.append(Reference(argument if name == "PERSID" else self.stack.pop()))
                self._push(self.references[-1])
            case "REDUCE" | "NEWOBJ":
                function, arguments = self._take(2)
                empty = function == Global("collections", "OrderedDict") and arguments == ()
                self._push({} if empty else Call(function, _check_kind(arguments, tuple)))
            case "NEWOBJ_EX":
                function, arguments, _ = self._take(3)
                self._push(Call(function, _check_kind(arguments, tuple)))
            case "INST":
                self._push(Call(_parse_global(argument), tuple(self._take_marked())))
            case "OBJ":
                function, *arguments = self._take_marked()
                self._push(Call(function, tuple(arguments)))
            case "BUILD":
                self._take(1)
            case _:
                raise LookupError(name)

    def _push(self, value: object) -> None:
        self.stack.append(value)

    def _take(self, count: int) -> list[Any]:
        """The uppermost values, taken from the stack."""
        if len(self.stack) < count:
            raise IndexError("the stack is too short")
        items = self.stack[-count:]
        del self.stack[-count:]
        return items

    def _take_marked(self) -> list[Any]:
        """All values down to the last mark, taken from the stack with it."""
        items, self.stack = self.stack, self._below.pop()
        return items


def _parse_global(argument: str) -> Global:
    module, name = argument.split(" ", 1)
    return Global(module, name)


def _check_kind(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} expected")
    return value


def _build_dict(items: list[Any]) -> dict[Any, Any]:
    """Keys and values in turn as a dictionary."""
    return {key: value for key, value in zip(items[::2], items[1::2], strict=True) if isinstance(key, _KEYS)}
