// The stack in JavaScript, written by hand like its Python twin: node main.mjs OUTDIR none|AwsSolutions|all [validated]
import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { addAlarms, addTopics } from './alerts.mjs';
import { addDatabase } from './database.mjs';
import { addLoadBalancer } from './front.mjs';
import { addNetwork } from './network.mjs';
import { addService } from './service.mjs';

class Shop extends Stack {
  constructor(app) {
    super(app, 'Shop', { env: { account: '111122223333', region: 'us-east-1' } });
  }

  get availabilityZones() {
    return [...'abc'].map((letter) => `us-east-1${letter}`);
  }
}

const [outdir, packs, validated] = process.argv.slice(2);
const app = new App({
  context: JSON.parse(readFileSync(new URL('../../../cdk.json', import.meta.url), 'utf8')).context,
  outdir,
  builtinCloudFormationValidation: validated === 'validated',
  analyticsReporting: false,
});
const stack = new Shop(app);
const network = addNetwork(stack);
const database = addDatabase(stack, network.vpc);
const front = addLoadBalancer(stack, network.vpc);
const service = addService(stack, network.vpc, front, database);
addAlarms(stack, network, database, front, service, addTopics(stack));
app.synth();

if (packs !== 'none') {
  const nag = await import('cdk-nag');
  const all = [
    nag.AwsSolutionsChecks,
    nag.ServerlessChecks,
    nag.NIST80053R4Checks,
    nag.NIST80053R5Checks,
    nag.HIPAASecurityChecks,
    nag.PCIDSS321Checks,
  ];
  for (const Pack of packs === 'all' ? all : all.slice(0, 1)) {
    const { violations } = new Pack().validateScope(app);
    console.log(Pack.name, violations.length);
  }
}
