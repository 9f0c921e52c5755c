"""The tenants' hosts and the datacenter's own: their inventory, the rules they are held to, and what was found."""
