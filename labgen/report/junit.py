"""The verdict as JUnit XML, the form that continuous integration reads."""

from __future__ import annotations

from xml.etree import ElementTree

from labgen.report import places
from labgen.report.checks import seconds, sections
from labgen.report.tally import tally
from labgen.report.xmltext import clean
from labgen.verify.judgement import Judgement, Outcome
from labgen.verify.verdict import CheckResult, Conclusion, Verdict

# A blocked check did not run: JUnit calls that skipped, and the run as a whole is still not a pass.
_ELEMENTS = {
    Outcome.FAIL: "failure",
    Outcome.ERROR: "error",
    Outcome.BLOCKED: "skipped",
    Outcome.SKIPPED: "skipped",
}
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def text(verdict: Verdict) -> str:
    """One testsuite per step of a playbook, one testcase per check. A run that is incomplete has one more testcase, an
    error: skipped tests alone would be taken for a pass.
    """
    root = ElementTree.Element("testsuites", name=clean(verdict.scenario))
    for (playbook, step), results in sections(verdict).items():
        root.append(_suite(verdict, playbook, step, results))
    if verdict.conclusion is Conclusion.INCOMPLETE or len(verdict.checks) < verdict.planned:
        root.append(_incomplete(verdict))
    count(root)
    ElementTree.indent(root)
    return f"{HEAD}{ElementTree.tostring(root, encoding='unicode')}\n"


def _suite(
    verdict: Verdict, playbook: str, step: str, results: tuple[CheckResult, ...]
) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=clean(f"{verdict.scenario}.{playbook}.{step}"))
    took = seconds(verdict, playbook, step)
    if took is not None:
        suite.set("time", f"{took:.3f}")
    properties = ElementTree.SubElement(suite, "properties")
    ElementTree.SubElement(properties, "property", name="provider", value=clean(verdict.provider))
    for found in verdict.diagnosis.every if verdict.diagnosis else ():
        ElementTree.SubElement(properties, "property", name="diagnosis", value=clean(found.cause))
    for node, device in verdict.devices.items():
        ElementTree.SubElement(properties, "property", name=clean(f"device.{node}"), value=clean(device))
    for label, value in verdict.provenance.lines if verdict.provenance else ():
        ElementTree.SubElement(properties, "property", name=clean(f"provenance.{label}"), value=clean(value))
    suite.extend(_case(result) for result in results)
    return suite


def _case(result: CheckResult) -> ElementTree.Element:
    case = ElementTree.Element("testcase", name=clean(result.title), classname=clean(_class(result)))
    judgement = result.judgement
    name = _ELEMENTS.get(judgement.outcome)
    if name is not None:
        element = ElementTree.SubElement(
            case, name, message=clean(f"{judgement.outcome.value}: {judgement.observed}")
        )
        if name != "skipped":
            element.set("type", result.check)
        element.text = clean(_story(result))
    ElementTree.SubElement(case, "system-out").text = clean(_places(judgement))
    return case


def _class(result: CheckResult) -> str:
    """The group of a result in CI systems: the check; the title of each case names its subject."""
    return f"{result.playbook}.{result.step}.{result.check}"


def _story(result: CheckResult) -> str:
    judgement = result.judgement
    reference = f" ({result.reference})" if result.reference else ""
    lines = {
        "expected": judgement.expected + reference,
        "observed": judgement.observed,
        "next": judgement.hint,
        "where": _places(judgement),
        "check": result.id,
    }
    return "\n".join(f"{label}: {line}" for label, line in lines.items() if line)


def _places(judgement: Judgement) -> str:
    return ", ".join(map(str, places.of_proofs(judgement.proofs)))


def _incomplete(verdict: Verdict) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=clean(f"{verdict.scenario}.complete"))
    case = ElementTree.SubElement(suite, "testcase", name="every planned check ran", classname="run.complete")
    message = f"{verdict.conclusion.value}: {tally(verdict)}"
    ElementTree.SubElement(case, "error", message=clean(message), type="incomplete").text = clean(message)
    return suite


def count(root: ElementTree.Element) -> None:
    """Totals on each suite and on the whole, counted from what was written."""
    for element in (*root, root):
        element.set("tests", str(len(element.findall(".//testcase"))))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            element.set(attribute, str(len(element.findall(f".//{tag}"))))
