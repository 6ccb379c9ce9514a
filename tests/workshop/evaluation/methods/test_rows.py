"""Rows are found by name."""

import pytest

from bodydouble.errors import InputError
from workshop.evaluation.methods.rows import ABLATION_ROWS, ROWS, check_rows, method


def test_every_row_can_be_loaded() -> None:
    check_rows((*ROWS, *ABLATION_ROWS))


@pytest.mark.parametrize(
    "row",
    ["magic", "inpainter:", "inpainter:no.such.module:Thing", "method:workshop.evaluation.methods.rows:nothing"],
)
def test_unknown_rows_are_the_callers_mistake(row: str) -> None:
    with pytest.raises(InputError):
        check_rows([row])
    if not row.startswith("inpainter"):
        with pytest.raises(InputError):
            method(row)
