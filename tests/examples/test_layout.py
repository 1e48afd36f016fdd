"""Every example has a number, a README that says what it is, and a line in the list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FOLDERS = sorted(path for path in EXAMPLES.iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_example_is_numbered_described_and_listed(folder: Path) -> None:
    assert re.fullmatch(r"\d\d_[a-z_]+", folder.name)
    assert (folder / "README.md").read_text().startswith("# ")
    assert f"]({folder.name}/README.md)" in (EXAMPLES / "README.md").read_text()


def test_no_two_examples_have_one_number() -> None:
    numbers = [folder.name[:2] for folder in FOLDERS]
    assert len(set(numbers)) == len(numbers)
