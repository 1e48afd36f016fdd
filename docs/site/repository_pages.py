"""MkDocs hook: pages of the site that lie outside ``docs/``, and links to files of the repository.

Examples' READMEs, CONTRIBUTING, CHANGELOG and the like become pages; the command line's reference is made of
its own help. A link to any other file of the repository leads to a copy of it on the site, so that every link
can be checked. The sources stay readable, and their links right, where they are.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "packaging/README.md": "project/packages.md",
    "examples/README.md": "examples/index.md",
} | {
    f"examples/{path.parent.name}/README.md": f"examples/{path.parent.name}.md"
    for path in sorted(ROOT.glob("examples/*/README.md"))
}
LINK = re.compile(r"(\]\()([^)#\s]+)(#[^)\s]*)?(\))")
AS_THEY_ARE = {".png", ".svg", ".html", ".pdf"}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Leaves pages that do not exist out of the navigation."""
    known = set(PAGES.values()) | {"reference/command-line.md"}

    def there(item: Any) -> Any:
        if isinstance(item, str):
            return item if item in known or (ROOT / "docs" / item).is_file() else None
        if isinstance(item, dict):
            return {title: found for title, part in item.items() if (found := there(part))} or None
        return [found for part in item if (found := there(part))]

    config.nav = there(config.nav)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds pages from elsewhere, the command line's reference, and the files that pages link to."""
    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    files.append(File.generated(config, "reference/command-line.md", content=command_line()))
    linked = {
        target
        for source, text in sources()
        for _, link, _, _ in LINK.findall(text)
        if (target := repository_path(source, link)) and site_path(target) is None
    }
    for target in sorted(linked):
        files.append(File.generated(config, copy_of(target), abs_src_path=str(ROOT / target)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turns links between files of the repository into links between files of the site."""
    here = page.file.src_uri
    source = {site: name for name, site in PAGES.items()}.get(here, f"docs/{here}")

    def turned(found: re.Match[str]) -> str:
        target = repository_path(source, found[2])
        if target is None:
            return found[0]
        there = site_path(target) or copy_of(target)
        return found[1] + os.path.relpath(there, PurePosixPath(here).parent) + (found[3] or "") + found[4]

    return LINK.sub(turned, markdown)


def sources() -> list[tuple[str, str]]:
    """Every page's path in the repository, and its text."""
    names = [f"docs/{path.relative_to(ROOT / 'docs')}" for path in (ROOT / "docs").rglob("*.md")]
    return [(name, (ROOT / name).read_text(encoding="utf-8")) for name in [*names, *PAGES]]


def repository_path(source: str, link: str) -> str | None:
    """The file of the repository that a link in ``source`` means; None where there is none."""
    if "://" in link or link.startswith(("/", "mailto:")):
        return None
    path = os.path.normpath(PurePosixPath(source).parent / link)
    return path if (ROOT / path).is_file() else None


def site_path(target: str) -> str | None:
    """The page or file of the site that a file of the repository is; None if it is neither."""
    if target in PAGES:
        return PAGES[target]
    if target == "README.md":
        return "index.md"
    return target.removeprefix("docs/") if target.startswith("docs/") else None


def copy_of(target: str) -> str:
    """Where a file of the repository is copied to; as text, so that a browser shows it."""
    suffix = "" if PurePosixPath(target).suffix in AS_THEY_ARE else ".txt"
    return f"repository/{target}{suffix}"


def command_line() -> str:
    """The reference of the command line, made of its own help."""
    command = [sys.executable, "-m", "typer", "pylandbc.cli.main", "utils", "docs", "--name", "pylandbc"]
    wide = os.environ | {"COLUMNS": "120"}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=wide).stdout
