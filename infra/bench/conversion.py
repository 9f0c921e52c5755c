"""From the state of a Pulumi stack to the same resources in OpenTofu's JSON configuration.

Pure. What Pulumi calls a property and what Terraform calls it is what our plugin says (``--shapes``), so that both
come from one provider. Kept are: every input, references between resources, explicit dependencies, which credential
makes what. Not kept, since OpenTofu has no word for them: components, ``protect``, ``deleted_with``.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.errors import JolibaError

PROVIDER_TYPE = "pulumi:providers:openstack"
SOURCE = "terraform-provider-openstack/openstack"
LOCAL = "openstack"
SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105  the key by which Pulumi marks a secret value
ENGINE_INPUTS = {"version", "pluginDownloadURL"}
"""Inputs of a provider that are Pulumi's own, not the provider's."""

Plain = Any
"""A tree of JSON."""


@dataclass(frozen=True)
class Configuration:
    """``main`` is ``main.tf.json``; ``variables`` the secrets in it, ``terraform.tfvars.json``."""

    main: dict[str, Plain]
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def resources(self) -> int:
        """How many resources are declared."""
        return sum(len(named) for named in self.main["resource"].values())


def merged(configurations: Sequence[Configuration]) -> Configuration:
    """Several tenants in one state; what all of them have in common, the administrator's credential, once.

    Raises:
        JolibaError: two of them give one name to different things.
    """
    resources: dict[str, dict[str, Plain]] = {}
    providers: list[Plain] = []
    variables: dict[str, str] = {}
    for each in configurations:
        for kind, named in each.main["resource"].items():
            if clash := resources.setdefault(kind, {}).keys() & named.keys():
                raise JolibaError(f"{kind}: {', '.join(sorted(clash))} is there twice")
            resources[kind] |= named
        providers += [provider for provider in each.main["provider"][LOCAL] if provider not in providers]
        variables |= each.variables
    return Configuration(_main(resources, providers, variables), variables)


@dataclass(frozen=True)
class Vocabulary:
    """What the two sides call the same thing.

    ``shapes`` is what the plugin prints for ``--shapes``; ``schema`` what ``tofu providers schema -json`` prints of the
    provider: Pulumi gives the only element of some lists as itself, and only there one sees that it is a list.
    """

    shapes: Mapping[str, Plain]
    schema: Mapping[str, Plain]

    def is_list(self, kind: str, attribute: str) -> bool:
        """Whether a resource's attribute is a list or a set."""
        found = self.schema["resource_schemas"][kind]["block"]["attributes"].get(attribute, {})
        return isinstance(found.get("type"), list) and found["type"][0] in ("list", "set")


def converted(deployment: Mapping[str, Plain], vocabulary: Vocabulary, label: str) -> Configuration:
    """One stack, with `label` before every name.

    Args:
        deployment: what ``pulumi stack export --show-secrets`` prints under ``deployment``.
        vocabulary: of the plugin and of OpenTofu's provider.
        label: one word.

    Raises:
        JolibaError: the stack holds something that OpenTofu's provider has no counterpart for.
    """
    return _Conversion(deployment, vocabulary, label).configuration()


class _Conversion:
    def __init__(self, deployment: Mapping[str, Plain], vocabulary: Vocabulary, label: str) -> None:
        self._vocabulary, shapes = vocabulary, vocabulary.shapes
        self._records = {record["urn"]: record for record in deployment["resources"]}
        self._types = {shape["token"]: (name, shape["properties"]) for name, shape in shapes["resources"].items()}
        self._settings, self._label = shapes["config"], label
        self._variables: dict[str, str] = {}

    def configuration(self) -> Configuration:
        resources: dict[str, dict[str, Plain]] = {}
        for record in self._of_type("openstack:"):
            kind, _ = self._type(record)
            if (name := self._name(record)) in resources.setdefault(kind, {}):
                raise JolibaError(f"{kind}.{name} is there twice")
            resources[kind][name] = self._resource(record)
        providers = [
            {"alias": self._alias(record), **self._inputs(record, self._settings)}
            for record in self._of_type(PROVIDER_TYPE)
        ]
        return Configuration(_main(resources, providers, self._variables), self._variables)

    def _of_type(self, beginning: str) -> Iterator[Plain]:
        return (record for record in self._records.values() if record["type"].startswith(beginning))

    def _type(self, record: Plain) -> tuple[str, Plain]:
        """Terraform's name of a resource's type, and the shapes of its properties."""
        if record["type"] not in self._types:
            raise JolibaError(f"{record['urn']}: OpenTofu's provider has no such type")
        return self._types[record["type"]]

    def _name(self, record: Plain) -> str:
        return self._labelled(record["urn"].rpartition("::")[2])

    def _labelled(self, name: str) -> str:
        return re.sub(r"[^A-Za-z0-9_-]", "_", f"{self._label}_{name}")

    def _address(self, record: Plain) -> str:
        return f"{self._type(record)[0]}.{self._name(record)}"

    def _alias(self, provider: Plain) -> str:
        """A provider's alias; one that depends on no resource of this stack is the same in every stack."""
        name = provider["urn"].rpartition("::")[2]
        return self._labelled(name) if provider.get("dependencies") else str(name)

    def _resource(self, record: Plain) -> dict[str, Plain]:
        kind, properties = self._type(record)
        provider = self._records[record["provider"].rpartition("::")[0]]
        inputs = {
            name: [value] if self._vocabulary.is_list(kind, name) and not isinstance(value, list) else value
            for name, value in self._inputs(record, properties).items()
        }
        found = {"provider": f"{LOCAL}.{self._alias(provider)}", **inputs}
        # a provider cannot depend on anything in OpenTofu, only what is made with it can
        after = {*record.get("dependencies", []), *provider.get("dependencies", [])}
        implied = {urn for urns in record.get("propertyDependencies", {}).values() for urn in urns}
        waits = [self._address(each) for each in self._of_type("openstack:") if each["urn"] in after - implied]
        return {**found, "depends_on": waits} if waits else found

    def _inputs(self, record: Plain, properties: Plain) -> dict[str, Plain]:
        found = {}
        for name, value in record["inputs"].items():
            if name.startswith("__") or name in ENGINE_INPUTS:
                continue
            references = self._references(record.get("propertyDependencies", {}).get(name) or ())
            found[properties[name]["terraform"]] = self._value(value, properties[name], references)
        return found

    def _references(self, urns: Sequence[str]) -> dict[str, str]:
        """What the value of a property may be made of, by the value: ids before other outputs."""
        sources = [self._records[urn] for urn in urns if self._records[urn]["type"] in self._types]
        found = {record["id"]: f"{self._address(record)}.id" for record in sources}
        for record in sources:
            address, (_, properties) = self._address(record), self._type(record)
            for name, value in record["outputs"].items():
                if name not in properties:
                    continue
                attribute = f"{address}.{properties[name]['terraform']}"
                elements = value if isinstance(value, list) else []
                for path, leaf in [(attribute, value), *((f"{attribute}[{i}]", e) for i, e in enumerate(elements))]:
                    if isinstance(leaf, str) and leaf:
                        found.setdefault(leaf, path)
        return found

    def _value(self, value: Plain, shape: Plain, references: Mapping[str, str]) -> Plain:
        if isinstance(value, dict):
            if SECRET in value:
                return self._secret(json.loads(value["plaintext"]))
            if shape["type"] == "object":
                return {
                    shape["properties"][name]["terraform"]: self._value(each, shape["properties"][name], references)
                    for name, each in value.items()
                    if not name.startswith("__")
                }
            return {_literal(name): self._value(each, shape["element"], references) for name, each in value.items()}
        if isinstance(value, list):
            return [self._value(each, shape["element"], references) for each in value]
        if isinstance(value, str):
            return f"${{{references[value]}}}" if value in references else _literal(value)
        return value

    def _secret(self, value: str) -> str:
        known = {secret: name for name, secret in self._variables.items()}
        name = known.get(value) or self._labelled(f"secret_{len(known) + 1}")
        self._variables[name] = value
        return f"${{var.{name}}}"


def _literal(text: str) -> str:
    """A string in which OpenTofu sees no template."""
    return text.replace("${", "$${").replace("%{", "%%{")


def _main(resources: Plain, providers: Plain, variables: Mapping[str, str]) -> dict[str, Plain]:
    blocks = {
        "variable": {name: {"type": "string", "sensitive": True} for name in variables},
        "provider": {LOCAL: providers},
        "resource": resources,
    }
    required = {"terraform": {"required_providers": {LOCAL: {"source": SOURCE}}}}
    return required | {name: block for name, block in blocks.items() if block}  # an empty one is refused
