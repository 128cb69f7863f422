"""What is taken for a secret in the open, and what is not."""

from __future__ import annotations

import pytest

from prodready_constructs.foundation.plain_secrets import looks_like_a_secret

RANDOM = "q7Zt2LxVb9Rm4KcWp1Hs8NdYf3GjTe6U"


@pytest.mark.control("SEC-2")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "hunter2"),
        ("dbPassword", "correct horse"),
        ("jwt-secret", "abcd1234"),
        ("API_KEY", "12345678"),
        ("apikey", "12345678"),
        ("STRIPE_SECRET_KEY", "whatever"),
        ("GITHUB_TOKEN", "whatever"),
        ("GREETING", "AKIAIOSFODNN7EXAMPLE"),
        ("GREETING", "ghp_" + "a1B2" * 9),
        ("GREETING", "sk_live_" + "a1B2" * 6),
        ("GREETING", "xoxb-1234567890-abcdef"),
        ("CERT", "-----BEGIN RSA PRIVATE KEY-----\nMIIE"),
        ("DATABASE_URL", "postgres://app:hunter2@db.internal:5432/orders"),
        ("DATABASE_URL", "postgres://app:hunter2@${Token[TOKEN.12]}/orders"),
        ("SEED", RANDOM),
        ("SECRET_KEY_BASE", "whatever"),
        ("JWT_SECRET_PROD", "whatever"),
    ],
)
def test_a_secret_in_the_open_is_seen(name: str, value: str) -> None:
    assert looks_like_a_secret(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_ARN", "arn:aws:secretsmanager:us-east-1:111122223333:secret:shop/production/jwt-AbCdEf"),
        ("DB_PASSWORD", "arn:aws:secretsmanager:us-east-1:111122223333:secret:shop-AbCdEf"),
        ("DB_PASSWORD", "{{resolve:secretsmanager:shop/production/db:SecretString:password}}"),
        ("DB_PASSWORD", "${Token[TOKEN.12]}"),
        ("DATABASE_URL", "postgres://app:${Token[TOKEN.3]}@db.internal/orders"),
        ("DATABASE_URL", "postgres://app:{{resolve:secretsmanager:x:SecretString:password}}@db/orders"),
        ("DATABASE_URL", "postgres://db.internal:5432/orders"),
        ("TOKEN_URL", "https://auth.example.com/oauth2/token"),
        ("TOKEN", "https://auth.example.com/oauth2/token"),
        ("TOKEN_TTL_SECONDS", "3600"),
        ("PASSWORD_MIN_LENGTH", "16"),
        ("SECRET_NAME", "shop/production/jwt_secret"),
        ("REQUIRE_PASSWORD", "true"),
        ("PASSWORD", ""),
        ("TOKENIZER", "cl100k_base"),
        ("MONKEY", "banana bread"),
        ("TABLE_NAME", "shop-production-orders-table-with-a-long-name-2026"),
        ("PLAN_NAME", "ProdOperationsStack_Restores_85B48E35"),
        ("REQUEST_ID", "6f1c2a34-9b5d-4c7e-8a1f-0b2c3d4e5f60"),
        ("IMAGE_DIGEST", "sha256:" + "0a1b2c3d" * 8),
        ("COMMIT", "0a1b2c3d4e" * 4),
        ("LOG_LEVEL", "info"),
        ("AUTH_TOKEN_STRATEGY", "bearer"),
        ("CSRF_TOKEN_COOKIE", "csrftoken"),
        ("PUBLIC_KEY_PATH", "/etc/keys/app.pub"),
        ("KEY_PREFIX", "sessions"),
        ("DESCRIPTION", "Orders of the shop and everything that hangs on them"),
    ],
)
def test_what_only_looks_similar_is_left_alone(name: str, value: str) -> None:
    assert not looks_like_a_secret(name, value)
