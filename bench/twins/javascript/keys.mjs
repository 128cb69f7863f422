// Keys and log groups.
import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export const { ACCOUNT_ID: ACCOUNT, PARTITION, REGION, URL_SUFFIX } = Aws;
const USE = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];
export const FOR_LOGS = {
  Effect: 'Allow',
  Principal: { Service: `logs.${REGION}.${URL_SUFFIX}` },
  Action: USE,
  Resource: '*',
  Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${PARTITION}:logs:${REGION}:${ACCOUNT}:log-group:*` } },
};

// A key that the account's IAM decides about, and that the statements admit besides.
export function newKey(home, description, ...statements) {
  const owner = { Effect: 'Allow', Principal: { AWS: `arn:${PARTITION}:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' };
  return new kms.Key(new Construct(home, 'Key'), 'Key', {
    description,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
    policy: iam.PolicyDocument.fromJson({ Version: '2012-10-17', Statement: [owner, ...statements] }),
  });
}

// An encrypted log group that outlives its stack.
export function newLogGroup(home, id, key, retention, { name, removal = RemovalPolicy.RETAIN } = {}) {
  const group = new Construct(home, id);
  return new logs.LogGroup(group, 'Group', { logGroupName: name, encryptionKey: key, retention, removalPolicy: removal });
}

// One statement of a policy document.
export const allow = (resources, actions, more = {}) => ({ Effect: 'Allow', Action: actions, Resource: resources, ...more });
