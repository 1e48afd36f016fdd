"""Replaces patterns (``*``, ``?``) in a configuration by the files that are there, and years by those that
file names say, so that what a cube is made of is a plain list.
"""

from __future__ import annotations

from pathlib import Path

from pylandbc.cube.config import CubeConfig, resolve
from pylandbc.cube.layer_config import LandCoverFile
from pylandbc.errors import InputError
from pylandbc.sources.land_cover import year_in_name


def expand(config: CubeConfig, root: Path) -> CubeConfig:
    """The configuration with every pattern replaced.

    Raises
    ------
    InputError
        A pattern that matches nothing, or a land-cover file that says no year.
    """
    changes: dict[str, object] = {
        "climate": config.climate.model_copy(update={"files": matching(config.climate.files, root)}),
        "koeppen": matching(config.koeppen, root),
        "co2": matching(config.co2, root),
        "vegetation": [
            entry.model_copy(update={"files": matching(entry.files, root)}) for entry in config.vegetation
        ],
    }
    if config.soil is not None:
        changes["soil"] = config.soil.model_copy(update={"files": matching(config.soil.files, root)})
    if config.land_cover is not None:
        files = []
        for entry in config.land_cover.files:
            for file in matching([entry.file], root):
                files.append(LandCoverFile(file=file, years=entry.years or [_year_of(file)]))
        years = [year for entry in files for year in entry.years]
        twice = sorted({year for year in years if years.count(year) > 1})
        if twice:
            raise InputError(f"land_cover has two files of {', '.join(map(str, twice))}")
        changes["land_cover"] = config.land_cover.model_copy(update={"files": files})
    return config.model_copy(update=changes)


def matching(files: list[str], root: Path) -> list[str]:
    """The files of a list, patterns replaced by the sorted names that they match; ``InputError`` if a pattern
    matches none."""
    out: list[str] = []
    for file in files:
        if not set(file) & set("*?"):
            out.append(file)
            continue
        path = resolve(file, root)
        fixed = next(k for k, part in enumerate(path.parts) if set(part) & set("*?"))
        folder = Path(*path.parts[:fixed])
        found = sorted(p for p in folder.glob(str(Path(*path.parts[fixed:]))) if p.is_file())
        if not found:
            raise InputError(
                f"no file matches {path}; set --data (or PYLANDBC_DATA) to the folder that holds the data"
            )
        below = Path(root).resolve()
        out += [
            str(p.resolve().relative_to(below) if p.resolve().is_relative_to(below) else p) for p in found
        ]
    return list(dict.fromkeys(out))


def _year_of(file: str) -> int:
    year = year_in_name(Path(file))
    if year is None:
        raise InputError(f"{file} does not say its year (P1Y-2018-); name it: {{file: {file}, years: [...]}}")
    return year
