"""The bench: Joliba against OpenTofu, the same resources through the same provider on the same lab.

``scripts/bench`` runs it. What it builds for OpenTofu is converted from the state of Joliba's own stacks, so neither
side can have a resource, a credential or a dependency more than the other.
"""
