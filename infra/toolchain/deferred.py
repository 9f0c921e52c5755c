"""Modules that gRPC and Pulumi's SDK import for what a program seldom uses, loaded when they are first used."""

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

SELDOM_USED = ("grpc.aio", "dill", "psutil", "pulumi.automation", "yaml")
"""Of the 0.6 s that importing gRPC and the SDK takes on the project's test machine, these are nearly half."""


class DeferredModules(MetaPathFinder):
    """Finds the modules of these names, and lets the first use of an attribute execute them."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = set(names) - sys.modules.keys()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's spec with the standard library's lazy loader around its own."""
        if fullname not in self.names:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


def defer() -> None:
    """Defer them from now on."""
    sys.meta_path.insert(0, DeferredModules(SELDOM_USED))
