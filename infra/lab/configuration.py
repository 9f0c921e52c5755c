"""The configuration files of one lab's services, generated at each start from its folder, ports and secrets."""

import configparser
import io
import shutil
from collections.abc import Mapping

from infra.lab.catalogue import BY_NAME, COMPUTE_HOSTS, HOST, PHYSICAL_NETWORK, REGION, SERVICES
from infra.lab.deployment import Deployment, write_file
from infra.lab.machines import configuration as machines
from infra.lab.machines.profile import Profile

Sections = dict[str, dict[str, object]]
ALWAYS_UP = {"service_down_time": 10**9}
"""Workers live and die with their API's process; none is ever taken for dead because its report is late."""
MOST_ROUTES = 2000
"""How many routes a router may have; Neutron's own 30 are too few for the administration's of a site."""
DATA_FOLDERS = (
    "db", "keystone/fernet", "keystone/credential", "glance/images", "glance/staging", "glance/tasks",
    "nova/instances", "neutron", "cinder/coordination", "placement", "octavia", "designate", "barbican", "lock",
)  # fmt: skip
FILE_NAMES = {"glance": "glance-api"}
"""The configuration file of a service that is not called like it."""


def write_configuration(lab: Deployment) -> None:
    """Write every configuration file of the nine WSGI services, 0600: they hold passwords."""
    for name in DATA_FOLDERS:
        (lab.data / name).mkdir(parents=True, exist_ok=True)
    for service in SERVICES:
        # without a file, oslo.policy looks for one at every check
        write_file(lab.configuration / f"{service.name}-policy.yaml", "{}\n")
    for name, sections in _files(lab).items():
        write_file(lab.configuration / f"{FILE_NAMES.get(name, name)}.conf", _text(sections))
    # nova and designate look for their pipelines beside their configuration
    shutil.copyfile(lab.environment / "etc/nova/api-paste.ini", lab.configuration / "nova-api-paste.ini")
    shutil.copyfile(lab.environment / "etc/designate/api-paste.ini", lab.configuration / "api-paste.ini")


def variables(lab: Deployment) -> dict[str, str]:
    """The environment variables that the services read, to be added to a process's own."""
    folder = str(lab.configuration)
    names = ("KEYSTONE", "PLACEMENT", "GLANCE", "NEUTRON", "NOVA", "DESIGNATE")
    return {
        **{f"OS_{name}_CONFIG_DIR": folder for name in names},
        "OS_NEUTRON_CONFIG_FILES": "neutron.conf",
        "OS_NOVA_CONFIG_FILES": "nova-api-paste.ini;nova.conf",
        "OS_CINDER_DISABLE_EVENTLET_PATCHING": "1",
        "OS_NOVA_DISABLE_EVENTLET_PATCHING": "1",
        # stevedore keeps its cache of entry points there; the user's own is not ours to fill
        "XDG_CACHE_HOME": str(lab.run / "cache"),
    }


def _text(sections: Sections) -> str:
    parser = configparser.RawConfigParser()
    # oslo.config takes a dollar for a reference to another option
    parser.read_dict({
        section: {key: str(value).replace("$", "$$") for key, value in options.items()}
        for section, options in sections.items()
    })  # fmt: skip
    stream = io.StringIO()
    parser.write(stream)
    return stream.getvalue()


def _files(lab: Deployment) -> dict[str, Sections]:
    writers = {
        "keystone": _keystone, "placement": _placement, "glance": _glance, "neutron": _neutron, "nova": _nova,
        "cinder": _cinder, "octavia": _octavia, "designate": _designate, "barbican": _barbican,
    }  # fmt: skip
    profile = Profile.read(lab.data)
    real = machines.overrides(lab, profile) if profile else {}
    return {
        name: _merged(_merged(_shared(lab, name), write(lab)), real.get(name, {})) for name, write in writers.items()
    }


def _merged(first: Sections, second: Mapping[str, Mapping[str, object]]) -> Sections:
    names = dict.fromkeys((*first, *second))
    return {name: {**first.get(name, {}), **second.get(name, {})} for name in names}


def _auth_url(lab: Deployment) -> str:
    return lab.url("keystone") + BY_NAME["keystone"].path


def credential(lab: Deployment, user: str) -> dict[str, object]:
    """The options with which a service signs in to Keystone as itself."""
    return {
        "auth_type": "password", "auth_url": _auth_url(lab), "username": user,
        "password": lab.secrets["service_password"], "project_name": "service",
        "user_domain_name": "Default", "project_domain_name": "Default", "region_name": REGION,
    }  # fmt: skip


def _shared(lab: Deployment, name: str) -> Sections:
    return {
        "DEFAULT": {
            "transport_url": "fake://",
            "log_file": f"{lab.logs}/{name}.log",
            "host": COMPUTE_HOSTS[0],
            "state_path": f"{lab.data}/{name}",
            "default_log_levels": "amqp=WARN,castellan=ERROR,stevedore=CRITICAL,keystonemiddleware=ERROR",
        },
        "database": {"connection": lab.database(name)},
        "oslo_concurrency": {"lock_path": f"{lab.data}/lock/{name}"},
        "oslo_messaging_notifications": {"driver": "noop"},
        "oslo_policy": {"policy_file": f"{lab.configuration}/{name}-policy.yaml"},
        "cache": {"enabled": True, "backend": "oslo_cache.dict", "expiration_time": 600},
        "keystone_authtoken": {
            **credential(lab, name),
            "www_authenticate_uri": _auth_url(lab),
            "token_cache_time": 600,
            "service_token_roles_required": True,
            "service_token_roles": "service",
        },
        "service_user": {**credential(lab, name), "send_service_user_token": True},
    }


def _keystone(lab: Deployment) -> Sections:
    keys = f"{lab.data}/keystone"
    return {
        "keystone_authtoken": {},
        "token": {"provider": "fernet", "expiration": 86400},
        "fernet_tokens": {"key_repository": f"{keys}/fernet"},
        "fernet_receipts": {"key_repository": f"{keys}/fernet"},
        "credential": {"key_repository": f"{keys}/credential"},
        # the least that bcrypt takes: a service signs in at every start
        "identity": {"password_hash_rounds": 4},
    }


def _placement(lab: Deployment) -> Sections:
    return {"placement_database": {"connection": lab.database("placement")}}


def _glance(lab: Deployment) -> Sections:
    store = f"{lab.data}/glance"
    return {
        "DEFAULT": {
            "enabled_backends": "file:file",
            "enabled_import_methods": "[glance-direct,web-download]",
            "worker_self_reference_url": lab.url("glance"),
        },
        "glance_store": {"default_backend": "file"},
        "file": {"filesystem_store_datadir": f"{store}/images"},
        "os_glance_staging_store": {"filesystem_store_datadir": f"{store}/staging"},
        "os_glance_tasks_store": {"filesystem_store_datadir": f"{store}/tasks"},
        "paste_deploy": {
            "flavor": "keystone",
            "config_file": f"{lab.environment}/etc/glance/glance-api-paste.ini",
        },
    }


def _neutron(lab: Deployment) -> Sections:
    plugins = (
        "router", "qos", "trunk", "port_forwarding", "segments", "metering", "auto_allocate",
        "network_ip_availability", "revisions", "timestamp", "tag", "flavors",
    )  # fmt: skip
    return {
        "DEFAULT": {
            "core_plugin": "ml2",
            "service_plugins": ",".join(plugins),
            "api_paste_config": f"{lab.environment}/etc/neutron/api-paste.ini",
            "auth_strategy": "keystone",
            "dhcp_agent_notification": False,
            "rpc_workers": 0,
            "send_events_interval": 1,
            "notify_nova_on_port_status_changes": True,
            "notify_nova_on_port_data_changes": True,
        },
        "quotas": {"quota_router_route": MOST_ROUTES},
        "nova": credential(lab, "nova"),
        "placement": credential(lab, "placement"),
        "ml2": {
            "type_drivers": "flat,vlan,vxlan,local",
            "tenant_network_types": "vxlan",
            "mechanism_drivers": "lab",
            "extension_drivers": "port_security,qos,dns",
        },
        "ml2_type_flat": {"flat_networks": PHYSICAL_NETWORK},
        "ml2_type_vlan": {"network_vlan_ranges": f"{PHYSICAL_NETWORK}:1:4000"},
        "ml2_type_vxlan": {"vni_ranges": "1:9999"},
    }


def _nova(lab: Deployment) -> Sections:
    return {
        "DEFAULT": {
            "compute_driver": "lab.Driver",
            "allow_resize_to_same_host": True,
            # nova asks cinder again after that many seconds while a boot volume is made: the driver needs none
            "block_device_allocate_retries_interval": 1,
            "my_ip": HOST,
            "vif_plugging_is_fatal": False,
            "vif_plugging_timeout": 0,
            **ALWAYS_UP,
            "periodic_fuzzy_delay": 0,
        },
        "database": {"connection": lab.database("nova_cell1")},
        "api_database": {"connection": lab.database("nova_api")},
        "wsgi": {"api_paste_config": f"{lab.configuration}/nova-api-paste.ini"},
        "vnc": {"enabled": False},
        "glance": {**credential(lab, "nova"), "service_type": "image"},
        "neutron": credential(lab, "nova"),
        "placement": credential(lab, "nova"),
        "cinder": {**credential(lab, "nova"), "catalog_info": "block-storage:cinder:publicURL"},
        "scheduler": {"discover_hosts_in_cells_interval": -1},
        "filter_scheduler": {"track_instance_changes": False},
    }


def _cinder(lab: Deployment) -> Sections:
    return {
        "DEFAULT": {
            "api_paste_config": f"{lab.environment}/etc/cinder/api-paste.ini",
            "enabled_backends": "lab",
            "auth_strategy": "keystone",
            "my_ip": HOST,
            "glance_api_servers": lab.url("glance"),
            "periodic_fuzzy_delay": 0,
            **ALWAYS_UP,
            "resource_query_filters_file": f"{lab.environment}/etc/cinder/resource_filters.json",
        },
        "lab": {"volume_driver": "infra.lab.services.cinder_driver.LabVolumeDriver", "volume_backend_name": "lab"},
        "coordination": {"backend_url": f"file://{lab.data}/cinder/coordination"},
        "nova": {**credential(lab, "cinder"), "interface": "public"},
        "key_manager": {
            "backend": "cinder.keymgr.conf_key_mgr.ConfKeyManager",
            "fixed_key": lab.secrets["cinder_key"],
        },
    }


def _octavia(lab: Deployment) -> Sections:
    return {
        "api_settings": {
            # "amphora" and "octavia" are the names that clients use by default
            "enabled_provider_drivers": "lab:lab,amphora:lab,octavia:lab",
            "default_provider_driver": "lab",
            "auth_strategy": "keystone",
            "healthcheck_enabled": False,
        },
        "service_auth": credential(lab, "octavia"),
        "neutron": credential(lab, "octavia"),
        "nova": {"enable_anti_affinity": False},
        "certificates": {"cert_manager": "noop_cert_manager"},
    }


def _designate(lab: Deployment) -> Sections:
    return {
        "storage:sqlalchemy": {"connection": lab.database("designate")},
        "service:api": {
            "auth_strategy": "keystone",
            "api_paste_config": f"{lab.configuration}/api-paste.ini",
            "enable_host_header": True,
            "enabled_extensions_v2": "quotas,reports",
        },
        "service:central": {"managed_resource_tenant_id": "service"},
    }


def _barbican(lab: Deployment) -> Sections:
    return {
        "DEFAULT": {"host_href": lab.url("barbican"), "db_auto_create": False},
        "queue": {"enable": False},
        "secretstore": {"enabled_secretstore_plugins": "store_crypto"},
        "crypto": {"enabled_crypto_plugins": "simple_crypto"},
        "simple_crypto_plugin": {"kek": lab.secrets["barbican_key"]},
    }
