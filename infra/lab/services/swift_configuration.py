"""The configuration files of the object store: a proxy with an S3 interface, and one storage server of each kind."""

from pathlib import Path

from infra.lab.catalogue import BY_NAME, REGION
from infra.lab.deployment import Deployment, write_file

S3_REGION = "us-east-1"
"""What S3 clients sign for when nobody tells them a region."""
PIPELINE = (
    "catch_errors", "gatekeeper", "healthcheck", "listing_formats", "bulk", "tempurl", "authtoken", "s3api", "s3token",
    "keystoneauth", "copy", "container_quotas", "account_quotas", "slo", "dlo", "versioned_writes", "symlink",
    "proxy-server",
)  # fmt: skip
PLAIN_FILTERS = (
    "catch_errors", "gatekeeper", "healthcheck", "listing_formats", "bulk", "tempurl", "copy", "container_quotas",
    "account_quotas", "slo", "dlo", "symlink",
)  # fmt: skip
LOG_HOOK = "infra.lab.services.swift.log_to_standard_error"
Options = dict[str, object]


def folder(lab: Deployment) -> Path:
    """Where Swift's configuration and rings are."""
    return lab.configuration / "swift"


def devices(lab: Deployment) -> Path:
    """The folder that holds its one device, which is a folder too."""
    return lab.data / "swift"


def write(lab: Deployment) -> None:
    """Write all files, 0600: the proxy's holds a password."""
    _write(lab, "swift", {"swift-hash": {"swift_hash_path_suffix": lab.secrets["swift_hash"]}})
    _write(lab, "proxy", _proxy(lab))
    for kind in ("account", "container", "object"):
        _write(lab, kind, {
            "DEFAULT": _shared(lab),
            "pipeline:main": {"pipeline": kind},
            f"app:{kind}": {"use": f"egg:swift#{kind}"},
        })  # fmt: skip


def file(lab: Deployment, name: str) -> Path:
    """The configuration file of one server."""
    return folder(lab) / ("swift.conf" if name == "swift" else f"{name}-server.conf")


def _write(lab: Deployment, name: str, sections: dict[str, Options]) -> None:
    # not configparser: these files have a key twice, "set" in front of some, and percent signs are theirs
    lines = []
    for section, options in sections.items():
        lines += [f"[{section}]", *(f"{key} = {value}" for key, value in options.items()), ""]
    write_file(file(lab, name), "\n".join(lines))


def _shared(lab: Deployment) -> Options:
    return {
        "swift_dir": folder(lab),
        "devices": devices(lab),
        "mount_check": "false",
        "disable_fallocate": "true",
        "fallocate_reserve": 0,
        "log_address": lab.run / "no-syslog",
        "log_custom_handlers": LOG_HOOK,
        "log_level": "WARNING",
    }


def _proxy(lab: Deployment) -> dict[str, Options]:
    keystone = lab.url("keystone") + BY_NAME["keystone"].path
    service: Options = {
        "auth_type": "password", "auth_url": keystone, "username": "swift", "password": lab.secrets["service_password"],
        "project_name": "service", "user_domain_name": "Default", "project_domain_name": "Default",
    }  # fmt: skip
    return {
        "DEFAULT": _shared(lab),
        "pipeline:main": {"pipeline": " ".join(PIPELINE)},
        "app:proxy-server": {
            "use": "egg:swift#proxy",
            "account_autocreate": "true",
            "allow_account_management": "true",
        },
        **{f"filter:{name}": {"use": f"egg:swift#{name}"} for name in PLAIN_FILTERS},
        "filter:versioned_writes": {
            "use": "egg:swift#versioned_writes",
            "allow_versioned_writes": "true",
            "allow_object_versioning": "true",
        },  # fmt: skip,
        "filter:s3api": {"use": "egg:swift#s3api", "location": S3_REGION},
        "filter:s3token": {
            "use": "egg:swift#s3token",
            "auth_uri": keystone,
            "delay_auth_decision": "true",
            **service,
            "region_name": REGION,
        },
        "filter:authtoken": {
            "paste.filter_factory": "keystonemiddleware.auth_token:filter_factory",
            "delay_auth_decision": "true",
            "www_authenticate_uri": keystone,
            **service,
            "token_cache_time": 600,
            "service_token_roles_required": "true",
            "service_token_roles": "service",
        },
        "filter:keystoneauth": {
            "use": "egg:swift#keystoneauth",
            "operator_roles": "member, admin",
            "project_reader_roles": "reader",
            # the cloud administrator sets accounts' quotas and may list any account
            "reseller_admin_role": "admin",
        },
    }
