"""A project of its own for every test: the real inventories, copied, free to be changed."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "inventories", tmp_path / "inventories")
    return tmp_path


@pytest.fixture
def change(project: Path) -> Callable[..., None]:
    """Replaces texts, each present, in a file of the copied inventories."""

    def changed(file: str, *replacements: tuple[str, str]) -> None:
        path = project / "inventories" / file
        text = path.read_text(encoding="utf-8")
        for old, new in replacements:
            assert old in text, f"{file} has no {old!r}"
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")

    return changed
