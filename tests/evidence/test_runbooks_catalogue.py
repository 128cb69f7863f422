"""What is done by hand for each kind of resource: from the template alone, with commands that exist, answers, checks and escalation."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from constructs import Construct

from prodready_constructs.contracts import ProcedureSpec, ProcedureStep, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import read_assembly
from prodready_constructs.evidence.runbooks import MARK, runbook_pages, write_runbooks
from prodready_constructs.evidence.runbooks.markdown import markdown
from prodready_constructs.evidence.shell import Shell
from prodready_constructs.monitoring import Routes, Watch
from prodready_constructs.posture import STAGING
from tests.support.aws_cli import commands_in, faults
from tests.support.synthesis import new_app, new_stack

VAULT = "arn:aws:backup:us-west-2:111122223333:backup-vault:far"
ELSEWHERE = "arn:aws:ce::111122223333:anomalymonitor/0a1b2c3d"


def _resources(stack: cdk.Stack) -> None:
    def add(name: str, kind: str, **properties: Any) -> cdk.CfnResource:
        return cdk.CfnResource(stack, name, type=kind, properties=properties)

    secret = add("Password", "AWS::SecretsManager::Secret", Name="orders/it's $HOME")
    token = add("Token", "AWS::SecretsManager::Secret")
    add("Turn", "AWS::SecretsManager::RotationSchedule", SecretId=secret.ref)
    cluster = add("Tasks", "AWS::ECS::Cluster")
    task = add(
        "Task",
        "AWS::ECS::TaskDefinition",
        ContainerDefinitions=[{"Name": "App", "Secrets": [{"Name": "P", "ValueFrom": f"{secret.ref}:password::"}]}],
    )
    for strategy in ("ROLLING", "BLUE_GREEN", "CANARY", "LINEAR"):
        name = strategy.title().replace("_", "")
        configuration = {"Strategy": strategy, "BakeTimeInMinutes": 5}
        add(name, "AWS::ECS::Service", Cluster=cluster.ref, TaskDefinition=task.ref, DeploymentConfiguration=configuration)
    add("Bare", "AWS::Lambda::Alias", FunctionName="bare", Name="live", FunctionVersion="1")
    released = add("Released", "AWS::Lambda::Alias", FunctionName="released", Name="live", FunctionVersion="1")
    released.cfn_options.update_policy = cdk.CfnUpdatePolicy(
        code_deploy_lambda_alias_update=cdk.CfnCodeDeployLambdaAliasUpdate(application_name="app", deployment_group_name="group")
    )
    add("Orders", "AWS::RDS::DBInstance", DBInstanceIdentifier="orders", ManageMasterUserPassword=True)
    add("Copy", "AWS::RDS::DBInstance", DBInstanceIdentifier="copy", SourceDBInstanceIdentifier="arn:aws:rds:us-west-2:1:db:orders")
    add("Ledger", "AWS::RDS::DBCluster", DBClusterIdentifier="ledger")
    add("Member", "AWS::RDS::DBInstance", DBClusterIdentifier="ledger")
    add("World", "AWS::RDS::GlobalCluster", GlobalClusterIdentifier="world")
    add("Carts", "AWS::DynamoDB::Table", TableName="carts")
    add("Everywhere", "AWS::DynamoDB::GlobalTable", TableName="everywhere", Replicas=[{"Region": "us-east-1"}, {"Region": "us-west-2"}])
    add("Uploads", "AWS::S3::Bucket")
    add("Certificate", "AWS::CertificateManager::Certificate", DomainName="shop.example.com")
    add("Key", "AWS::KMS::Key")
    rules = [{"Name": "RateLimit", "Priority": 0}]
    add("Acl", "AWS::WAFv2::WebACL", Scope="REGIONAL", Rules=rules)
    add("FarAcl", "AWS::WAFv2::WebACL", Scope="CLOUDFRONT", Rules=rules)
    monitor = add("Monitor", "AWS::CE::AnomalyMonitor", MonitorName="spend", MonitorType="DIMENSIONAL")
    add("Spent", "AWS::Budgets::Budget", Budget={"BudgetType": "COST", "TimeUnit": "MONTHLY"})
    add("Anomalies", "AWS::CE::AnomalySubscription", MonitorArnList=[monitor.ref, ELSEWHERE], Frequency="IMMEDIATE")
    add("Plan", "AWS::Backup::BackupPlan", BackupPlan={"BackupPlanRule": [{"CopyActions": [{"DestinationBackupVaultArn": VAULT}]}]})
    check = add("Check", "AWS::Route53::HealthCheck")
    add("Name", "AWS::Route53::RecordSet", Failover="PRIMARY", HealthCheckId=check.ref)
    record(
        Construct(stack, "Automated"),
        controls=(),
        tier="recovery",
        automation={
            "document": "ReturnOrders",
            "about": "Shop/Canary",
            "kinds": ["roll-back"],
            "does": "Goes back.",
            "inputs": {"Revision": "the one before"},
            "approved": True,
        },
    )
    assert token


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("assembly")
    app = new_app(outdir=str(folder))
    stack = new_stack(app, "Shop")
    _resources(stack)
    routes = Routes(stack, "Routes", posture=STAGING.monitoring, critical=(), warning=())
    Watch(stack, "Watch", routes=routes, watching=[routes], runbook_base_url="https://r.example.com")
    app.synth()
    return {page.name: markdown(page) for page in runbook_pages(folder)}


def blocks(page: str) -> list[str]:
    return re.findall(r"^```bash\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


@pytest.mark.control("DR-6", "OPS-3")
def test_there_is_a_page_for_each_recovery(pages: dict[str, str]) -> None:
    assert {name for name in pages if not name.startswith("Routes-")} == {
        *(f"roll-back-{name}" for name in ("rolling", "bluegreen", "canary", "linear", "bare", "released", "stack")),
        *(f"secret-compromised-{name}" for name in ("password", "token", "orders")),
        *(f"restore-{name}" for name in ("orders", "copy", "ledger", "carts", "everywhere", "uploads")),
        *("waf-false-positive-acl", "waf-false-positive-faracl", "certificate", "key-compromised", "cost-spike", "fail-over-region"),
    }


@pytest.mark.control("DR-6", "OPS-3")
def test_every_page_has_all_its_parts(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        if name.startswith("Routes-"):
            continue
        parts = re.findall(r"^## (.+)$", page, re.MULTILINE)
        assert [part for part in parts if part != "What one command does"] == [
            "When",
            "Names",
            "Steps",
            "How to see that it worked",
            "Escalation",
        ]
        # What a command answers stands right behind it.
        assert len(re.findall(r"^```text\n", page, re.MULTILINE)) == len(blocks(page)) - 1, name


@pytest.mark.control("DR-6")
def test_every_command_exists_and_every_line_is_shell(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        lines = "".join(blocks(page)).splitlines()
        assert [fault for line in lines for fault in faults(line) if "aws " in line] == [], name
        assert sum(len(list(commands_in(line))) for line in lines if "aws " in line)
        subprocess.run(["bash", "-n"], input="\n".join(lines), text=True, check=True)
        for used in re.findall(r"\$\{([A-Z][A-Z0-9_]*)\}", "\n".join(lines)):
            assert used == "AWS_REGION" or re.search(rf"\b{used}=", page), f"{name}: {used} is never filled"


@pytest.mark.control("DR-6", "WEB-4")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rolling", "a few at a time"),
        ("bluegreen", "all visitors go back to the old version, whose tasks still run, at once"),
        ("canary", "the few visitors of the new version go back"),
        ("linear", "the visitors moved so far go back"),
    ],
)
def test_going_back_means_another_thing_by_strategy(pages: dict[str, str], name: str, said: str) -> None:
    assert said in pages[f"roll-back-{name}"]
    assert "stop-service-deployment --stop-type ROLLBACK" in pages[f"roll-back-{name}"]


@pytest.mark.control("DR-6")
def test_a_function_goes_back_by_its_alias_and_codedeploy_where_there_is_one(pages: dict[str, str]) -> None:
    assert "aws deploy stop-deployment --auto-rollback-enabled" in pages["roll-back-released"]
    assert "aws deploy" not in pages["roll-back-bare"]
    assert "aws lambda update-alias --function-name bare --name live" in pages["roll-back-bare"]


@pytest.mark.control("DR-6")
def test_a_leaked_secret_is_made_anew_and_its_readers_start_anew(pages: dict[str, str]) -> None:
    page = pages["secret-compromised-password"]
    assert page.count("rotate-secret --secret-id") == 2
    assert page.count("--force-new-deployment") == 4, "each service whose tasks were given it"
    assert "put-secret-value" in pages["secret-compromised-token"]
    assert "--force-new-deployment" not in pages["secret-compromised-token"]
    assert "AttributeKey=EventName,AttributeValue=GetSecretValue" in page
    assert "ORDERS_MASTER_USER_SECRET" in pages["secret-compromised-orders"]


@pytest.mark.control("DR-6")
def test_a_web_acl_of_cloudfront_is_asked_for_in_us_east_1(pages: dict[str, str]) -> None:
    assert "--scope CLOUDFRONT --region us-east-1" in pages["waf-false-positive-faracl"]
    assert "--region us-east-1" not in pages["waf-false-positive-acl"]
    assert "Rules, in order: RateLimit." in pages["waf-false-positive-acl"]


@pytest.mark.control("DR-6", "COST-1")
def test_spending_is_looked_up_in_the_budgets_and_in_each_monitor_once(pages: dict[str, str]) -> None:
    page = pages["cost-spike"]
    assert page.count("aws budgets describe-budgets --account-id ") == 1
    assert re.findall(r"--monitor-arn (\S+)", page) == ['"${MONITOR}"', ELSEWHERE]


@pytest.mark.control("DR-6", "DR-5")
def test_failing_over_moves_all_that_has_a_copy(pages: dict[str, str]) -> None:
    page = pages["fail-over-region"]
    for command in (
        "aws rds failover-global-cluster --global-cluster-identifier world",
        "aws rds promote-read-replica --db-instance-identifier copy",
        f"VAULT_ARN={VAULT}",
        "aws dynamodb describe-table --table-name everywhere",
        'aws route53 update-health-check --health-check-id "${CHECK}" --inverted',
    ):
        assert command in page


@pytest.mark.control("DR-6")
def test_the_automation_is_named_where_it_helps_and_nowhere_else(pages: dict[str, str]) -> None:
    start = "aws ssm start-automation-execution --document-name ReturnOrders --parameters Revision='<the one before>'"
    assert [name for name, page in pages.items() if start in page] == ["roll-back-canary"]
    assert "Goes back. Somebody else has to approve it within the hour." in pages["roll-back-canary"]


@pytest.mark.control("DR-6")
def test_a_web_acl_is_changed_in_one_rule_by_the_pages_own_filter(pages: dict[str, str], tmp_path: Path) -> None:
    (filtered,) = [line for line in "".join(blocks(pages["waf-false-positive-acl"])).splitlines() if line.startswith("jq ")]
    before = (
        '{"WebACL": {"Name": "acl", "Id": "1", "ARN": "arn", "Capacity": 5, "DefaultAction": {"Allow": {}}, "VisibilityConfig": {}, '
        '"Rules": [{"Name": "RateLimit", "Action": {"Block": {}}}, {"Name": "Common", "OverrideAction": {"None": {}}}]}, "LockToken": "t"}'
    )
    (tmp_path / "before.json").write_text(before)
    for rule in ("RateLimit", "Common"):
        subprocess.run(["bash", "-c", filtered], cwd=tmp_path, env={"RULE": rule, "PATH": "/usr/bin:/bin:/usr/local/bin"}, check=True)
        after = (tmp_path / "after.json").read_text()
        assert after.count('"Count"') == 1
        assert '"LockToken": "t"' in after
        assert "Capacity" not in after


@pytest.mark.control("OPS-3")
@pytest.mark.parametrize("name", ["plain", "two words", "it's", 'say "hi"', "$HOME", "`id`", "a\\b", "$(id)", "a;b|c&d"])
def test_a_name_is_one_word_whatever_is_in_it(tmp_path: Path, name: str) -> None:
    app = new_app(outdir=str(tmp_path))
    stack = new_stack(app, "Shop")
    cdk.CfnResource(stack, "Thing", type="AWS::SQS::Queue")
    app.synth()
    found = read_assembly(tmp_path)
    shell = Shell(found, found.stacks[0], found.stacks[0])
    literal = shell.word(name)
    mixed = shell.word({"Fn::Join": ["", [name, "-", {"Ref": "Thing"}]]})
    shown = subprocess.run(
        ["bash", "-c", f"printf '%s\\n' {literal} {mixed}"], env={"THING": "x y"}, capture_output=True, text=True, check=True
    )
    assert shown.stdout == f"{name}\n{name}-x y\n"


STEP = ProcedureStep(do="Look.", command="aws sts get-caller-identity", expected="an account")


def spec(**changes: Any) -> ProcedureSpec:
    parts: dict[str, Any] = {"id": "Move", "title": "Move", "when": "Now.", "steps": (STEP,), "verify": (STEP,), "escalation": "Call."}
    return ProcedureSpec(**{**parts, **changes})


@pytest.mark.control("LIB-2", "DR-6")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "move it"}, r"^ProcedureSpec move it: id: got 'move it'; allowed: PascalCase letters and digits; such as RestoreOrders$"),
        (
            {"severity": "urgent"},
            r"^ProcedureSpec Move: severity: got 'urgent'; allowed: Severity.CRITICAL or Severity.WARNING; name one of them$",
        ),
        ({"title": " "}, r"^ProcedureSpec Move: title: got ' '; allowed: a sentence; say it for who has never seen the system$"),
        ({"when": ""}, r"^ProcedureSpec Move: when: got ''; allowed: a sentence; say it for who has never seen the system$"),
        ({"escalation": ""}, r"^ProcedureSpec Move: escalation: got ''; allowed: a sentence; say it for who has never seen the system$"),
        (
            {"verify": ()},
            r"^ProcedureSpec Move: verify: got \(\); allowed: at least one ProcedureStep; a procedure does something, and says how one sees",
        ),
        ({"steps": ()}, r"^ProcedureSpec Move: steps: got \(\); allowed: at least one ProcedureStep; a procedure does something"),
    ],
)
def test_an_incomplete_procedure_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        spec(**changes)


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize("part", ["do", "command", "expected"])
def test_an_incomplete_step_is_refused(part: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match=rf"^ProcedureStep .*: {part}: got ' '; allowed: a purpose, a command and what it answers; write what the person at three",
    ):
        ProcedureStep(**{"do": "Look.", "command": "true", "expected": "nothing", part: " "})


def _assembly(folder: Path, *facts: dict[str, Any], **more: Any) -> Path:
    """An assembly whose constructs recorded *facts* without a contract."""
    app = new_app(outdir=str(folder))
    stack = new_stack(app, "Shop")
    record(Construct(stack, "Own"), controls=(), tier="recovery", procedures=list(facts), **more)
    app.synth()
    return folder


@pytest.mark.control("LIB-2", "DR-6")
@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (
            [{**spec().as_fact(), "verify": []}],
            r"^Shop/Own: procedure own-move: got 'no verify'; allowed: a procedure with all its parts; write its verify$",
        ),
        (
            [{**spec().as_fact(), "escalation": ""}],
            r"^Shop/Own: procedure own-move: got 'no escalation'; allowed: a procedure with all its parts",
        ),
        (
            [{**spec().as_fact(), "severity": "loud"}],
            r"^Shop/Own: procedure own-move: got 'loud'; allowed: severity critical or warning; name one",
        ),
        (
            [{**spec().as_fact(), "steps": [{"do": "Look.", "command": "", "expected": "x"}]}],
            r"^Shop/Own: procedure own-move: got 'Look.'; allowed: a purpose, a command and what it answers; write what",
        ),
        ([spec().as_fact(), spec().as_fact()], r"^Shop/Own: got \['Move'\]; allowed: procedures of different ids; rename one of them$"),
    ],
)
def test_what_was_recorded_by_hand_is_checked_too(tmp_path: Path, facts: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        runbook_pages(_assembly(tmp_path, *facts))


@pytest.mark.control("LIB-2", "OPS-3")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"severity": "loud"}, r"^Shop/Own: A: got 'loud'; allowed: severity critical or warning; name one of them$"),
        (
            {"commands": []},
            r"^Shop/Own: A: got 'no commands'; allowed: a runbook with all its parts; write the commands of its RunbookSpec$",
        ),
        ({"escalation": ""}, r"^Shop/Own: A: got 'no escalation'; allowed: a runbook with all its parts; write the escalation of its"),
        ({"name": "a/b"}, r"^Shop/Own: got 'a/b'; allowed: letters, digits and dashes; rename the construct$"),
    ],
)
def test_an_alarm_without_a_whole_runbook_has_no_page(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    alarm = {
        "name": "A",
        "severity": "warning",
        "meaning": "x",
        "commands": ["true"],
        "escalation": "y",
        "construct": "Shop/Own",
        **changes,
    }
    with pytest.raises(ConfigurationError, match=message):
        runbook_pages(_assembly(tmp_path, alarms=[alarm]))


@pytest.mark.control("LIB-2", "DR-6")
def test_an_empty_restore_command_and_two_pages_of_one_name_are_refused(tmp_path: Path) -> None:
    fact = {"store": "Db", "how": "h", "recovery_point": 1.0, "recovery_time": 1.0, "restore_commands": [""]}
    with pytest.raises(
        ConfigurationError, match=r"^Shop/Own: Db: got 'an empty command'; allowed: AWS CLI commands; write it, or leave it out$"
    ):
        runbook_pages(_assembly(tmp_path / "a", recovery=[fact]))
    alarm = {"name": "A", "severity": "warning", "meaning": "x", "commands": ["true"], "escalation": "y", "construct": "Shop/Own"}
    whole = {**alarm, "threshold": "t", "source": "s", "causes": ["c"]}
    with pytest.raises(ConfigurationError, match=r"got \['Shop/A'\]; allowed: one page of each name; rename one construct or alarm$"):
        write_runbooks(_assembly(tmp_path / "b", alarms=[whole, whole]), tmp_path / "out")
    assert MARK
