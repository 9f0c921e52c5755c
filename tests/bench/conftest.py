"""OpenTofu as the bench uses it. Building it takes minutes: without ``--full`` it comes from the cache alone."""

import pytest

from infra.bench.opentofu import OpenTofu
from infra.toolchain import build

NEEDED = ("tofu", "terraform-provider-openstack")


@pytest.fixture(scope="session")
def tofu(tmp_path_factory, request):
    missing = [name for name in NEEDED if not build.TARGETS[name].path.exists()]
    if missing and not request.config.getoption("--full", default=False):
        pytest.skip(f"not built yet: run scripts/toolchain/build {' '.join(missing)}, or scripts/test --full")
    return OpenTofu.built(tmp_path_factory.mktemp("tofu"))
