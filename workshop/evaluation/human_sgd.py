"""Human-SGD's two tables: `create`, `digitize`, and the four rows of its ablation, on estimated and on true geometry.

    nice -n 19 python -m workshop.evaluation.human_sgd --wardrobe DIR --out OUT

One person after another in one process; the report is written anew after each, and the same command goes on where it
was stopped. The paper has 30 people and 90 views: --people 24 --views 90 takes most of a day.
"""

from __future__ import annotations

from pathlib import Path

import torch

from workshop.commands import describe_command, exit_with_message
from workshop.evaluation.config import EvaluationConfig
from workshop.evaluation.datasets import Source
from workshop.evaluation.methods import HUMAN_SGD
from workshop.evaluation.run import evaluate

ROWS = ("create", "digitize", *HUMAN_SGD)
TABLES = ("human-sgd-1", "human-sgd-2")
_PEOPLE, _VIEWS = 12, 18


def parse_config(arguments: list[str] | None = None) -> EvaluationConfig:
    """The command line as a configuration."""
    parser = describe_command("workshop.evaluation.human_sgd", __doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for report.html and what is kept")
    parser.add_argument("--wardrobe", type=Path, required=True, help="folder of MakeHuman's CC0 assets")
    parser.add_argument("--people", type=int, default=_PEOPLE)
    parser.add_argument("--views", type=int, default=_VIEWS, help="around")
    parser.add_argument("--tables", nargs="+", default=list(TABLES), choices=TABLES)
    parser.add_argument(
        "--measure-weights", type=Path, metavar="DIR", help="folder with weights of LPIPS, FID and CLIP"
    )
    options = parser.parse_args(arguments)
    return EvaluationConfig(
        out=options.out,
        source=Source(wardrobe=options.wardrobe),
        methods=ROWS,
        protocols=tuple(options.tables),
        people=options.people,
        views=options.views,
        workers=1,
        measure_weights=options.measure_weights,
    )


def main() -> None:
    """Run; 0 on success, 2 for the caller's mistake."""
    torch.set_num_threads(1)
    with exit_with_message():
        evaluate(parse_config())


if __name__ == "__main__":
    main()
