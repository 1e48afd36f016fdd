"""A prediction from its first to its last year, tile row by tile row.

Tiles are those of the global lattice, their halo comes from the map of the year before, whatever tile made
it: the result depends neither on the tile's size nor on where a run was interrupted. Memory holds one row of
tiles and the coarse fields. The margin around the window keeps its initial state, as in a coupled run.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from pathlib import Path

import numpy as np
import torch

from pylandbc.couple.bundle import MARGIN
from pylandbc.cube.history import advance
from pylandbc.cube.place import locked, partial_path
from pylandbc.errors import InputError
from pylandbc.grid.quota import Quota, allocate, count_classes
from pylandbc.grid.tiles import CORE, Tile, tiles_of
from pylandbc.grid.window import COARSE, COLS, Window
from pylandbc.legend import HISTORY, UNKNOWN
from pylandbc.models.demand import card_demand
from pylandbc.predict.class_maps import MapInputs
from pylandbc.predict.network import Network, StepFields
from pylandbc.predict.plan import Plan
from pylandbc.predict.product import PACKED, Product, layers
from pylandbc.predict.workspace import Workspace
from pylandbc.progress import Tell, TellShare


@dataclass(frozen=True)
class Estimate:
    """What a prediction would take."""

    tiles: int
    seconds_per_tile: float
    bytes_per_year: int
    years: int

    @property
    def time(self) -> timedelta:
        """That of all tiles of all years."""
        return timedelta(seconds=self.tiles * self.years * self.seconds_per_tile)

    def lines(self) -> list[str]:
        """In words."""
        total = self.bytes_per_year * self.years
        return [
            f"tiles       {self.tiles} with active pixels, {self.years} year(s): "
            f"{self.tiles * self.years} runs of the emulator",
            f"time        {self.seconds_per_tile:.2f} s per tile (one timed): "
            f"{timedelta(seconds=round(self.time.total_seconds()))} in all",
            f"bytes       {self.bytes_per_year / 1e9:.3g} GB a year, {total / 1e9:.3g} GB in all, before "
            "compression",
        ]


class Prediction:
    """A planned prediction.

    Raises
    ------
    InputError
        The cube or the scenario lacks what the emulator needs, for some year wanted.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.window, self.extended = plan.window, plan.window.extended(MARGIN)
        next(tiles_of(plan.window, plan.core))
        inputs = plan.emulator.inputs
        years = plan.years
        for source, wanted in (("static", inputs.fields), ("climate", inputs.climate)):
            missing = sorted({i.name for i in wanted} - set(plan.fields.names(source)))
            if missing:
                raise InputError(
                    f"{plan.fields.path} lacks the {source} input(s) {', '.join(missing)} that the emulator "
                    "needs; use a cube like the one it was trained on"
                )
        if inputs.scenario:
            plan.scenario.check((years.state_year, *years.predicted), (i.name for i in inputs.scenario))
        held = tuple(entry for entry in inputs.maps if entry.name != HISTORY)
        self.maps = MapInputs(plan.fields, held, plan.land_use)
        self._sees_history = len(held) < len(inputs.maps)
        self.maps.check([(years.before(year), year) for year in years.predicted])
        self.layers = layers(
            plan.classes,
            plan.quantity,
            probabilities=plan.probabilities,
            confidence=plan.confidence,
            change_year=plan.change_year,
        )
        self.network = Network(plan.emulator, plan.fields, self.maps, self.extended, plan.device)
        self._quota: Quota | None = None
        if plan.conservation != "off":
            self._quota = Quota(
                plan.conservation,
                card_demand(plan.emulator.card, f"{plan.emulator.path}: card.json"),
                plan.classes,
                self._scenario_cells,
                self._initial_counts(),
                years.state_year,
            )

    def estimate(self) -> Estimate:
        """Tiles, bytes and time, from one tile that is run and timed."""
        plan = self.plan
        active = [tile for _, row in self._rows() for tile in row if self._any_active(tile)]
        seconds = 0.0
        if active:
            tile = active[len(active) // 2]
            prior = np.full((tile.size, tile.size), UNKNOWN, np.uint8)
            first = plan.years.predicted[0]
            step, pair = self._step(first), (plan.years.before(first), first)
            self.network.logits(tile, self.network.statics(tile, *pair)[0], prior, step)
            begin = time.perf_counter()
            self.network.logits(tile, self.network.statics(tile, *pair)[0], prior, step).cpu()
            seconds = time.perf_counter() - begin
        pixels = self.window.rows * self.window.cols
        each = sum(len(plan.classes) if len(v.before) > 1 else 1 for v in self.layers)
        return Estimate(len(active), seconds, pixels * each, len(plan.years.predicted))

    def run(
        self, output: Path, command: str = "", tell: Tell | None = None, *, overwrite: bool = False
    ) -> None:
        """Predict every year and write ``output``: netCDF where its name ends in ``.nc``, else Zarr.

        What an interrupted run of the same plan has done is kept.

        Raises
        ------
        InputError
            The output exists, is being written by another process, or an unfinished one of another plan is
            in the way.
        """
        report = tell or (lambda year, done: None)
        with locked(output):
            if output.exists():
                if not overwrite:
                    raise InputError(f"{output} exists already; name another or pass --overwrite")
                shutil.rmtree(output) if output.is_dir() else output.unlink()
                shutil.rmtree(partial_path(output), ignore_errors=True)
            self._run(output, command, report, overwrite=overwrite)

    def _run(self, output: Path, command: str, report: Tell, *, overwrite: bool) -> None:
        folder, signature = partial_path(output), self.plan.signature()
        try:
            work = Workspace(folder, signature)
        except InputError:
            if not overwrite:
                raise
            shutil.rmtree(folder)
            work = Workspace(folder, signature)
        years = self.plan.years
        product = Product(work.product, self.window, years.predicted, self.plan.classes, self.layers)
        if not work.done("begun"):
            self._begin(work, years.state_year)
            product.create(self.plan.attributes(command))
            work.add("begun")
        total = len(years.predicted)
        for n, year in enumerate(years.predicted):
            if not work.done(f"{year}"):

                def tell(done: float, n: int = n, year: int = year) -> None:
                    report(f"{year}", (n + done) / total)

                self._year(work, product, year, tell)
                work.add(f"{year}")
            for name in ("map", "history"):
                work.drop(f"{name}-{years.before(year)}")
            for name in ("probability", "confidence"):
                work.drop(f"{name}-{year}")
            report(f"{year}", (n + 1) / total)
        if output.suffix == ".nc":
            partial = folder / "product.nc"
            product.to_netcdf(partial, lambda done: report("netCDF", done))
            partial.replace(output)
        else:
            work.product.rename(output)
        shutil.rmtree(folder)

    def _begin(self, work: Workspace, year: int) -> None:
        """The initial map over the extended window, and the years of change, none so far."""
        extended = self.extended
        work.drop(f"map-{year}")
        work.begin(f"map-{year}", None, extended.rows * extended.cols)
        if self._sees_history:
            work.drop(f"history-{year}")
            work.begin(f"history-{year}", None, extended.rows * extended.cols)
        for first in range(0, extended.rows, CORE):
            band = Window(extended.row + first, extended.col, min(CORE, extended.rows - first), extended.cols)
            work.write(f"map-{year}", first, self.plan.fields.class_map(self.plan.quantity, year, band))
            if self._sees_history:
                known = self.plan.fields.history(year, self.plan.years.direction, band)
                work.write(f"history-{year}", first, known)
        work.drop("change_year")
        if self.plan.change_year:
            work.begin("change_year", None, 2 * self.window.rows * self.window.cols)

    def _year(self, work: Workspace, product: Product, year: int, report: TellShare) -> None:
        before, name = f"map-{self.plan.years.before(year)}", f"map-{year}"
        work.begin(name, before, 0)
        for layer in self.layers[1:]:
            if layer.before:
                work.begin(f"{layer.name}-{year}", None, int(np.prod(self._shape(layer.name))))
        prior = work.read(before, self.extended.shape)
        history = None
        if self._sees_history:
            work.begin(f"history-{year}", f"history-{self.plan.years.before(year)}", 0)
            history = work.read(f"history-{self.plan.years.before(year)}", self.extended.shape)
        step = self._step(year)
        counts = self._quota.counts(year) if self._quota is not None else None
        rows = list(self._rows())
        for n, (row, tiles) in enumerate(rows):
            if not work.done(f"{year}/{row}"):
                self._row(work, prior, history, year, tiles, step, counts)
                work.add(f"{year}/{row}")
            report((n + 1) / len(rows))
        self._publish(work, product, year)

    def _publish(self, work: Workspace, product: Product, year: int) -> None:
        """A finished year's layers into the product."""
        top, left = self._place()
        columns = _columns(left, self.window.cols, self.extended.cols)
        codes = work.read(f"map-{year}", self.extended.shape)[top : top + self.window.rows]
        product.put(self.plan.quantity, year, lambda part: codes[part][:, columns])
        for layer in self.layers[1:]:
            if layer.before:
                values = work.read(f"{layer.name}-{year}", self._shape(layer.name), layer.dtype)

                def rows(part: slice, values: np.ndarray = values) -> np.ndarray:
                    return np.moveaxis(values[part], 0, -2)

                product.put(layer.name, year, rows)
        if self.plan.change_year and year == self.plan.years.predicted[-1]:
            changed = work.read("change_year", self.window.shape, "i2")
            product.put("change_year", year, lambda part: changed[part])

    def _row(
        self,
        work: Workspace,
        prior: np.ndarray,
        history: np.ndarray | None,
        year: int,
        tiles: list[Tile],
        step: StepFields,
        counts: np.ndarray | None,
    ) -> None:
        """One row of tiles: classes of the window's pixels, and the other layers."""
        plan, window = self.plan, self.window
        top, left = self._place()
        inside_rows = tiles[0].core_pixels(window)[0]
        first, last = int(inside_rows[0]), int(inside_rows[-1]) + 1
        old = np.array(prior[top + first : top + last])
        columns = _columns(left, window.cols, self.extended.cols)
        new = old[:, columns]
        live = np.zeros(new.shape, bool)
        shape = (last - first, window.cols)
        probability = (
            np.full((shape[0], len(plan.classes), shape[1]), UNKNOWN, np.uint8)
            if plan.probabilities
            else None
        )
        confidence = np.full(shape, UNKNOWN, np.uint8) if plan.confidence else None
        for tile in tiles:
            row, col, core_row, core_col = tile.core_pixels(window)
            if not len(col):
                continue
            here = np.ix_(row - first, col)
            past = None if history is None else tile.cut(history, self.extended, fill=0)
            static, land = self.network.statics(tile, plan.years.before(year), year, past)
            halo = slice(tile.halo, tile.halo + tile.core)
            seen = tile.cut(prior, self.extended, fill=UNKNOWN)
            active = np.zeros((tile.core, tile.core), dtype=bool)
            part = np.ix_(core_row, core_col)
            active[part] = (land[halo, halo] & (seen[halo, halo] != UNKNOWN))[part]
            if not active.any():
                continue
            logits = self.network.logits(tile, static, seen, step)
            codes = np.where(active, logits.argmax(0).to(torch.uint8).cpu().numpy(), seen[halo, halo])
            if bool((logits.isnan().any(0).cpu().numpy() & active).any()):
                raise InputError(
                    f"the emulator gave NaN for {year} in the tile at row {tile.row}, column {tile.col} of "
                    "the 1 km grid; look at the climate and scenario there"
                )
            if counts is not None:
                scores = np.ascontiguousarray(logits.cpu().numpy(), dtype=np.float32)
                allocate(scores, active, codes, _tile_counts(counts, tile, window))
            new[here] = codes[part]
            live[here] = active[part]
            if probability is not None or confidence is not None:
                share = torch.softmax(logits, 0)
                packed = (share * PACKED).round().to(torch.uint8).cpu().numpy()
                packed[:, ~active] = UNKNOWN
                if probability is not None:
                    probability[(row - first)[:, None], :, col] = packed[
                        :, core_row[:, None], core_col
                    ].transpose(1, 2, 0)
                if confidence is not None:
                    taken = np.where(active, codes, 0)[None]
                    confidence[here] = np.take_along_axis(packed, taken, 0)[0][part]
        if plan.change_year:
            changed = np.array(work.read("change_year", window.shape, "i2")[first:last])
            changed[new != old[:, columns]] = year
            work.write("change_year", first, changed)
        if probability is not None:
            work.write(f"probability-{year}", first, probability)
        if confidence is not None:
            work.write(f"confidence-{year}", first, confidence)
        if history is not None:
            known = np.array(history[top + first : top + last])
            after = advance(known[:, columns], old[:, columns], new, plan.years.step)
            known[:, columns] = np.where(live, after, known[:, columns])
            work.write(f"history-{year}", top + first, known)
        old[:, columns] = new
        work.write(f"map-{year}", top + first, old)

    def _step(self, year: int) -> StepFields:
        """The coarse fields of the step that ends in ``year``; climate of the year before the later one."""
        plan, years = self.plan, self.plan.years
        before, inputs = years.before(year), plan.emulator.inputs
        at = {}
        if inputs.scenario:
            at = {"prior": plan.scenario.fields(before), "target": plan.scenario.fields(year)}
        climate = plan.fields.climate_of(max(year, before) - 1, self.extended)
        cells = self.extended.coarse_shape
        return StepFields(
            _stack([climate[i.name] for i in inputs.climate], cells),
            _stack([at[str(i.at)][i.name] for i in inputs.scenario], cells),
            (float(years.direction), float(years.step)),
        )

    def _scenario_cells(self, year: int) -> dict[str, np.ndarray]:
        """The scenario's fields of a year on the window's cells."""
        top, left = (extent // COARSE for extent in self._place())
        row = top + np.arange(self.window.coarse_shape[0])
        col = _columns(left, self.window.coarse_shape[1], self.extended.coarse_shape[1])
        return {name: field[np.ix_(row, col)] for name, field in self.plan.scenario.fields(year).items()}

    def _initial_counts(self) -> np.ndarray:
        """Active pixels of the initial map by cell and class, int32 (lat, lon, class), read band by band."""
        plan, window = self.plan, self.window
        found = []
        for first in range(0, window.rows, CORE):
            band = Window(window.row + first, window.col, min(CORE, window.rows - first), window.cols)
            codes = plan.fields.land_use(plan.years.state_year, band)
            codes[plan.fields.static("land_mask", band) != 1] = UNKNOWN
            found.append(count_classes(codes, len(plan.classes)))
        return np.concatenate(found)

    def _rows(self) -> Iterator[tuple[int, list[Tile]]]:
        """The rows of tiles of the window, north to south."""
        for row, tiles in groupby(tiles_of(self.window, self.plan.core), key=lambda tile: tile.row):
            yield row, list(tiles)

    def _any_active(self, tile: Tile) -> bool:
        row, col, _, _ = tile.core_pixels(self.window)
        land = self.plan.fields.static_pixels(["land_mask"], row + self.window.row, col + self.window.col)
        return bool((land == 1).any())

    def _place(self) -> tuple[int, int]:
        """Row and column of the extended window at which the window begins."""
        return self.window.row - self.extended.row, (self.window.col - self.extended.col) % COLS

    def _shape(self, layer: str) -> tuple[int, ...]:
        rows, cols = self.window.shape
        return (rows, len(self.plan.classes), cols) if layer == "probability" else (rows, cols)


def _columns(left: int, count: int, extent: int) -> np.ndarray:
    return (left + np.arange(count)) % extent


def _stack(fields: list[np.ndarray], cells: tuple[int, int]) -> np.ndarray:
    return np.stack(fields).astype(np.float32) if fields else np.zeros((0, *cells), np.float32)


def _tile_counts(counts: np.ndarray, tile: Tile, window: Window) -> np.ndarray:
    """The demand of a tile's cells, int32 (lat, lon, class); zero beyond the window."""
    cells = tile.core // COARSE
    row, col, core_row, core_col = (part[::COARSE] // COARSE for part in tile.core_pixels(window))
    found = np.zeros((cells, cells, counts.shape[2]), dtype=np.int32)
    found[np.ix_(core_row, core_col)] = counts[np.ix_(row, col)]
    return found
