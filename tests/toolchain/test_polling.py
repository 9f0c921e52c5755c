"""The shorter wait that is put into the provider's plugin SDK."""

import pytest

from infra.errors import JolibaError
from infra.toolchain import polling

LOOP = f"""package retry

func wait() {{
{polling.BEFORE}					wait = conf.MinTimeout
				}}
}}
"""


def test_the_loop_is_changed_in_one_place_only():
    changed = polling.patched(LOOP)

    different = [pair for pair in zip(LOOP.splitlines(), changed.splitlines(), strict=True) if pair[0] != pair[1]]
    assert [after.strip() for _, after in different] == ["if wait > 2*time.Second && wait < conf.MinTimeout {"]


@pytest.mark.parametrize("source", ["package retry\n", LOOP + LOOP])
def test_another_source_than_the_known_one_is_refused(source):
    with pytest.raises(JolibaError, match="is not what"):
        polling.patched(source)


def test_the_copy_differs_from_the_module_in_that_file_only(tmp_path):
    module, copy = tmp_path / "module", tmp_path / "copy"
    (module / polling.FILE).parent.mkdir(parents=True)
    (module / polling.FILE).write_text(LOOP)
    (module / "go.mod").write_text("module m\n")
    for path in module.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)  # as Go's cache has it

    polling.patch(module, copy)

    assert (copy / polling.FILE).read_text() == polling.patched(LOOP)
    assert (copy / "go.mod").read_text() == "module m\n"
