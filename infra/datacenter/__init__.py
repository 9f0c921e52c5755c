"""Pulumi components: a site's foundation; a tenant's access, network, firewall, compute, storage, balancers."""
