"""What the Python SDK ``pulumi_openstack`` expects of its provider: tokens, property names and their types.

The SDK is generated from the official provider, so it is the published description of that provider's surface.
"""

import importlib
import inspect
import pkgutil
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

import pulumi
import pulumi_openstack
from pulumi import _types as pulumi_types  # the SDK's own reading of its classes; there is no public one

Shape = str | tuple[str, "Shape"] | dict[str, "Shape"]
"""A property's type: ``string``, ``boolean``, ...; ``("array", element)``, ``("map", element)``; a nested block."""

SCALARS: Mapping[object, str] = {str: "string", bool: "boolean", int: "integer", float: "number", Any: "string"}
PROVIDER = "pulumi_openstack.provider"
ARGUMENT = re.compile(r"__args__\['(\w+)'\] = (\w+)")
INVOKED = re.compile(r"pulumi\.runtime\.invoke\('(openstack:[^']+)'.*typ=(\w+)\)")


@dataclass(frozen=True, kw_only=True)
class SdkMember:
    """One resource or one function of the SDK."""

    token: str
    inputs: dict[str, Shape]
    outputs: dict[str, Shape]


def resources() -> dict[str, SdkMember]:
    """The SDK's resources by token."""
    members = {}
    for module in _modules():
        for _, found in inspect.getmembers(module, inspect.isclass):
            if issubclass(found, pulumi.CustomResource) and found.__module__ == module.__name__ != PROVIDER:
                token: str = vars(found)["pulumi_type"]
                arguments = getattr(module, f"{found.__name__}Args")
                members[token] = SdkMember(token=token, inputs=_shapes(arguments), outputs=_shapes(found))
    return members


def functions() -> dict[str, SdkMember]:
    """The SDK's functions (Terraform's data sources) by token."""
    members = {}
    for module in _modules():
        for _, found in inspect.getmembers(module, inspect.isfunction):
            if found.__module__ == module.__name__ and (invoked := INVOKED.search(inspect.getsource(found))):
                result = getattr(module, invoked[2])
                members[invoked[1]] = SdkMember(
                    token=invoked[1], inputs=_function_inputs(found), outputs=_shapes(result)
                )
    return members


def provider_inputs() -> dict[str, Shape]:
    """The inputs of the provider itself."""
    return _shapes(pulumi_openstack.ProviderArgs)


def provider_variables() -> dict[str, list[str]]:
    """The environment variables that the SDK reads for an input of the provider that is not given."""
    source = inspect.getsource(pulumi_openstack.ProviderArgs)
    names = pulumi_types.input_type_py_to_pulumi_names(pulumi_openstack.ProviderArgs)
    found = re.findall(r"(\w+) = _utilities\.get_env\w*\(([^)]*)\)", source)
    return {names[name]: re.findall(r"'(\w+)'", variables) for name, variables in found}


def _modules() -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(pulumi_openstack.__path__, "pulumi_openstack."):
        yield importlib.import_module(module.name)


def _function_inputs(function: FunctionType) -> dict[str, Shape]:
    names = {python: name for name, python in ARGUMENT.findall(inspect.getsource(function))}
    hints = typing.get_type_hints(function)
    return {name: _shape(hints[python]) for python, name in names.items()}


def _shapes(of: type) -> dict[str, Shape]:
    if issubclass(of, pulumi.CustomResource):
        properties = pulumi_types.resource_types(of)
    elif pulumi_types.is_input_type(of):
        properties = pulumi_types.input_type_types(of)
    else:
        properties = pulumi_types.output_type_types(of)
    return {name: _shape(kind) for name, kind in properties.items() if name != "id"}


def _shape(kind: Any) -> Shape:  # noqa: ANN401 - any type annotation
    origin = typing.get_origin(kind)
    if origin in {typing.Union, types.UnionType}:
        # An input is `T | Awaitable[T] | Output[T]`; a block may also be given as a TypedDict. The first one says all.
        return _shape(next(part for part in typing.get_args(kind) if part is not type(None)))
    if origin is Sequence:
        return ("array", _shape(typing.get_args(kind)[0]))
    if origin is Mapping:
        return ("map", _shape(typing.get_args(kind)[1]))
    return SCALARS[kind] if kind in SCALARS else _shapes(kind)
