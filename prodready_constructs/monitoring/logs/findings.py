"""Secrets or personal data were found in logs: who hears of it."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, Metric, RunbookSpec, Severity


def findings_metric(findings: str) -> Metric:
    """How many findings came. Every line of the group *findings* is a batch of them, so AWS's own count of lines is enough."""
    return Metric(
        namespace="AWS/Logs",
        name="IncomingLogEvents",
        dimensions={"LogGroupName": findings},
        statistic="Sum",
        period=timedelta(minutes=5),
        label="Findings",
    )


def finding_alarm(*, findings: str, of: str | None, secrets: bool) -> AlarmSpec:
    """Somebody logs what must not be logged; *of* is the group it was found in, None for any of the account."""
    read = (
        f"aws logs get-data-protection-policy --log-group-identifier {of}"
        if of
        else "aws logs describe-account-policies --policy-type DATA_PROTECTION_POLICY"
    )
    return AlarmSpec(
        id="SensitiveDataInLogs",
        metric=findings_metric(findings),
        threshold=0,
        comparison="GreaterThanThreshold",
        severity=Severity.WARNING,
        periods=1,
        # AWS reports no metric for a group that nothing comes to: silence is what one hopes for.
        missing_data="notBreaching",
        source="Ledger OPS-5: the right number of secrets and card numbers in logs is none; each is masked, and each is a mistake in a program",
        runbook=RunbookSpec(
            meaning="A program has logged "
            + ("what looks like a key or personal data" if secrets else "what looks like personal data")
            + "; readers see asterisks, who may unmask sees the value.",
            causes=(
                "a new version logs whole requests or objects",
                "an error message holds what a user typed",
                "a value that only looks like one: the identifier is too wide for these lines",
            ),
            first_commands=(
                f"aws logs tail {findings} --since 1h",
                read,
                f"aws logs filter-log-events --log-group-name {findings} --start-time $(date -d '1 hour ago' +%s000)",
            ),
            escalation="A key that was logged is a key that is known: rotate it now, then mend the program. Personal data: tell the data protection officer.",
        ),
    )
