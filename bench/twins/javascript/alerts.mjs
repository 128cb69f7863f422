// Topics, alarms and event rules. What they say is data: bench/twins/alarms.json.
import { readFileSync } from 'node:fs';
import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ACCOUNT, allow, newKey, REGION } from './keys.mjs';

const TABLE = new URL('../alarms.json', import.meta.url);
const PUBLISHERS = ['backup', 'budgets', 'cloudwatch', 'costalerts', 'events.rds'];
const SENDERS = ['events', 'sns'];
const OWN_ACCOUNT = { StringEquals: { 'aws:SourceAccount': ACCOUNT } };

// What wakes somebody, and what waits for the morning.
export function addTopics(stack) {
  const home = new Construct(stack, 'Alerts');
  const key = newKey(
    home,
    'Alerts on their way to people',
    allow('*', ['kms:Decrypt', 'kms:GenerateDataKey'], {
      Principal: services([...PUBLISHERS, ...SENDERS].sort()),
      Condition: OWN_ACCOUNT,
    }),
  );
  const deadLetters = new sqs.Queue(home, 'Undelivered', {
    encryption: sqs.QueueEncryption.KMS,
    encryptionMasterKey: key,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    redriveAllowPolicy: { redrivePermission: sqs.RedrivePermission.DENY_ALL },
  });
  deadLetters.addToResourcePolicy(
    iam.PolicyStatement.fromJson(
      allow(deadLetters.queueArn, ['sqs:SendMessage'], { Principal: services(SENDERS), Condition: OWN_ACCOUNT }),
    ),
  );
  const topics = {};
  for (const name of ['Critical', 'Warning']) {
    const topic = new sns.Topic(home, name, { displayName: `${name} alerts of Shop`, masterKey: key, enforceSSL: true });
    topic.addToResourcePolicy(
      iam.PolicyStatement.fromJson(
        allow(topic.topicArn, ['sns:Publish'], {
          Sid: 'AlertsOfThisAccount',
          Principal: services(PUBLISHERS),
          Condition: OWN_ACCOUNT,
        }),
      ),
    );
    topics[name.toLowerCase()] = topic;
  }
  const redrivePolicy = { deadLetterTargetArn: deadLetters.queueArn };
  new sns.CfnSubscription(home, 'CriticalToHttpsce215e88', {
    topicArn: topics.critical.topicArn,
    protocol: 'https',
    endpoint: 'https://events.example.com/integration/shop/enqueue',
    redrivePolicy,
    deliveryPolicy: {
      healthyRetryPolicy: {
        numRetries: 30,
        numNoDelayRetries: 0,
        minDelayTarget: 5,
        maxDelayTarget: 120,
        numMinDelayRetries: 3,
        numMaxDelayRetries: 20,
        backoffFunction: 'exponential',
      },
    },
  });
  new sns.CfnSubscription(home, 'WarningToEmailb9f34f84', {
    topicArn: topics.warning.topicArn,
    protocol: 'email',
    endpoint: 'shop-team@example.com',
    redrivePolicy,
  });
  const eventRole = new iam.Role(home, 'EventRole', {
    assumedBy: new iam.ServicePrincipal('events.amazonaws.com', { conditions: OWN_ACCOUNT }),
    description: 'EventBridge rules publish alerts to the two alert topics',
  });
  new iam.ManagedPolicy(eventRole, 'Policy', {
    roles: [eventRole],
    statements: [
      new iam.PolicyStatement({ actions: ['sns:Publish'], resources: [topics.critical.topicArn, topics.warning.topicArn] }),
      new iam.PolicyStatement({ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [key.keyArn] }),
    ],
  });
  return { topics, eventRole, deadLetters };
}

const services = (names) => ({ Service: names.map((name) => `${name}.amazonaws.com`) });

// Every row of the table, and the sum of the critical ones.
export function addAlarms(stack, network, database, front, service, alerts) {
  const home = new Construct(stack, 'Watch');
  const names = {
    region: REGION,
    'nat gateway': network.natGateway,
    instance: database.instance.instanceIdentifier,
    secret: database.secret.secretArn,
    'load balancer': front.loadBalancer.loadBalancerFullName,
    'load balancer of the targets': service.release.targets.firstLoadBalancerFullName,
    'target group': service.release.targets.targetGroupFullName,
    'alternate target group': service.release.alternate.targetGroupFullName,
    cluster: service.cluster.clusterName,
    service: service.service.serviceName,
    'service arn': service.service.serviceArn,
    'critical topic': alerts.topics.critical.topicName,
    'warning topic': alerts.topics.warning.topicName,
    'dead letters': alerts.deadLetters.queueName,
  };
  const table = named(JSON.parse(readFileSync(TABLE, 'utf8')), names);
  const critical = [];
  const rollback = [];
  for (const row of table.alarms) {
    const alarm = newAlarm(home, row, alerts.topics[row.severity].topicArn);
    if (row.severity === 'critical') critical.push(alarm.attrArn);
    if (row.id.endsWith('Rollback')) rollback.push(alarm.ref);
  }
  service.release.rollBackOn(rollback);
  for (const row of table.events) addEventRule(home, row, alerts);
  for (const row of table['rds events']) {
    new rds.CfnEventSubscription(home, row.id, {
      enabled: true,
      snsTopicArn: alerts.topics[row.severity].topicArn,
      sourceType: row['source type'],
      sourceIds: row['source ids'],
      eventCategories: row.categories,
    });
  }
  new cloudwatch.CfnCompositeAlarm(home, 'AnyCritical', {
    alarmDescription: table.summary,
    alarmRule: critical.map((arn) => `ALARM("${arn}")`).join(' OR '),
    actionsEnabled: false,
  });
}

// The value with {"name": ...} replaced by what the name stands for.
function named(value, names) {
  if (Array.isArray(value)) return value.map((item) => named(item, names));
  if (value === null || typeof value !== 'object') return value;
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0] === 'name') return names[value.name];
  return Object.fromEntries(keys.map((key) => [key, named(value[key], names)]));
}

function newAlarm(home, row, topicArn) {
  return new cloudwatch.CfnAlarm(home, row.id, {
    alarmDescription: row.description,
    actionsEnabled: true,
    alarmActions: [topicArn],
    okActions: [topicArn],
    namespace: row.metric?.namespace,
    metricName: row.metric?.metric,
    dimensions: row.metric ? dimensions(row.metric) : undefined,
    statistic: row.statistic ?? undefined,
    extendedStatistic: row['extended statistic'] ?? undefined,
    period: row.period ?? undefined,
    metrics: row.queries?.map(query),
    comparisonOperator: row.comparison,
    threshold: row.threshold,
    evaluationPeriods: row.periods,
    datapointsToAlarm: row.datapoints,
    treatMissingData: row['missing data'],
  });
}

function query(row) {
  if (row.expression) return { id: row.id, expression: row.expression, label: row.label, returnData: true };
  return {
    id: row.id,
    returnData: false,
    metricStat: {
      metric: { namespace: row.namespace, metricName: row.metric, dimensions: dimensions(row) },
      period: row.period,
      stat: row.statistic,
    },
  };
}

const dimensions = (metric) => metric.dimensions.map(([name, value]) => ({ name, value }));

function addEventRule(home, row, alerts) {
  new events.CfnRule(home, row.id, {
    description: row.description,
    eventPattern: row.pattern,
    state: 'ENABLED',
    targets: [
      {
        id: 'Topic',
        arn: alerts.topics[row.severity].topicArn,
        roleArn: alerts.eventRole.roleArn,
        retryPolicy: { maximumEventAgeInSeconds: 86_400, maximumRetryAttempts: 185 },
        deadLetterConfig: { arn: alerts.deadLetters.queueArn },
        inputTransformer: { inputPathsMap: { time: '$.time' }, inputTemplate: row.message },
      },
    ],
  });
}
