"""A side-car that takes an application's OpenTelemetry traces to X-Ray."""

from __future__ import annotations

from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.tasks.hardened import hardened_container, restricted_linux
from prodready_constructs.waivers import waive

#: AWS Distro for OpenTelemetry v0.49.0, the index of both architectures; releases: https://github.com/aws-observability/aws-otel-collector/releases
COLLECTOR = "public.ecr.aws/aws-observability/aws-otel-collector@sha256:d2bdfff2c377c3d71d78bd5d9ce9862fd535b12134a5739d87a07801297cf9fd"
#: Part of the image: OTLP in, X-Ray out, with the health check that ``/healthcheck`` asks.
CONFIGURATION = "/etc/ecs/ecs-xray.yaml"
#: What the collector may take of the task's memory; above it, it alone is ended and started again.
MEMORY_MIB = 128
#: OTLP over gRPC and HTTP, the collector's own metrics, its health check. Containers of a task share these ports.
PORTS = (4317, 4318, 8888, 13133)


def check_tracing(path: str, *, again: bool, percent: float, port: int | None) -> None:
    """Refuse, for the service at *path*, a second collector, a percentage that is none, and a *port* that the collector needs."""
    wrong: tuple[object, str, str] | None = None
    if again:
        wrong = "a second call", "one collector", "call it once"
    elif not 0 < percent <= 100:
        wrong = percent, "more than 0, at most 100 percent", "leave the call out for no traces"
    elif port in PORTS:
        wrong = f"container_port={port}", f"none of {PORTS}, which the collector uses", "let the application listen elsewhere"
    if wrong is not None:
        given, allowed, mend = wrong
        raise ConfigurationError(f"{path}: add_tracing", given=given, allowed=allowed, mend=mend)


def trace_settings(service: str, percent: float) -> dict[str, str]:
    """What an OpenTelemetry SDK reads: traces to the side-car, *percent* of requests; no metrics and no logs, which nobody takes there.

    Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
    """
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://localhost:{PORTS[1]}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_SERVICE_NAME": service,
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": f"{percent / 100:g}",
    }


def trace_collector(scope: Construct, *, definition: ecs.FargateTaskDefinition, role: iam.IRole, log_group: logs.ILogGroup) -> None:
    """Add the collector to *definition*, and let *role* write to X-Ray.

    Sources: https://aws-otel.github.io/docs/setup/ecs, https://docs.aws.amazon.com/xray/latest/devguide/security_iam_service-with-iam.html
    """
    hardened_container(
        definition,
        "Collector",
        image=ecs.ContainerImage.from_registry(COLLECTOR),
        linux=restricted_linux(scope, "CollectorLinux", tmp_mib=0),
        logging=ecs.LogDriver.aws_logs(stream_prefix="collector", log_group=log_group, mode=ecs.AwsLogDriverMode.NON_BLOCKING),
        command=[f"--config={CONFIGURATION}"],
        # An application without traces is better than none.
        essential=False,
        health_check=ecs.HealthCheck(
            command=["CMD", "/healthcheck"],
            interval=Duration.seconds(30),
            retries=3,
            start_period=Duration.seconds(15),
            timeout=Duration.seconds(5),
        ),
        memory_mib=MEMORY_MIB,
        restarts=True,
    )
    statement = {"Effect": "Allow", "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "Resource": "*"}
    # A policy of its own, so that the waiver covers nothing that the application is granted.
    policy = iam.ManagedPolicy(scope, "TracingPolicy", document=iam.PolicyDocument.from_json({"Statement": [statement]}), roles=[role])
    waive(
        cast("IConstruct", policy.node.default_child),
        rule="AwsSolutions-IAM5[Resource::*]",
        because="xray:PutTraceSegments and xray:PutTelemetryRecords have no resource-level permission; both only write traces, none are read",
        owner="platform",
    )
