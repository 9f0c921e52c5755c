"""A tenant's project, who may enter it, what it may use, and the credential that its resources are made with."""

from dataclasses import dataclass

import pulumi
import pulumi_openstack as openstack

from infra.datacenter.labels import Labels
from infra.model.classification import Role
from infra.model.contract import FoundationContract
from infra.model.site import Site
from infra.model.tenant import Tenant
from infra.plan import naming
from infra.plan.quota import Quota


@dataclass(frozen=True, kw_only=True)
class AccessArgs:
    """``password`` is the service user's, a secret.

    ``quota`` has room for what is about to leave.
    """

    tenant: Tenant
    site: Site
    foundation: FoundationContract
    labels: Labels
    quota: Quota
    password: pulumi.Output[str]


class Access(pulumi.ComponentResource):
    """Project, quotas, service user, groups of people with their roles, and ``provider``.

    ``provider`` is scoped to the project with the service user's credential: whatever goes wrong in a tenant's
    resources can only go wrong in that tenant. It depends on the user's role, so a destroy removes the resources first.
    """

    project_id: pulumi.Output[str]
    provider: openstack.Provider

    def __init__(self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("joliba:datacenter:Access", name, None, opts)
        self._name, self._args, self._child = name, args, pulumi.ResourceOptions(parent=self)
        tenant, foundation = args.tenant, args.foundation
        project = openstack.identity.Project(
            f"{name}-project",
            name=tenant.name,
            domain_id=foundation.domain_id,
            description=tenant.ministry,
            tags=args.labels.project_tags(),
            opts=self._child,
        )
        self.project_id = project.id
        quotas = self._quotas()
        user = openstack.identity.User(
            f"{name}-service-user",
            name=naming.service_user(tenant.name),
            domain_id=foundation.domain_id,
            default_project_id=project.id,
            description=f"Joliba makes the resources of {tenant.name} with it",
            password=args.password,
            ignore_password_expiry=True,
            opts=self._child,
        )
        role = openstack.identity.RoleAssignment(
            f"{name}-service-role",
            project_id=project.id,
            user_id=user.id,
            role_id=foundation.roles[Role.MEMBER],
            opts=self._child,
        )
        self._groups()
        self.provider = openstack.Provider(
            f"{name}-provider",
            auth_url=foundation.auth_url,
            region=foundation.region,
            user_name=user.name,
            user_domain_id=foundation.domain_id,
            password=args.password,
            tenant_id=project.id,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role, *quotas]),
        )
        self.register_outputs({"project_id": self.project_id})

    def _quotas(self) -> list[pulumi.Resource]:
        quota, name, project_id, opts = self._args.quota, f"{self._name}-quota", self.project_id, self._child
        by_type = {key: str(value) for key, value in quota.volume_types.items()}
        return [
            openstack.compute.QuotaSetV2(f"{name}-compute", project_id=project_id, opts=opts, **quota.compute),
            openstack.blockstorage.QuoteSetV3(
                f"{name}-volumes", project_id=project_id, volume_type_quota=by_type, opts=opts, **quota.volumes
            ),
            openstack.networking.QuotaV2(f"{name}-network", project_id=project_id, opts=opts, **quota.network),
            openstack.loadbalancer.Quota(f"{name}-balancer", project_id=project_id, opts=opts, **quota.balancer),
            # its one zone is made by the administrator and shared with it
            openstack.dns.QuotaV2(f"{name}-dns", project_id=project_id, zones=0, opts=opts),
        ]

    def _groups(self) -> None:
        args = self._args
        for group in args.tenant.groups.values():
            made = openstack.identity.GroupV3(
                f"{self._name}-group-{group.name}",
                name=group.name,
                domain_id=args.foundation.domain_id,
                description=f"{args.tenant.name}: {group.role}",
                opts=self._child,
            )
            openstack.identity.RoleAssignment(
                f"{self._name}-role-{group.name}",
                project_id=self.project_id,
                group_id=made.id,
                role_id=args.foundation.roles[group.role],
                opts=pulumi.ResourceOptions(parent=made),
            )
