// The init stage on a kernel that only takes notes: the order in which rights are given up, and how mounts find their place.
// Invariant shown: the filter comes last, or first while the right to set it is there; no path of the container is opened but below its root.

import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openFlags, openSyscalls, recordSyscalls, SyscallError } from "#linux";
import type { ProcessConfig } from "../config.ts";
import { become, type Prepared } from "./identity.ts";
import { Inside, split } from "./inside.ts";
import { lookPath } from "./look-path.ts";
import { mountOne } from "./mounts.ts";
import type { InitRequest } from "./request.ts";

const ENOENT = 2;
const EAGAIN = 11;

function refuse(errno: number): never {
  throw new SyscallError("test", errno);
}

const prepared: Prepared = { path: "/bin/true", args: ["true"], env: [], filter: { program: Buffer.alloc(8), flags: 0 } };
const capabilities = { bounding: [], effective: ["CAP_KILL"], permitted: ["CAP_KILL"], inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"] };

function giveUp(process: Partial<ProcessConfig>): string[] {
  const { calls, syscalls } = recordSyscalls();
  const request = { lastCapability: 40, preserveFds: 0 } as InitRequest;
  become({ syscalls, request }, { cwd: "/", capabilities, ...process }, prepared);
  return calls.map((call) => call.slice(0, call.indexOf("(")));
}

test("with no new privileges the filter is the last thing before the program", () => {
  const order = giveUp({ noNewPrivileges: true });
  assert.deepEqual(order.slice(-6), ["setKeepcaps", "clearAmbient", "raiseAmbient", "setNoNewPrivs", "installSeccomp", "execve"]);
});

test("without it the filter comes before the rights to set it go", () => {
  const order = giveUp({});
  assert.ok(order.indexOf("installSeccomp") < order.indexOf("capset"), order.join(" "));
  assert.equal(order.includes("setNoNewPrivs"), false);
});

test("standard input and output stay open, all else is closed, signals are as new", () => {
  const order = giveUp({});
  assert.deepEqual(order.slice(0, 5), ["resetSignals", "keepOnExec", "keepOnExec", "keepOnExec", "closeOnExecFrom"]);
});

test("inside: a folder is made step by step, each below an open parent, and a link in the way leads to its target in the root", () => {
  const existing = new Set(["/"]);
  const { calls, syscalls } = recordSyscalls({
    openat2: (directory: number, path: string) => (directory !== 9 || existing.has(path) ? 50 : refuse(ENOENT)),
    readlinkat: (_directory: number, name: string) => (name === "run" ? "/var" : refuse(ENOENT)),
  } as never);
  new Inside(syscalls, 9).makeFolder("/run/a");
  const made = calls.filter((call) => call.startsWith("mkdirat"));
  assert.deepEqual(made, ['mkdirat(50, "var", 493)', 'mkdirat(50, "a", 493)']);
  const escaping = calls.filter((call) => call.startsWith("openat2(9") && !call.includes('"resolve":16'));
  assert.deepEqual(escaping, []);
});

test("inside: a kernel that gives up because of a rename is asked again, but not forever", () => {
  let asked = 0;
  const twice = recordSyscalls({ openat2: () => (++asked < 3 ? refuse(EAGAIN) : 7) } as never);
  assert.equal(new Inside(twice.syscalls, 9).open("/x"), 7);
  const always = recordSyscalls({ openat2: () => refuse(EAGAIN) } as never);
  assert.throws(() => new Inside(always.syscalls, 9).open("/x"), /temporarily unavailable/u);
});

test("inside: a path is split below its root", () => {
  assert.deepEqual(split("/a/./b//c"), ["/a/b", "c"]);
  assert.throws(() => split("/a/.."), /ends in/u);
});

test("mounts: made apart, attributed, then moved onto what was opened; below /proc only what engines cover", () => {
  const folder = mkdtempSync(join(tmpdir(), "dhow-init-"));
  const target = openSync(folder, "r");
  const { calls, syscalls } = recordSyscalls({
    openat2: () => target,
    openTree: () => target,
    close: () => undefined,
    status: () => ({ type: "folder" }),
  } as never);
  const context = { syscalls, inside: new Inside(syscalls, 9), bundle: "/b", late: [], cgroups: () => undefined, mapping: 77 };
  try {
    mountOne(context as never, { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec"] });
    const names = calls.map((call) => call.slice(0, call.indexOf("("))).filter((name) => name !== "close" && name !== "openat2");
    assert.deepEqual(names, ["fsopen", "fsconfigString", "fsconfigCreate", "fsmount", "moveMount"]);
    assert.ok(
      calls.some((call) => call.startsWith("fsmount(") && call.includes(", 10)")),
      calls.join("\n"),
    );
    mountOne(context as never, { destination: "/mnt", type: "bind", source: "/", options: ["bind", "ridmap", "ro"] });
    // Before it is anywhere to be seen, and before its other attributes.
    const bound = calls
      .slice(calls.findIndex((call) => call.startsWith("openTree")))
      .filter((call) => /^(?:mountSetattr|moveMount)/u.test(call));
    assert.match(bound[0] ?? "", /"set":1048576,"userNamespace":77,"recursive":true/u);
    assert.match(bound[1] ?? "", /"set":1,/u);
    assert.match(bound[2] ?? "", /^moveMount/u);
    assert.throws(() => mountOne(context as never, { destination: "/proc/sys", type: "tmpfs" }), /is inside \/proc/u);
    assert.throws(() => mountOne(context as never, { destination: "/proc", type: "tmpfs" }), /not of type proc/u);
    assert.throws(() => mountOne(context as never, { destination: "/x/../proc/self", type: "bind", source: "/" }), /is inside \/proc/u);
  } finally {
    closeSync(target);
    rmSync(folder, { recursive: true });
  }
});

test("programs are found along PATH, and refused in runc's words", () => {
  const kernel = openSyscalls();
  const runs = { mayExecute: () => undefined, statusOf: (path: string) => kernel.statusOf(path) };
  assert.equal(lookPath(process.execPath, [], runs), process.execPath);
  assert.throws(
    () => lookPath("no-such", ["PATH=/nowhere:/bin"], runs),
    /^RuntimeError: exec: "no-such": executable file not found in \$PATH$/u,
  );
  assert.throws(() => lookPath("/no/such", [], runs), /exec: "\/no\/such": stat \/no\/such: no such file or directory/u);
  assert.throws(() => lookPath(tmpdir(), [], runs), /is a directory/u);
  assert.ok(openFlags.path > 0);
});
