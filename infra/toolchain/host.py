"""Our Python language host: Pulumi's engine starts it as ``pulumi-language-python`` and asks it to run the program.

The official host starts one more Python for the program. This one runs the program in its own main thread, and loads
the SDK only when a program is about to run: together about half of a run that changes nothing.

Source of the protocol: ``proto/pulumi/language.proto`` of Pulumi; the server's stubs come with the SDK.
"""

import gc
import os
import queue
import signal
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

from infra.toolchain.deferred import defer
from infra.toolchain.early import ANSWERS, BEFORE_RUN

defer()
import grpc  # noqa: E402 - it, too, imports what is seldom used

if TYPE_CHECKING:
    from infra.toolchain.program import Program

    Handler = grpc.RpcMethodHandler[bytes, bytes]

SERVICE = "/pulumirpc.LanguageRuntime"
LARGEST_MESSAGE = 400 * 1024 * 1024  # bytes; the engine's own limit
PARENT_CHECK = 0.5  # seconds between two looks whether the engine is still there


class LanguageService(grpc.GenericRpcHandler):
    """The engine's questions: the early ones are answered at once, the others when the SDK is loaded."""

    def __init__(self) -> None:
        self.wanted = threading.Event()
        self.loaded: Future[list[grpc.GenericRpcHandler]] = Future()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "Handler | None":
        """The handler of a call; None, at once, for the engine's probe of the connection."""
        package, _, call = handler_call_details.method.rpartition("/")
        if package != SERVICE:
            return None
        early = ANSWERS.get(call)
        if call == BEFORE_RUN or not early:
            self.wanted.set()
        if early:
            return grpc.unary_unary_rpc_method_handler(lambda _request, _context: early())
        found = (handler.service(handler_call_details) for handler in self.loaded.result())
        return next((handler for handler in found if handler), None)

    def add_generic_rpc_handlers(self, handlers: list[grpc.GenericRpcHandler]) -> None:
        """Take the handlers that the generated code would give to a server."""
        self.loaded.set_result(handlers)

    def add_registered_method_handlers(self, service: str, handlers: "dict[str, Handler]") -> None:
        """Newer generated code hands over the same handlers a second time, in another form."""


def main() -> None:
    """Serve until the engine ends us. The first line of output is the port, as the engine expects."""
    for stop in (signal.SIGINT, signal.SIGTERM):
        # The kernel ends us, whatever Python is busy with: the engine otherwise waits ten seconds and kills.
        signal.signal(stop, signal.SIG_DFL)
    service = LanguageService()
    limits = [("grpc.max_receive_message_length", LARGEST_MESSAGE), ("grpc.max_send_message_length", LARGEST_MESSAGE)]
    server = grpc.server(ThreadPoolExecutor(max_workers=8), handlers=[service], options=limits)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201 - the protocol
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # what the program prints is shown at once
    threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()

    service.wanted.wait()
    from pulumi.runtime.proto import language_pb2_grpc  # noqa: PLC0415 - half a second

    from infra.toolchain.language import LanguageHost  # noqa: PLC0415

    gc.freeze()  # what is loaded stays: no collection need look at it again
    programs: queue.SimpleQueue[Program] = queue.SimpleQueue()
    engine = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), "")
    registry = cast("grpc.Server", service)  # it has the two methods of a server that the generated code calls
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(engine, programs), registry)
    while True:
        programs.get().run()


def end_with_parent(parent: int) -> None:
    """End this process when its engine is gone: one that was killed cannot tell us."""
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK)
    os._exit(1)


if __name__ == "__main__":
    main()
