"""A fault that goes on when users suffer, or hits what nobody named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings
from prodready_constructs.compliance.rules.tags import tags_of
from prodready_constructs.evidence.assembly import flat

#: Parameters that name what is hit, where AWS FIS takes no ARN for it; those of a zone only narrow what tags found.
#: Source: https://docs.aws.amazon.com/fis/latest/userguide/targets.html#target-parameters
NAMING = {"aws:ecs:task": "service", "aws:eks:pod": "selectorValue", "aws:ec2:subnet": "vpc"}


def _narrow(subject: Subject, target: dict[str, Any]) -> bool:
    """Whether *target* names what it hits: by ARN, by parameter, or by a tag that one resource of its kind has in the whole app."""
    parameters = target.get("Parameters")
    named = isinstance(parameters, dict) and parameters.get(NAMING.get(str(target.get("ResourceType")), ""))
    if target.get("ResourceArns") or named:
        return True
    tags = target.get("ResourceTags")
    wanted = {str(key): flat(value) for key, value in tags.items()} if isinstance(tags, dict) else {}
    carriers = Counter(one.type for one in subject.assembly.resources if wanted.items() <= tags_of(one).items()) if wanted else Counter()
    return bool(carriers) and max(carriers.values()) == 1


def _find(subject: Subject) -> Iterator[Hit]:
    for experiment in subject.of_type("AWS::FIS::ExperimentTemplate"):
        stops = experiment.get("StopConditions")
        if not any(one.get("Source") == "aws:cloudwatch:alarm" for one in mappings(stops)) and not isinstance(stops, dict):
            yield hit(experiment, detail="Stop", note="No alarm ends it.")
        options = experiment.get("ExperimentOptions") or {}
        if options.get("EmptyTargetResolutionMode") == "skip":
            yield hit(experiment, detail="Empty", note="A target that finds nothing is passed over, and the drill proves nothing.")
        if options.get("AccountTargeting") == "multi-account":
            yield hit(experiment, detail="Accounts", note="It may hit other accounts, whose alarms do not stop it.")
        log = experiment.get("LogConfiguration") or {}
        if not log.get("CloudWatchLogsConfiguration") and not log.get("S3Configuration"):
            yield hit(experiment, detail="Log", note="What it did is kept nowhere.")
        for name, target in (experiment.get("Targets") or {}).items():
            if isinstance(target, dict) and "ResourceType" in target and not _narrow(subject, target):
                yield hit(experiment, detail=f"{name} Target", note=f"{name} hits whatever has its tags when it is started.")


RULE = Rule(
    name="ExperimentUnguarded",
    controls=("DR-5",),
    why="A drill is an outage on purpose: it has to end by itself, to hit what it names, and to leave a trace "
    "(AWS FIS, stop conditions, targets and experiment options).",
    fix="stop conditions with CloudWatch alarms, targets by ARN (or cluster and service), one account, empty targets that fail, a log; "
    "recovery.Drills has them",
    find=_find,
)
