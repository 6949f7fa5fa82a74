// What a config.json must not say, and what is refused by name because this runtime does not do it.
// Invariant shown: each refusal names the field; the example config passes.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "./config.ts";
import { parseExactJson, stringifyExactJson } from "./config.ts";
import { signalNumber } from "./kill.ts";
import { parseOptions } from "./cli/options.ts";
import { exampleConfig } from "./spec.ts";
import { checkId } from "./state.ts";
import { validate } from "./validate.ts";

const machine = { appArmor: false, seLinux: false };
const base = exampleConfig(undefined);
const process = base.process!;
const linux = base.linux!;

test("the example passes, with and without root", () => {
  validate(base, machine);
  validate(exampleConfig({ uid: 1000, gid: 1000 }), machine);
});

const refused: readonly { name: string; config: Partial<Config>; text: RegExp }[] = [
  { name: "another major version", config: { ociVersion: "2.0.0" }, text: /unsupported spec version "2.0.0"/u },
  { name: "a relative cwd", config: { process: { ...process, cwd: "home" } }, text: /Cwd must be an absolute path/u },
  { name: "no args", config: { process: { ...process, args: [] } }, text: /args must not be empty/u },
  { name: "an unknown rlimit", config: { process: { ...process, rlimits: [{ type: "RLIMIT_X", soft: 1, hard: 1 }] } }, text: /RLIMIT_X/u },
  {
    name: "a soft limit above the hard one",
    config: { process: { ...process, rlimits: [{ type: "RLIMIT_CPU", soft: 2, hard: 1 }] } },
    text: /RLIMIT_CPU/u,
  },
  { name: "AppArmor without AppArmor", config: { process: { ...process, apparmorProfile: "x" } }, text: /apparmor not supported/u },
  { name: "SELinux without SELinux", config: { process: { ...process, selinuxLabel: "x" } }, text: /selinux/u },
  { name: "a namespace nobody knows", config: { linux: { namespaces: [{ type: "sea" }] } }, text: /namespace "sea" does not exist/u },
  { name: "a namespace twice", config: { linux: { namespaces: [{ type: "pid" }, { type: "pid" }] } }, text: /duplicated ns/u },
  { name: "a hostname of the machine's", config: { hostname: "x", linux: { namespaces: [] } }, text: /private UTS namespace/u },
  {
    name: "masked paths of the machine's",
    config: { hostname: "", linux: { namespaces: [], maskedPaths: ["/proc/kcore"] } },
    text: /private MNT namespace/u,
  },
  {
    name: "a sysctl of the machine's",
    config: { linux: { ...linux, sysctl: { "vm.swappiness": "1" } } },
    text: /not in a separate kernel namespace/u,
  },
  { name: "a sysctl that climbs", config: { linux: { ...linux, sysctl: { "net.../../vm.swappiness": "1" } } }, text: /is not a name/u },
  {
    name: "mappings without a user namespace",
    config: { linux: { ...linux, uidMappings: [{ containerID: 0, hostID: 1, size: 1 }] } },
    text: /USER namespace/u,
  },
  { name: "Intel RDT", config: { linux: { ...linux, intelRdt: {} } }, text: /linux.intelRdt is not supported/u },
  {
    name: "seccomp notification",
    config: { linux: { ...linux, seccomp: { defaultAction: "SCMP_ACT_NOTIFY" } } },
    text: /SCMP_ACT_NOTIFY is not supported/u,
  },
  { name: "a hook by name alone", config: { hooks: { poststop: [{ path: "true" }] } }, text: /of poststop is not absolute/u },
];
for (const { name, config, text } of refused)
  test(`refused: ${name}`, () => assert.throws(() => validate({ ...base, ...config }, machine), text));

test("AppArmor where the machine has it; SELinux nowhere, also where the machine has it", () => {
  const has = { appArmor: true, seLinux: true };
  validate({ ...base, process: { ...process, apparmorProfile: "x" } }, has);
  assert.throws(() => validate({ ...base, process: { ...process, selinuxLabel: "x" } }, has), /process.selinuxLabel is not supported/u);
  assert.throws(() => validate({ ...base, linux: { ...linux, mountLabel: "x" } }, has), /linux.mountLabel/u);
});

test("numbers of a config keep every digit", () => {
  const text = '{"value":18446744073709551615,"small":7,"rate":1.5}';
  assert.deepEqual(parseExactJson(text), { value: 18446744073709551615n, small: 7, rate: 1.5 });
  assert.equal(stringifyExactJson(parseExactJson(text)), text);
});

test("ids are names of folders, no paths", () => {
  for (const id of ["a", "A_b-c.d+e", "..."]) checkId(id);
  for (const id of ["", ".", "..", "a/b", "a b", "ä"]) assert.throws(() => checkId(id), /container/u);
});

test("signals by name and number", () => {
  assert.deepEqual(["9", "KILL", "sigkill", "SIGRTMIN+2", "RTMAX-1", "0"].map(signalNumber), [9, 9, 9, 36, 63, 0]);
  for (const text of ["65", "SIGSAIL", "constructor"]) assert.throws(() => signalNumber(text), /unknown signal/u);
});

test("options: values, lists, flags, and where they end", () => {
  const table = { root: "value", env: "list", tty: "flag" } as const;
  const parsed = parseOptions(["--root=/r", "-e", "A=1", "-t", "id", "--env", "x"], table, { e: "env", t: "tty" }, true);
  assert.deepEqual(
    [parsed.text("root"), parsed.texts("env"), parsed.flag("tty"), parsed.rest],
    ["/r", ["A=1"], true, ["id", "--env", "x"]],
  );
  assert.throws(() => parseOptions(["--sail"], table, {}, false), /not defined: -sail/u);
  assert.throws(() => parseOptions(["--root"], table, {}, false), /needs an argument/u);
});
