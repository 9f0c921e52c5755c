"""What the language host answers to Pulumi's engine."""

import json
import queue
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from infra.toolchain.program import Program

HOST_VERSION = f"{metadata.version('pulumi')}+joliba"
Context = grpc.ServicerContext


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Pulumi's ``LanguageRuntime`` for programs of this interpreter's environment; `programs` takes what is to be run."""

    def __init__(self, engine: str, programs: queue.SimpleQueue[Program]) -> None:
        self.engine = engine
        self.programs = programs

    def Handshake(self, request: Any, context: Context) -> Any:  # noqa: ANN401, ARG002, N802, D102
        self.engine = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Context) -> Any:  # noqa: ANN401, ARG002, N802, D102
        return plugin_pb2.PluginInfo(version=HOST_VERSION)

    def About(self, request: Any, context: Context) -> Any:  # noqa: ANN401, ARG002, N802, D102
        return language_pb2.AboutResponse(executable=sys.executable, version=sys.version.split()[0])

    def RuntimeOptionsPrompts(self, request: Any, context: Context) -> Any:  # noqa: ANN401, ARG002, N802, D102
        return language_pb2.RuntimeOptionsResponse()

    def InstallDependencies(self, request: Any, context: Context) -> Any:  # noqa: ANN401, ARG002, N802, D102
        yield language_pb2.InstallDependenciesResponse(stdout=b"Joliba's scripts/setup installs what programs need.\n")

    def GetRequiredPackages(self, request: Any, context: Context) -> Any:  # noqa: ANN401, ARG002, N802, D102
        packages = [plugin_pb2.PackageDependency(kind="resource", **plugin) for plugin in installed_plugins()]
        return language_pb2.GetRequiredPackagesResponse(packages=packages)

    def GetRequiredPlugins(self, request: Any, context: Context) -> Any:  # noqa: ANN401, ARG002, N802, D102
        plugins = [plugin_pb2.PluginDependency(kind="resource", **plugin) for plugin in installed_plugins()]
        return language_pb2.GetRequiredPluginsResponse(plugins=plugins)

    def GetProgramDependencies(self, request: Any, context: Context) -> Any:  # noqa: ANN401, ARG002, N802, D102
        found = {distribution.name: distribution.version for distribution in metadata.distributions()}
        dependencies = [language_pb2.DependencyInfo(name=name, version=found[name]) for name in sorted(found)]
        return language_pb2.GetProgramDependenciesResponse(dependencies=dependencies)

    def GenerateProgram(self, request: Any, context: Context) -> Any:  # noqa: ANN401, ARG002, N802, D102
        # `pulumi import` asks for the program's text of what it has imported. Here that text is a tenant's YAML.
        return language_pb2.GenerateProgramResponse(source={"__main__.py": b"# Imported. Declare it in inventories/.\n"})

    def Run(self, request: Any, context: Context) -> Any:  # noqa: ANN401, ARG002, N802, D102
        program = Program(request, self.engine)
        self.programs.put(program)
        return program.answer.result()

    def Cancel(self, request: Any, context: Context) -> Any:  # noqa: ANN401, ARG002, N802, D102
        return empty_pb2.Empty()


def installed_plugins() -> list[dict[str, str]]:
    """Name and version of the plugin of every Pulumi SDK that is installed."""
    site = Path(str(metadata.distribution("pulumi").locate_file(".")))
    descriptions = (json.loads(path.read_text()) for path in sorted(site.glob("*/pulumi-plugin.json")))
    return [{"name": found["name"], "version": f"v{found['version']}"} for found in descriptions if found["resource"]]
