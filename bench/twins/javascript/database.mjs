// PostgreSQL with a standby.
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ACCOUNT, FOR_LOGS, newKey, newLogGroup, PARTITION, REGION } from './keys.mjs';

const IDENTIFIER = 'shop-orders-8093dcc2';
export const PORT = 5433;

// The instance with all that stands around it.
export function addDatabase(stack, vpc) {
  const home = new Construct(stack, 'Orders');
  const key = newKey(home, 'PostgreSQL orders of Shop/Orders', FOR_LOGS);
  const securityGroup = new ec2.SecurityGroup(home, 'Access', {
    vpc,
    description: 'Into PostgreSQL Shop/Orders',
    allowAllOutbound: false,
  });
  const logGroups = ['postgresql', 'upgrade'].map((log) =>
    newLogGroup(home, `${log[0].toUpperCase()}${log.slice(1)}Log`, key, logs.RetentionDays.ONE_MONTH, {
      name: `/aws/rds/instance/${IDENTIFIER}/${log}`,
      removal: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    }),
  );
  const engine = rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.of('17.9', '17') });
  const parameterGroup = new rds.ParameterGroup(home, 'Parameters', {
    engine,
    description: 'TLS only, audited: Shop/Orders',
    parameters: {
      'rds.force_ssl': '1',
      ssl_min_protocol_version: 'TLSv1.2',
      log_connections: '1',
      log_disconnections: '1',
      log_statement: 'ddl',
      log_lock_waits: '1',
      log_min_duration_statement: '1000',
      max_connections: '337',
    },
  });
  const subnetGroup = new rds.SubnetGroup(home, 'Subnets', {
    description: 'Isolated subnets of Shop/Orders',
    vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
  });
  const { role, policy } = monitoringRole(home);
  const instance = new rds.DatabaseInstance(home, 'Instance', {
    engine,
    vpc,
    subnetGroup,
    securityGroups: [securityGroup],
    instanceIdentifier: IDENTIFIER,
    databaseName: 'orders',
    port: PORT,
    parameterGroup,
    publiclyAccessible: false,
    storageEncrypted: true,
    storageEncryptionKey: key,
    storageType: rds.StorageType.GP3,
    credentials: rds.Credentials.fromUsername('dbmaster', { encryptionKey: key }),
    manageMasterUserPassword: true,
    iamAuthentication: true,
    caCertificate: rds.CaCertificate.RDS_CA_RSA4096_G1,
    deletionProtection: true,
    removalPolicy: RemovalPolicy.SNAPSHOT,
    deleteAutomatedBackups: false,
    copyTagsToSnapshot: true,
    preferredBackupWindow: '02:00-03:00',
    preferredMaintenanceWindow: 'sun:04:00-sun:05:00',
    autoMinorVersionUpgrade: true,
    allowMajorVersionUpgrade: false,
    cloudwatchLogsExports: ['postgresql', 'upgrade'],
    enablePerformanceInsights: true,
    performanceInsightEncryptionKey: key,
    performanceInsightRetention: rds.PerformanceInsightRetention.DEFAULT,
    databaseInsightsMode: rds.DatabaseInsightsMode.STANDARD,
    monitoringRole: role,
    monitoringInterval: Duration.seconds(60),
    instanceType: new ec2.InstanceType('t4g.medium'),
    allocatedStorage: 100,
    maxAllocatedStorage: 500,
    multiAz: true,
    backupRetention: Duration.days(35),
  });
  instance.node.addDependency(policy, ...logGroups);
  new secretsmanager.CfnRotationSchedule(home, 'Rotation', {
    secretId: instance.secret.secretArn,
    rotationRules: { automaticallyAfterDays: 30, duration: '3h' },
    rotateImmediatelyOnUpdate: false,
  });
  new logs.CfnMetricFilter(home, 'RefusedConnections', {
    logGroupName: logGroups[0].logGroupName,
    filterPattern:
      '?"password authentication failed" ?"PAM authentication failed" ?"remaining connection slots" ' +
      '?"too many clients already" ?"no pg_hba.conf entry"',
    metricTransformations: [
      {
        metricNamespace: 'ProdReady/Database',
        metricName: `${IDENTIFIER}-refused-connections`,
        metricValue: '1',
        defaultValue: 0,
        unit: 'Count',
      },
    ],
  });
  return { instance, securityGroup, key, secret: instance.secret };
}

function monitoringRole(home) {
  const here = `${REGION}:${ACCOUNT}`;
  const role = new iam.Role(home, 'MonitoringRole', {
    assumedBy: new iam.ServicePrincipal('monitoring.rds.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': ACCOUNT },
        ArnEquals: { 'aws:SourceArn': `arn:${PARTITION}:rds:${here}:db:${IDENTIFIER}` },
      },
    }),
    description: `Enhanced monitoring of ${IDENTIFIER}`,
  });
  const group = `arn:${PARTITION}:logs:${here}:log-group:RDSOSMetrics`;
  const policy = new iam.ManagedPolicy(role, 'Policy', {
    roles: [role],
    statements: [
      new iam.PolicyStatement({
        actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutRetentionPolicy'],
        resources: [group],
      }),
      new iam.PolicyStatement({ actions: ['logs:GetLogEvents', 'logs:PutLogEvents'], resources: [`${group}:log-stream:db-*`] }),
    ],
  });
  return { role, policy };
}
