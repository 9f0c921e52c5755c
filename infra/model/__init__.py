"""What exists: country, site, tenant, address register, contracts. Frozen values; no I/O, no Pulumi."""
