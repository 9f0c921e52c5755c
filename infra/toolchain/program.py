"""One run of a Pulumi program inside the language host."""

import asyncio
import logging
import os
import runpy
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

import grpc
import pulumi
from pulumi import runtime
from pulumi.runtime.proto import language_pb2

THREADS_PER_STEP = 4  # the SDK's own ratio of waiting threads to the resources it registers at once


class Program:
    """A program that the engine wants to run; its `answer` is there when it has ended."""

    def __init__(self, request: Any, engine: str) -> None:  # noqa: ANN401 - generated messages have no useful type
        self.request = request
        self.engine = engine
        self.answer: Future[Any] = Future()

    def run(self) -> None:
        """Run to the end, in this thread; a failure is told to the user once, and to the engine as `bail`."""
        try:
            self.prepare()
            self.declare()
            message = None
        except BaseException as failure:  # noqa: BLE001 - whatever a program does, the engine gets an answer
            message = explain(failure, self.folder)
            if message is not None:
                pulumi.log.error(message)
        flush()
        self.answer.set_result(language_pb2.RunResponse(error=message or "", bail=message is not None))

    @property
    def folder(self) -> Path:
        """Where the program's ``__main__.py`` is."""
        return (Path(self.request.info.program_directory) / self.request.info.entry_point).resolve()

    def prepare(self) -> None:
        """Set what a program finds: the SDK's settings, configuration, working directory, arguments."""
        request = self.request
        runtime.reset_options(
            project=request.project,
            stack=request.stack,
            root_directory=request.info.root_directory,
            parallel=request.parallel,
            engine_address=self.engine,
            monitor_address=request.monitor_address,
            preview=request.dryRun,
            organization=request.organization or "organization",
        )
        runtime.set_all_config(dict(request.config), list(request.configSecretKeys))
        os.chdir(request.pwd)
        sys.argv = [str(self.folder), *request.args]
        importable(self.folder)

    def declare(self) -> None:
        """Execute the program's text, then wait until the engine has taken all that it declared."""
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a failure's other tasks would be told as well
        loop = asyncio.new_event_loop()
        loop.set_default_executor(ThreadPoolExecutor(max_workers=max(self.request.parallel, 1) * THREADS_PER_STEP))
        loop.set_exception_handler(lambda _loop, _context: None)
        try:
            loop.run_until_complete(runtime.run_in_stack(self.text))
        finally:
            pending = asyncio.all_tasks(loop)
            for task in pending:
                task.cancel()
            if pending:
                loop.run_until_complete(asyncio.wait(pending))
            loop.close()

    def text(self) -> None:
        """The program itself. One that ends by ``sys.exit(0)`` has ended well."""
        main = self.folder / "__main__.py" if self.folder.is_dir() else self.folder
        try:
            runpy.run_path(str(main), run_name="__main__")
        except SystemExit as leaving:
            if leaving.code not in {None, 0}:
                raise


def importable(folder: Path) -> None:
    """Let the program import its own: a package from the folder above it, as with ``python -m``, a plain folder itself.

    A package's own folder stays off the path, or its modules would shadow libraries and exist twice.
    """
    if (folder / "__init__.py").is_file():
        if str(folder.parent) not in sys.path:
            sys.path.append(str(folder.parent))
    elif str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def explain(failure: BaseException, folder: Path) -> str | None:
    """What to tell of a failure: a message where it is meant for the user, else the program's own traceback.

    None if there is nothing to tell: the engine itself has gone, and has said why.
    """
    if isinstance(failure, pulumi.RunError):
        return str(failure)
    if isinstance(failure, SystemExit):
        told = isinstance(failure.code, str)
        return str(failure.code) if told else f"Program exited with non-zero exit code: {failure.code}"
    if isinstance(failure, grpc.RpcError) and failure.code() == grpc.StatusCode.UNAVAILABLE:
        return None
    own = next(frames_from(failure.__traceback__, folder), failure.__traceback__)
    lines = traceback.format_exception(type(failure), failure, own)
    return "Program failed with an unhandled exception:\n" + "".join(lines).rstrip()


def frames_from(start: TracebackType | None, folder: Path) -> Iterator[TracebackType]:
    """The traceback's part that begins in the program, without the host's and the SDK's frames before it."""
    while start is not None:
        if Path(start.tb_frame.f_code.co_filename).is_relative_to(folder):
            yield start
        start = start.tb_next


def flush() -> None:
    """Hand on what the program has printed, before the engine ends us."""
    sys.stdout.flush()
    sys.stderr.flush()
