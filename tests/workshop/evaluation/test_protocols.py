"""The tables are those of the papers."""

from bodydouble.dinar import ablation
from workshop.evaluation.methods import ABLATION, PLAIN
from workshop.evaluation.methods.rows import ABLATION_ROWS, MISSING, ROWS
from workshop.evaluation.protocols import BACK, FRONT, NAMES, PROTOCOLS, quick

BY_NAME = {protocol.name: protocol for protocol in PROTOCOLS}


def test_all_tables_are_there() -> None:
    wanted = ("dinar-1", "dinar-2", "dinar-3", "human-sgd-1", "human-sgd-2", "reposing", "fitting")
    assert set(wanted) <= set(NAMES)


def test_eight_from_the_front_and_seven_from_behind() -> None:
    table = BY_NAME["dinar-2"]
    inputs = [table.input_deg(number) for number in range(table.at_most)]
    assert inputs.count(FRONT) == 8 and inputs.count(BACK) == 7


def test_six_rows_of_the_ablation_are_said_to_be_missing() -> None:
    assert BY_NAME["dinar-2"].networks == (*ABLATION, PLAIN) and len(ABLATION) == 6
    assert all(MISSING[row] for protocol in PROTOCOLS for row in protocol.networks)
    assert not set(MISSING) & set(ROWS)


def test_the_ablations_rows_are_those_of_the_library() -> None:
    assert tuple(ablation.ABLATION) == ABLATION


def test_every_group_of_views_tells_the_distance_of_our_own() -> None:
    assert all("judge" in group.learned for protocol in PROTOCOLS for group in protocol.groups)


def test_ninety_views_four_degrees_apart() -> None:
    for name, geometry in (("human-sgd-1", "estimated"), ("human-sgd-2", "true")):
        (group,) = BY_NAME[name].groups
        assert group.azimuths_deg == tuple(range(0, 360, 4)) and BY_NAME[name].geometry == geometry


def test_human_sgd_s_tables_have_its_ablation() -> None:
    assert {protocol.name for protocol in PROTOCOLS if protocol.rows} == {"human-sgd-1", "human-sgd-2"}
    assert BY_NAME["human-sgd-1"].rows == BY_NAME["human-sgd-2"].rows == tuple(ABLATION_ROWS)


def test_columns_are_those_of_the_report() -> None:
    assert {"front_psnr", "back_psnr", "back_ms_ssim", "front_lpips", "back_kid"} <= set(BY_NAME["dinar-1"].columns())
    assert BY_NAME["dinar-1"].columns() == BY_NAME["dinar-3"].columns()


def test_a_quick_table_still_sees_front_and_back() -> None:
    (group,) = quick(BY_NAME["human-sgd-1"], 3, 6).groups
    assert group.azimuths_deg == (0, 60, 120, 180, 240, 300)
    assert quick(BY_NAME["dinar-2"], 3, 6).groups == BY_NAME["dinar-2"].groups
