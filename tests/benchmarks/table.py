"""One table of what `make bench` measured: ``python tests/benchmarks/table.py BENCH.json``.

A benchmark's own median comes first, where it means something alone; below it the rows that the benchmark
reports (``extra_info["rows"]``: what, value, unit). Rates and ratios are of the machine that is named.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


def rows(benchmark: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What, value, unit of one benchmark."""
    found = [tuple(map(str, row)) for row in benchmark["extra_info"].get("rows", [])]
    return found or [(title(benchmark["name"]), f"{1e3 * benchmark['stats']['median']:.3g}", "ms, median")]


def title(name: str) -> str:
    """``test_a_thing[case]`` as words."""
    return name.removeprefix("test_").replace("_", " ")


def main() -> None:
    content = json.loads(Path(sys.argv[1]).read_text())
    machine = content["machine_info"]
    cpu = machine.get("cpu", {})
    table = Table(
        title=f"{cpu.get('brand_raw', machine['processor'])}, {cpu.get('count', '?')} cores, "
        f"{machine['system']} {machine['machine']}, {content['datetime'][:10]}"
    )
    table.add_column("of")
    table.add_column("what")
    table.add_column("found", justify="right")
    table.add_column("unit")
    last = ""
    for benchmark in content["benchmarks"]:
        part = Path(benchmark["fullname"].split("::")[0]).stem.removeprefix("test_").replace("_", " ")
        if last and part != last:
            table.add_section()
        for what, value, unit in rows(benchmark):
            table.add_row(part if part != last else "", what, value, unit)
            last = part
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
