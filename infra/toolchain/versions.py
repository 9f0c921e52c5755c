"""The releases that the toolchain is made of. A test compares them with go.mod files and requirements."""

PULUMI = "3.259.0"
OPENSTACK = "5.5.3"
TOFU = "1.12.6"
MARK = "+joliba"
"""What our own builds carry behind the version: build metadata, which leaves the version equal to the plain one."""
