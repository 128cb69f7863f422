"""A secret whose copy in another region has no key of yours."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings
from prodready_constructs.evidence.assembly import flat

#: What Secrets Manager takes where nothing is said. Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
AWS_KEY = "alias/aws/secretsmanager"


def _find(subject: Subject) -> Iterator[Hit]:
    for secret in subject.of_type("AWS::SecretsManager::Secret"):
        for replica in mappings(secret.get("ReplicaRegions")):
            key, region = replica.get("KmsKeyId"), flat(replica.get("Region"))
            if not key or key == AWS_KEY:
                yield hit(secret, detail=region, note=f"Its copy in {region} has AWS's own key.")


RULE = Rule(
    name="ReplicaSecretPlain",
    controls=("DR-5", "SEC-2"),
    why="Each region's copy has its own key: the one that guards the secret here does not guard it there "
    "(AWS Secrets Manager, replicate secrets across regions).",
    fix="KmsKeyId with a key of that region; recovery.SecretReplica makes one",
    find=_find,
)
