"""What a checked request comes to: names, firewall rules, quotas, routes. Pure functions; no I/O, no Pulumi."""
