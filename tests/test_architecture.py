"""The house keeps its three rules: imports point upstream, contracts stay empty of code, the package root is a door."""

import ast
import functools
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import SLOWEST

ROOT = Path(__file__).parents[1]
LIBRARY, WORKSHOP = ROOT / "src" / "bodydouble", ROOT / "workshop"

# Upstream first. A module may import from its own place and from the places above it, never from those below.
ORDER = (
    ("errors", "terminal"),
    ("files",),
    ("folder_lock", "workers"),
    ("progress", "second_thread"),
    ("values",),
    ("metadata",),
    ("plugins", "weights"),
    ("geometry",),
    ("raster",),
    ("nn",),
    ("person",),
    ("parsing",),
    ("body",),
    ("fitting",),
    ("surface",),
    ("clothing",),
    ("texture",),
    ("inpaint",),
    ("motion",),
    ("render",),
    ("export",),
    ("dinar",),
    ("double_format",),
    ("surface_tensors", "fit_tensors"),
    ("double_file",),
    ("double",),
    ("provenance",),
    ("create_config",),
    ("dressing", "joining"),
    ("pipeline",),
    ("editing",),
    ("alive",),
    ("digitize",),
    ("inspection",),
    ("doctor",),
    ("batch",),
    ("studio",),
    ("options",),
    ("commands.loading",),
    ("commands",),
    ("cli",),
    ("__main__",),
)
# The same of the workshop, which may import all of the library. Folders that cannot be ordered are named by module.
WORKSHOP_ORDER = (
    ("commands", "fingerprints", "pictures", "smplx_stand_in"),
    ("synthesis.layers", "synthesis.body"),
    ("synthesis.limbs",),
    ("synthesis.draw",),
    ("synthesis.garments",),
    ("synthesis.cloth",),
    ("synthesis.poses",),
    ("synthesis.scene",),
    ("synthesis.pack",),
    ("synthesis.identities",),
    ("synthesis.outfitting",),
    ("synthesis.shoot",),
    ("synthesis.records",),
    ("synthesis.contact", "synthesis.__main__"),
    ("layout",),
    ("landmarks",),
    ("measures",),
    ("training",),
    ("evaluation.align",),
    ("evaluation.datasets",),
    ("evaluation.truth",),
    ("evaluation.cases",),
    ("evaluation.measures",),
    ("evaluation.methods",),
    ("evaluation.views", "evaluation.protocols"),
    ("evaluation.plan",),
    ("evaluation.results",),
    ("evaluation.sheets",),
    ("evaluation.measure",),
    ("evaluation.report",),
    ("evaluation.config",),
    ("evaluation.run",),
    ("evaluation.pairs", "evaluation.masks", "evaluation.benchmarks", "evaluation.export_judge"),
    ("evaluation.human_sgd", "evaluation.__main__"),
    ("hero", "sample", "site"),
)
LEVEL = {
    f"{package}.{place}": level
    for package, order in (("bodydouble", ORDER), ("workshop", WORKSHOP_ORDER))
    for level, places in enumerate(order)
    for place in places
}


def module_name(path: Path, package: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def syntax_tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def imported(path: Path) -> frozenset[str]:
    """Dotted names of everything a file imports, inside functions as well; "from a import b" gives "a.b"."""
    names: set[str] = set()
    for node in ast.walk(syntax_tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full, not relative"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


FILES = {module_name(path, package): path for package in (LIBRARY, WORKSHOP) for path in sorted(package.rglob("*.py"))}
LIBRARY_FILES = [name for name in FILES if name.split(".")[0] == "bodydouble"]
CONTRACTS = [name for name, path in FILES.items() if path.name == "__init__.py" and "." in name]
MODULES = [name for name in FILES if name != "bodydouble" and FILES[name].stat().st_size]  # not the empty __init__s


def place(name: str) -> str | None:
    """The longest entry of the tables that a module lies in."""
    parts = name.split(".")
    prefixes = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((prefix for prefix in prefixes if prefix in LEVEL), None)


def dependencies(name: str) -> set[str]:
    """Modules of its own package that a module imports."""
    found = set()
    for target in imported(FILES[name]):
        if target.split(".")[0] == name.split(".")[0]:
            found.add(target if target in FILES else target.rpartition(".")[0])
    return found


def violations(name: str, targets: set[str]) -> list[str]:
    """What is wrong with a module importing these modules."""
    wrong = []
    here = place(name)
    for target in sorted(targets):
        there = place(target)
        if target == "bodydouble":
            wrong.append(f"{name} imports from the package root")
        elif here is None or there is None or (LEVEL[there] >= LEVEL[here] and there != here):
            wrong.append(f"{name} imports {target}, which is downstream")
    return wrong


def test_every_module_has_a_place():
    assert [name for name in MODULES if place(name) is None] == []


def test_every_place_has_a_module():
    assert set(LEVEL) - {place(name) for name in FILES} == set()


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_upstream(name):
    assert violations(name, dependencies(name)) == []


def test_a_downstream_import_is_noticed():
    assert violations("bodydouble.fitting.fit", {"bodydouble.render.image", "bodydouble"}) == [
        "bodydouble.fitting.fit imports from the package root",
        "bodydouble.fitting.fit imports bodydouble.render.image, which is downstream",
    ]
    assert violations("workshop.synthesis.cloth.paint", {"workshop.synthesis.limbs"}) == []
    assert violations("workshop.training.losses", {"workshop.evaluation.measures.learned"}) == [
        "workshop.training.losses imports workshop.evaluation.measures.learned, which is downstream"
    ]


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_imports_none_of_its_implementations(name):
    assert {target for target in dependencies(name) if target.startswith(f"{name}.")} == set()


@pytest.mark.parametrize("name", LIBRARY_FILES)
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


@pytest.mark.parametrize("package", ["bodydouble", "workshop"])
def test_no_import_cycle(package):
    modules = [name for name in FILES if name != "bodydouble" and name.split(".")[0] == package]
    graph = {name: dependencies(name) - {name} for name in modules}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"import cycle: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("name", FILES)
def test_nothing_reads_pickles(name):
    modules = {target.split(".")[0] for target in imported(FILES[name])}
    assert not {"pickle", "_pickle", "dill", "joblib"} & modules
    # Takes pickles apart without running them; its own test holds that nothing in it could.
    assert "pickletools" not in modules or name == "bodydouble.dinar.inert_pickle"
    for node in ast.walk(syntax_tree(FILES[name])):
        if isinstance(node, ast.keyword) and node.arg in ("allow_pickle", "weights_only"):
            wanted = node.arg == "weights_only"
            assert isinstance(node.value, ast.Constant) and node.value.value is wanted, f"line {node.value.lineno}"


def test_the_files_that_are_begun_first_exist():
    assert [name for name in SLOWEST if not (ROOT / name).is_file()] == []
