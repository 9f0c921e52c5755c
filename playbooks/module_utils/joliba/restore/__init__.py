"""Restore points of a host: what a hardening run touches is saved before, and put back exactly.

A copy of this package lies beside each restore point, and the host's own timer runs that copy: putting back depends
neither on the controller nor on a later version. So it imports nothing but the standard library and itself, relatively.
"""
