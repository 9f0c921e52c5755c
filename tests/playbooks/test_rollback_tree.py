"""A rollback of real remedies in a tree of Debian's files, at each level: what a guest does in an hour, in minutes.

Only what needs a kernel or a systemd of its own is left to the guest (tests/hosts/test_rollback_guest.py).
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.environment import CHECKOUT
from infra.hosts.catalogue import read_catalogue
from infra.hosts.deviations import shipped_for
from infra.hosts.inventory import BANNER, LOG_DAYS, SUDO_GROUP
from infra.lab.guests.fleet import obstacle
from infra.lab.guests.image import light_tree
from infra.model.classification import HardeningLevel

OF_THE_KERNEL = {"R5", "R7", "R8", "R9", "R11", "R12", "R13", "R14", "R28", "R80"}
FACTS = {
    "automation_user": "exploitation", "administration": "10.0.2.0/24", "flows_in": [], "listening": ["22/tcp"],
    "trusted": [],
    "ntp": ["10.0.2.2"], "dns": ["10.0.2.3"], "mirror": ["10.0.2.2"], "log_collector": ["10.0.2.2"],
    "log_days": LOG_DAYS, "banner": BANNER, "sudo_group": SUDO_GROUP, "packages": [], "services": [],
}  # fmt: skip


@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("level", list(HardeningLevel))
def test_a_rollback_leaves_no_trace_in_a_tree(tmp_path, level):
    if why := obstacle():
        pytest.skip(why)
    here = Path(__file__).parent
    numbers = [number for number in read_catalogue().recommendations if number[0] == "R"]
    host = {
        "level": level, "lang": "en", "role": "guest", "cloud": "lab", "facts": FACTS,
        "rules": [number for number in numbers if number not in OF_THE_KERNEL],
        "deviations": [vars(each) for each in shipped_for("test.sante.tree")],
    }  # fmt: skip

    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", here / "in_a_tree.sh", light_tree(), tmp_path, CHECKOUT,
         sys.base_prefix, "python", here / "rolled_back_in_a_tree.py", CHECKOUT, json.dumps(host)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    print(level, told["put back"])
    assert (told["code"], told["left"]) == (0, {}), done.stderr
    assert told["put back"] > 0
