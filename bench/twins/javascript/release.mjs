// How a new version of the service takes over: a tenth of the visitors for a quarter of an hour, tested before, taken back on alarms.
import { Duration } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { HEADER, NAME, newSmokeTest, TEST_PORT } from './smoke_test.mjs';

export const PORT = 5678;

// Two target groups, two rules, a smoke test, and a role with which Amazon ECS moves visitors.
export function addRelease(home, vpc, front, service, key) {
  const route = new Construct(home, 'ServiceRoute');
  const targets = newGroup(route, 'Targets', vpc);
  const alternate = newGroup(route, 'Alternate', vpc);
  const action = elbv2.ListenerAction.weightedForward([
    { targetGroup: targets, weight: 1 },
    { targetGroup: alternate, weight: 0 },
  ]);
  const rule = new elbv2.ApplicationListenerRule(route, 'Rule', {
    listener: front.listener,
    priority: 50_000,
    conditions: [elbv2.ListenerCondition.pathPatterns(['/*'])],
    action,
  });
  const testListener = front.loadBalancer.addListener('TestHttp', {
    port: TEST_PORT,
    protocol: elbv2.ApplicationProtocol.HTTP,
    open: false,
    defaultAction: elbv2.ListenerAction.fixedResponse(404, { contentType: 'text/plain', messageBody: 'Not found' }),
  });
  testListener.setAttribute('routing.http.response.server.enabled', 'false');
  testListener.setAttribute('routing.http.response.x_content_type_options.header_value', 'nosniff');
  const testRule = new elbv2.ApplicationListenerRule(route, 'TestRule', {
    listener: testListener,
    priority: 50_000,
    conditions: [elbv2.ListenerCondition.httpHeader(HEADER, [NAME])],
    action,
  });
  targets.registerConnectable(service, ec2.Port.tcp(PORT));
  const smokeTest = newSmokeTest(home, vpc, front, key);
  const rules = [rule.listenerRuleArn, testRule.listenerRuleArn];
  const { role, policy } = newRole(home, [targets.targetGroupArn, alternate.targetGroupArn], rules, smokeTest.functionArn);
  service.node.addDependency(policy);
  const resource = service.node.defaultChild;
  resource.loadBalancers = [
    {
      containerName: 'App',
      containerPort: PORT,
      targetGroupArn: targets.targetGroupArn,
      advancedConfiguration: {
        alternateTargetGroupArn: alternate.targetGroupArn,
        productionListenerRule: rules[0],
        testListenerRule: rules[1],
        roleArn: role.roleArn,
      },
    },
  ];
  resource.addPropertyOverride('DeploymentConfiguration', {
    Strategy: 'CANARY',
    BakeTimeInMinutes: 5,
    CanaryConfiguration: { CanaryPercent: 10, CanaryBakeTimeInMinutes: 15 },
    LifecycleHooks: [
      {
        HookTargetArn: smokeTest.functionArn,
        RoleArn: role.roleArn,
        LifecycleStages: ['POST_TEST_TRAFFIC_SHIFT'],
        TargetType: 'AWS_LAMBDA',
        TimeoutConfiguration: { TimeoutInMinutes: 60, Action: 'ROLLBACK' },
      },
    ],
  });
  const rollBackOn = (names) =>
    resource.addPropertyOverride('DeploymentConfiguration.Alarms', { AlarmNames: names, Enable: true, Rollback: true });
  return { targets, alternate, rollBackOn };
}

// A thousand requests a minute for each task, whichever group has them.
export function followRequests(home, service, release) {
  const target = service.node.findChild('TaskCount').node.findChild('Target');
  const loadBalancer = release.targets.firstLoadBalancerFullName;
  const metrics = [release.targets, release.alternate].map((group, number) => ({
    id: `m${number}`,
    returnData: false,
    metricStat: {
      stat: 'Sum',
      metric: {
        namespace: 'AWS/ApplicationELB',
        metricName: 'RequestCountPerTarget',
        dimensions: [
          { name: 'LoadBalancer', value: loadBalancer },
          { name: 'TargetGroup', value: group.targetGroupFullName },
        ],
      },
    },
  }));
  const total = { id: 'perTask', label: 'Requests per task', expression: 'SUM([m0, m1])', returnData: true };
  new appscaling.CfnScalingPolicy(home, 'RequestsPolicy', {
    policyName: 'Requests',
    policyType: 'TargetTrackingScaling',
    scalingTargetId: target.scalableTargetId,
    targetTrackingScalingPolicyConfiguration: {
      targetValue: 1000,
      scaleOutCooldown: 60,
      scaleInCooldown: 300,
      customizedMetricSpecification: { metrics: [...metrics, total] },
    },
  });
}

function newGroup(route, id, vpc) {
  return new elbv2.ApplicationTargetGroup(route, id, {
    vpc,
    port: PORT,
    protocol: elbv2.ApplicationProtocol.HTTP,
    targetType: elbv2.TargetType.IP,
    deregistrationDelay: Duration.seconds(30),
    loadBalancingAlgorithmType: elbv2.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
    healthCheck: {
      path: '/health',
      protocol: elbv2.Protocol.HTTP,
      healthyHttpCodes: '200-299',
      interval: Duration.seconds(30),
      timeout: Duration.seconds(5),
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 3,
    },
  });
}

function newRole(home, groups, rules, functionArn) {
  const role = new iam.Role(home, 'ReleaseRole', {
    assumedBy: new iam.ServicePrincipal('ecs.amazonaws.com'),
    description: 'Shop/Api: what Amazon ECS does to release it',
  });
  const look = ['Listeners', 'Rules', 'TargetGroups', 'TargetHealth'].map((what) => `elasticloadbalancing:Describe${what}`);
  const change = ['elasticloadbalancing:DeregisterTargets', 'elasticloadbalancing:RegisterTargets'];
  const policy = new iam.ManagedPolicy(role, 'Policy', {
    roles: [role],
    statements: [
      new iam.PolicyStatement({ actions: look, resources: ['*'] }),
      new iam.PolicyStatement({ actions: change, resources: groups }),
      new iam.PolicyStatement({ actions: ['elasticloadbalancing:ModifyRule'], resources: rules }),
      new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] }),
    ],
  });
  return { role, policy };
}
