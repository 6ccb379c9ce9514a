"""The benchmark's command.

    python -m workshop.evaluation --wardrobe DIR --quick --out DIR

With --weights FILE the rows that networks paint are measured, too. Without --quick all 48 people are measured from all
sides, which takes hours. A run that was stopped goes on where it was.
Real data: --dataset snapshot-people:DIR, azure-people:DIR or thuman:DIR.
"""

from __future__ import annotations

from pathlib import Path

import torch

from workshop.commands import describe_command, exit_with_message
from workshop.evaluation.config import EvaluationConfig
from workshop.evaluation.datasets import DATASETS, Source
from workshop.evaluation.methods.rows import MISSING, ROWS
from workshop.evaluation.protocols import NAMES
from workshop.evaluation.run import evaluate


def parse_config(arguments: list[str] | None = None) -> EvaluationConfig:
    """The command line as a configuration."""
    parser = describe_command("workshop.evaluation", __doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for report.html, report.json and what is kept")
    parser.add_argument("--wardrobe", type=Path, help="folder of MakeHuman's CC0 assets, for synthetic people")
    parser.add_argument("--quick", action="store_true", help="three people a set, six views around")
    parser.add_argument(
        "--dataset", default="synthetic", metavar="NAME[:DIR]", help=f"{', '.join(DATASETS)}, or module:attribute"
    )
    rows = f"only these, in every table: {', '.join((*ROWS, *MISSING))}"
    parser.add_argument("--methods", nargs="+", metavar="ROW", help=rows)
    parser.add_argument("--tables", nargs="+", default=list(NAMES), metavar="TABLE", help=", ".join(NAMES))
    parser.add_argument("--people", type=int, default=24, help="at most, of each set")
    parser.add_argument("--views", type=int, help="around, in tables that see people from all sides; 90 if not given")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--weights", metavar="FILE", help="networks, for the rows that they paint")
    parser.add_argument("--judge", type=Path, metavar="FILE", help="discriminator, for the distance of our own")
    parser.add_argument(
        "--measure-weights", type=Path, metavar="DIR", help="folder with weights of LPIPS, DISTS, KID, FID and CLIP"
    )
    parser.add_argument("--reid", help="module:attribute of a re-identification network")
    options = parser.parse_args(arguments)
    return EvaluationConfig(
        out=options.out,
        source=source_of(options.dataset, options.wardrobe),
        quick=options.quick,
        methods=tuple(options.methods) if options.methods else None,
        protocols=tuple(options.tables),
        people=options.people,
        views=options.views,
        workers=options.workers,
        weights=options.weights,
        judge=options.judge,
        measure_weights=options.measure_weights,
        reid=options.reid,
    )


def source_of(dataset: str, wardrobe: Path | None) -> Source:
    """ "synthetic", "thuman:DIR", or "module:attribute" as a source."""
    name, _, folder = dataset.partition(":")
    if name in DATASETS:
        return Source(dataset=name, folder=Path(folder) if folder else None, wardrobe=wardrobe)
    return Source(dataset=dataset, wardrobe=wardrobe)


def main() -> None:
    """Run; 0 on success, 2 for the caller's mistake."""
    torch.set_num_threads(1)
    with exit_with_message():
        evaluate(parse_config())


if __name__ == "__main__":
    main()
