// The function that asks a new version before visitors meet it.
import { fileURLToPath } from 'node:url';
import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { newLogGroup, REGION } from './keys.mjs';

// Where it asks, and the header by which the listener knows whom it asks for.
export const TEST_PORT = 8080;
export const HEADER = 'X-Release-Test';
export const NAME = 'Shop/Api/Service';
// The same source as ours: what is compared is infrastructure code.
const CODE = fileURLToPath(new URL('../../../prodready_constructs/compute/service/handlers/smoke_test', import.meta.url));

// It asks by the test listener, and Amazon ECS waits for what it says.
export function newSmokeTest(home, vpc, front, key) {
  const scope = new Construct(home, 'SmokeTest');
  const logGroup = newLogGroup(scope, 'Logs', key, logs.RetentionDays.ONE_MONTH);
  const failures = new sns.Topic(scope, 'Failures', { masterKey: key, enforceSSL: true });
  const role = new iam.Role(scope, 'Role', {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    description: 'Shop/Api/SmokeTest: asks new versions',
  });
  const interfaces = ['AssignPrivateIpAddresses', 'CreateNetworkInterface', 'DeleteNetworkInterface'];
  interfaces.push('DescribeNetworkInterfaces', 'DescribeSubnets', 'UnassignPrivateIpAddresses');
  const policy = new iam.ManagedPolicy(role, 'Policy', {
    roles: [role],
    statements: [
      new iam.PolicyStatement({
        actions: interfaces.map((one) => `ec2:${one}`),
        resources: ['*'],
        conditions: { StringEquals: { 'aws:RequestedRegion': REGION } },
      }),
      new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
      new iam.PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [key.keyArn] }),
      new iam.PolicyStatement({ actions: ['sns:Publish'], resources: [failures.topicArn] }),
      new iam.PolicyStatement({ actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], resources: ['*'] }),
    ],
  });
  const group = new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: 'Shop/Api/SmokeTest: out to the test listener',
    allowAllOutbound: false,
  });
  // As Python writes JSON.
  const test = '{"path": "/health", "status": 200, "body": null, "attempts": 5, "timeout": 5}';
  const settings =
    `{"address": "${front.loadBalancer.loadBalancerDnsName}", "port": ${TEST_PORT}, "server_name": null, ` +
    `"headers": {"${HEADER}": "${NAME}"}, "interfaces": null, "delay": 30, "tests": [${test}]}`;
  const smokeTest = new lambda.Function(scope, 'Function', {
    description: 'Shop/Api/SmokeTest: asks new versions before visitors meet them',
    code: lambda.Code.fromAsset(CODE, { exclude: ['__pycache__', '*.pyc'] }),
    handler: 'index.handler',
    runtime: lambda.Runtime.PYTHON_3_14,
    architecture: lambda.Architecture.ARM_64,
    memorySize: 128,
    timeout: Duration.seconds(120),
    // Its policy is written out above; the grants of the function would make an inline one.
    role: role.withoutPolicyUpdates(),
    vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    securityGroups: [group],
    reservedConcurrentExecutions: 1,
    deadLetterTopic: failures,
    logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
    tracing: lambda.Tracing.ACTIVE,
    environment: { SMOKE_TEST: settings },
    environmentEncryption: key,
  });
  group.connections.allowTo(front.loadBalancer, ec2.Port.tcp(TEST_PORT), 'Smoke test of a release');
  smokeTest.node.defaultChild.addOverride('DependsOn', [policy.node.defaultChild.logicalId]);
  return smokeTest;
}
