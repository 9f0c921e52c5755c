"""Joliba: from a ministry's YAML request to a tenant of a sovereign datacenter."""
