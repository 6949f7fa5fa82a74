// One request as one user, and the answer's code, reason and first words.
// Invariant: sends exactly what it is told, also what kubectl would refuse to send; whatever comes back is printed, nothing is judged.
// Called by: lab.md beside it: ask.ts METHOD PATH [BODY] [--as USER] [--token TOKEN]. Next on the way: src/apiserver/pipeline.ts.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { httpsTransport } from "#client";
import { credentialsOf, readKubeconfig } from "#config";
import { readAll } from "#wire";

const options = { as: { type: "string" }, token: { type: "string" } } as const;
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const [method = "GET", target = "/", body] = positionals;
const read = (path: string): string => readFileSync(path, "utf8");
const { server, ca, ...mine } = credentialsOf(await readKubeconfig(read(process.env["KUBECONFIG"]!)), read);
const who = values.token === undefined ? mine : { token: values.token };
const transport = httpsTransport({ server, ...(ca === undefined ? {} : { ca }), ...who, userAgent: "lab" });
const response = await transport.request({
  method,
  target,
  headers: { "content-type": "application/json", ...(values.as === undefined ? {} : { "impersonate-user": values.as }) },
  ...(body === undefined ? {} : { body: Buffer.from(body) }),
});
const text = (await readAll(response.body, 1 << 20)).toString("utf8");
// Every refusal is an object of kind Status; what is no refusal is not looked into.
const { reason = "", message = "" } = response.status < 400 ? {} : (JSON.parse(text) as { reason?: string; message?: string });
process.stdout.write(`${`${response.status} ${reason}: ${message}`.replace(/[: ]+$/, "")}\n`);
transport.close();
