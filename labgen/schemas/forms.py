"""The differences between JSON forms and the fields of their dataclasses."""

from __future__ import annotations

from types import MappingProxyType

from labgen.dhcp.model import ANALYSIS_SCHEMA
from labgen.matrix.model import MATRIX_SCHEMA, CellOutcome
from labgen.schemas.values import Form, Schema
from labgen.verify.verdict import VERDICT_SCHEMA, Conclusion

_XID: Schema = {"type": "string", "pattern": "^0x[0-9a-f]{8}$"}
_MAYBE_XID: Schema = {"anyOf": [_XID, {"type": "null"}]}
_TEXTS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
_NUMBERS: Schema = {"type": "object", "additionalProperties": {"type": "number"}}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_RAN: Schema = {**_COUNT, "description": "checks that passed or failed"}
_COUNTS: Schema = {
    "description": "combinations by outcome",
    "type": "object",
    "properties": {each.value: _COUNT for each in CellOutcome},
    "required": [each.value for each in CellOutcome],
    "additionalProperties": False,
}


def _version(name: str) -> Schema:
    return {"const": name, "description": "name and version of this form"}


def _conclusion(description: str) -> Schema:
    return {"type": "string", "enum": [each.value for each in Conclusion], "description": description}


FORMS = MappingProxyType(
    {
        "Message": Form(
            hidden=frozenset({"text", "said", "source_port", "destination_port", "payload", "network"}),
            replaced={"xid": _XID},
        ),
        "Exchange": Form(
            replaced={"xid": _MAYBE_XID, "segment": {"type": "string"}},
            always=frozenset({"address", "server_id", "lease_seconds", "xid"}),
        ),
        "Client": Form(always=frozenset({"mac", "client_id"})),
        "RelayOptions": Form(replaced={"other": _TEXTS}),
        "Finding": Form(
            replaced={
                "provoked": {
                    "type": "boolean",
                    "description": "in a verdict: true where a step brought it about on purpose",
                }
            },
            always=frozenset({"evidence"}),
        ),
        "Remark": Form(hidden=frozenset({"text"})),
        "Source": Form(always=frozenset({"lines", "events", "unparsed", "problems"})),
        "Analysis": Form(
            replaced={"schema": _version(ANALYSIS_SCHEMA)},
            always=frozenset({"schema", "sources", "exchanges", "findings", "bindings", "counters"}),
        ),
        "CheckResult": Form(
            replaced={
                "id": {"type": "string", "description": "check and subject in one word, for people to read"},
                "title": {"type": "string", "description": "the title"},
            },
            merged=frozenset({"judgement"}),
            always=frozenset({"id", "title", "outcome", "expected", "observed", "hint", "evidence"}),
        ),
        "Judgement": Form(renamed={"proofs": "evidence"}),
        "Verdict": Form(
            hidden=frozenset({"macs", "provoked"}),
            replaced={
                "schema": _version(VERDICT_SCHEMA),
                "verdict": _conclusion("pass, fail, incomplete (fewer checks ran than planned) or error"),
                "ran": _RAN,
                "timings": {**_NUMBERS, "description": "seconds by name; `spans` has the same as fields"},
            },
            renamed={"timings": "spans"},
            always=frozenset(
                {"schema", "verdict", "ran", "bindings", "exchanges", "findings", "timings", "spans"}
            ),
        ),
        "Matrix": Form(
            replaced={
                "schema": _version(MATRIX_SCHEMA),
                "verdict": _conclusion(
                    "fail where any combination failed; incomplete where nothing was shown"
                ),
                "counts": _COUNTS,
                "fixed": _TEXTS,
            },
            always=frozenset({"schema", "verdict", "counts", "fixed", "interrupted"}),
        ),
    }
)
