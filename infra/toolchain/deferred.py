"""Modules that a program seldom uses, of gRPC, Pulumi's SDK and the OpenStack SDK, loaded when they are first used."""

import importlib
import importlib.util
import re
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

SELDOM_USED = ("grpc.aio", "dill", "psutil", "pulumi.automation", "yaml")
"""Of the 0.6 s that importing gRPC and the SDK takes on the project's test machine, these are nearly half."""
SDK = "pulumi_openstack"
"""Its packages import all their 180 resources and functions for one; a tenant uses 30 (0.25 s a run)."""

SHARED = ("outputs", "_inputs")
"""The modules of a package that its classes' modules import from it."""


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


class SdkPackages(MetaPathFinder):
    """Finds the packages of the OpenStack SDK (``networking``, ``compute``, ...) for `OneByOne`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The package's spec with `OneByOne` around its own loader."""
        if fullname.rpartition(".")[0] != SDK:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None and spec.submodule_search_locations:
            spec.loader = OneByOne(spec.loader)
        return spec


class OneByOne(Loader):
    """Gives a package a class when it is named, from the module that the SDK's generator named after the class.

    Whatever has no module of its own (nested arguments, functions) comes from the whole package, loaded as ever.
    """

    def __init__(self, whole: Loader) -> None:
        self.whole = whole

    def exec_module(self, module: ModuleType) -> None:
        """Execute nothing yet: leave a function that finds what is asked for."""

        def find(name: str) -> object:
            own = f"{module.__name__}.{re.sub(r'(?<=.)(?=[A-Z])', '_', name).lower()}"
            if name[0].isupper() and importlib.util.find_spec(own):
                setattr(module, name, getattr(importlib.import_module(own), name))
                return vars(module)[name]
            if name in SHARED:
                return importlib.import_module(f"{module.__name__}.{name}")
            if name.startswith("__"):
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            del module.__getattr__
            self.whole.exec_module(module)
            return getattr(module, name)

        module.__getattr__ = find  # type: ignore[method-assign]  # PEP 562


def defer() -> None:
    """Defer them from now on."""
    sys.meta_path[:0] = [DeferredModules(SELDOM_USED), SdkPackages()]
