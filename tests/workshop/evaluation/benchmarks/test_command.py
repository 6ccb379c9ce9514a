"""The one command: it knows every module of its folder, and refuses in a line."""

from pathlib import Path

import pytest

from workshop.evaluation import benchmarks
from workshop.evaluation.benchmarks import BENCHMARKS, benchmark
from workshop.evaluation.benchmarks.__main__ import main

SHARED = {"__init__", "__main__", "table", "timing", "likeness"}


def test_every_benchmark_of_the_folder_has_a_name() -> None:
    modules = {path.stem for path in Path(benchmarks.__file__).parent.glob("*.py")}
    assert modules - SHARED == set(BENCHMARKS)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_each_tells_what_it_takes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(benchmark(name).run)
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    assert stopped.value.code == 0 and f"benchmarks {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["magic"], "invalid choice"),
        (["photos", "nowhere"], "no folder nowhere"),
        (["reposing", "nowhere"], "man_apose.jpg"),
        (["backs", "nowhere"], "nowhere has no pairs"),
        (["faces", "nowhere"], "no folder nowhere"),
        (["several", "nowhere"], "nowhere"),
        (["speed", "--runs"], "unrecognized"),
    ],
)
def test_what_cannot_be_measured_is_told_in_a_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    output = capsys.readouterr()
    assert stopped.value.code == 2 and message in output.err and "Traceback" not in output.err
