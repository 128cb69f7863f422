"""What the guard promises, by ledger id; the control catalogue is generated from it, and the guard's report repeats it."""

from prodready_constructs.contracts import ControlClaim

CONTROLS = (
    ControlClaim(
        control="GOV-1",
        how="cdk-nag's packs and CloudFormation's own validation judge every stack; a finding of any severity ends the synth with status 1",
        frameworks=("NIST 800-53 r5 CM-6", "NIST 800-53 r5 SA-11", "PCI DSS 3.2.1 2.2", "SOC 2 CC8.1"),
    ),
    ControlClaim(
        control="GOV-2",
        how="A waiver names rule, resource, reason, owner and perhaps an end; a bare, unused, expired or too wide one is a finding itself",
        frameworks=("NIST 800-53 r5 CM-3", "PCI DSS 3.2.1 6.4.5", "SOC 2 CC8.1"),
    ),
    ControlClaim(
        control="GOV-3",
        how="Our own rules judge the finished templates, raw resources and overrides included, in any CDK app",
        frameworks=("NIST 800-53 r5 CM-6", "NIST 800-53 r5 SA-11", "SOC 2 CC8.1"),
    ),
    ControlClaim(
        control="GOV-4",
        how="A synth that would replace, delete or rename a resource of the committed lock fails, unless that is approved by name",
        frameworks=("NIST 800-53 r5 CM-3", "NIST 800-53 r5 CM-4", "SOC 2 CC8.1"),
    ),
)
