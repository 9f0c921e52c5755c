"""Creates the tables of neutron and octavia from their models: octavia's migrations do not run on SQLite at all.

Run as ``python -m infra.lab.services.tables neutron|octavia <database address>``.
"""

import sys

import sqlalchemy
from sqlalchemy import orm


def neutron(address: str) -> None:
    """Neutron's tables, marked as migrated, with the four template rules that one of its migrations puts in."""
    from alembic.script import ScriptDirectory
    from neutron.db.migration import cli
    from neutron.db.migration.models import head
    from oslo_config import cfg

    engine = sqlalchemy.create_engine(address)
    head.get_metadata().create_all(engine)
    configuration = cli.get_neutron_config()
    configuration.neutron_config = cfg.CONF
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32))"))
        for revision in ScriptDirectory.from_config(configuration).get_heads():
            connection.execute(sqlalchemy.text("INSERT INTO alembic_version VALUES (:head)"), {"head": revision})
    _template_rules(engine)


def _template_rules(engine: sqlalchemy.Engine) -> None:
    """Without them a new security group has no rule for egress, and a project's ``default`` group none at all."""
    from neutron.db.models.securitygroup_default_rules import SecurityGroupDefaultRule

    with orm.Session(engine) as session, session.begin():
        for ethertype in ("IPv4", "IPv6"):
            session.add(SecurityGroupDefaultRule(
                direction="egress", ethertype=ethertype, used_in_default_sg=True, used_in_non_default_sg=True,
                description="Legacy default SG rule for egress traffic"))  # fmt: skip
            session.add(SecurityGroupDefaultRule(
                direction="ingress", ethertype=ethertype, remote_group_id="PARENT", used_in_default_sg=True,
                used_in_non_default_sg=False, description="Legacy default SG rule for ingress traffic"))  # fmt: skip


def octavia(address: str) -> None:
    """Octavia's tables, its vocabularies, and the placeholders that deleted balancers refer to."""
    from octavia.common import constants as words
    from octavia.db import base_models, models

    engine = sqlalchemy.create_engine(address)
    base_models.BASE.metadata.create_all(engine)
    vocabularies = (
        (words.SUPPORTED_PROVISIONING_STATUSES, models.ProvisioningStatus),
        (words.SUPPORTED_HEALTH_MONITOR_TYPES, models.HealthMonitorType),
        (words.SUPPORTED_LB_ALGORITHMS, models.Algorithm),
        (words.SUPPORTED_PROTOCOLS, models.Protocol),
        (words.SUPPORTED_OPERATING_STATUSES, models.OperatingStatus),
        (words.SUPPORTED_SP_TYPES, models.SessionPersistenceType),
        (words.SUPPORTED_AMPHORA_ROLES, models.AmphoraRoles),
        (words.SUPPORTED_LB_TOPOLOGIES, models.LBTopology),
        (words.SUPPORTED_VRRP_AUTH, models.VRRPAuthMethod),
        (words.SUPPORTED_L7RULE_TYPES, models.L7RuleType),
        (words.SUPPORTED_L7RULE_COMPARE_TYPES, models.L7RuleCompareType),
        (words.SUPPORTED_L7POLICY_ACTIONS, models.L7PolicyAction),
        (words.SUPPORTED_CLIENT_AUTH_MODES, models.ClientAuthenticationMode),
    )
    nil, gone = words.NIL_UUID, "DELETED-PLACEHOLDER"
    with orm.Session(engine) as session, session.begin():
        for names, model in vocabularies:
            session.add_all([model(name=name) for name in names])
        session.add(models.FlavorProfile(id=nil, name=gone, provider_name=words.DELETED, flavor_data="{}"))
        session.add(models.AvailabilityZoneProfile(
            id=nil, name=gone, provider_name=words.DELETED, availability_zone_data="{}"))  # fmt: skip
        session.flush()
        session.add(models.Flavor(id=nil, flavor_profile_id=nil, name=gone, enabled=False))
        session.add(models.AvailabilityZone(availability_zone_profile_id=nil, name=nil, enabled=False))


if __name__ == "__main__":
    {"neutron": neutron, "octavia": octavia}[sys.argv[1]](sys.argv[2])
