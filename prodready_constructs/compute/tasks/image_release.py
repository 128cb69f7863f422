"""What a build must know to push an image and to let it run: as outputs of the stack."""

from __future__ import annotations

from aws_cdk import CfnOutput
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from prodready_constructs.compute.tasks.container_task import ContainerTask
from prodready_constructs.compute.tasks.fargate_workload import FargateWorkload
from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION, Part

CONTROLS = (
    ControlClaim(
        control="WEB-3",
        how="A release is a digest written into a setting and deployed by CloudFormation; the outputs say how to build, push and deploy it",
        frameworks=("NIST 800-53 r5 CM-3", "NIST 800-53 r5 SI-7", "PCI DSS 3.2.1 6.4.5", "SOC 2 CC8.1"),
    ),
)
_PLATFORMS = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}


class ImageRelease(Part):
    """The way of an image from a build to its tasks, as outputs of the stack that a pipeline reads and a person can paste.

    Always: an image is released by its digest; the digest stands in *setting*, a file of the repository, so that a release is a change that
    is reviewed, compared and taken back like any other; CloudFormation deploys it; nothing is looked up at synth.

    Args:
        service: what runs the image; a job or another :class:`ContainerTask` too.
        repository: where the image is pushed.
        setting: the file and key that hold the image, for the reader: ``"settings/production.toml, [service] image"``.

    Raises:
        ConfigurationError: an empty *setting*.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/docker-push-ecr-image.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, service: ContainerTask, repository: ecr.IRepository, setting: str) -> None:
        super().__init__(scope, construct_id)
        if not setting.strip():
            raise ConfigurationError(
                f"{self.path}: setting",
                given=setting,
                allowed="the file and key that hold the image's digest",
                mend="write 'settings/production.toml, [service] image'",
            )
        uri, name = repository.repository_uri, repository.repository_name
        platform = _PLATFORMS[service.architecture]
        registry = f"aws ecr get-login-password --region {REGION} | docker login --username AWS --password-stdin {uri}"
        #: Output -> what it says; delivery pipelines read it from the stack.
        self.commands = {
            "SignIn": registry,
            "Build": f"docker buildx build --platform {platform} --tag {uri}:$RELEASE --push .",
            "Digest": f"aws ecr describe-images --repository-name {name} --image-ids imageTag=$RELEASE"
            " --query 'imageDetails[0].imageDigest' --output text",
            "Deploy": f"npx cdk deploy {self.stack.stack_name}",
        }
        facts = {"Repository": uri, "Setting": setting, "Cluster": service.cluster.cluster_name, "Family": service.task_definition.family}
        if isinstance(service, FargateWorkload):
            facts["Service"] = running = service.service.service_name
            self.commands["Wait"] = f"aws ecs wait services-stable --cluster {facts['Cluster']} --services {running}"
        says = {
            "Repository": f"Where images of {service.path} are pushed",
            "Setting": "Where the image's digest is written: repository@sha256:...",
            "Cluster": "Runs the tasks",
            "Family": "Family of the task definition",
            "Service": "Runs the image",
            "SignIn": "1: signs in to the registry",
            "Build": "2: builds and pushes the release $RELEASE, a new name each time",
            "Digest": "3: says its digest, to be written into the setting",
            "Deploy": "4: deploys the setting, once it is merged",
            "Wait": "5: waits until the new tasks have taken over",
        }
        for output, value in {**facts, **self.commands}.items():
            CfnOutput(self, output, value=value, description=says[output])
        record(self, controls=CONTROLS, tier="compute", setting=setting, platform=platform)
