"""Money that goes where nobody sent it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prodready_constructs.evidence.assembly import Resource, StackTemplate
from prodready_constructs.evidence.runbooks.procedure import Procedure, Step
from prodready_constructs.evidence.shell import Shell

#: Cost Explorer answers in one region for the whole account: https://docs.aws.amazon.com/general/latest/gr/billing.html
_CE = "aws ce {} --region us-east-1"
_WEEK = "Start=$(date -u -d '7 days ago' +%F),End=$(date -u +%F)"
_COSTS = f"{_CE.format('get-cost-and-usage')} --time-period {_WEEK} --granularity DAILY --metrics UnblendedCost"
_LARGEST = (
    "--query 'ResultsByTime[-1].reverse(sort_by(Groups,&to_number(Metrics.UnblendedCost.Amount)))[:10].[Keys,Metrics.UnblendedCost.Amount]'"
)
#: The API of budgets wants the account told: https://docs.aws.amazon.com/cli/latest/reference/budgets/describe-budgets.html
_BUDGETS = 'aws budgets describe-budgets --account-id "$(aws sts get-caller-identity --query Account --output text)" --region us-east-1'


def _monitor_arns(monitors: Sequence[Resource]) -> list[Any]:
    """The monitors of the stack itself, and those that its subscriptions listen to."""
    arns: list[Any] = [{"Ref": monitor.logical_id} for monitor in monitors if monitor.type == "AWS::CE::AnomalyMonitor"]
    for subscription in monitors:
        if subscription.type == "AWS::CE::AnomalySubscription":
            listened = subscription.get("MonitorArnList")
            arns += [arn for arn in (listened if isinstance(listened, list) else []) if arn not in arns]
    return arns


def cost_procedure(stack: StackTemplate, shell: Shell, monitors: Sequence[Resource]) -> Procedure:
    """A day that costs more than the days before. *monitors* are what watches money in *stack*, if it has any: budgets, monitors, subscriptions."""
    budgets = [
        Step(
            "What each budget says: its limit, what is spent, what will be.",
            f"{_BUDGETS} --query 'Budgets[].[BudgetName,BudgetLimit.Amount,CalculatedSpend.ActualSpend.Amount,CalculatedSpend.ForecastedSpend.Amount]' "
            "--output text",
            "ProdEdgeStack-SpendingBudget  900.0  731.20  1042.87",
        )
        for _ in [monitor for monitor in monitors if monitor.type == "AWS::Budgets::Budget"][:1]
    ]
    anomalies = [
        Step(
            "What the monitor of this stack found.",
            f"{_CE.format('get-anomalies')} --monitor-arn {shell.word(arn)} "
            "--date-interval StartDate=$(date -u -d '14 days ago' +%F) --query 'Anomalies[].[AnomalyStartDate,Impact.TotalImpact,RootCauses]'",
            '["2026-01-30", 184.20, [{"Service": "Amazon EC2", "UsageType": "NatGateway-Bytes"}]]',
        )
        for arn in _monitor_arns(monitors)
    ]
    stacks = f'\'{{"Tags":{{"Key":"aws:cloudformation:stack-name","Values":["{stack.name}"]}}}}\''
    return Procedure(
        name="cost-spike",
        title="A cost spike",
        construct=stack.path,
        severity="warning",
        when="A budget or a cost anomaly was reported, or a day's bill is far from that of the days before. Figures are up to 24 hours late.",
        steps=(
            *budgets,
            *anomalies,
            Step(
                "Which service.",
                f"{_COSTS} --group-by Type=DIMENSION,Key=SERVICE {_LARGEST}",
                '[["EC2 - Other"], "184.2034"]',
            ),
            Step("Its name, as in the answer above.", "SERVICE='EC2 - Other'", "(nothing)"),
            Step(
                "Which use of it: bytes through a NAT gateway, log lines taken in, requests, hours.",
                f'{_COSTS} --group-by Type=DIMENSION,Key=USAGE_TYPE --filter "{{\\"Dimensions\\":{{\\"Key\\":\\"SERVICE\\",\\"Values\\":[\\"$SERVICE\\"]}}}}" {_LARGEST}',
                '[["NatGateway-Bytes"], "171.0021"]',
            ),
            Step(
                "In which region: one that you do not use is a break-in.",
                f"{_COSTS} --group-by Type=DIMENSION,Key=REGION {_LARGEST}",
                '[["us-east-1"], "190.4410"]',
            ),
            Step(
                "How much of it is this stack's, once the tag is active for cost allocation.",
                f"{_COSTS} --filter {stacks} --query 'ResultsByTime[].[TimePeriod.Start,Total.UnblendedCost.Amount]'",
                '["2026-01-30", "171.0021"]',
            ),
            Step(
                "Who made something in the last day: a name nobody knows is a break-in; then follow the page of the leaked secret.",
                "aws cloudtrail lookup-events --lookup-attributes AttributeKey=ReadOnly,AttributeValue=false "
                "--start-time $(date -u -d '1 day ago' +%Y-%m-%dT%H:%M:%SZ) --max-items 200 --query 'Events[].[Username,EventName]' --output text "
                "| sort | uniq -c | sort -rn | head -20",
                "     12 cdk-deploy  UpdateStack",
            ),
            Step(
                "The ten busiest log groups by what they keep: a loop that logs is the commonest cause.",
                "aws logs describe-log-groups --query 'reverse(sort_by(logGroups,&storedBytes))[:10].[logGroupName,storedBytes]' --output text",
                "/ecs/orders  9126805504",
            ),
            Step(
                "Services that run more than they need: set them back, and mend their ceiling in the posture.",
                "aws application-autoscaling describe-scalable-targets --service-namespace ecs --query 'ScalableTargets[].[ResourceId,MinCapacity,MaxCapacity]' --output text",
                "service/shop/orders  3  12",
            ),
        ),
        verify=(
            Step(
                "The next full day costs what the days before did: look again tomorrow.",
                f"{_COSTS} --query 'ResultsByTime[].[TimePeriod.Start,Total.UnblendedCost.Amount]' --output text",
                "2026-02-01  23.1034",
            ),
        ),
        escalation="More than a month's budget in a day, or a caller that nobody knows: call the account's owner now, and AWS Support "
        "(account and billing, which is free) for what a break-in has cost.",
    )
