"""Our own rules, one a file, each a function over the finished templates: raw resources and property overrides are judged too."""

from prodready_constructs.compliance.rules import (
    alarm_action,
    alarm_runbook,
    dummy_zone,
    health_check,
    log_group,
    open_security_group,
    plain_secret,
    public_database,
    secret_rotation,
    service_spare,
    site_headers,
    store_backup,
    store_retained,
    tags,
    unwatched,
    waf_logging,
    waf_rate,
    web_entry_waf,
)
from prodready_constructs.compliance.rules.rule import NAMESPACE, Hit, Rule, Subject

#: Every rule of the pack. The rules on waivers are in ``compliance.register``: they judge the judgement.
RULES: tuple[Rule, ...] = (
    web_entry_waf.RULE,
    waf_rate.RULE,
    waf_logging.RULE,
    site_headers.RULE,
    service_spare.RULE,
    health_check.RULE,
    store_backup.RULE,
    store_retained.RULE,
    alarm_action.RULE,
    alarm_runbook.RULE,
    unwatched.RULE,
    secret_rotation.RULE,
    plain_secret.RULE,
    log_group.RULE,
    dummy_zone.RULE,
    tags.RULE,
    public_database.RULE,
    open_security_group.RULE,
)

__all__ = ["NAMESPACE", "RULES", "Hit", "Rule", "Subject"]
