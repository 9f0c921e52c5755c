"""What the language host answers to Pulumi's engine once the SDK is loaded; see `early` for the rest."""

import queue
from importlib import metadata
from typing import Any

import grpc
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from infra.toolchain.program import Program


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Pulumi's ``LanguageRuntime`` for programs of this interpreter's environment; `programs` takes what is to run."""

    def __init__(self, engine: str, programs: queue.SimpleQueue[Program]) -> None:
        self.engine = engine
        self.programs = programs

    def Run(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, ARG002, N802
        """Have the program run in the main thread, and wait for its end."""
        program = Program(request, self.engine)
        self.programs.put(program)
        return program.answer.result()

    def GetProgramDependencies(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, ARG002, N802
        """Everything that is installed beside the program, for ``pulumi about``."""
        found = {distribution.name: distribution.version for distribution in metadata.distributions()}
        dependencies = [language_pb2.DependencyInfo(name=name, version=found[name]) for name in sorted(found)]
        return language_pb2.GetProgramDependenciesResponse(dependencies=dependencies)

    def InstallDependencies(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, ARG002, N802
        """Nothing to install: that is ``scripts/setup``'s work."""
        yield language_pb2.InstallDependenciesResponse(stdout=b"scripts/setup installs what the program needs.\n")

    def GenerateProgram(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401, ARG002, N802
        """The text that ``pulumi import`` suggests for what it has imported. Here that text is a tenant's YAML."""
        return language_pb2.GenerateProgramResponse(source={"__main__.py": b"# Declare it in inventories/.\n"})
