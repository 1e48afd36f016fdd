"""The page of a vegetation series, from scores of a known shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.report.sheets import Sheet, markdown
from pylandbc.report.vegetation_page import is_vegetation, vegetation_page


def scores() -> dict[str, Any]:
    one = {
        "observations": 900, "rmse": 0.2, "bias": 0.01, "unbiased_rmse": 0.2, "r2": 0.9,
        "anomaly_correlation": None, "crps": 0.1, "spread_skill": 0.9, "coverage": {},
    }  # fmt: skip
    season = {"amplitude_absolute_error": 0.2, "seasonal_pixels": 300}
    season |= {f"{k}_{e}_days": 3.0 for k in ("start", "peak", "end") for e in ("bias", "absolute_error")}
    groups = {"all": one, "C temperate": one | {"rmse": 0.31}, "land cover 5": one}
    curve = [1.0, None, 2.0, 3.0, 4.0, 5.0, 5.0, 5.0, 4.0, 3.0, 2.0, 1.0]
    return {
        "variable": "leaf_area_index", "step": "month", "regions": ["<north>"], "split": "test",
        "years": {"<north>": [2013]}, "scores": {"emulator": groups}, "seasons": {"emulator": season},
        "skill": {"emulator": {"all": {"skill": 0.4, "share": 0.83}}},
        "curves": {"all": {"observed": curve, "emulator": curve}},
    }  # fmt: skip


def test_the_page_holds_tables_curves_and_maps(tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    path.write_text(json.dumps(scores()))
    field = np.arange(20.0).reshape(4, 5)
    maps = tmp_path / "scores.maps.npz"
    np.savez(maps, observed=np.where(field > 3, field, np.nan), climatology=field, forecast=field + 0.1)
    assert is_vegetation(path)
    text = vegetation_page(path, maps)
    for piece in ("Leaf area index by month", "&lt;north&gt;", "<td>0.310</td>", "0.40 (83%)"):
        assert piece in text
    assert text.count("data:image/png;base64,") == 2 and "<north>" not in text
    assert vegetation_page(path, tmp_path / "none.npz").count("data:image/png;base64,") == 1
    path.write_text(json.dumps({"variable": "leaf_area_index", "scores": {}}))
    with pytest.raises(InputError, match=r"lacks seasons, skill, curves, years; evaluate again"):
        vegetation_page(path, maps)


def test_markdown_has_one_line_a_row() -> None:
    text = markdown("T", "F", [Sheet("S", ("", "a"), [("x", "1"), ("y", "2")])])
    assert text.splitlines()[-4:] == ["|  | a |", "| --- | --- |", "| x | 1 |", "| y | 2 |"]
