"""A pickle is taken apart, whatever protocol wrote it, and nothing that it asks for happens."""

import ast
import io
import pickle
from collections import OrderedDict
from pathlib import Path

import pytest

from bodydouble.dinar import inert_pickle
from bodydouble.dinar.inert_pickle import Call, Global, Reference, read_pickle

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def read(data):
    return read_pickle(io.BytesIO(data)).value


class Trap:
    """Unpickling this writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


class TrapInState:
    """Unpickling this writes a file when the object is given its state."""

    def __init__(self, path):
        self.path = str(path)

    def __setstate__(self, state):
        Path(state["path"]).touch()


def trap_of_old(path):
    """Two more ways to ask for a call, which no pickler of today writes: INST and OBJ."""
    inst = b"(V" + str(path).encode() + b"\nVw\nibuiltins\nopen\n."
    obj = b"(cbuiltins\nopen\nV" + str(path).encode() + b"\nVw\no."
    return [inst, obj]


def traps(path):
    made = [
        pickle.dumps({"state_dict": trap(path)}, protocol) for trap in (Trap, TrapInState) for protocol in PROTOCOLS
    ]
    return made + trap_of_old(path)


@pytest.mark.parametrize("number", range(len(traps(""))))
def test_a_trap_springs_for_pickle_and_not_here(number, tmp_path):
    sprung = tmp_path / "sprung"
    data = traps(sprung)[number]
    value = read(data)
    assert not sprung.exists()
    call = value["state_dict"] if isinstance(value, dict) else value
    assert isinstance(call, Call)
    pickle.loads(data)
    assert sprung.exists(), "otherwise it is no trap"


def test_nothing_in_the_module_could_run_a_name():
    """Its imports are few, and the builtins that turn names into things do not occur in it."""
    tree = ast.parse(Path(inert_pickle.__file__).read_text(encoding="utf-8"))
    imports = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imports |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imports == {"__future__", "collections.abc", "dataclasses", "mmap", "pickletools", "struct", "typing"}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not names & {
        "getattr",
        "setattr",
        "eval",
        "exec",
        "compile",
        "globals",
        "vars",
        "__import__",
        "__builtins__",
    }


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_values_and_containers_come_back(protocol):
    shared = [1, 2]
    value = {
        "numbers": [0, -1, 255, 256, 65536, -(2**40), 2**300, 1.5, float("inf"), True, False, None],
        "texts": ["", "a\nb", "ü", "x" * 300],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        3: {"nested": {"deep": [{}]}},
        "shared": [shared, shared],
    }
    read_back = read(pickle.dumps(value, protocol))
    assert read_back == value
    assert read_back["shared"][0] is read_back["shared"][1]


@pytest.mark.parametrize("protocol", PROTOCOLS[1:])
def test_ordered_dictionaries_are_dictionaries(protocol):
    state = OrderedDict(a=1, b=OrderedDict())
    state._metadata = {"version": 1}
    assert read(pickle.dumps(state, protocol)) == {"a": 1, "b": {}}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_objects_stay_names(protocol):
    value = read(pickle.dumps([Trap, Path("a"), {1, 2}, frozenset([3]), OrderedDict, {Trap: 4, (1, 2): 5}], protocol))
    assert value[0] == Global(Trap.__module__, "Trap") and value[4] == Global("collections", "OrderedDict")
    assert all(isinstance(each, Call) for each in value[1:4])
    assert value[5] == {value[0]: 4}, "keys are plain, so that nothing has to be hashed in depth"


def test_references_are_listed_in_their_order():
    class Pickler(pickle.Pickler):
        def persistent_id(self, obj):
            return ("storage", obj.real) if isinstance(obj, complex) else None

    file = io.BytesIO()
    Pickler(file, 2).dump([1j, {"x": 2 + 1j}])
    file.seek(0)
    pickled = read_pickle(file)
    assert [reference.identifier for reference in pickled.references] == [("storage", 0.0), ("storage", 2.0)]
    assert isinstance(pickled.value[0], Reference)


def test_pickles_that_follow_each_other_are_read_one_by_one():
    file = io.BytesIO(pickle.dumps([1], 2) + pickle.dumps("two", 4) + b"rest")
    assert read_pickle(file).value == [1] and read_pickle(file).value == "two" and file.read() == b"rest"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no pickle at all",
        b".",
        b"\x80\x02}",  # no end
        b"\x80\x02h\x05.",  # an entry of the memo that was never written
        b"\x80\x02s.",  # an empty stack
        b"\x80\x02\x82\x01.",  # an entry of a table outside the file
        b"\x80\x04]]\x93.",  # lists where names belong
        b"\x80\x02cos\nsystem\n]R.",  # a list where arguments belong
        b"\x80\x02X\xff\xff\xff\x7fabc.",  # a text of 2 GB
        b"\x80\x04\x8e" + b"\xff" * 8 + b"abc.",  # bytes of 2^64
        b"I" + b"9" * 5000 + b"\n.",
    ],
)
def test_damage_is_one_kind_of_error(data):
    with pytest.raises(ValueError):
        read(data)


def test_depth_exhausts_nothing():
    nested = b")" + b"\x85" * 200_000  # a tuple in a tuple in a tuple ...
    assert isinstance(read(b"\x80\x02" + nested + b"."), tuple)
    assert read(b"\x80\x02}" + nested + b"Ns.") == {}, "such a key is never hashed"
