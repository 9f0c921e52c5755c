"""Pulumi's CLI, its language host and its OpenStack provider: how they are got, built, started and checked."""
