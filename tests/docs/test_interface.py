"""The C header, the Fortran module and the table of statuses say the same of every function and status."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEADER = (ROOT / "bindings" / "include" / "landbc.h").read_text(encoding="utf-8")
MODULE = (ROOT / "fortran" / "landbc.f90").read_text(encoding="utf-8")
STATUSES = re.findall(r"^  LANDBC_(OK|ERROR_\w+) = (\d+)", HEADER, re.MULTILINE)
NAMES = {name.removeprefix("ERROR_") for name, _ in STATUSES} - {"OK"}
FIELD = {name for name in NAMES if name.startswith("FIELD_")}
HIDDEN_BY_FORTRAN = {"NULL_ARGUMENT", "ABI"}
"""What Fortran's types and the module's own structures rule out."""


def named(text: str) -> set[str]:
    """Statuses that a description names in capitals, ``FIELD_*`` for all of fields."""
    words = set(re.findall(r"\b[A-Z_]+\b\*?", text))
    return (words & NAMES) | (FIELD if "FIELD_*" in text else set())


def functions() -> dict[str, str]:
    """Comment that stands before each function of the header; those in a row share theirs."""
    text = HEADER[HEADER.index("/* LANDBC_ABI_VERSION that the library") : HEADER.index("/* cffi: end */")]
    pieces = re.findall(r"/\*(.*?)\*/|\b(landbc_\w+)\(", text, re.DOTALL)
    found: dict[str, str] = {}
    comment = ""
    for said, name in pieces:
        comment = said or comment
        if name:
            found[name] = " ".join(comment.replace("\n *", " ").split())
    return found


def procedures() -> dict[str, str]:
    """What stands before each public procedure of the Fortran module."""
    lines = MODULE[MODULE.index("\ncontains\n") :].splitlines()
    found: dict[str, str] = {}
    said: list[str] = []
    for line in lines:
        if (comment := re.match(r"  !(?:>|!) ?(.*)", line)) is not None:
            said.append(comment[1])
            continue
        if (begun := re.match(r"  (?:[\w ]+ )?(?:subroutine|function) (landbc_\w+)\(", line)) is not None:
            found[begun[1]] = " ".join(said)
        said = []
    return found


C, FORTRAN = functions(), procedures()


def test_everything_is_found() -> None:
    assert set(C) == set(re.findall(r"^(?:int32_t|void|const char \*) ?(landbc_\w+)\(", HEADER, re.MULTILINE))
    assert len(C) >= 23 and len(FORTRAN) >= 20


def test_table_of_statuses_is_the_enumeration() -> None:
    page = (ROOT / "docs" / "coupling.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| (\d+) \| `(?:LANDBC_)?(\w+)` \| (.*?) \|(.*?)\|$", page, re.MULTILINE)
    assert [(code, name) for code, name, *_ in table] == [
        (code, name.removeprefix("ERROR_")) for name, code in STATUSES
    ]
    assert all(happened for _, _, happened, _ in table)
    assert all(remedy.strip() for code, _, _, remedy in table if code != "0")


@pytest.mark.parametrize("name", sorted(C))
def test_every_function_says_what_it_does_and_returns(name: str) -> None:
    said = C[name]
    assert len(said) > 20, f"{name} has no description"
    returns_status = re.search(rf"^int32_t {name}\(landbc_(?:config|handle) ", HEADER, re.MULTILINE)
    if returns_status or name in ("landbc_init", "landbc_finalize"):
        assert "NULL_ARGUMENT" in named(said), f"{name} names no statuses"


@pytest.mark.parametrize("name", sorted(FORTRAN))
def test_every_procedure_says_what_it_does_and_returns(name: str) -> None:
    """Statuses are those of the C function, but for what cannot happen in Fortran."""
    said = FORTRAN[name]
    assert len(said) > 20, f"{name} has no description"
    body = MODULE[MODULE.index(f"subroutine {name}(") :] if f"subroutine {name}(" in MODULE else ""
    if not re.match(rf"subroutine {name}\([^)]*\bierr\b", body):
        return
    assert "Statuses: " in said, f"{name} names no statuses"
    listed = named(said[said.index("Statuses: ") :].upper())
    due = named(C["landbc_class_name_of" if name == "landbc_class_name" else name])
    assert due - HIDDEN_BY_FORTRAN <= listed <= due, f"{name}: {listed} where the header has {due}"


def test_every_field_of_a_struct_is_described() -> None:
    """In the configuration and the descriptions a host fills or reads."""
    structs = re.findall(r"typedef struct landbc_\w+ \{(.*?)\} (landbc_\w+);", HEADER, re.DOTALL)
    assert {name for _, name in structs} >= {"landbc_config", "landbc_field", "landbc_variable"}
    for body, name in structs:
        if name in ("landbc_window", "landbc_date"):  # whose own comment says it all, or units that name it
            continue
        members = re.sub(r"/\*.*?\*/", "/**/", body, flags=re.DOTALL)
        for member in re.findall(r"^  [\w ]+[ *](\w+)(?:\[\w+\])?;(?! *\n? */\*\*/)", members, re.MULTILINE):
            raise AssertionError(f"{name}.{member} has no comment")
