"""``pylandbc crosswalk``: what the classes of maps are for land-surface models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pylandbc.cli.manner import examples
from pylandbc.cli.mesh_name import MESH_OF_MAPS
from pylandbc.cli.outputs import writable
from pylandbc.cli.progress import stages
from pylandbc.cli.years import parse_span
from pylandbc.errors import InputError

app = typer.Typer(no_args_is_help=True)


@app.command("list", epilog=examples("crosswalk list"))
def list_() -> None:
    """Name the adapters (what a model reads) and the legends (what maps hold)."""
    from pylandbc.crosswalk.adapters import adapter_names, read_adapter
    from pylandbc.crosswalk.tables import LEGENDS, read_table

    typer.echo("adapters")
    for name in adapter_names():
        typer.echo(f"  {name:10} {read_adapter(name).title}")
    typer.echo("legends")
    for name, classes in LEGENDS.items():
        title = read_table("esa_cci" if name == "land_cover" else name).title
        typer.echo(f"  {name:10} {len(classes)} classes: {title}")


@app.command(epilog=examples("crosswalk show ctsm", "crosswalk show esa_cci"))
def show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="An adapter (ctsm ...) or a legend (esa_cci ...).")
    ],
) -> None:
    """Print an adapter's variables, and a table with its sources."""
    from pylandbc.crosswalk.adapters import adapter_names, read_adapter
    from pylandbc.crosswalk.tables import LEGENDS, ZONES, read_table

    if name in adapter_names():
        adapter = read_adapter(name)
        typer.echo(f"{adapter.title}\n")
        for output in adapter.outputs:
            shape = f"({output.dimension}: {len(output.rows)})" if output.dimension else ""
            bound = f"; upper bound {output.maximum}" if output.maximum else ""
            typer.echo(f"  {output.name + shape:24} {output.unit:2} {output.long_name}{bound}")
        typer.echo("")
        table = read_table(adapter.table)
    elif name in LEGENDS:
        table = read_table("esa_cci" if name == "land_cover" else name)
    else:
        raise InputError(f"no adapter or legend {name!r}; `pylandbc crosswalk list` names them")
    for line in table.header:
        typer.echo(f"# {line}")
    for row in table.rows:
        where = "*" if row.zones == ZONES else "+".join(row.zones)
        parts = " ".join(f"{target}={percent:f}" for target, percent in row.composition.items())
        typer.echo(f"{where}  {'+'.join(row.classes)}  [{row.mark}]  {parts}")


@app.command(
    epilog=examples(
        "crosswalk apply uk.zarr --adapter jules9 --mesh healpix:64:nested --output jules.nc",
        "crosswalk apply decade.nc --cube uk.zarr --adapter ecland --mesh O320 --output ecland.nc",
        "crosswalk apply fractions.nc --variable fraction --adapter ctsm --output ctsm.nc",
    )
)
def apply(
    maps: Annotated[
        Path,
        typer.Argument(
            metavar="MAPS",
            help="A cube, a prediction, a recording; or, with --variable, any netCDF file of fractions.",
        ),
    ],
    adapter: Annotated[
        str, typer.Option(help="ctsm, ctsm78, elm, ecland, jules5, jules9, orchidee, icon_land.")
    ],
    output: Annotated[Path, typer.Option(callback=writable, help="netCDF file to write.")],
    mesh: Annotated[
        str | None,
        typer.Option(help=MESH_OF_MAPS),
    ] = None,
    cube: Annotated[
        Path | None, typer.Option(help="Cube that a prediction's climate zones come from.")
    ] = None,
    years: Annotated[str | None, typer.Option(metavar="FIRST-LAST", help="By default all.")] = None,
    engine: Annotated[str | None, typer.Option(help="Engine of the overlap weights.")] = None,
    variable: Annotated[
        str | None, typer.Option(help="Variable of class fractions, in a file of any mesh.")
    ] = None,
    class_dim: Annotated[str, typer.Option(help="Its dimension of classes.")] = "land_use_class",
    legend: Annotated[
        str, typer.Option(help="Its classes: land_use, land_cover, esa_cci, luh2.")
    ] = "land_use",
    koeppen: Annotated[
        str, typer.Option(help="Variable of Koeppen-Geiger codes in the same file.")
    ] = "koeppen_geiger",
) -> None:
    """Turn class fractions into a model's variables, on native cells."""
    import numpy as np
    import xarray as xr

    from pylandbc.crosswalk.adapters import read_adapter
    from pylandbc.crosswalk.evaluate import apply_dataset

    read_adapter(adapter)
    if variable is not None:
        with xr.open_dataset(maps) as dataset:
            for name in (variable, koeppen):
                if name not in dataset:
                    raise InputError(
                        f"{maps} has no variable {name!r}; it has {', '.join(map(str, dataset))}"
                    )
            codes = dataset[koeppen].fillna(0).astype(int)
            made = apply_dataset(adapter, dataset[variable], codes, legend, class_dim).load()
    else:
        from pylandbc.crosswalk.class_series import read_series

        with stages() as tell:
            series = read_series(maps, mesh, cube, parse_span(years) if years else None, engine, tell)
        fractions = xr.DataArray(
            series.fractions, dims=("year", "cell", "land_use_class"), coords={"year": series.years}
        )
        zones = xr.DataArray(series.zones, dims=("cell", "zone"))
        made = apply_dataset(adapter, fractions, zones)
        for name, values, units in (
            ("cell_id", series.mesh.cell_id, None),
            ("lon", series.mesh.lon, "degrees_east"),
            ("lat", series.mesh.lat, "degrees_north"),
            ("cell_area", series.mesh.area, "m2"),
        ):
            made.coords[name] = ("cell", np.asarray(values), {"units": units} if units else {})
    made.to_netcdf(output)
    typer.echo(f"wrote {output}: {', '.join(map(str, made.data_vars))}")
