"""The paths of a site: kept at the edge, private, with a second bucket, under several names."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from prodready_constructs.edge import Domain, ProtectedRestApi, SiteRouting, Website
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole
from prodready_constructs.posture import PRODUCTION
from tests.edge.cdn.node import event, run
from tests.edge.cdn.parts import ACL, P_256, RSA_2048, a_balancer, a_site, behavior, content, distribution, key_pair, logs
from tests.edge.parts import a_domain, a_zone
from tests.support.packs import findings
from tests.support.synthesis import SECOND_REGION, Template, new_app, new_stack, synth, synth_all

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    stack = new_stack()
    zone = a_zone(stack)
    domain = Domain(stack, "Domain", name="example.com", hosted_zone=zone, also=["www.example.com"])
    routing = SiteRouting(canonical="example.com", pages="folders", redirects={"/old": "/new"})
    site = a_site(stack, domain=domain, routing=routing, fallback=content(stack, "Copy"))
    front = a_balancer(stack)
    site.add_assets("/assets/*")
    site.add_assets("/fonts/*")
    site.add_assets("/img/*", life=timedelta(days=30))
    api = ProtectedRestApi(stack, "Api", posture=PRODUCTION.edge, load_balancer=front, web_acl=front.web_acl)
    site.add_cached_get("/api/catalogue/*", api, life=HOUR, query_strings=["page", "q"], headers=["Accept-Language"])
    site.add_cached_get("/feeds/*", front, life=HOUR)
    site.add_private("/members/*", trusted_keys=[key_pair(*RSA_2048)[1], key_pair(*P_256)[1]])
    site.add_private("/press/*", trusted_keys=[key_pair(*P_256)[1]])
    role = ComposedRole(stack, "Publisher", assumed_by=iam.ServicePrincipal("codebuild.amazonaws.com"), description="Publishes the site")
    site.grant_publish(role)
    return stack


@pytest.fixture(scope="module")
def template(stack: cdk.Stack) -> Template:
    return synth(stack)


def cache_of(template: Template, path: str) -> dict[str, Any]:
    reference = behavior(template, path)["CachePolicyId"]["Ref"]
    return dict(template.resources[reference]["Properties"]["CachePolicyConfig"])


@pytest.mark.control("WEB-7")
def test_hashed_files_are_kept_for_a_year_and_compressed(template: Template) -> None:
    cache = cache_of(template, "/assets/*")
    assert (cache["MinTTL"], cache["DefaultTTL"], cache["MaxTTL"]) == (0, 31_536_000, 31_536_000)
    assert cache["ParametersInCacheKeyAndForwardedToOrigin"] == {
        "CookiesConfig": {"CookieBehavior": "none"},
        "EnableAcceptEncodingBrotli": True,
        "EnableAcceptEncodingGzip": True,
        "HeadersConfig": {"HeaderBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
    }
    found = behavior(template, "/assets/*")
    assert found["Compress"] is True
    assert found["AllowedMethods"] == ["GET", "HEAD"]
    assert "FunctionAssociations" not in found, "a file that is missing is an error and not the application's page"
    assert found["TargetOriginId"] == distribution(template)["DefaultCacheBehavior"]["TargetOriginId"]


def test_paths_with_one_life_share_a_policy(template: Template) -> None:
    same = {behavior(template, path)["CachePolicyId"]["Ref"] for path in ("/assets/*", "/fonts/*")}
    assert len(same) == 1
    assert cache_of(template, "/img/*")["MaxTTL"] == 2_592_000


@pytest.mark.control("WEB-7")
def test_answers_of_an_api_are_told_apart_by_what_is_named_and_carry_no_credentials(template: Template) -> None:
    key = cache_of(template, "/api/catalogue/*")["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["QueryStringsConfig"] == {"QueryStringBehavior": "whitelist", "QueryStrings": ["page", "q"]}
    assert key["HeadersConfig"] == {"HeaderBehavior": "whitelist", "Headers": ["Accept-Language"]}
    assert key["CookiesConfig"] == {"CookieBehavior": "none"}
    for path in ("/api/catalogue/*", "/feeds/*"):
        found = behavior(template, path)
        assert "OriginRequestPolicyId" not in found, "what is not in the cache key must not reach the origin"
        assert found["AllowedMethods"] == ["GET", "HEAD"]
        assert found["ViewerProtocolPolicy"] == "https-only"
        assert found["ResponseHeadersPolicyId"] == distribution(template)["DefaultCacheBehavior"]["ResponseHeadersPolicyId"]


@pytest.mark.control("WEB-7")
def test_private_paths_want_a_signature_of_the_named_keys(template: Template) -> None:
    keys = template.of_type("AWS::CloudFront::PublicKey")
    assert len(keys) == 2, "a key of two paths is one resource"
    groups = {}
    for path in ("/members/*", "/press/*"):
        (group,) = behavior(template, path)["TrustedKeyGroups"]
        groups[path] = template.resources[group["Ref"]]["Properties"]["KeyGroupConfig"]["Items"]
    assert (len(groups["/members/*"]), len(groups["/press/*"])) == (2, 1)
    assert {key["Properties"]["PublicKeyConfig"]["EncodedKey"] for key in keys.values()} == {key_pair(*how)[1] for how in (RSA_2048, P_256)}
    assert "TrustedKeyGroups" not in distribution(template)["DefaultCacheBehavior"]
    (association,) = behavior(template, "/members/*")["FunctionAssociations"]
    code = template.resources[association["FunctionARN"]["Fn::GetAtt"][0]]["Properties"]["FunctionCode"]
    (page,) = run(code, event("/members/"))
    assert page["uri"] == "/members/index.html", "folders have index pages there too"


@pytest.mark.control("WEB-7")
def test_another_bucket_answers_when_the_first_fails(template: Template) -> None:
    config = distribution(template)
    (group,) = config["OriginGroups"]["Items"]
    assert group["FailoverCriteria"]["StatusCodes"]["Items"] == [403, 404, 500, 502, 503, 504]
    assert config["DefaultCacheBehavior"]["TargetOriginId"] == group["Id"]
    members = [member["OriginId"] for member in group["Members"]["Items"]]
    origins = {origin["Id"]: origin for origin in config["Origins"]}
    hosts = [str(origins[member]["DomainName"]) for member in members]
    assert "Content" in hosts[0]
    assert "Copy" in hosts[1]
    assert origins[members[0]]["OriginAccessControlId"] == origins[members[1]]["OriginAccessControlId"]
    for name in ("Content", "Copy"):
        (statement,) = template.props("AWS::S3::BucketPolicy", name)["PolicyDocument"]["Statement"]
        assert statement["Action"] == "s3:GetObject"
        assert "SiteDistribution" in str(statement["Condition"])


def test_the_second_bucket_may_stand_in_another_region() -> None:
    app = new_app()
    site_stack, copy_stack = new_stack(app, "Workload"), new_stack(app, "Recovery", region=SECOND_REGION)
    Website(
        site_stack,
        "Site",
        posture=PRODUCTION.edge,
        content=content(site_stack),
        fallback=content(copy_stack, "Copy"),
        access_logs=logs(site_stack),
        web_acl_arn=ACL,
    )
    templates = synth_all(app)
    hosts = [str(origin["DomainName"]) for origin in distribution(templates["Workload"])["Origins"]]
    assert any("Fn::GetStackOutput" in host and SECOND_REGION in host for host in hosts)
    (statement,) = templates["Recovery"].props("AWS::S3::BucketPolicy", "Copy")["PolicyDocument"]["Statement"]
    assert list(statement["Condition"]) == ["ArnLike"]


@pytest.mark.control("WEB-7", "WEB-8")
def test_all_names_lead_to_the_site_and_one_of_them_is_shown(template: Template) -> None:
    assert distribution(template)["Aliases"] == ["example.com", "www.example.com"]
    records = {
        (record["Properties"]["Name"], record["Properties"]["Type"]) for record in template.of_type("AWS::Route53::RecordSet").values()
    }
    assert records == {(f"{name}.", kind) for name in ("example.com", "www.example.com") for kind in ("A", "AAAA")}
    assert 'var HOST = "example.com"' in template.props("AWS::CloudFront::Function", "Routes")["FunctionCode"]


#: Ways to a file of /members/ that CloudFront takes for other paths: S3 decodes a key once, and folders show their index pages.
DETOURS = (
    "/members%2Fsecret.pdf",
    "/members%2fsecret.pdf",
    "/%6dembers%2Fsecret.pdf",
    "/members%2F",
    "/membe%72s/x.pdf",
    "/members//x.pdf",
)


@pytest.mark.control("WEB-7")
@pytest.mark.parametrize(
    "routing",
    [
        SiteRouting(),
        SiteRouting(pages="files"),
        SiteRouting(pages="folders"),
        SiteRouting(pages="folders", trailing_slash="add"),
        SiteRouting(pages="files", canonical="example.com", redirects={"/old": "/new"}),
    ],
    ids=["single", "files", "folders", "slashes", "redirects"],
)
def test_no_detour_leads_to_private_files(routing: SiteRouting) -> None:
    stack = new_stack()
    domain = Domain(stack, "Domain", name="example.com", hosted_zone=a_zone(stack), also=["www.example.com"])
    site = a_site(stack, routing=routing, domain=domain)
    site.add_private("/members/*", trusted_keys=[key_pair(*P_256)[1]])
    template = synth(stack)
    (association,) = distribution(template)["DefaultCacheBehavior"]["FunctionAssociations"]
    (function,) = (template.resources[each]["Properties"] for each in template.resources if each in str(association["FunctionARN"]))
    answers = run(function["FunctionCode"], *(event(uri, host="example.com") for uri in (*DETOURS, "/members")))
    for uri, answer in zip((*DETOURS, "/members"), answers, strict=True):
        # Turned away, sent to the private path itself (which asks for the signature), or shown the application's own page.
        assert answer.get("statusCode") in {403, 301} or answer["uri"] in {"/index.html", "/members"}, uri
    served = run(function["FunctionCode"], *(event(uri, host="example.com") for uri in ("/", "/membership.pdf", "/public/members/x.pdf")))
    assert all("statusCode" not in answer for answer in served)
    assert len(site.alarm_specs) == 6


def test_wider_patterns_and_private_folders_keep_apart_in_any_order() -> None:
    message = r"^Stack/Site: path_pattern: got '/\*.js, which opens the private /members/'; allowed: paths that begin apart from private folders; put"
    site = a_site(new_stack())
    site.add_assets("/*.js")
    refused(message, lambda: site.add_private("/members/*", trusted_keys=[key_pair(*P_256)[1]]))
    site = a_site(new_stack())
    site.add_private("/members/*", trusted_keys=[key_pair(*P_256)[1]])
    refused(message, lambda: site.add_assets("/*.js"))
    site.add_assets("/members/public/*")


@pytest.mark.parametrize("path", ["/*.pdf", "/members", "/members/*.pdf", "/m?mbers/*", "/members%2F*"])
def test_only_a_folder_is_private(path: str) -> None:
    site = a_site(new_stack())
    refused(
        r"^Stack/Site: add_private: got '.*'; allowed: a folder: '/members/\*', of letters, digits and -._~; put what is private into a folder",
        lambda: site.add_private(path, trusted_keys=[key_pair(*P_256)[1]]),
    )


@pytest.mark.control("WEB-7")
def test_who_publishes_reaches_this_bucket_and_this_distribution(template: Template) -> None:
    statements = template.props("AWS::IAM::ManagedPolicy", "Publisher")["PolicyDocument"]["Statement"]
    actions = {
        action
        for statement in statements
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert actions == {
        *("s3:ListBucket", "s3:PutObject", "s3:PutObjectTagging", "s3:GetObjectTagging", "s3:DeleteObject"),
        *("kms:Decrypt", "kms:GenerateDataKey", "cloudfront:CreateInvalidation"),
    }
    assert all(statement["Resource"] != "*" for statement in statements)


def test_rule_packs_find_nothing(stack: cdk.Stack) -> None:
    assert [finding for finding in findings(stack) if "@ Stack/Site/" in finding] == []


def refused(message: str, make: Any) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make()


@pytest.mark.parametrize("life", [timedelta(0), timedelta(milliseconds=1500), timedelta(days=366)])
def test_it_refuses_a_life_that_is_no_caches(life: timedelta) -> None:
    site = a_site(new_stack())
    refused(
        r"^Stack/Site: add_assets: life: got '.*'; allowed: whole seconds, from one second to 365 days; pass what is not to be kept on by add_api$",
        lambda: site.add_assets("/assets/*", life=life),
    )
    site.add_assets("/assets/*")


def test_it_refuses_to_keep_what_belongs_to_one_visitor() -> None:
    stack = new_stack()
    site, front = a_site(stack), a_balancer(stack)

    def keep(**named: Any) -> Any:
        return lambda: site.add_cached_get("/feeds/*", front, life=HOUR, **named)

    for header in ("Authorization", "Cookie", "x-api-key", "X-Forwarded-For"):
        refused(
            rf"^Stack/Site: add_cached_get: headers: got '{header}'; allowed: headers that many visitors send alike, such as Accept-Language; pass",
            keep(headers=[header]),
        )
    refused(
        r"headers: got 'Host'; allowed: headers that CloudFront leaves alone; leave it out: CloudFront sees to it$", keep(headers=["Host"])
    )
    message = (
        r"^Stack/Site: add_cached_get: query_strings: got '.*'; allowed: at most 10 names, each once, without spaces and wildcards; name"
    )
    for names in (["*"], ["a", "A"], ["a b"], [f"q{number}" for number in range(11)]):
        refused(message, keep(query_strings=names))
    keep()()


@pytest.mark.parametrize("path", ["assets/*", "/*", "/taken/*"])
def test_every_verb_refuses_a_path_that_is_none_of_its_own(path: str) -> None:
    stack = new_stack()
    site, front = a_site(stack), a_balancer(stack)
    site.add_assets("/taken/*")
    message = r"^Stack/Site: path_pattern: got '.*'; allowed: a path below .*; begin it with '/'"
    refused(message, lambda: site.add_assets(path))
    refused(message, lambda: site.add_cached_get(path, front, life=HOUR))
    refused(message, lambda: site.add_private(path, trusted_keys=[key_pair(*P_256)[1]]))


def off_the_curve() -> str:
    der = bytearray(base64.b64decode("".join(key_pair(*P_256)[1].splitlines()[1:-1])))
    der[-1] ^= 1
    return f"-----BEGIN PUBLIC KEY-----\n{base64.encodebytes(bytes(der)).decode()}-----END PUBLIC KEY-----\n"


@pytest.mark.control("WEB-7")
@pytest.mark.parametrize(
    ("key", "given"),
    [
        (lambda: key_pair(*RSA_2048)[0], r"key 1: a private key \(not shown\)"),
        (lambda: key_pair(*P_256)[0], r"key 1: a private key \(not shown\)"),
        (lambda: "hunter2", r"key 1: 7 characters that are no such PEM \(not shown\)"),
        (lambda: key_pair(*P_256)[1].replace("MF", "*F", 1), r"key 1: \d+ characters that are no such PEM \(not shown\)"),
        (lambda: key_pair(*P_256)[1].replace("MF", "MFk", 1), "key 1: PEM with broken base64"),
        (lambda: key_pair("genrsa", "3072")[1], "key 1: an RSA key that is not of 2048 bits"),
        (lambda: key_pair("ecparam", "-name", "secp384r1", "-genkey", "-noout")[1], "key 1: a key of another curve than P-256"),
        (lambda: key_pair("genpkey", "-algorithm", "ed25519")[1], "key 1: another kind of key"),
        (off_the_curve, "key 1: a point that is not on the curve P-256"),
    ],
)
def test_it_refuses_keys_that_cloudfront_does_not_take_and_shows_none(key: Any, given: str) -> None:
    site = a_site(new_stack())
    pem = key()
    with pytest.raises(
        ConfigurationError,
        match=rf"^Stack/Site: trusted_keys: got '{given}'; allowed: the PEM of a 2048-bit RSA or a P-256 ECDSA public key",
    ) as refusal:
        site.add_private("/members/*", trusted_keys=[pem])
    assert not [line for line in pem.splitlines() if line and not line.startswith("-----") and line in str(refusal.value)]


def test_it_refuses_no_keys_many_keys_and_one_key_twice() -> None:
    site = a_site(new_stack())
    key = key_pair(*P_256)[1]
    refused(
        r"^Stack/Site: trusted_keys: got '0 keys'; allowed: 1 to 5 keys; two are enough", lambda: site.add_private("/m/*", trusted_keys=[])
    )
    refused(r"got '6 keys'; allowed: 1 to 5 keys", lambda: site.add_private("/m/*", trusted_keys=[key] * 6))
    refused(r"got 'key 2 a second time'; .* name each key once$", lambda: site.add_private("/m/*", trusted_keys=[key, f"\n{key}"]))


def test_it_refuses_a_second_bucket_that_is_none() -> None:
    stack = new_stack()
    bucket = content(stack)
    refused(
        r"^Stack/Site: fallback: got 'the bucket of the content itself'; allowed: another bucket with the same files; make a replica",
        lambda: a_site(stack, content=bucket, fallback=bucket),
    )
    stack = new_stack()
    refused(
        r"^Stack/Site: fallback: got 'a bucket that is not made in this app'; allowed:",
        lambda: a_site(stack, fallback=s3.Bucket.from_bucket_name(stack, "Elsewhere", "elsewhere")),
    )


def test_it_refuses_a_canonical_name_that_the_domain_has_not() -> None:
    message = r"^Stack/Site: routing.canonical: got 'example.com'; allowed: one of the names of the domain, which has at least two: .*; make the Domain"
    refused(message, lambda: a_site(new_stack(), routing=SiteRouting(canonical="example.com")))
    stack = new_stack()
    refused(message, lambda: a_site(stack, domain=a_domain(stack), routing=SiteRouting(canonical="example.com")))
