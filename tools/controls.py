"""Write ``docs/controls.md``: each row of the requirements ledger, what keeps it, what judges it, and which tests prove it.

Made from the source alone, without importing it: the ``ControlClaim``s that constructs record, the ``controls`` of our rules, and the
``control`` marks of the tests. A test fails while the committed page is out of date.

usage: python -m tools.controls
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "prodready_constructs"
TARGET = ROOT / "docs" / "controls.md"
FRAMEWORKS = ("NIST 800-53 r5", "HIPAA", "PCI DSS 3.2.1", "SOC 2", "GDPR")
AREAS = {
    "NET": "Network",
    "DB": "Database",
    "STORE": "Storage",
    "SEC": "Secrets, keys, identity",
    "WEB": "Doors",
    "OPS": "Monitoring",
    "DR": "Recovery",
    "CD": "Delivery",
    "COST": "Cost",
    "GOV": "Rules and evidence",
    "LIB": "The library",
}


@dataclass(frozen=True)
class Row:
    """One row of the ledger: what is required, and the rules of cdk-nag that judge it too."""

    what: str
    nag: tuple[str, ...] = ()
    #: False where only a part of the row is built so far; it is listed, and nothing is demanded of it.
    whole: bool = True


LEDGER: dict[str, Row] = {
    "NET-1": Row(
        "A VPC over several zones with private and isolated tiers; its address block is checked", ("VPCNoUnrestrictedRouteToIGW",)
    ),
    "NET-2": Row("Egress that survives the loss of a zone, or none"),
    "NET-3": Row("Flow logs of all traffic, encrypted and kept", ("VPCFlowLogsEnabled",)),
    "NET-4": Row("Gateway and interface endpoints, which admit only the VPC"),
    "NET-5": Row(
        "A default security group without rules, no automatic public addresses, no network ACL open to the world",
        ("VPCDefaultSecurityGroupClosed", "VPCSubnetAutoAssignPublicIpDisabled", "VPCNoNACLs"),
    ),
    "NET-6": Row(
        "Security groups by reference, nothing else open", ("EC2RestrictedInbound", "EC2RestrictedCommonPorts", "EC2RestrictedSSH")
    ),
    "NET-8": Row("An existing VPC is accepted, and checked for what is needed"),
    "DB-1": Row("PostgreSQL and MySQL with one API"),
    "DB-2": Row("A standby in a second zone; isolated subnets, never public", ("RDSMultiAZSupport", "RDSInstancePublicAccess")),
    "DB-3": Row("Storage, snapshots, insights and credentials under customer-managed keys", ("RDSStorageEncrypted",)),
    "DB-4": Row("Generated credentials that rotate, never in a template", ("SecretsManagerRotationEnabled", "SecretsManagerUsingKMSKey")),
    "DB-5": Row(
        "Automated backups, snapshot on delete, deletion and termination protection",
        ("RDSInstanceBackupEnabled", "RDSInstanceDeletionProtectionEnabled"),
    ),
    "DB-6": Row("TLS forced, logs exported, another port where wanted", ("RDSLoggingEnabled", "RDSNonDefaultPort")),
    "DB-7": Row(
        "Storage autoscaling, minor upgrades, enhanced monitoring, IAM sign-in",
        ("RDSAutomaticMinorVersionUpgradeEnabled", "RDSEnhancedMonitoringEnabled"),
    ),
    "DB-10": Row("Alarms on every way a database fails"),
    "DB-12": Row("Point-in-time restore, with commands filled in", whole=False),
    "STORE-1": Row(
        "Buckets private, TLS only, encrypted, versioned, logged, with a lifecycle and a copy",
        (
            "S3BucketLevelPublicAccessProhibited",
            "S3BucketSSLRequestsOnly",
            "S3DefaultEncryptionKMS",
            "S3BucketVersioningEnabled",
            "S3BucketLoggingEnabled",
            "S3BucketReplicationEnabled",
            "S3BucketDefaultLockEnabled",
        ),
    ),
    "STORE-4": Row("Topics encrypted, TLS only", ("SNSEncryptedKMS", "SNSTopicSSLPublishOnly"), whole=False),
    "STORE-6": Row("Retention declared once", whole=False),
    "SEC-1": Row("Least privilege: no wildcard action, no inline policy", ("IAMNoWildcardPermissions", "IAMNoInlinePolicy"), whole=False),
    "SEC-2": Row(
        "Application secrets generated or supplied later, rotated, never a plain value",
        ("SecretsManagerRotationEnabled", "ECSTaskDefinitionNoEnvironmentVariables"),
    ),
    "SEC-5": Row(
        "A user directory: multi-factor, strong passwords", ("CognitoUserPoolMFA", "CognitoUserPoolStrongPasswordPolicy"), whole=False
    ),
    "SEC-8": Row("One rotating key for each domain of data, retained", ("KMSBackingKeyRotationEnabled",)),
    "WEB-1": Row("A web ACL: rate limits, managed groups, geography, logs without credentials", ("WAFv2LoggingEnabled",)),
    "WEB-2": Row(
        "A load balancer: HTTPS of today, no invalid header, logs, web ACL, health check",
        (
            "ALBHttpDropInvalidHeaderEnabled",
            "ALBHttpToHttpsRedirection",
            "ALBWAFEnabled",
            "ELBDeletionProtectionEnabled",
            "ELBLoggingEnabled",
            "ELBv2ACMCertificateRequired",
        ),
    ),
    "WEB-3": Row(
        "A Fargate service: private, unprivileged, scaling, rolled back when it fails",
        ("ECSClusterCloudWatchContainerInsights", "ECSTaskDefinitionContainerLogging"),
    ),
    "WEB-5": Row(
        "A REST API: authorised, validated, throttled, logged, private behind",
        (
            "APIGWAuthorization",
            "APIGWRequestValidation",
            "APIGWAccessLogging",
            "APIGWExecutionLoggingEnabled",
            "APIGWAssociatedWithWAF",
            "APIGWCacheEnabledAndEncrypted",
            "APIGWXrayEnabled",
            "APIGWSSLEnabled",
        ),
    ),
    "WEB-7": Row(
        "A website on CloudFront: private content, HTTPS of today, security headers, web ACL",
        (
            "CloudFrontDistributionS3OriginAccessControl",
            "CloudFrontDistributionHttpsViewerNoOutdatedSSL",
            "CloudFrontDistributionNoOutdatedSSL",
            "CloudFrontDistributionWAFIntegration",
            "CloudFrontDistributionAccessLogging",
            "CloudFrontDistributionGeoRestrictions",
        ),
    ),
    "WEB-8": Row("Lasting names: alias records, certificates by DNS, an alarm before one ends"),
    "WEB-10": Row("Works without a domain too, for a trial, with a warning"),
    "OPS-1": Row("Two routes for alerts: one that wakes somebody, one that waits", ("CloudWatchAlarmAction",)),
    "OPS-2": Row("Alarms by default, each with its own treatment of missing data", ("CloudWatchAlarmAction",)),
    "OPS-3": Row("Every alarm has a runbook with this resource's names"),
    "OPS-4": Row("One dashboard an environment"),
    "OPS-5": Row("Log groups with an end and a key", ("CloudWatchLogGroupEncrypted", "CloudWatchLogGroupRetentionPeriod")),
    "OPS-7": Row("What can fail and is not watched fails the build"),
    "DR-1": Row(
        "A backup plan with a locked vault and copies in a second region", ("RDSInBackupPlan", "DynamoDBInBackupPlan", "EFSInBackupPlan")
    ),
    "DR-3": Row("Alarms on failed backup, copy and restore jobs, and on a day without a backup"),
    "DR-4": Row("Objectives for recovery time and point that the stores must keep", whole=False),
    "DR-6": Row("Restore runbooks with real names", whole=False),
    "CD-4": Row("One settings file an environment", whole=False),
    "COST-2": Row("Cost-allocation tags on everything taggable", whole=False),
    "COST-4": Row("Staging sized down by its posture", whole=False),
    "GOV-1": Row("Rule packs at synth; a violation stops it with place, rule, reason and mend"),
    "GOV-2": Row("Acknowledgements with reason, owner and end; the rest fails"),
    "GOV-3": Row("Our own rules for what no pack covers, for any CDK app"),
    "GOV-4": Row("A change that replaces or deletes something stateful fails unless approved by name"),
    "LIB-1": Row("Installable, typed, with interfaces from elsewhere accepted and the L2s exposed"),
    "LIB-2": Row("Clear errors for bad input: what was given, what is allowed, how to mend"),
    "LIB-3": Row("Logical ids of stateful resources are stable"),
    "LIB-4": Row("Readable snapshots"),
    "LIB-5": Row("The CDK's own commands work from a clean clone"),
    "LIB-6": Row("Works in stages, several regions and accounts, several times in a stack, with what others made"),
}


@dataclass
class Kept:
    """What was found for one row."""

    #: construct (or "guard") -> how it keeps the row.
    by: dict[str, list[str]] = field(default_factory=dict)
    rules: list[str] = field(default_factory=list)
    frameworks: set[str] = field(default_factory=set)
    #: test file -> test names.
    tests: dict[str, list[str]] = field(default_factory=dict)

    @property
    def by_the_house(self) -> bool:
        """Whether tests of the whole keep it: of the architecture, the stacks, the examples, the package."""
        return any(file.split("/")[1] in {"architecture", "stacks", "examples", "packaging"} for file in self.tests)


def catalogue() -> dict[str, Kept]:
    """Ledger row -> what keeps and proves it. Rows that nothing names are empty."""
    found = {control: Kept() for control in LEDGER}
    for maker, claim in claims():
        kept = found.setdefault(claim["control"], Kept())
        if claim["how"] not in kept.by.setdefault(maker, []):
            kept.by[maker].append(claim["how"])
        kept.frameworks.update(claim.get("frameworks", ()))
    for rule, controls in rules():
        for control in controls:
            found.setdefault(control, Kept()).rules.append(rule)
    for file, test, controls in marks():
        for control in controls:
            found.setdefault(control, Kept()).tests.setdefault(file, []).append(test)
    return found


def claims() -> Iterator[tuple[str, dict[str, Any]]]:
    """Who claims what: the class that records the claims of its module, or the room where a module has claims alone."""
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = _tree(file)
        names = {name for name, _ in _claim_tuples(tree)}
        home = tree
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith(".claims"):
                home = _tree(ROOT / f"{node.module.replace('.', '/')}.py")
                names = {name for name, _ in _claim_tuples(home)}
        if not names or file.name == "claims.py":
            continue
        for maker in _recorders(tree, names) or ([file.stem] if home is not tree else []):
            yield from ((maker, claim) for _, written in _claim_tuples(home) for claim in written)


def rules() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Our rules: id and ledger rows."""
    for file in sorted((PACKAGE / "compliance" / "rules").glob("*.py")):
        for node in ast.walk(_tree(file)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Rule":
                written = {keyword.arg: keyword.value for keyword in node.keywords}
                yield f"Prodready-{ast.literal_eval(written['name'])}", ast.literal_eval(written["controls"])


def marks() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Tests and the ledger rows they prove: file, name, rows."""
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = _tree(file)
        everywhere = [node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"]
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                controls = tuple(_control_ids([*everywhere, *node.decorator_list]))
                if controls:
                    yield str(file.relative_to(ROOT)), node.name, controls


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def _claim_tuples(tree: ast.Module) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Module constants that hold ``ControlClaim``s: name and claims."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            calls = [item for item in node.value.elts if isinstance(item, ast.Call) and ast.unparse(item.func).endswith("ControlClaim")]
            if calls:
                yield (
                    ast.unparse(node.targets[0]),
                    [{str(word.arg): ast.literal_eval(word.value) for word in call.keywords} for call in calls],
                )


def _recorders(tree: ast.Module, names: set[str]) -> list[str]:
    """The classes that hand one of *names* to ``contracts.record``."""
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        and any(
            isinstance(call, ast.Call)
            and ast.unparse(call.func).endswith("record")
            and any(isinstance(word, ast.Name) and word.id in names for keyword in call.keywords for word in ast.walk(keyword.value))
            for call in ast.walk(node)
        )
    ]


def _control_ids(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.control":
                yield from (ast.literal_eval(argument) for argument in call.args)


def rendered() -> str:
    """The page as it is committed."""
    found = catalogue()
    lines = [
        "<!-- Generated by tools/controls.py; `./dev lock` writes it. -->",
        "# Control catalogue",
        "",
        "Each requirement, what keeps it, what judges it at synth, and which tests prove it. *Our rules* and the cdk-nag rules judge the",
        "finished app whatever it is made of; the framework ids are those our constructs claim to support, and no certificate.",
        "",
    ]
    for area, title in AREAS.items():
        lines += [f"## {title}", ""]
        for control in (one for one in LEDGER if one.split("-")[0] == area):
            lines += _section(control, found[control])
    lines += ["## By framework", ""]
    for framework in FRAMEWORKS:
        lines += [f"### {framework}", "", "| id | requirements |", "|---|---|"]
        ids: dict[str, list[str]] = {}
        for control, kept in found.items():
            for one in kept.frameworks:
                if one.startswith(framework):
                    ids.setdefault(one.removeprefix(framework).strip(), []).append(control)
        lines += [f"| {one} | {', '.join(_link(control) for control in ids[one])} |" for one in sorted(ids)]
        lines.append("")
    return "\n".join(lines)


def _section(control: str, kept: Kept) -> Iterator[str]:
    row = LEDGER[control]
    yield from (f"### {control}", "", row.what + ("." if row.whole else ". *In part so far.*"), "")
    for maker, hows in sorted(kept.by.items()):
        yield f"- **{maker}**: {'. '.join(hows)}."
    if not kept.by and not kept.rules:
        yield "- Kept in many places: the tests say where."
    if kept.rules:
        yield f"- Our rules: {', '.join(f'`{rule}`' for rule in kept.rules)}"
    if row.nag:
        yield f"- cdk-nag: {', '.join(f'`{rule}`' for rule in row.nag)}"
    if kept.frameworks:
        yield f"- Frameworks: {', '.join(sorted(kept.frameworks))}"
    for file, tests in kept.tests.items():
        yield f"- `{file}`: {', '.join(_words(test) for test in tests)}"
    yield ""


def _words(test: str) -> str:
    return test.removeprefix("test_").replace("_", " ")


def _link(control: str) -> str:
    return f"[{control}](#{control.lower()})"


def main() -> None:
    """Write the page."""
    TARGET.write_text(rendered(), encoding="utf-8")


if __name__ == "__main__":
    main()
