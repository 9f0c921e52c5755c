import json

from infra.plan.cloud_config import user_data

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl joliba"


def document(**changes):
    text = user_data(**({"hostname": "sante-web-1", "fqdn": "web-1.sante.example", "management_key": KEY} | changes))
    header, _, body = text.partition("\n")
    assert header == "#cloud-config"
    return json.loads(body)


def test_only_the_automation_account_may_log_in_and_only_by_key():
    found = document()

    assert [user["name"] for user in found["users"]] == ["joliba"]
    assert found["users"][0]["ssh_authorized_keys"] == [KEY]
    assert found["users"][0]["lock_passwd"] is True
    assert found["ssh_pwauth"] is False
    assert found["disable_root"] is True


def test_host_keys_are_shown_on_the_console_and_never_given():
    found = document()

    assert found["ssh"] == {"emit_keys_to_console": True}
    assert "ssh_keys" not in found


def test_a_hostile_name_stays_one_value():
    hostile = 'x"\nruncmd: [reboot]\n# {{ 7*7 }}'

    assert document(hostname=hostile)["hostname"] == hostile


def test_the_same_server_always_gets_the_same_user_data():
    names = {"hostname": "a", "fqdn": "a.example", "management_key": KEY}

    assert user_data(**names) == user_data(**names)
