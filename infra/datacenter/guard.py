"""Judges every resource that a tenant's program declares, on every preview and up, before the engine hears of it.

A stack transformation of Pulumi's SDK: a function that the SDK calls in this process with each resource's type, inputs
and options. Nothing leaves the machine, and no policy pack of a vendor is needed.

What is seen when:

- Values that the program states are judged at once, in preview and up alike: the line that states them fails.
- Values that come from other resources (`pulumi.Output`) are judged as soon as they are known, and the resource is
  registered only then. In a preview those of resources that do not exist yet stay unknown: what a preview lets pass
  for that reason, an up refuses before it makes the resource. Which *kind* of resource a value comes from is known
  in a preview too (a floating IP's port must be a balancer's).
- Ids are compared with those that the program's own resources have got by then, and with the foundation's. A value that
  only looks as if it came from another resource is none of them.

What is not seen: resources declared before the guard is installed (`infra/__main__.py` starts with it), what another
transformation makes of them after it, and what code does without Pulumi. The program comes from the platform team's
branch, never from a request.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi
from pulumi.output import Unknown as PulumiUnknown

from infra.intake.findings import Finding, language
from infra.policy import types
from infra.policy.bounds import UNKNOWN, Declared
from infra.wording import say_in

Judge = Callable[[Declared], Sequence[Finding]]
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def install(judge: Judge) -> None:
    """Judge every resource that this program declares from now on."""
    pulumi.runtime.register_stack_transformation(guard(judge))


def guard(judge: Judge) -> pulumi.ResourceTransformation:
    """The transformation that refuses what ``judge`` finds something in.

    It raises `pulumi.RunError` with all findings of a resource, in the user's language.
    """
    ids = _Ids()

    def transform(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        props: Mapping[str, Any] = args.props or {}
        later = {key: value for key, value in props.items() if _has_output(value)}
        protect = bool(_inherited(args.opts))
        ids.expect(args.type_, args.resource)

        def refuse(values: Mapping[str, Any], sources: Mapping[str, frozenset[str]] | None) -> None:
            inputs = {_snake(key): _plain(value) for key, value in values.items()}
            declared = Declared(
                type=args.type_,
                name=args.name,
                inputs=inputs,
                protect=protect,
                sources=sources,
                own=ids.known(),
                existing=_existing(args.opts),
            )
            _refuse(judge(declared))

        refuse(props, None if later else {})
        if not later:
            return None
        gate = next((key for key, value in later.items() if isinstance(value, pulumi.Output)), next(iter(later)))
        outputs = {
            key: value if isinstance(value, pulumi.Output) else pulumi.Output.from_input(_inner(value))
            for key, value in later.items()
        }
        judged = asyncio.ensure_future(_judged(dict(props), outputs, refuse))
        return pulumi.ResourceTransformationResult({**props, gate: _after(judged, outputs[gate])}, args.opts)

    return transform


async def _judged(
    props: dict[str, Any],
    outputs: Mapping[str, pulumi.Output[Any]],
    refuse: Callable[[Mapping[str, Any], Mapping[str, frozenset[str]]], None],
) -> None:
    sources = {}
    for key, output in outputs.items():
        value = await output.future(with_unknowns=True)
        known = await output.is_known() or pulumi.contains_unknowns(value)
        props[key] = value if known else UNKNOWN  # of an id it is an empty text, of an output nothing
        sources[_snake(key)] = frozenset(each.pulumi_resource_type for each in await output.resources())
    refuse(props, sources)


def _after(judged: "asyncio.Future[None]", output: pulumi.Output[Any]) -> pulumi.Output[Any]:
    """The same output, with the same dependencies and secrecy, that fails if the judgement does."""

    async def value() -> Any:  # noqa: ANN401  any input's
        await judged
        return await output.future(with_unknowns=True)

    known, secret = asyncio.ensure_future(output.is_known()), asyncio.ensure_future(output.is_secret())
    return pulumi.Output(output.resources(), value(), known, secret)


def _refuse(findings: Sequence[Finding]) -> None:
    if findings:
        lang = language()
        told = [f"{finding.text(lang)} {finding.fix(lang)} ({finding.code})" for finding in findings]
        raise pulumi.RunError("\n".join([say_in(lang, "the program is refused:"), *told]))


def _inherited(opts: pulumi.ResourceOptions) -> bool | None:
    """Whether a resource is protected: by its own options, else by its parent's."""
    if opts.protect is not None or opts.parent is None:
        return opts.protect
    protected: bool | None = opts.parent._protect  # noqa: SLF001  as the SDK itself infers it
    return protected


def _existing(opts: pulumi.ResourceOptions) -> str | None:
    """The id of what exists already, if a resource takes that over: ``import_``, or ``get`` of its class."""
    found = opts.import_ or opts.id
    return None if found is None else found if isinstance(found, str) else "id"


class _Ids:
    """The ids that the program's own resources have got, by type.

    Nothing is waited for: whatever comes from a resource is known after the resource's id.
    """

    def __init__(self) -> None:
        self._expected: list[tuple[str, str, pulumi.Resource]] = []
        self._known: dict[str, set[str]] = {}

    def expect(self, kind: str, resource: pulumi.Resource) -> None:
        """A resource is declared, and will have an id."""
        self._expected.append((kind, "id", resource))
        if output := types.MADE_WITH.get(kind):
            self._expected.append((f"{kind}.{output}", output, resource))

    def known(self) -> Mapping[str, frozenset[str]]:
        """Those that are known by now."""
        waiting = []
        for kind, name, resource in self._expected:
            output = resource.__dict__.get(name)  # none until the resource's constructor has run
            data = output._data if isinstance(output, pulumi.Output) else None  # noqa: SLF001  without waiting
            if data is None or not data.done():
                waiting.append((kind, name, resource))
            elif not data.cancelled() and not data.exception() and data.result().is_known:
                self._known.setdefault(kind, set()).add(str(data.result().value))
        self._expected = waiting
        return {kind: frozenset(ids) for kind, ids in self._known.items()}


def _snake(key: str) -> str:
    """A property's name in Python, whichever of the two ways it was written in: the SDK takes both."""
    return _HUMP.sub("_", key).lower()


def _inner(value: Any) -> Any:  # noqa: ANN401  any input
    """What is inside of an input of a generated class (``InstanceBlockDeviceArgs``)."""
    typed = pulumi._types.is_input_type(type(value)) and not isinstance(value, dict)  # noqa: SLF001
    return dict(vars(value)) if typed else value


def _has_output(value: Any) -> bool:  # noqa: ANN401
    value = _inner(value)
    if isinstance(value, Mapping):
        return any(_has_output(each) for each in value.values())
    if isinstance(value, list | tuple):
        return any(_has_output(each) for each in value)
    return isinstance(value, pulumi.Output) or _awaited(value)


def _plain(value: Any) -> Any:  # noqa: ANN401
    """An input as plain data; what is not known yet is `UNKNOWN`."""
    value = _inner(value)
    if isinstance(value, Mapping):
        return {_snake(str(key)): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return UNKNOWN if isinstance(value, pulumi.Output | PulumiUnknown) or _awaited(value) else value


def _awaited(value: Any) -> bool:  # noqa: ANN401
    return asyncio.iscoroutine(value) or asyncio.isfuture(value)
