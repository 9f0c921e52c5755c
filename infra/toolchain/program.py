"""One run of a Pulumi program inside the language host."""

import asyncio
import logging
import os
import re
import runpy
import sys
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

import grpc
import pulumi
from pulumi import runtime
from pulumi.runtime.proto import language_pb2

DEBUGGING = re.compile(r"--(debug|verbose)\b|-[a-z]*[dv]")
"""Arguments of the engine that ask for debug messages."""
THREADS_PER_STEP = 4  # the SDK's own ratio of waiting threads to the resources it registers at once


class Program:
    """A program that the engine wants to run; its `answer` is there when it has ended."""

    def __init__(self, request: Any, engine: str) -> None:  # noqa: ANN401 - generated messages have no useful type
        self.request = request
        self.engine = engine
        self.answer: Future[Any] = Future()
        self.origins: dict[int, tuple[BaseException, TracebackType | None]] = {}
        """Where each exception in a task was raised: asyncio forgets it when a second task waits for the first."""

    def run(self) -> None:
        """Run to the end, in this thread; a failure is told to the user once, and to the engine as `bail`."""
        try:
            self.prepare()
            self.declare()
            message = None
        except BaseException as failure:  # noqa: BLE001 - whatever a program does, the engine gets an answer
            message = self.explain(failure)
            if message is not None:
                pulumi.log.error(message)
        flush()
        self.answer.set_result(language_pb2.RunResponse(error=message or "", bail=message is not None))

    @property
    def folder(self) -> Path:
        """Where the program's ``__main__.py`` is, or the file that is the program."""
        info = self.request.info
        return Path(info.program_directory, info.entry_point).resolve()

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
        if not debugging():
            # The SDK tells the engine each of its steps and waits for the answer, also when nobody wants to read it.
            pulumi.log.debug = lambda *_message, **_options: None
        os.chdir(request.pwd)
        sys.argv = [str(self.folder), *request.args]
        importable(self.folder)

    def declare(self) -> None:
        """Execute the program's text, then wait until the engine has taken all that it declared."""
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a failure's other tasks would be told as well
        loop = asyncio.new_event_loop()
        loop.set_default_executor(ThreadPoolExecutor(max_workers=max(self.request.parallel, 1) * THREADS_PER_STEP))
        loop.set_exception_handler(lambda _loop, _context: None)
        loop.set_task_factory(self.task)
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

    def task(self, loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:  # noqa: ANN401
        """A task that notes where its exception was raised."""

        async def noting() -> Any:  # noqa: ANN401
            try:
                return await work
            except Exception as failure:
                self.origins.setdefault(id(failure), (failure, failure.__traceback__))
                raise

        return asyncio.Task(noting(), loop=loop, **options)

    def explain(self, failure: BaseException) -> str | None:
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
        _, raised = self.origins.get(id(failure), (failure, failure.__traceback__))
        lines = traceback.format_exception(type(failure), failure, own_frames(raised, self.folder))
        return "Program failed with an unhandled exception:\n" + "".join(lines).rstrip()


def own_frames(raised: TracebackType | None, folder: Path) -> TracebackType | None:
    """The traceback from where it enters the program, without the host's and the SDK's frames before it."""
    while raised is not None and not Path(raised.tb_frame.f_code.co_filename).is_relative_to(folder):
        raised = raised.tb_next
    return raised


def importable(folder: Path) -> None:
    """Let the program import its own: a package from the folder above it, as with ``python -m``, a plain folder itself.

    A package's own folder stays off the path, or its modules would shadow libraries and exist twice.
    """
    if (folder / "__init__.py").is_file():
        if str(folder.parent) not in sys.path:
            sys.path.append(str(folder.parent))
    elif str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def debugging() -> bool:
    """Whether the engine was started to show debug messages; yes where that is not to be seen."""
    try:
        command = Path(f"/proc/{os.getppid()}/cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return any(DEBUGGING.match(argument) for argument in command.split("\0"))


def flush() -> None:
    """Hand on what the program has printed, before the engine ends us."""
    sys.stdout.flush()
    sys.stderr.flush()
