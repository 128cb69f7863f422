// The Fargate service.
import { Aws, Duration, Size } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { PORT as DATABASE_PORT } from './database.mjs';
import { FOR_LOGS, newKey, newLogGroup, REGION, URL_SUFFIX } from './keys.mjs';
import { addRelease, followRequests, PORT } from './release.mjs';

const ERRORS = ['error', 'ERROR', 'Error', 'critical', 'CRITICAL', 'Critical', 'fatal', 'FATAL', 'Fatal'];
const WARNINGS = ['warn', 'WARN', 'Warn', 'warning', 'WARNING', 'Warning'];
const OF_ERRORS = `filter level in [${ERRORS.map((level) => `'${level}'`).join(', ')}]`;
const QUERIES = {
  RecentErrors:
    'fields @timestamp, level, coalesce(message, msg) as text, @logStream\n' +
    `| ${OF_ERRORS}\n| sort @timestamp desc\n| limit 100`,
  ErrorsByMessage:
    `${OF_ERRORS}\n| stats count(*) as lines, max(@timestamp) as last by coalesce(message, msg) as text\n` +
    '| sort lines desc\n| limit 50',
  SlowestRequests:
    'fields @timestamp, method, path, status, duration_ms, @logStream\n' +
    '| filter ispresent(duration_ms)\n| sort duration_ms desc\n| limit 50',
};

// Cluster, task, service, scaling, and its place behind the load balancer and in front of the database.
export function addService(stack, vpc, front, database) {
  const home = new Construct(stack, 'Api');
  const key = newKey(home, 'Shop/Api: logs and temporary disks', FOR_LOGS);
  const cluster = newCluster(home, vpc, key);
  const logGroup = newLogGroup(home, 'Logs', key, logs.RetentionDays.ONE_MONTH);
  countLines(home, logGroup.logGroupName);
  const settings = new Construct(home, 'Settings');
  const setting = (id, stringValue) => new ssm.StringParameter(settings, id, { stringValue });
  const host = setting('DATABASE_HOST6c950280', database.instance.dbInstanceEndpointAddress);
  const port = setting('DATABASE_PORT0d9dbea5', String(DATABASE_PORT));
  const name = setting('DATABASE_NAME6b93dcf0', 'orders');
  const executionRole = newExecutionRole(home, logGroup, [host, name, port].map((one) => one.parameterArn), database);
  const task = new ecs.FargateTaskDefinition(home, 'Task', {
    cpu: 512,
    memoryLimitMiB: 1024,
    runtimePlatform: { cpuArchitecture: ecs.CpuArchitecture.ARM64, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
    taskRole: new iam.Role(home, 'TaskRole', {
      assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnLike: { 'aws:SourceArn': `arn:${Aws.PARTITION}:ecs:${Aws.REGION}:${Aws.ACCOUNT_ID}:*` },
        },
      }),
      description: 'Shop/Api: what the application may do',
    }),
    // Its policy is written out below; the grants of the task definition would make an inline one.
    executionRole: executionRole.withoutPolicyUpdates(),
  });
  const linux = new ecs.LinuxParameters(home, 'Linux', { initProcessEnabled: true });
  linux.dropCapabilities(ecs.Capability.ALL);
  linux.addTmpfs({
    containerPath: '/tmp',
    size: 64,
    mountOptions: [ecs.TmpfsMountOption.NOSUID, ecs.TmpfsMountOption.NODEV, ecs.TmpfsMountOption.NOEXEC],
  });
  // By its ARN alone: granted by the secret itself, the role would be written into the policy of the secret's key as well.
  const secret = secretsmanager.Secret.fromSecretCompleteArn(home, 'Secret', database.secret.secretArn);
  task.addContainer('App', {
    image: ecs.ContainerImage.fromRegistry('hashicorp/http-echo@sha256:fcb75f691c8b0414d670ae570240cbf95502cc18a9ba57e982ecac589760a186'),
    essential: true,
    linuxParameters: linux,
    logging: ecs.LogDriver.awsLogs({
      streamPrefix: 'app',
      logGroup,
      mode: ecs.AwsLogDriverMode.NON_BLOCKING,
      maxBufferSize: Size.mebibytes(25),
    }),
    portMappings: [{ containerPort: PORT, protocol: ecs.Protocol.TCP }],
    privileged: false,
    readonlyRootFilesystem: true,
    secrets: {
      DATABASE_HOST: ecs.Secret.fromSsmParameter(host),
      DATABASE_PORT: ecs.Secret.fromSsmParameter(port),
      DATABASE_NAME: ecs.Secret.fromSsmParameter(name),
      DATABASE_USER: ecs.Secret.fromSecretsManager(secret, 'username'),
      DATABASE_PASSWORD: ecs.Secret.fromSecretsManager(secret, 'password'),
    },
    stopTimeout: Duration.seconds(60),
    user: '1000:1000',
    versionConsistency: ecs.VersionConsistency.ENABLED,
  });
  const group = new ec2.SecurityGroup(home, 'SecurityGroup', { vpc, allowAllOutbound: false, description: 'Tasks of Shop/Api' });
  group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(443), 'HTTPS to AWS and to others');
  const service = new ecs.FargateService(home, 'Service', {
    cluster,
    taskDefinition: task,
    assignPublicIp: false,
    availabilityZoneRebalancing: ecs.AvailabilityZoneRebalancing.ENABLED,
    circuitBreaker: { enable: true, rollback: true },
    enableECSManagedTags: true,
    enableExecuteCommand: false,
    healthCheckGracePeriod: Duration.seconds(60),
    maxHealthyPercent: 200,
    minHealthyPercent: 100,
    platformVersion: ecs.FargatePlatformVersion.LATEST,
    propagateTags: ecs.PropagatedTagSource.SERVICE,
    securityGroups: [group],
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
  });
  service.node.addDependency(executionRole);
  const release = addRelease(home, vpc, front, service, key);
  const scaling = service.autoScaleTaskCount({ minCapacity: 2, maxCapacity: 10 });
  const pace = { scaleOutCooldown: Duration.seconds(60), scaleInCooldown: Duration.seconds(300) };
  scaling.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: 70, ...pace });
  scaling.scaleOnMemoryUtilization('Memory', { targetUtilizationPercent: 80, disableScaleIn: true, ...pace });
  followRequests(home, service, release);
  service.connections.allowTo(database.securityGroup, ec2.Port.tcp(DATABASE_PORT));
  return { cluster, service, release };
}

function countLines(home, logGroupName) {
  for (const [kind, levels] of Object.entries({ Errors: ERRORS, Warnings: WARNINGS })) {
    new logs.CfnMetricFilter(home, `${kind}Filter`, {
      logGroupName,
      filterPattern: `{ ${levels.map((level) => `$.level = "${level}"`).join(' || ')} }`,
      metricTransformations: [
        {
          metricNamespace: 'ProdReady/WebService',
          metricName: `Shop/Api-${kind}`,
          metricValue: '1',
          defaultValue: 0,
          unit: 'Count',
        },
      ],
    });
  }
  for (const [name, queryString] of Object.entries(QUERIES)) {
    new logs.CfnQueryDefinition(home, `${name}Query`, { name: `Shop/Api/${name}`, logGroupNames: [logGroupName], queryString });
  }
}

function newCluster(home, vpc, key) {
  const sessions = newLogGroup(home, 'ExecSessions', key, logs.RetentionDays.ONE_MONTH);
  return new ecs.Cluster(home, 'Cluster', {
    vpc,
    containerInsightsV2: ecs.ContainerInsights.ENHANCED,
    executeCommandConfiguration: {
      kmsKey: key,
      logging: ecs.ExecuteCommandLogging.OVERRIDE,
      logConfiguration: { cloudWatchLogGroup: sessions, cloudWatchEncryptionEnabled: true },
    },
    managedStorageConfiguration: { fargateEphemeralStorageKmsKey: key },
  });
}

function newExecutionRole(home, logGroup, parameters, database) {
  const role = new iam.Role(home, 'ExecutionRole', {
    assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com'),
    description: 'Shop/Api: what starting a task needs',
  });
  new iam.ManagedPolicy(role, 'Policy', {
    roles: [role],
    statements: [
      new iam.PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
      new iam.PolicyStatement({
        actions: ['ssm:DescribeParameters', 'ssm:GetParameter', 'ssm:GetParameterHistory', 'ssm:GetParameters'],
        resources: parameters,
      }),
      new iam.PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [database.key.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${REGION}.${URL_SUFFIX}` } },
      }),
      new iam.PolicyStatement({
        actions: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
        resources: [database.secret.secretArn],
      }),
    ],
  });
  return role;
}
