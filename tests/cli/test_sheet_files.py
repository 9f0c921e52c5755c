"""``joliba sheet -o``: the decision sheet as a file, for a screen, for a forge and for paper."""

import os
import re
import shutil
import subprocess

import pytest

from infra import environment
from infra.cli.sheet import BROWSERS

JOLIBA = environment.virtual_environment() / "bin" / "joliba"
A4 = (595, 842)
"""Points, 1/72 inch."""


def written(folder, name, *, expect=0, **variables: str):
    done = subprocess.run(
        [JOLIBA, "sheet", "ml-bko.sante", "--lang", "fr", "-o", folder / name],
        env={**os.environ, **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == expect, done.stderr
    return done.stderr if expect else (folder / name).read_bytes()


@pytest.mark.skipif(not any(map(shutil.which, BROWSERS)), reason="there is no Chromium")
def test_a_sheet_on_paper_is_a_tagged_a4_document_in_its_language(root, tmp_path):
    made = written(tmp_path, "fiche.pdf")

    assert made.startswith(b"%PDF-")
    assert made.rstrip().endswith(b"%%EOF")
    assert b"/Lang (fr)" in made
    assert b"/StructTreeRoot" in made, "a screen reader finds neither tables nor headings"
    assert "Fiche de décision · ml-bko.sante".encode("utf-16-be").hex().encode().upper() in made
    pages = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", made)
    assert {tuple(round(float(each)) for each in size) for size in pages} == {A4}
    assert 2 <= len(re.findall(rb"/Type /Page\b", made)) <= 5
    assert list(tmp_path.glob("*.pdf")) == [tmp_path / "fiche.pdf"]


def test_without_a_browser_a_pdf_is_refused_and_a_page_written(root, tmp_path):
    nowhere = {"PATH": "/nonexistent"}

    assert "Chromium, qui n'est pas installé" in written(tmp_path, "fiche.pdf", expect=2, **nowhere)
    assert not (tmp_path / "fiche.pdf").exists()
    assert written(tmp_path, "fiche.html").startswith(b"<!doctype html>")
    assert written(tmp_path, "fiche.md").startswith("# Fiche de décision".encode())


def test_a_form_that_is_none_is_refused_before_anything_is_read(root, tmp_path):
    assert "une fiche s'écrit en .md, .html, .pdf" in written(tmp_path, "fiche.doc", expect=2)
    assert not (tmp_path / "fiche.doc").exists()
