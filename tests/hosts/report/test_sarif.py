"""Reports as SARIF 2.1.0."""

import json
import re
from dataclasses import replace

import jsonschema_rs
from run_records import DEVIATIONS, TODAY

from infra.hosts.record import Verdict
from infra.hosts.report import sarif
from infra.hosts.report.contents import Contents, contents

_MESSAGE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
_LOCATION = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "physicalLocation": {
            "required": ["artifactLocation"],
            "properties": {
                "artifactLocation": {
                    "properties": {
                        "uri": {"type": "string", "format": "uri-reference"},
                        "uriBaseId": {"const": "HOSTS"},
                    }
                }
            },
        },
        "logicalLocations": {"type": "array", "items": {"required": ["fullyQualifiedName", "kind"]}},
    },
}
SHAPE = {
    "$comment": "The part of SARIF 2.1.0's schema that is written here, with 3.27.10: what is open has no level.",
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "items": {
                "required": ["tool", "results", "invocations"],
                "properties": {
                    "results": {
                        "items": {
                            "required": ["ruleId", "ruleIndex", "message", "kind", "level", "locations"],
                            "properties": {
                                "kind": {"enum": ["fail", "open"]},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": _MESSAGE,
                                "locations": {"minItems": 1, "items": _LOCATION},
                                "suppressions": {
                                    "items": {
                                        "required": ["kind"],
                                        "properties": {
                                            "kind": {"enum": ["inSource", "external"]},
                                            "status": {"enum": ["accepted", "underReview", "rejected"]},
                                        },
                                    }
                                },
                            },
                            "if": {"properties": {"kind": {"const": "open"}}},
                            "then": {"properties": {"level": {"const": "none"}}},
                            "else": {"properties": {"level": {"not": {"const": "none"}}}},
                        }
                    },
                    "invocations": {
                        "items": {
                            "required": ["executionSuccessful"],
                            "properties": {
                                "toolExecutionNotifications": {"items": {"properties": {"message": _MESSAGE}}}
                            },
                        }
                    },
                },
            }
        },
    },
}  # fmt: skip


def sarif_of(made: Contents) -> dict:
    told = json.loads(sarif.render(made, "en"))
    jsonschema_rs.validator_for(SHAPE).validate(told)
    return told["runs"][0]


def test_sarif_is_what_the_standard_asks_whatever_a_host_says(hostile, poisoned):
    run = sarif_of(poisoned(hostile))

    assert len(run["results"]) == 3
    assert not re.search(r"(?<!\\)\[[^\]]*(?<!\\)\]\(", run["results"][0]["message"]["text"])  # 3.11.6: no link


def test_sarif_has_what_fails_what_is_accepted_what_is_open_and_who_was_not_assessed(fleet):
    run = sarif_of(fleet)

    counted = fleet.scores.whole.verdicts
    kinds = [(each["kind"], each["suppressions"] != []) for each in run["results"]]
    assert kinds.count(("fail", False)) == counted[Verdict.FAIL] > 0
    assert kinds.count(("fail", True)) == counted[Verdict.DEVIATION] > 0
    assert kinds.count(("open", False)) == counted[Verdict.UNMEASURED] > 0
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == len(fleet.not_assessed) == 1
    assert run["invocations"][0]["executionSuccessful"] is False
    assert all(run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
    prints = [each["partialFingerprints"]["jolibaHostRule/v1"] for each in run["results"]]
    assert len(set(prints)) == len(prints)


def test_a_deviation_that_has_expired_since_the_run_no_longer_suppresses(small):
    deviation = replace(DEVIATIONS[1], expires="2026-11-23")
    record = small(Verdict.DEVIATION, deviations=(deviation,))
    host = record.hosts[0]
    record = replace(record, hosts=(replace(host, verdicts=(replace(host.verdicts[0], deviation=deviation.name),)),))

    def status(day: str) -> str:
        made = replace(record, deviations=(replace(deviation, expires=day),))
        return sarif_of(contents(made, made=TODAY, known={}))["results"][0]["suppressions"][0]["status"]

    assert (status("2026-11-23"), status("2026-11-24")) == ("underReview", "accepted")
