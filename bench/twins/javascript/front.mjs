// Load balancer and web ACL.
import { Aws, Fn } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { FOR_LOGS, newKey, newLogGroup } from './keys.mjs';

const METRIC = 'Shop-Front-WebAcl-9341B231';
const CREDENTIALS = ['authorization', 'cookie', 'x-api-key', 'sec-websocket-protocol', 'x-origin-verify'];
const TOO_MANY = 'TooManyRequests';

// An internal load balancer behind CloudFront, its log bucket, its web ACL.
export function addLoadBalancer(stack, vpc) {
  const bucket = s3.Bucket.fromBucketName(stack, 'AccessLogs', 'logs-of-example');
  const home = new Construct(stack, 'Front');
  const group = new ec2.SecurityGroup(home, 'SecurityGroup', {
    vpc,
    description: 'Load balancer: in from visitors, out to targets',
    allowAllOutbound: false,
  });
  const loadBalancer = new elbv2.ApplicationLoadBalancer(home, 'LoadBalancer', {
    vpc,
    vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    internetFacing: false,
    securityGroup: group,
    ipAddressType: elbv2.IpAddressType.IPV4,
    deletionProtection: true,
    dropInvalidHeaderFields: true,
    desyncMitigationMode: elbv2.DesyncMitigationMode.STRICTEST,
    http2Enabled: true,
    crossZoneEnabled: true,
    preserveHostHeader: true,
    xffHeaderProcessingMode: elbv2.XffHeaderProcessingMode.APPEND,
  });
  loadBalancer.setAttribute('zonal_shift.config.enabled', 'true');
  loadBalancer.setAttribute('waf.fail_open.enabled', 'false');
  const prefix = 'access-logs/Shop-Front-169E97F7';
  loadBalancer.logAccessLogs(bucket, `${prefix}/access`);
  loadBalancer.logConnectionLogs(bucket, `${prefix}/connection`);
  // The L2 has no method for these.
  loadBalancer.setAttribute('health_check_logs.s3.enabled', 'true');
  loadBalancer.setAttribute('health_check_logs.s3.bucket', 'logs-of-example');
  loadBalancer.setAttribute('health_check_logs.s3.prefix', `${prefix}/health_check`);
  const listener = loadBalancer.addListener('Http', {
    port: 80,
    protocol: elbv2.ApplicationProtocol.HTTP,
    open: false,
    defaultAction: elbv2.ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'Not found' }),
  });
  listener.setAttribute('routing.http.response.server.enabled', 'false');
  listener.setAttribute('routing.http.response.x_content_type_options.header_value', 'nosniff');
  group.addIngressRule(ec2.Peer.prefixList('pl-3b927c52'), ec2.Port.tcp(80), 'CloudFront VPC origins');
  const acl = webAcl(new Construct(home, 'WebAcl'));
  new wafv2.CfnWebACLAssociation(home, 'WebAclAssociation', {
    resourceArn: loadBalancer.loadBalancerArn,
    webAclArn: acl.attrArn,
  });
  return { loadBalancer, listener };
}

function webAcl(home) {
  const acl = new wafv2.CfnWebACL(home, 'Acl', {
    scope: 'REGIONAL',
    defaultAction: { allow: {} },
    visibilityConfig: visible(METRIC),
    rules: rules(),
    dataProtectionConfig: {
      dataProtections: [
        ['SINGLE_HEADER', CREDENTIALS],
        ['SINGLE_QUERY_ARGUMENT', ['header']],
      ].map(([fieldType, fieldKeys]) => ({ action: 'SUBSTITUTION', field: { fieldType, fieldKeys } })),
    },
    customResponseBodies: {
      [TOO_MANY]: { contentType: 'APPLICATION_JSON', content: '{"message":"Too many requests. Try again later."}' },
    },
  });
  const key = newKey(home, 'WAF logs of Shop/Front/WebAcl', FOR_LOGS);
  const incarnation = Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', Aws.STACK_ID))));
  const group = newLogGroup(home, 'Logs', key, logs.RetentionDays.THREE_MONTHS, {
    name: `aws-waf-logs-${METRIC}-${incarnation}`,
  });
  new wafv2.CfnLoggingConfiguration(home, 'Logging', {
    resourceArn: acl.attrArn,
    logDestinationConfigs: [
      Fn.sub('arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Name}', { Name: group.logGroupName }),
    ],
    redactedFields: CREDENTIALS.map((header) => ({ singleHeader: { Name: header } })),
  });
  return acl;
}

function answer(rate) {
  if (!rate) return {};
  const responseHeaders = [{ name: 'Retry-After', value: `${rate.evaluationWindowSec}` }];
  return { customResponse: { responseCode: 429, responseHeaders, customResponseBodyKey: TOO_MANY } };
}

function rules() {
  const forwardedIpConfig = { headerName: 'X-Forwarded-For', fallbackBehavior: 'MATCH' };
  const rate = { aggregateKeyType: 'FORWARDED_IP', forwardedIpConfig };
  const blocking = {
    BlockedCountries: { geoMatchStatement: { countryCodes: ['KP'], forwardedIpConfig } },
    RateLimit: { rateBasedStatement: { limit: 10_000, evaluationWindowSec: 300, ...rate } },
    'PathLimit-api': {
      rateBasedStatement: {
        limit: 67,
        evaluationWindowSec: 600,
        ...rate,
        scopeDownStatement: {
          byteMatchStatement: {
            fieldToMatch: { uriPath: {} },
            positionalConstraint: 'STARTS_WITH',
            searchString: '/api/',
            textTransformations: ['URL_DECODE', 'NORMALIZE_PATH', 'LOWERCASE'].map((type, priority) => ({ priority, type })),
          },
        },
      },
    },
  };
  const managed = {
    KnownBadInputs: 'AWSManagedRulesKnownBadInputsRuleSet',
    Common: 'AWSManagedRulesCommonRuleSet',
    SqlInjection: 'AWSManagedRulesSQLiRuleSet',
  };
  const own = Object.entries(blocking).map(([name, statement], priority) => ({
    name,
    priority,
    statement,
    action: { block: answer(statement.rateBasedStatement) },
    visibilityConfig: visible(name),
  }));
  return own.concat(
    Object.entries(managed).map(([name, group], place) => ({
      name,
      priority: own.length + place,
      statement: { managedRuleGroupStatement: { vendorName: 'AWS', name: group } },
      overrideAction: { none: {} },
      visibilityConfig: visible(name),
    })),
  );
}

const visible = (metricName) => ({ cloudWatchMetricsEnabled: true, metricName, sampledRequestsEnabled: true });
