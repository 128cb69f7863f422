// VPC, endpoints, flow logs, and the emptied default security group.
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ACCOUNT, allow, FOR_LOGS, newKey, newLogGroup, PARTITION, REGION } from './keys.mjs';

const ENDPOINTS = ['ecr.api', 'ecr.dkr', 'ec2messages', 'kms', 'logs', 'secretsmanager', 'ssm', 'ssmmessages', 'sts'];

// Three zones, a private and an isolated subnet each, a regional NAT gateway.
export function addNetwork(stack) {
  const home = new Construct(stack, 'Network');
  const key = newKey(home, 'Flow logs of Shop/Network', FOR_LOGS);
  const nat = ec2.NatProvider.regionalGateway();
  const vpc = new ec2.Vpc(home, 'Vpc', {
    ipAddresses: ec2.IpAddresses.cidr('10.0.0.0/16'),
    availabilityZones: [...'abc'].map((letter) => `${REGION}${letter}`),
    reservedAzs: 3,
    subnetConfiguration: [
      { name: 'Private', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
      { name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 22 },
    ],
    natGatewayProvider: nat,
    createInternetGateway: true,
    restrictDefaultSecurityGroup: true,
    gatewayEndpoints: {
      S3: { service: ec2.GatewayVpcEndpointAwsService.S3 },
      DynamoDb: { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB },
    },
  });
  // The CDK waits for the internet gateway but not for its attachment.
  vpc.node.findChild('RegionalNatGateway').node.addDependency(vpc.node.findChild('VPCGW'));
  hardenDefaultSecurityGroup(home, stack, vpc, key);
  logTraffic(home, vpc, key);
  const group = new ec2.SecurityGroup(home, 'EndpointSecurityGroup', {
    vpc,
    description: 'Interface endpoints of Shop/Network',
    allowAllOutbound: false,
  });
  group.addIngressRule(ec2.Peer.ipv4('10.0.0.0/16'), ec2.Port.tcp(443), 'HTTPS from this VPC');
  for (const service of ENDPOINTS) {
    const name = service.split('.').map((part) => part[0].toUpperCase() + part.slice(1)).join('');
    new ec2.InterfaceVpcEndpoint(home, `${name}Endpoint`, {
      vpc,
      service: new ec2.InterfaceVpcEndpointAwsService(service),
      subnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      securityGroups: [group],
      privateDnsEnabled: true,
      open: false,
    });
  }
  return { vpc, natGateway: nat.configuredGateways[0].gatewayId };
}

function hardenDefaultSecurityGroup(home, stack, vpc, key) {
  const part = new Construct(home, 'DefaultSecurityGroup');
  const provider = stack.node.findChild('Custom::VpcRestrictDefaultSGCustomResourceProvider').node;
  const handler = provider.findChild('Handler');
  const role = provider.findChild('Role');
  const logGroup = newLogGroup(part, 'Logs', key, logs.RetentionDays.THREE_MONTHS);
  const failures = new sns.Topic(part, 'Failures', { masterKey: key, enforceSSL: true });
  const policy = new iam.CfnManagedPolicy(part, 'Policy', {
    description: 'Close and reopen the default security group of one VPC',
    roles: [role.ref],
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        allow(`arn:${PARTITION}:ec2:${REGION}:${ACCOUNT}:security-group/${vpc.vpcDefaultSecurityGroup}`, [
          'ec2:AuthorizeSecurityGroupEgress',
          'ec2:AuthorizeSecurityGroupIngress',
          'ec2:RevokeSecurityGroupEgress',
          'ec2:RevokeSecurityGroupIngress',
        ]),
        allow(logGroup.logGroupArn, ['logs:CreateLogStream', 'logs:PutLogEvents']),
        allow(failures.topicArn, ['sns:Publish']),
        allow(key.keyArn, ['kms:Decrypt', 'kms:GenerateDataKey']),
      ],
    },
  });
  role.addPropertyDeletionOverride('Policies');
  role.addPropertyDeletionOverride('ManagedPolicyArns');
  handler.addPropertyOverride('ReservedConcurrentExecutions', 1);
  handler.addPropertyOverride('DeadLetterConfig', { TargetArn: failures.topicArn });
  handler.addPropertyOverride('LoggingConfig', { LogFormat: 'JSON', LogGroup: logGroup.logGroupName });
  handler.addOverride('DependsOn', [policy.logicalId]);
  const request = vpc.node.findChild('RestrictDefaultSecurityGroupCustomResource').node.defaultChild;
  request.addResourceDependency(policy);
  request.addPropertyOverride('ServiceTimeout', 300);
}

function logTraffic(home, vpc, key) {
  const group = newLogGroup(home, 'FlowLogs', key, logs.RetentionDays.THREE_MONTHS);
  const role = new iam.Role(home, 'FlowLogRole', {
    assumedBy: new iam.ServicePrincipal('vpc-flow-logs.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': ACCOUNT } } }),
    description: 'Writes the flow logs of one VPC',
  });
  const policy = new iam.ManagedPolicy(role, 'Policy', {
    roles: [role],
    statements: [
      new iam.PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
        resources: [group.logGroupArn],
      }),
    ],
  });
  const flowLog = new ec2.CfnFlowLog(home, 'FlowLog', {
    resourceId: vpc.vpcId,
    resourceType: 'VPC',
    trafficType: 'ALL',
    logDestinationType: 'cloud-watch-logs',
    logDestination: group.logGroupArn,
    deliverLogsPermissionArn: role.roleArn,
    maxAggregationInterval: 60,
  });
  flowLog.node.addDependency(policy);
}
