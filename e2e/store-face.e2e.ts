// `dhow store` when its disk is bad: full, damaged, torn; and the order of system calls behind its answers.
// Invariant: what was acknowledged over gRPC is there again once the disk is; what cannot be served is refused with file and byte.
// Called by: tools/e2e.ts; needs root for a small file system of its own, and strace. Next on the way: support/storeprocess.ts.

import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Driver } from "../conformance/etcd/driver.ts";
import { StoreProcess } from "./support/storeprocess.ts";
import { parseTrace, straceMissing, writesAndSyncs } from "./support/strace.ts";

const timeout = 180_000;

/** One put after the other until one is refused; how many were acknowledged, and the refusal. */
async function putUntilRefused(store: StoreProcess, valueBytes: number): Promise<{ acknowledged: number; refusal: string }> {
  const driver = new Driver(store.endpoint);
  for (let acknowledged = 0; ; acknowledged++) {
    const answer = await driver.run(`Put {"key":"full/${acknowledged}","value":"*${valueBytes}"}`);
    if (answer.startsWith("{")) continue;
    driver.close();
    return { acknowledged, refusal: answer };
  }
}

async function ask(store: StoreProcess, step: string): Promise<string> {
  const driver = new Driver(store.endpoint);
  const answer = await driver.run(step);
  driver.close();
  return answer;
}

const countOf = async (store: StoreProcess, prefix: string): Promise<number> =>
  (JSON.parse(await ask(store, `Range {"key":"${prefix}/","range_end":"${prefix}0","count_only":true}`)) as { count?: number }).count ?? 0;

async function served(directory: string): Promise<StoreProcess> {
  const store = await StoreProcess.start(directory);
  ok(await store.serves(), store.said);
  return store;
}

function fill(path: string): void {
  const fd = openSync(path, "a");
  const chunk = Buffer.alloc(4096);
  try {
    for (;;) writeSync(fd, chunk);
  } catch (error) {
    strictEqual((error as NodeJS.ErrnoException).code, "ENOSPC");
  } finally {
    closeSync(fd);
  }
}

describe("a full disk", { timeout }, () => {
  const mount = mkdtempSync(join(tmpdir(), "dhow-full-"));
  before(() => void execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", mount]));
  after(() => {
    execFileSync("umount", [mount]);
    rmSync(mount, { recursive: true });
  });

  test("the write is refused, the store ends; with space again everything acknowledged is there", async () => {
    const directory = join(mount, "data");
    const ballast = join(mount, "ballast");
    writeFileSync(ballast, Buffer.alloc(12 << 20));
    const first = await served(directory);
    const { acknowledged, refusal } = await putUntilRefused(first, 100_000);
    ok(acknowledged > 20, `${acknowledged} puts`);
    match(refusal, /^UNAVAILABLE: etcdserver: request timed out/);
    strictEqual(await first.code(), 1);
    match(first.said, /the store's log failed.*ENOSPC/);

    fill(ballast);
    const second = await StoreProcess.start(directory);
    ok(!(await second.serves()), "a full disk takes no first record");
    strictEqual(await second.code(), 1);
    match(second.said, /ENOSPC/);

    rmSync(ballast);
    const third = await served(directory);
    const count = await countOf(third, "full");
    ok(count === acknowledged || count === acknowledged + 1, `${acknowledged} acknowledged, ${count} there`);
    ok((await ask(third, 'Put {"key":"after"}')).startsWith("{"));
    await third.stop();
  });
});

describe("a damaged folder", { timeout }, () => {
  const folder = mkdtempSync(join(tmpdir(), "dhow-damaged-"));
  const directory = join(folder, "data");
  after(() => rmSync(folder, { recursive: true }));
  const log = (): string => join(directory, readdirSync(directory).find((name) => name.endsWith(".wal"))!);

  before(async () => {
    mkdirSync(directory, { mode: 0o700 });
    const store = await served(directory);
    for (let number = 0; number < 20; number++) await ask(store, `Put {"key":"d/${number}","value":"*500"}`);
    await store.stop();
  });

  test("a torn tail is cut, and said", async () => {
    appendFileSync(log(), Buffer.concat([Buffer.from("dfrm"), Buffer.alloc(300, 7)]));
    const store = await served(directory);
    strictEqual(await countOf(store, "d"), 20);
    await store.stop();
    match(store.said, /cutting a torn tail off the log.*"file":"0000000000000001.wal","from":\d+,"bytes":304/);
  });

  test("a wrong byte in the middle is refused with file and byte, and nothing is changed", async () => {
    const whole = readFileSync(log());
    const damaged = Buffer.from(whole);
    damaged[5000]! ^= 1;
    writeFileSync(log(), damaged);
    const store = await StoreProcess.start(directory);
    ok(!(await store.serves()));
    strictEqual(await store.code(), 1);
    match(store.said, /0000000000000001\.wal is damaged at byte \d+: .*valid later one follows at byte \d+/);
    deepStrictEqual(readFileSync(log()), damaged);
    writeFileSync(log(), whole);
    const mended = await served(directory);
    strictEqual(await countOf(mended, "d"), 20);
    await mended.stop();
  });
});

test("over gRPC each answer follows the fdatasync of its own record", {
  skip: straceMissing() && "strace is not installed",
  timeout,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "dhow-order-"));
  const out = join(folder, "trace");
  const store = await StoreProcess.start(join(folder, "data"), [
    "strace",
    "-D",
    "-f",
    "-s",
    "200000",
    "-e",
    `trace=${writesAndSyncs}`,
    "-o",
    out,
  ]);
  ok(await store.serves(), store.said);
  const driver = new Driver(store.endpoint);
  const atOnce = 100;
  const puts = 200;
  // (-D: the child is the store itself, which can be told to end.) The answer holds what was written, so that it is known on the socket.
  const step = (number: number): string =>
    `Txn {"success":[{"request_put":{"key":"k","value":"marker-${number}-"}},{"request_range":{"key":"k"}}]}`;
  const answers = await Promise.all(Array.from({ length: atOnce }, (_, number) => driver.run(step(number))));
  // One after the other: on a quick disk most of these are written and synced on the event loop itself.
  for (let number = atOnce; number < puts; number++) answers.push(await driver.run(step(number)));
  ok(answers.every((answer) => answer.startsWith("{")));
  driver.close();
  await store.stop("SIGTERM");
  const calls = parseTrace(readFileSync(out, "latin1"));
  rmSync(folder, { recursive: true });
  for (let number = 0; number < puts; number++) {
    const written = calls.filter(({ name, text }) => name.includes("write") && text.includes(`marker-${number}-`));
    const [record, answer] = written;
    ok(record && answer && record.fd !== answer.fd, `record ${number}: ${written.length} writes`);
    const sync = calls.find(({ name, fd, began }) => name === "fdatasync" && fd === record.fd && began > record.ended);
    ok(sync && sync.ended < answer.began, `record ${number} was answered before its fdatasync was over`);
  }
});
