"""A configuration goes through JSON and comes out as it was."""

from dataclasses import replace

import pytest

from bodydouble.batch.settings import config_from, plain_settings
from bodydouble.body.traits import Traits
from bodydouble.create_config import CreateConfig
from bodydouble.errors import InputError
from tests.sample import QUICK


@pytest.mark.parametrize(
    "config",
    [CreateConfig(), QUICK, CreateConfig(traits=Traits(height=1.7), seed=4, blend="poisson", device="cuda")],
)
def test_there_and_back(config):
    assert config_from(plain_settings(config)) == config


def test_what_is_as_always_is_not_written_down():
    assert plain_settings(CreateConfig()) == {}
    assert plain_settings(CreateConfig(traits=Traits(height=1.7)))["traits"]["height"] == 1.7


def test_what_cannot_be_said_to_another_process(anny):
    for config in (CreateConfig(body=anny), CreateConfig(inpainter_options={"run": print})):
        with pytest.raises(InputError, match="chosen by their names"):
            plain_settings(config)
    with pytest.raises(InputError, match="--person is for one photo"):
        plain_settings(replace(QUICK, person=1))
