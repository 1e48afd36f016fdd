"""Channel groups and order of the two configurations, against the paper's list and the contract's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pylandbc.errors import InputError
from pylandbc.models.inputs import Input, InputSpec, hilda_inputs, luh2_inputs

CONTRACT = Path(__file__).resolve().parents[2] / "docs" / "contracts.md"


def test_the_papers_inputs_are_twelve_states_two_ages_relief_direction_and_prior() -> None:
    spec = luh2_inputs()
    names = [entry.name for entry in spec.scenario]
    assert (
        " ".join(names)
        == "primf primn secdf secdn urban c3ann c4ann c3per c4per c3nfx pastr range secma secmb"
    )
    assert {entry.at for entry in spec.scenario} == {"target"}
    assert [entry.name for entry in spec.static] == ["elevation", "bathymetry"]
    assert [entry.name for entry in spec.time] == ["direction"]
    assert spec.climate == ()
    # 2 relief + 14 scenario + 1 direction + 8 classes + visibility
    assert spec.channels(8) == 26


def test_the_shipped_configuration_has_both_years_of_the_fractions() -> None:
    spec = hilda_inputs()
    assert [entry.at for entry in spec.scenario] == ["prior"] * 7 + ["target"] * 7
    # 3 static + 2 climate + 14 scenario + 2 time + 8 classes + visibility
    assert spec.channels(8) == 30


@pytest.mark.parametrize("spec", [luh2_inputs(), hilda_inputs()])
def test_a_specification_survives_the_card(spec: InputSpec) -> None:
    assert InputSpec.from_list(json.loads(json.dumps(spec.as_list()))) == spec


def test_the_contracts_example_is_read() -> None:
    text = CONTRACT.read_text(encoding="utf-8")
    block = re.search(r'"inputs": (\[.*?\n  \])', text, re.S)
    assert block is not None
    spec = InputSpec.from_list(json.loads(block.group(1)))
    assert spec.climate == (Input("air_temperature", "K", "climate", statistic="mean"),)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"name": "x", "unit": "1", "source": "sky"}, "'x' has source 'sky'"),
        ({"name": "urban", "unit": "1", "source": "scenario"}, "'urban' must say at"),
        ({"name": "month", "unit": "1", "source": "time"}, "'month' is not known"),
        ({"name": "x", "unit": "1"}, "inputs[1] of the model card lacks source"),
        ({"name": "land_use", "unit": "1", "source": "state"}, "listed twice"),
    ],
)
def test_a_bad_entry_is_named(entry: dict[str, str], said: str) -> None:
    good = {"name": "land_use", "unit": "1", "source": "state"}
    with pytest.raises(InputError, match=re.escape(said)):
        InputSpec.from_list([good, entry])


def test_a_state_is_required() -> None:
    with pytest.raises(InputError, match="source state"):
        InputSpec.from_list([{"name": "elevation", "unit": "m", "source": "static"}])
