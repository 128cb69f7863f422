"""Certificates that do not renew, and rules that stop the wrong people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prodready_constructs.evidence.assembly import Assembly, Resource, StackTemplate
from prodready_constructs.evidence.runbooks.places import construct_of, slug
from prodready_constructs.evidence.runbooks.procedure import Procedure, Step
from prodready_constructs.evidence.shell import Shell


def certificate_procedure(stack: StackTemplate, shell: Shell, certificates: Sequence[Resource]) -> Procedure:
    """The ACM certificates of *stack*."""
    chosen: list[Step] = []
    for certificate in certificates:
        arn, domain = shell.word({"Ref": certificate.logical_id}), shell.word(certificate.get("DomainName"))
        chosen.append(Step(f"If it is `{construct_of(certificate)}`.", f"CERTIFICATE={arn}; NAME={domain}", "(nothing)"))
    asked = 'aws acm describe-certificate --certificate-arn "$CERTIFICATE" --query'
    served = 'echo | openssl s_client -connect "$NAME:443" -servername "$NAME" 2>/dev/null | openssl x509 -noout -enddate -issuer'
    return Procedure(
        name="certificate",
        title=f"A certificate of {stack.name} has expired or does not renew",
        construct=stack.path,
        when="Browsers refuse the connection, or fewer than 30 days are left: ACM renews a certificate that is in use 60 days before its end, "
        "by itself, as long as its validation records stand.",
        steps=(
            *chosen,
            Step(
                "How it stands, and why it was not renewed.",
                f"{asked} 'Certificate.[Status,NotAfter,InUseBy,RenewalSummary]'",
                '["ISSUED", "2026-03-01T23:59:59+00:00", ["arn:aws:cloudfront::..."], {"RenewalStatus": "PENDING_VALIDATION"}]',
            ),
            Step(
                "The records it wants in DNS.",
                f"{asked} 'Certificate.DomainValidationOptions[].[DomainName,ValidationStatus,ResourceRecord]'",
                '["shop.example.com", "PENDING_VALIDATION", {"Name": "_a79865eb.shop.example.com.", "Type": "CNAME", "Value": "_424c7224.acm-validations.aws."}]',
            ),
            Step(
                "Each of them as the world sees it: no answer is the cause.",
                f"for RECORD in $({asked} 'Certificate.DomainValidationOptions[].ResourceRecord.Name' --output text); do dig +short CNAME \"$RECORD\"; done",
                "_424c7224.acm-validations.aws.",
            ),
            Step(
                "Whether DNS forbids Amazon to issue: one of amazon.com, amazontrust.com, awstrust.com, amazonaws.com, or no record at all.",
                'dig +short CAA "$NAME"',
                '0 issue "amazon.com"',
            ),
            Step(
                "The zone, where a record is missing.",
                "aws route53 list-hosted-zones-by-name --dns-name \"${NAME#*.}\" --max-items 1 --query 'HostedZones[0].[Id,Name]' --output text",
                "/hostedzone/Z0123456789ABCDEFGHIJ  shop.example.com.",
            ),
            Step(
                "Write the record back as ACM wants it (name and value from above); ACM looks again by itself, within hours.",
                "aws route53 change-resource-record-sets --hosted-zone-id '<the zone>' --change-batch "
                '\'{"Changes":[{"Action":"UPSERT","ResourceRecordSet":{"Name":"<Name>","Type":"CNAME","TTL":300,"ResourceRecords":[{"Value":"<Value>"}]}}]}\'',
                '"Status": "PENDING"',
            ),
            Step(
                "Expired already, or hours are too long: a new one now, for the names of the old one. The stack is given it as soon as it stands.",
                f"aws acm request-certificate --domain-name \"$NAME\" --validation-method DNS --key-algorithm RSA_2048 --subject-alternative-names $({asked} 'Certificate.SubjectAlternativeNames' --output text)",
                '{"CertificateArn": "arn:aws:acm:..."}',
            ),
        ),
        verify=(
            Step(
                "ACM has renewed it.",
                f"{asked} 'Certificate.[Status,NotAfter,RenewalSummary.RenewalStatus]'",
                '["ISSUED", "2027-03-01T23:59:59+00:00", "SUCCESS"]',
            ),
            Step("And visitors are shown the new one.", served, "notAfter=Mar  1 23:59:59 2027 GMT"),
        ),
        escalation="Fewer than 7 days left, or expired: call who holds the domain's DNS zone, and open an AWS Support case in ACM's name.",
    )


def web_acl_procedures(assembly: Assembly, resource: Resource, shell: Shell) -> Iterator[Procedure]:
    """A WAF web ACL that stops honest visitors."""
    if resource.type != "AWS::WAFv2::WebACL":
        return
    construct = construct_of(resource)
    scope = str(resource.get("Scope") or "REGIONAL")
    region = " --region us-east-1" if scope == "CLOUDFRONT" else ""
    rules = [str(rule.get("Name")) for rule in resource.get("Rules") or () if isinstance(rule, dict)]
    arn = shell.word({"Fn::GetAtt": [resource.logical_id, "Arn"]})
    there = f'--scope {scope}{region} --name "$ACL_NAME" --id "$ACL_ID"'
    names = f"Rules, in order: {', '.join(rules)}. " if rules else ""
    yield Procedure(
        name=f"waf-false-positive-{slug(construct)}",
        title=f"{construct} stops honest visitors",
        construct=f"{resource.stack.path}/{construct}",
        severity="warning",
        when=f"Support hears of status 403 or 429 from people who did nothing wrong, or BlockedSurge names one rule only. {names}"
        "The rule counts for a while in place of blocking; the others go on blocking.",
        steps=(
            Step(
                "Name and id, from what CloudFormation calls it.",
                f"IFS='|' read -r ACL_NAME ACL_ID _ <<< {shell.word({'Ref': resource.logical_id})}",
                "(nothing)",
            ),
            Step("Which rule: one of those above.", "RULE='<the name of the rule>'", "(nothing)"),
            Step(
                "What it stopped in the last three hours: is this an attack after all?",
                f'aws wafv2 get-sampled-requests --scope {scope}{region} --web-acl-arn {arn} --rule-metric-name "$RULE" --max-items 100 '
                '--time-window StartTime=$(date -u -d "3 hours ago" +%s),EndTime=$(date -u +%s) '
                "--query 'SampledRequests[].[Timestamp,Action,RuleNameWithinRuleGroup,Request.ClientIP,Request.Country,Request.URI]'",
                '["2026-01-31T12:00:07+00:00", "BLOCK", "SizeRestrictions_BODY", "203.0.113.7", "DE", "/api/orders"]',
            ),
            Step("The web ACL as it is: keep the file, it is the way back.", f"aws wafv2 get-web-acl {there} > before.json", "(nothing)"),
            Step(
                "The rule counts only: a rule group by its override, a rule of its own by its action.",
                'jq --arg rule "$RULE" \'. as $all | .WebACL | {Name, Id, DefaultAction, Rules, VisibilityConfig, CustomResponseBodies, '
                "Description, CaptchaConfig, ChallengeConfig, TokenDomains, AssociationConfig, DataProtectionConfig} | "
                "with_entries(select(.value != null)) | .LockToken = $all.LockToken | .Rules |= map(if .Name == $rule then "
                "(if .OverrideAction then .OverrideAction = {Count: {}} else .Action = {Count: {}} end) else . end)' before.json > after.json",
                "(nothing)",
            ),
            Step(
                "Read the difference: one rule.",
                "diff <(jq -S .WebACL.Rules before.json) <(jq -S .Rules after.json)",
                '<       "None": {}\n>       "Count": {}',
            ),
            Step(
                "Put it in force: everywhere within about a minute.",
                f"aws wafv2 update-web-acl --scope {scope}{region} --cli-input-json file://after.json",
                '"NextLockToken": "..."',
            ),
            Step(
                "Write the exception into the app as narrowly as it goes (one rule of the group, one path); deploying it ends this state.",
                f"cdk diff {resource.stack.name}",
                "[~] AWS::WAFv2::WebACL",
            ),
        ),
        verify=(
            Step(
                "The rule counts, and nobody is stopped by it any more.",
                f'aws wafv2 get-sampled-requests --scope {scope}{region} --web-acl-arn {arn} --rule-metric-name "$RULE" --max-items 20 '
                "--time-window StartTime=$(date -u -d \"5 minutes ago\" +%s),EndTime=$(date -u +%s) --query 'SampledRequests[].Action'",
                '["COUNT", "COUNT"]',
            ),
        ),
        destroys="Until the exception is deployed, this one rule protects nobody.",
    )
