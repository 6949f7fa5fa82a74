// exec, attach, logs, port-forward and cp by real kubectl on real containers: SPDY from the old one, WebSockets from the new one.
// Invariant: bytes arrive whole whatever the size, exit codes arrive, and whoever leaves leaves no process behind.
// Called by: npm run e2e, once per kubectl the machine has. Next on the way: src/kubelet/streams.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Cluster, kubectls, root } from "./support/cluster.ts";
import { Follower, run } from "./support/commands.ts";

const manifest = join(root, "e2e/manifests/streams.yaml");
const cluster = new Cluster("streams");
const bigBytes = 100_000_000;
const big = join(cluster.home, "big");
const small = join(cluster.home, "small");
let bigSum = "";
const sum = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

interface Piped {
  readonly code: number | null;
  readonly bytes: number;
  readonly sum: string;
}

/** kubectl with a file as its input and only the sum of its output kept. */
function piped(args: readonly string[], file?: string, pauseMs = 0): Promise<Piped> {
  const child = spawn(cluster.kubectlPath, [...args], { env: { ...process.env, ...cluster.env }, stdio: ["pipe", "pipe", "ignore"] });
  const limit = setTimeout(() => child.kill("SIGKILL"), 90_000);
  if (file === undefined) child.stdin.end();
  else
    createReadStream(file)
      .on("error", () => undefined)
      .pipe(child.stdin);
  child.stdin.on("error", () => undefined);
  const hash = createHash("sha256");
  let bytes = 0;
  const listen = (): void =>
    void child.stdout.on("data", (part: Buffer) => {
      bytes += part.length;
      hash.update(part);
    });
  setTimeout(listen, pauseMs);
  return new Promise((resolve) =>
    child.once("close", (code) => {
      clearTimeout(limit);
      resolve({ code, bytes, sum: hash.digest("hex") });
    }),
  );
}

before(async () => {
  await cluster.up("--runtime", "containerd");
  await cluster.loadBusybox("dhow.local/busybox:1");
  const content = randomBytes(bigBytes);
  bigSum = sum(content);
  writeFileSync(big, content);
  writeFileSync(small, content.subarray(0, 60_000));
  await cluster.kubectl(`apply -f ${manifest}`);
  await cluster.kubectl("wait --for=condition=Ready pod/box --timeout=90s");
});

after(() => cluster.destroy());

const inBox = (...command: string[]): string[] => ["exec", "box", "-c", "main", "--", ...command];
const intoBox = (...command: string[]): string[] => ["exec", "-i", "box", "-c", "main", "--", ...command];

for (const kubectl of await kubectls()) {
  describe(`${kubectl.name} on containerd`, () => {
    before(() => {
      cluster.kubectlPath = kubectl.path;
    });

    test("exec: output, errors, exit codes, what is not there", async () => {
      assert.deepEqual(await cluster.tryKubectl(inBox("echo", "hello")), { code: 0, stdout: "hello\n", stderr: "" });
      const failed = await cluster.tryKubectl(inBox("sh", "-c", "echo out; echo err >&2; exit 7"));
      assert.deepEqual(failed, { code: 7, stdout: "out\n", stderr: "err\ncommand terminated with exit code 7\n" });
      assert.match((await cluster.tryKubectl(inBox("nosuch"))).stderr, /exec: "nosuch": executable file not found in \$PATH/);
      assert.match(
        (await cluster.tryKubectl(["exec", "box", "-c", "none", "--", "true"])).stderr,
        /container none is not valid for pod box/,
      );
      assert.match((await cluster.tryKubectl(["exec", "none", "--", "true"])).stderr, /pods "none" not found/);
    });

    test("exec -i: input to its end, 100 MB of it", async () => {
      assert.equal((await cluster.tryKubectl(intoBox("cat"), { stdin: "some input" })).stdout, "some input");
      assert.match((await cluster.tryKubectl(intoBox("wc", "-c"), { stdin: "" })).stdout, /^0\n$/);
      const there = await piped(intoBox("sha256sum"), big);
      assert.equal(there.sum, sum(Buffer.from(`${bigSum}  -\n`)));
      assert.deepEqual(await piped(intoBox("cat"), big), { code: 0, bytes: bigBytes, sum: bigSum });
    });

    test("exec: 100 MB of output, also to a reader who lets everybody wait, also when some input is not read", async () => {
      const zeros = sum(Buffer.alloc(bigBytes));
      const command = ["sh", "-c", `head -c ${bigBytes} /dev/zero`];
      assert.deepEqual(await piped(inBox(...command)), { code: 0, bytes: bigBytes, sum: zeros });
      assert.deepEqual(await piped(inBox(...command), undefined, 2000), { code: 0, bytes: bigBytes, sum: zeros });
      assert.deepEqual(await piped(intoBox(...command), small), { code: 0, bytes: bigBytes, sum: zeros });
    });

    test("exec -i: a process that leaves most of its input unread is heard to its end", async () => {
      for (const [script, code, says] of [
        ["echo out; sleep 1; exit 4", 4, "out\n"],
        ["exec 0<&-; sleep 1; exit 5", 5, ""],
        ["head -c 1000 | wc -c; sleep 1; exit 6", 6, "1000\n"],
      ] as const)
        assert.deepEqual(await piped(intoBox("sh", "-c", script), big), { code, bytes: says.length, sum: sum(Buffer.from(says)) }, script);
    });

    test("exec: thirty at once", async () => {
      const all = await Promise.all(Array.from({ length: 30 }, (_, index) => cluster.kubectl(inBox("echo", `n${index}`).join(" "))));
      assert.deepEqual(
        all,
        all.map((_, index) => `n${index}\n`),
      );
    });

    test("a caller that goes takes its input along, and the process ends", async () => {
      const child = spawn(kubectl.path, intoBox("sh", "-c", "cat; echo $$ > /tmp/left"), {
        env: { ...process.env, ...cluster.env },
        stdio: ["pipe", "ignore", "ignore"],
      });
      child.stdin.on("error", () => undefined);
      await sleep(1000);
      child.kill("SIGKILL");
      for (let round = 0; round < 20; round++) {
        if ((await cluster.tryKubectl(inBox("rm", "/tmp/left"))).code === 0) return;
        await sleep(250);
      }
      assert.fail("the process still waits for input");
    });

    test("a terminal: its size, its echo, its exit code", async () => {
      const line = `stty rows 33 cols 99; ${kubectl.path} exec -it box -c main -- sh -c 'sleep 1; stty size; tty; exit 4'`;
      const { code, stdout } = await run("script", ["-qec", line, "/dev/null"], { env: cluster.env, stdin: "" });
      assert.match(stdout, /33 99\r?\n\/dev\/pts\/\d+/);
      assert.equal(code, 4);
    });

    test("run -it --rm, and attach", async () => {
      const image = "--image=dhow.local/busybox:1 --image-pull-policy=Never --restart=Never";
      const once = await cluster.tryKubectl(`run once -i --rm ${image} -- sh -c`.split(" ").concat("read x; echo got $x; exit 3"), {
        stdin: "typed\n",
      });
      assert.match(once.stdout, /got typed/);
      assert.match(once.stdout, /pod "once" deleted/);
      assert.equal(once.code, 3);
      const attached = new Follower(kubectl.path, ["attach", "box", "-c", "main"], cluster.env);
      await attached.line(/^tick \d+$/);
      await attached.stop();
    });

    test("logs: follow, tail, since, timestamps, previous, by label with prefixes", async () => {
      const followed = new Follower(kubectl.path, ["logs", "-f", "box", "-c", "main", "--tail=1"], cluster.env);
      const first = Number((await followed.line(/^tick/)).slice(5));
      await followed.line(new RegExp(`^tick ${first + 3}$`));
      await followed.stop();
      assert.deepEqual(
        followed.lines.slice(0, 4),
        [0, 1, 2, 3].map((more) => `tick ${first + more}`),
      );
      assert.match(await cluster.kubectl("logs box -c main --tail=2 --timestamps"), /^(\d{4}-\d\d-\d\dT[\d:.]+Z tick \d+\n){2}$/);
      assert.ok((await cluster.kubectl("logs box -c main --since=1s")).split("\n").length < 12);
      assert.match(await cluster.kubectl("logs box -c main --limit-bytes=9"), /^tick 0\nti$/);
      assert.match(await cluster.kubectl("logs box -c once --previous"), /^run 0\n$/);
      assert.match(await cluster.kubectl("logs box -c once"), /^run 1\n$/);
      const prefixed = await cluster.kubectl("logs -l app=box --all-containers --prefix --tail=1");
      assert.match(prefixed, /^\[pod\/box\/main\] tick \d+$/m);
      assert.match(prefixed, /^\[pod\/box\/once\] run 1$/m);
    });

    test("port-forward: pages one after the other, and a port where nobody listens", async () => {
      const forward = new Follower(kubectl.path, ["port-forward", "pod/box", ":80", ":99"], cluster.env);
      const local = async (port: number): Promise<string> => {
        const line = await forward.line(new RegExp(`^Forwarding from 127.0.0.1:\\d+ -> ${port}$`));
        return /:(\d+) ->/.exec(line)![1]!;
      };
      const page = `http://127.0.0.1:${await local(80)}/`;
      for (let round = 0; round < 5; round++) assert.equal((await run("curl", ["-sS", "--max-time", "5", page])).stdout, "page\n");
      assert.notEqual((await run("curl", ["-sS", "--max-time", "5", `http://127.0.0.1:${await local(99)}/`])).code, 0);
      await forward.line(/forwarding \d+ -> 99: .*connection refused/);
      await forward.stop();
    });

    test("cp both ways", async () => {
      await cluster.kubectl(`cp ${big} box:/tmp/big -c main`);
      assert.equal(await cluster.kubectl("exec box -c main -- sha256sum /tmp/big"), `${bigSum}  /tmp/big\n`);
      await cluster.kubectl(`cp box:/tmp/big ${big}.back -c main`);
      assert.equal(sum(readFileSync(`${big}.back`)), bigSum);
    });
  });
}
