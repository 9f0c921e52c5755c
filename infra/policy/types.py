"""The types of the resources that Joliba's programs declare, as Pulumi calls them."""


def _openstack(module: str, name: str) -> str:
    return f"openstack:{module}/{name[:1].lower()}{name[1:]}:{name}"


COMPONENTS = "joliba:datacenter:"
"""How the types of Joliba's own components begin: they only hold others."""
PROVIDER = "pulumi:providers:openstack"

VOLUME = _openstack("blockstorage", "Volume")
VOLUME_QUOTA = _openstack("blockstorage", "QuoteSetV3")
VOLUME_TYPE = _openstack("blockstorage", "VolumeTypeV3")
FLAVOR = _openstack("compute", "Flavor")
SERVER = _openstack("compute", "Instance")
KEY_PAIR = _openstack("compute", "Keypair")
COMPUTE_QUOTA = _openstack("compute", "QuotaSetV2")
SERVER_GROUP = _openstack("compute", "ServerGroup")
ATTACHMENT = _openstack("compute", "VolumeAttach")
DNS_QUOTA = _openstack("dns", "QuotaV2")
RECORD = _openstack("dns", "RecordSet")
ZONE = _openstack("dns", "Zone")
ZONE_SHARE = _openstack("dns", "ZoneShareV2")
GROUP = _openstack("identity", "GroupV3")
PROJECT = _openstack("identity", "Project")
ROLE = _openstack("identity", "RoleAssignment")
USER = _openstack("identity", "User")
IMAGE = _openstack("images", "Image")
BALANCER = _openstack("loadbalancer", "LoadBalancer")
LISTENER = _openstack("loadbalancer", "Listener")
MEMBER = _openstack("loadbalancer", "Member")
MONITOR = _openstack("loadbalancer", "Monitor")
POOL = _openstack("loadbalancer", "Pool")
BALANCER_QUOTA = _openstack("loadbalancer", "Quota")
ADDRESS = _openstack("networking", "FloatingIp")
NETWORK = _openstack("networking", "Network")
PORT = _openstack("networking", "Port")
QOS = _openstack("networking", "QosPolicy")
QOS_RULE = _openstack("networking", "QosBandwidthLimitRule")
NETWORK_QUOTA = _openstack("networking", "QuotaV2")
ROUTER = _openstack("networking", "Router")
ROUTER_INTERFACE = _openstack("networking", "RouterInterface")
ROUTES = _openstack("networking", "RouterRoutesV2")
SECURITY_GROUP = _openstack("networking", "SecGroup")
RULE = _openstack("networking", "SecGroupRule")
SUBNET = _openstack("networking", "Subnet")
BUCKET = _openstack("objectstorage", "Container")

BALANCERS_PORT = f"{BALANCER}.vip_port_id"
PUBLIC_ADDRESS = f"{ADDRESS}.address"
MADE_WITH = {BALANCER: "vip_port_id", ADDRESS: "address"}
"""What is made together with a resource, and known by this output of it (`infra.policy.bounds.Declared.own`)."""
