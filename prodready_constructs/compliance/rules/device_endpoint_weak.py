"""An endpoint of devices under a name of yours that speaks old TLS, or shows no certificate of that name."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit

#: The policies with ciphers of 2015 and 2016; what is left out is ``IoTSecurityPolicy_TLS13_1_2_2022_10``.
#: Source: https://docs.aws.amazon.com/iot/latest/developerguide/transport-security.html
OLD = ("TLS12_1_0_",)


def _find(subject: Subject) -> Iterator[Hit]:
    for endpoint in subject.of_type("AWS::IoT::DomainConfiguration"):
        policy = endpoint.get("TlsConfig", "SecurityPolicy")
        if isinstance(policy, str) and policy.partition("_")[2].startswith(OLD):
            yield hit(endpoint, detail="Policy", note=f"{policy} takes ciphers of before 2022.")
        # One that AWS names has AWS's certificate.
        if endpoint.get("DomainName") and not endpoint.get("ServerCertificateArns"):
            yield hit(endpoint, detail="Certificate", note="Devices cannot know that it is it.")


RULE = Rule(
    name="DeviceEndpointWeak",
    controls=("FN-6",),
    why="A device trusts whoever answers under the name it was made with, for as long as it lives.",
    fix="TlsConfig with IoTSecurityPolicy_TLS13_1_2_2022_10 or better and ServerCertificateArns; compute.DeviceIngest.add_domain has both",
    find=_find,
)
