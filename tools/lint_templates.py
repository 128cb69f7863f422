"""cfn-lint and checkov on every synthesized template: no cfn-lint message, no failed checkov check but those accepted here.

usage: python tools/lint_templates.py CDK_OUT
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CHECKOV = Path(".venv/checkov/bin/checkov")
#: Failed checkov checks that are accepted: check -> part of the resource's id, and why there.
ACCEPTED_CHECKS = {
    "CKV_AWS_117": (
        "CustomVpcRestrictDefaultSG",
        "the CDK's function that empties the default security group calls the EC2 API once per VPC; in that VPC it would be a circle",
    ),
    "CKV_AWS_59": ("ApisPartnersRestApihealthGET", "opened by name, with its reason in stacks/apis.py and in the waiver register"),
    "CKV_AWS_33": (
        "BastionKey",
        "Auto Scaling's service-linked role is admitted by aws:PrincipalArn: KMS refuses a policy that names a role which is not there yet",
    ),
    "CKV_AWS_111": (
        "RestoresRestoreRoleRestorePolicy",
        "what a restore test makes has no name before it exists; an explicit deny, which the check does not read, limits every write to its prefix",
    ),
    "CKV_AWS_108": (
        "RestoresRestoreRoleRestorePolicy",
        "AWS Backup reads what it restored under names it chooses itself, narrower than AWS's own restore policies; in the waiver register",
    ),
    "CKV_AWS_32": (
        "StoresImagesRepository",
        "the check reads a Deny without TLS, which names everybody on purpose, as a policy that lets everybody in",
    ),
}
#: What staging gives up by its posture, and production may not.
ACCEPTED_IN_STAGING = {
    "CKV_AWS_157": "STAGING.database.multi_az is False",
    "CKV_AWS_120": "STAGING.edge.api_cache_gib is None",
}
#: cfn-lint does not know Fn::GetStackOutput, which CloudFormation does: the weak reference between stacks.
ACCEPTED = ("Fn::GetStackOutput",)


def cfn_lint(templates: list[Path]) -> list[str]:
    """Every message of cfn-lint, whatever its level."""
    done = subprocess.run(["cfn-lint", "--format", "json", "--", *map(str, templates)], capture_output=True, text=True, check=False)
    if done.returncode and not done.stdout.strip():
        raise SystemExit(f"cfn-lint did not run: {done.stderr.strip()}")
    return [
        f"{message['Filename']}: {message['Rule']['Id']} {message['Message']} at {'/'.join(map(str, message['Location']['Path'] or []))}"
        for message in json.loads(done.stdout or "[]")
        if not any(accepted in json.dumps(message) for accepted in ACCEPTED)
    ]


def checkov(templates: list[Path]) -> list[str]:
    """Every failed check, as ``check id: name @ template: resource``."""
    files = [argument for template in templates for argument in ("-f", str(template))]
    done = subprocess.run(
        [CHECKOV, "--framework", "cloudformation", "--compact", "--quiet", "--output", "json", "--skip-download", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise SystemExit(f"checkov did not run: {done.stdout.strip()} {done.stderr.strip()}") from None
    reports = report if isinstance(report, list) else [report]
    failed = [check for part in reports for check in part["results"]["failed_checks"]]
    return [f"{check['check_id']}: {check['check_name']} @ {Path(check['file_path']).name}: {check['resource']}" for check in failed]


def main(assembly: Path) -> int:
    templates = sorted(assembly.glob("*.template.json"))
    if not templates:
        raise SystemExit(f"{assembly} holds no template: run ./dev synth")
    messages = cfn_lint(templates)
    failed = checkov(templates)
    refused = [line for line in failed if not _accepted(line)]
    for line in [*messages, *refused]:
        print(line)
    print(
        f"{len(templates)} templates: cfn-lint {len(messages)} messages, checkov {len(failed)} failed checks, {len(refused)} not accepted"
    )
    return 1 if messages or refused else 0


def _accepted(line: str) -> bool:
    check, template = line.split(":", maxsplit=1)[0], line.split(" @ ")[1]
    part, _ = ACCEPTED_CHECKS.get(check, (None, ""))
    return (part is not None and part in template) or (template.startswith("Staging") and check in ACCEPTED_IN_STAGING)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "cdk.out")))
