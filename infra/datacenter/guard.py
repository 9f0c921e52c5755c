"""Judges every resource that a tenant's program declares, on every preview and up, before the engine hears of it.

A stack transformation of Pulumi's SDK: a function that the SDK calls in this process with each resource's type, inputs
and options. Nothing leaves the machine, and no policy pack of a vendor is needed.

What is seen when:

- Values that the program states are judged at once, in preview and up alike: the line that states them fails.
- Values that come from other resources (`pulumi.Output`) are judged as soon as they are known, and the resource is
  registered only then. In a preview those of resources that do not exist yet stay unknown: what a preview lets pass
  for that reason, an up refuses before it makes the resource. Which *kind* of resource a value comes from is known
  in a preview too (a floating IP's port must be a balancer's).

What is not seen: resources declared before the guard is installed (`infra/__main__.py` starts with it), and what code
does without Pulumi. The program comes from the platform team's branch, never from a request.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi
from pulumi.output import Unknown as PulumiUnknown

from infra.intake.findings import Finding, language
from infra.policy.bounds import UNKNOWN, Bounds, Declared
from infra.policy.resources import judge_resource
from infra.wording import say_in

Judge = Callable[[Declared], Sequence[Finding]]
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def install(within: Bounds) -> None:
    """Judge every resource that this program declares from now on."""
    pulumi.runtime.register_stack_transformation(guard(lambda declared: judge_resource(declared, within)))


def guard(judge: Judge) -> pulumi.ResourceTransformation:
    """The transformation that refuses what ``judge`` finds something in.

    It raises `pulumi.RunError` with all findings of a resource, in the user's language.
    """

    def transform(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        props: Mapping[str, Any] = args.props or {}
        later = {key: value for key, value in props.items() if _has_output(value)}
        protect = bool(_inherited(args.opts))

        def refuse(values: Mapping[str, Any], sources: Mapping[str, frozenset[str]] | None) -> None:
            inputs = {_snake(key): _plain(value) for key, value in values.items()}
            declared = Declared(type=args.type_, name=args.name, inputs=inputs, protect=protect, sources=sources)
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
        props[key] = await output.future(with_unknowns=True)
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
