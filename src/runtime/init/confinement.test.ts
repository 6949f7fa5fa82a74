// The AppArmor profile on files that only take notes: which file, what is written, when, and what a refusal says.
// Invariant shown: the file is open before anything is applied, and closed whatever comes of it; without a profile nothing is opened.
// Called by: npm test. Next on the way: confinement.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SyscallError } from "#linux";
import type { ProcessConfig } from "../config.ts";
import { type AttributeFiles, openConfinement } from "./confinement.ts";

const ENOENT = 2;

function notes(refused: readonly string[] = []): { readonly calls: string[]; readonly kernel: AttributeFiles } {
  const calls: string[] = [];
  const note = (text: string): void => {
    calls.push(text);
    if (refused.some((one) => text.startsWith(one))) throw new SyscallError(text, ENOENT);
  };
  const kernel: AttributeFiles = {
    open(path) {
      note(`open ${path}`);
      return 7;
    },
    write: (fd, text) => note(`write ${fd} ${text}`),
    close: (fd) => note(`close ${fd}`),
  };
  return { calls, kernel };
}

const request = (profile: string | undefined, container?: string): Parameters<typeof openConfinement>[0] => {
  const process = (apparmorProfile: string | undefined): ProcessConfig => ({ cwd: "/", ...(apparmorProfile ? { apparmorProfile } : {}) });
  return { process: process(profile), config: { ociVersion: "1.2.0", process: process(container) } };
};

test("opened first, written when the program is next, closed", () => {
  const { calls, kernel } = notes();
  const confine = openConfinement(request("sails"), kernel);
  assert.deepEqual(calls, ["open /proc/thread-self/attr/apparmor/exec"]);
  confine();
  assert.deepEqual(calls.slice(1), ["write 7 exec sails", "close 7"]);
});

test("a kernel that has only the shared file", () => {
  const { calls, kernel } = notes(["open /proc/thread-self/attr/apparmor"]);
  openConfinement(request("sails"), kernel)();
  assert.deepEqual(calls.slice(1), ["open /proc/thread-self/attr/exec", "write 7 exec sails", "close 7"]);
});

test("one more process has the container's profile, or its own; without any nothing is opened", () => {
  for (const [own, container, written] of [
    [undefined, "oars", ["write 7 exec oars"]],
    ["sails", "oars", ["write 7 exec sails"]],
    [undefined, undefined, []],
  ] as const) {
    const { calls, kernel } = notes();
    openConfinement(request(own, container), kernel)();
    assert.deepEqual(
      calls.filter((call) => call.startsWith("write")),
      written,
    );
  }
});

test("a profile that is not loaded is refused in runc's words, and the file is closed", () => {
  const { calls, kernel } = notes(["write"]);
  const confine = openConfinement(request("sails"), kernel);
  assert.throws(confine, /apparmor failed to apply profile: write \/proc\/self\/attr\/apparmor\/exec: no such file or directory$/u);
  assert.equal(calls.at(-1), "close 7");
});
