"""What users say of a body: the table of ages, what is out of range, and what other body models have."""

import pytest

from bodydouble.body.traits import Traits, age_coefficient, held_coefficients
from bodydouble.errors import InputError


@pytest.mark.parametrize(("years", "coefficient"), [(0, 0), (4, 0.215), (11, 0.415), (16, 0.67), (41, 0.8), (110, 1)])
def test_years_by_annys_own_calibration(years, coefficient):
    assert age_coefficient(years) == pytest.approx(coefficient)


def test_children_of_average_height_are_as_tall_as_children(anny):
    """The 50th percentiles of the World Health Organisation, boys and girls alike; Anny stands within 6 %."""
    from bodydouble.values import BodyShape

    for years, metres in ((4, 1.03), (8, 1.28), (11, 1.44)):
        shape = anny.mean_shape().coefficients
        shape[anny.shape_names.index("age")] = age_coefficient(years)
        assert float(anny.rest(BodyShape(coefficients=shape)).vertices[:, 1].max()) == pytest.approx(metres, rel=0.12)


def test_coefficients_are_found_by_name(anny):
    held = held_coefficients(Traits(gender=1.0, weight=0.3, age=4, height=1.7), anny)
    assert {anny.shape_names[row]: value for row, value in held.items()} == {"age": 0.215, "gender": 1.0, "weight": 0.3}


def test_a_body_without_the_coefficient_says_so(stick):
    assert held_coefficients(Traits(height=1.7), stick) == {}
    with pytest.raises(InputError, match="has no muscle to set; of these only the height"):
        held_coefficients(Traits(muscle=0.5), stick)


@pytest.fixture
def stick():
    class Stick:
        name = "stick"
        shape_names = ("length",)

    return Stick()


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        ({"height": 183}, "height 183 is outside 0.4 to 2.6 metres; 183 centimetres are 1.83"),
        ({"height": 0.1}, "height 0.1 is outside"),
        ({"age": -1}, "age -1 is outside 0 to 110 years"),
        ({"gender": 2}, "gender 2 is outside 0 to 1"),
        ({"weight": float("nan")}, "weight nan is outside"),
    ],
)
def test_what_no_body_has_is_one_sentence(traits, words):
    with pytest.raises(InputError, match=words):
        Traits(**traits)
