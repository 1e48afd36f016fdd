"""The documentation builds as a site without a warning: navigation, links, anchors, references."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("material", reason="MkDocs is not installed: pip install 'pylandbc[docs]'")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


@pytest.mark.slow
def test_reference_is_made_of_the_sources(site: Path) -> None:
    python = (site / "reference" / "python-coupling.html").read_text(encoding="utf-8")
    assert 'id="pylandbc.couple.engine.Coupler.step"' in python
    assert "landbc_step" in (site / "reference" / "c.html").read_text(encoding="utf-8")
    commands = (site / "reference" / "command-line.html").read_text(encoding="utf-8")
    assert 'id="pylandbc-bundle-compile"' in commands
    for example in sorted(ROOT.glob("examples/*/README.md")):
        assert (site / "examples" / f"{example.parent.name}.html").is_file()


@pytest.mark.slow
def test_pages_fetch_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        fetched = re.findall(
            r'<(?:script|img|link)[^>]*(?:src|href)="(https?:[^"]*)"', page.read_text("utf-8")
        )
        assert not fetched, f"{page.name}: {fetched}"
