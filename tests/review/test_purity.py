"""What judges strangers' requests loads no engine that could act on a cloud."""

import subprocess
import sys

from infra.environment import CHECKOUT


def test_reviewing_loads_neither_pulumi_nor_a_clouds_sdk():
    modules = [
        f"infra.review.{file.stem}" for file in (CHECKOUT / "infra/review").glob("*.py") if file.stem != "__init__"
    ]
    program = f"import sys, {', '.join(modules)}; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert "infra.review.answering" in loaded
    assert not {"pulumi", "pulumi_openstack", "openstack", "infra.fleet", "infra.datacenter"} & set(loaded)


def test_the_job_that_may_write_loads_nothing_of_ours_but_itself():
    program = "import sys, infra.review.posting; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    ours = {name for name in loaded if name.startswith("infra")}
    assert ours == {"infra", "infra.review", "infra.review.posting"}
