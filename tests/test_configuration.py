"""Configuration files: what is said about a key that is misspelt, missing or of another kind."""

from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from pylandbc.configuration import load
from pylandbc.errors import InputError


class Source(BaseModel):
    model_config = ConfigDict(extra="forbid")
    file: str
    product: Literal["gebco", "etopo"]


class Plan(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    epochs: int = Field(default=1, ge=1)
    sources: list[Source] | None = None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: a\nepoch: 2", "epoch: no such key; did you mean 'epochs'?"),
        ("name: a\nsources: [{fil: b, product: gebco}]", "sources.0.fil: no such key; did you mean 'file'?"),
        ("epochs: 2", "name: missing"),
        ("name: a\nepochs: many", "epochs: Input should be a valid integer, .*, not 'many'"),
        ("name: a\nsources: [{file: b, product: srtm}]", "product: .*'gebco' or 'etopo', not 'srtm'"),
        ("", "holds no keys"),
        ("- name", "holds no keys"),
        ("name: [", "is not valid YAML"),
    ],
)  # fmt: skip
def test_the_sentence_names_the_key_the_fault_and_the_remedy(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said) as caught:
        load(Plan, path)
    assert str(caught.value).startswith(f"configuration {path}")


def test_a_key_that_resembles_none_gets_no_suggestion(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("name: a\nzzz: 2")
    with pytest.raises(InputError, match=r"zzz: no such key$"):
        load(Plan, tmp_path / "plan.yaml")


def test_the_configuration_of_another_command_is_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("name: a\nwindow: 1\noutput: b\nland_use: c")
    with pytest.raises(InputError, match=r"not known here \(window, output, land_use\).*another command"):
        load(Plan, tmp_path / "plan.yaml")


@pytest.mark.parametrize(("make", "said"), [(None, "No such file"), (b"\x89HDF\xff\x00", "it is no text")])
def test_what_cannot_be_read_is_named(tmp_path: Path, make: bytes | None, said: str) -> None:
    path = tmp_path / "plan.yaml"
    if make is not None:
        path.write_bytes(make)
    with pytest.raises(InputError, match=f"cannot be read .*{said}"):
        load(Plan, path)
