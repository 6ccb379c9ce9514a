"""The house keeps its three rules: imports point upstream, contracts stay empty of code, the package root is a door."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "bodydouble"

# Upstream first. A module may import from its own place and from the places above it, never from those below.
ORDER = (
    ("errors",),
    ("files",),
    ("progress",),
    ("values",),
    ("metadata",),
    ("plugins", "weights"),
    ("geometry",),
    ("raster",),
    ("nn",),
    ("person",),
    ("body",),
    ("fitting",),
    ("surface",),
    ("clothing",),
    ("texture",),
    ("inpaint",),
    ("motion",),
    ("render",),
    ("export",),
    ("digitize",),
    ("dinar",),
    ("double_format",),
    ("surface_tensors",),
    ("double_file",),
    ("double",),
    ("provenance",),
    ("pipeline",),
    ("doctor",),
    ("options",),
    ("cli",),
    ("studio",),
    ("__main__",),
)
LEVEL = {name: level for level, names in enumerate(ORDER) for name in names}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> set[str]:
    """Dotted names of everything a file imports, inside functions as well; "from a import b" gives "a.b"."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full, not relative"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


FILES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
MODULES = [name for name in FILES if name != "bodydouble"]


def dependencies(name: str) -> set[str]:
    """Modules of this package that a module imports."""
    found = set()
    for target in imported(FILES[name]):
        if target.split(".")[0] == "bodydouble":
            found.add(target if target in FILES else target.rpartition(".")[0])
    return found


def violations(name: str, targets: set[str]) -> list[str]:
    """What is wrong with a module importing these modules."""
    wrong = []
    place = name.split(".")[1]
    for target in sorted(targets):
        if target == "bodydouble":
            wrong.append(f"{name} imports from the package root")
        elif LEVEL[target.split(".")[1]] >= LEVEL[place] and target.split(".")[1] != place:
            wrong.append(f"{name} imports {target}, which is downstream")
    return wrong


def test_every_module_has_a_place():
    assert {name.split(".")[1] for name in MODULES} <= set(LEVEL)


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_upstream(name):
    assert violations(name, dependencies(name)) == []


def test_a_downstream_import_is_noticed():
    assert violations("bodydouble.fitting.fit", {"bodydouble.render.image", "bodydouble"}) == [
        "bodydouble.fitting.fit imports from the package root",
        "bodydouble.fitting.fit imports bodydouble.render.image, which is downstream",
    ]


@pytest.mark.parametrize("name", [name for name in MODULES if FILES[name].name == "__init__.py"])
def test_a_contract_imports_none_of_its_implementations(name):
    assert {target for target in dependencies(name) if target.startswith(f"{name}.")} == set()


@pytest.mark.parametrize("name", FILES)
def test_the_library_never_imports_the_workshop(name):
    assert {target for target in imported(FILES[name]) if target.split(".")[0] in ("workshop", "tests")} == set()


def imported_at_import(name: str) -> set[str]:
    """Modules of this package that are imported when a module is: not inside functions, not for type checkers."""
    found = set()
    pending: list[ast.AST] = [ast.parse(FILES[name].read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            pending += node.orelse
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
        pending += ast.iter_child_nodes(node)
    packages = {target.rsplit(".", depth)[0] for target in found for depth in range(target.count("."))}
    return {target for target in found | packages if target in FILES or not target.startswith("bodydouble")}


DEFAULT_PATH = ("bodydouble.pipeline", "bodydouble.double", "bodydouble.cli", "bodydouble.inpaint.exemplar.inpainter")


def reached(starts: tuple[str, ...]) -> set[str]:
    """Everything that is imported with these modules."""
    seen: set[str] = set()
    pending = set(starts)
    while pending:
        name = pending.pop()
        seen.add(name)
        if name in FILES:
            pending |= imported_at_import(name) - seen
    return seen


def test_the_default_path_imports_neither_dinar_nor_its_libraries():
    names = reached(DEFAULT_PATH)
    assert {"bodydouble.nn.unet", "bodydouble.person.sources", "torch"} <= names, "and it does import the rest"
    assert {name for name in names if name.split(".")[0] == "diffusers" or name.startswith("bodydouble.dinar")} == set()
    opt_in = reached(("bodydouble.dinar.inpainter",))
    assert {"bodydouble.dinar.sampling", "diffusers"} <= opt_in, "which would be noticed"


def test_no_import_cycle():
    graph = {name: dependencies(name) - {name} for name in MODULES}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"import cycle: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("name", FILES)
def test_nothing_reads_pickles(name):
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    modules = {target.split(".")[0] for target in imported(FILES[name])}
    assert not {"pickle", "_pickle", "dill", "joblib"} & modules
    # Takes pickles apart without running them; its own test holds that nothing in it could.
    assert "pickletools" not in modules or name == "bodydouble.dinar.inert_pickle"
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in ("allow_pickle", "weights_only"):
            wanted = node.arg == "weights_only"
            assert isinstance(node.value, ast.Constant) and node.value.value is wanted, f"line {node.value.lineno}"
