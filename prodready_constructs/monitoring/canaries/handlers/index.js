"use strict";
// What a canary does: each step is one HTTPS request, and what its answer must be. Node's own library only, and nothing else to keep up to date.
// The plan (host, steps, secrets by reference) is appended by the construct as exports.handler = canary({...}).
const https = require("https");

// More of an answer than this is not looked at.
const LONGEST_BODY = 1024 * 1024;

class Failed extends Error {}

// Secrets Manager, once a run and secret; a value is never logged.
function fromSecretsManager() {
  const { GetSecretValueCommand, SecretsManagerClient } = require("@aws-sdk/client-secrets-manager");
  const client = new SecretsManagerClient({});
  return async (arn) => (await client.send(new GetSecretValueCommand({ SecretId: arn }))).SecretString;
}

function reader(ask) {
  const known = new Map();
  return async (value) => {
    if (typeof value === "string") return value;
    if (!known.has(value.secret)) known.set(value.secret, await ask(value.secret));
    let text = known.get(value.secret);
    if (value.field) {
      let fields;
      try {
        fields = JSON.parse(text);
      } catch {
        throw new Failed("a secret is no JSON");
      }
      if (!Object.hasOwn(fields, value.field)) throw new Failed(`a secret has no field ${value.field}`);
      text = String(fields[value.field]);
    }
    return value.before + text;
  };
}

// One request. It ends by itself after limit milliseconds, whatever the other side does.
function request(plan, step, headers, body, limit) {
  return new Promise((resolve, reject) => {
    const began = process.hrtime.bigint();
    const took = () => Number((process.hrtime.bigint() - began) / 1000000n);
    const [hostname, port] = plan.host.split(":");
    const call = https.request(
      { hostname, port: port || 443, path: step.path, method: step.method, headers, minVersion: "TLSv1.2", agent: false },
      (answer) => {
        const chunks = [];
        let size = 0;
        answer.on("data", (chunk) => {
          size += chunk.length;
          if (size <= LONGEST_BODY) chunks.push(chunk);
        });
        answer.on("end", () => {
          clearTimeout(timer);
          resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks).toString("utf8"), took: took() });
        });
        answer.on("error", reject);
      },
    );
    const timer = setTimeout(() => call.destroy(new Failed(`no whole answer within ${limit} ms`)), limit);
    call.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    call.end(body);
  });
}

function judge(step, answer) {
  const wrong = [];
  if (!step.status.includes(answer.status)) wrong.push(`status ${answer.status}, expected ${step.status.join(" or ")}`);
  for (const text of step.contains) if (!answer.body.includes(text)) wrong.push(`the body lacks ${JSON.stringify(text)}`);
  for (const [name, text] of Object.entries(step.answers)) {
    const found = answer.headers[name.toLowerCase()];
    if (found === undefined) wrong.push(`no header ${name}`);
    else if (!String(found).includes(text)) wrong.push(`header ${name} lacks ${JSON.stringify(text)}`);
  }
  return wrong;
}

// What a browser keeps between two pages of one host: the names and values of its cookies.
function keep(jar, answer) {
  for (const line of answer.headers["set-cookie"] || []) {
    const [pair, ...attributes] = line.split(";");
    const [name, ...value] = pair.split("=");
    const gone = value.join("=") === "" || attributes.some((attribute) => /^\s*max-age\s*=\s*0\s*$/i.test(attribute));
    if (gone) jar.delete(name.trim());
    else jar.set(name.trim(), value.join("="));
  }
}

async function run(plan, ask = fromSecretsManager()) {
  const read = reader(ask);
  const jar = new Map();
  for (const [index, step] of plan.steps.entries()) {
    const report = { canary: plan.name, step: index + 1, method: step.method, path: step.path };
    try {
      const headers = { "user-agent": `prodready-canary/${plan.name}`, "cache-control": "no-cache" };
      for (const [name, value] of Object.entries(step.headers)) headers[name.toLowerCase()] = await read(value);
      if (jar.size) headers.cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
      const body = step.body === null ? undefined : Buffer.from(await read(step.body), "utf8");
      if (body) headers["content-length"] = body.length;
      const answer = await request(plan, step, headers, body, step.limit);
      keep(jar, answer);
      Object.assign(report, { status: answer.status, duration_ms: answer.took });
      const wrong = judge(step, answer);
      if (wrong.length) throw new Failed(wrong.join("; "));
      console.log(JSON.stringify({ level: "info", message: "as expected", ...report }));
    } catch (error) {
      const why = error instanceof Failed ? error.message : `${error.code || error.name}: ${error.message}`;
      console.log(JSON.stringify({ level: "error", message: why, ...report }));
      // The first failure ends the run: what follows would only say the same.
      throw new Error(`step ${index + 1}, ${step.method} ${step.path}: ${why}`);
    }
  }
  return `${plan.steps.length} steps as expected`;
}

const canary = (plan) => async () => run(plan);
exports.run = run;
