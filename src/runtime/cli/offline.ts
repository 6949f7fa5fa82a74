// Commands that need no machine: `features`, `spec`, and the version.
// Invariant: they work for everybody, everywhere.
// Called by: cli/commands.ts. Next on the way: features.ts, spec.ts.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { RuntimeError } from "../errors.ts";
import { features } from "../features.ts";
import { exampleConfig } from "../spec.ts";
import { specVersion } from "../state.ts";
import type { Command } from "./commands.ts";

export const versionText = `dhow-runtime version 0.1.0\nspec: ${specVersion}\nnode: ${process.version}`;

export const offlineCommands: Readonly<Record<string, Command>> = {
  features: {
    options: {},
    run: ({ print }) => {
      print(JSON.stringify(features(), undefined, 4));
      return 0;
    },
  },
  spec: {
    options: { bundle: "value", rootless: "flag" },
    short: { b: "bundle" },
    run: ({ options }) => {
      const path = join(options.text("bundle") ?? ".", "config.json");
      const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
      try {
        const text = JSON.stringify(exampleConfig(options.flag("rootless") ? owner : undefined), undefined, 2);
        writeFileSync(path, `${text}\n`, { flag: "wx", mode: 0o644 });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new RuntimeError(`file ${path} exists. Remove it first`);
        throw error;
      }
      return 0;
    },
  },
};
