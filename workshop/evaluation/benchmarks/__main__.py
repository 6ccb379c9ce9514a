"""Measure on this machine, and print a table.

    python -m workshop.evaluation.benchmarks NAME ...

Tables are printed line by line as they become known; measure on a machine that does nothing else.
"""

from __future__ import annotations

import argparse

from workshop.commands import describe_command, exit_with_message
from workshop.evaluation.benchmarks import BENCHMARKS, benchmark

_MODULE = "workshop.evaluation.benchmarks"


def main(arguments: list[str] | None = None) -> None:
    """Run one; 0 on success, 2 for the caller's mistake."""
    names = "\n".join(f"    {name:10} {subject}" for name, subject in BENCHMARKS.items())
    parser = describe_command(_MODULE, f"{(__doc__ or '').rstrip()}\n\n{names}")
    parser.add_argument("name", choices=tuple(BENCHMARKS), metavar="NAME")
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="NAME --help tells what it takes")
    options = parser.parse_args(arguments)
    module = benchmark(options.name)
    own_parser = describe_command(f"{_MODULE} {options.name}", BENCHMARKS[options.name])
    module.add_arguments(own_parser)
    with exit_with_message():
        module.run(own_parser.parse_args(options.rest))


if __name__ == "__main__":
    main()
