// Stripping for the package: lines and columns stay, relative imports follow their files, everything else is left alone.
// Invariant shown: what is no import specifier is not touched, and the doors lead into dist/.
// Called by: npm test. Next on the way: pack.ts.

import assert from "node:assert/strict";
import { test } from "node:test";
import { packedManifest, stripped } from "./pack.ts";

const cases: { name: string; source: string; want: string }[] = [
  { name: "types become blanks", source: 'const x: string = "a";\nx;\n', want: 'const x         = "a";\nx;\n' },
  { name: "a relative import follows its file", source: 'import { a } from "./b.ts";\na;\n', want: 'import { a } from "./b.js";\na;\n' },
  { name: "so does a lazy one", source: 'await import("../b/c.ts");\n', want: 'await import("../b/c.js");\n' },
  { name: "and one on a line of its own", source: 'await import(\n  "./c.ts"\n);\n', want: 'await import(\n  "./c.js"\n);\n' },
  {
    name: "doors and packages stay",
    source: 'import { a } from "#lib";\nimport b from "yaml";\n',
    want: 'import { a } from "#lib";\nimport b from "yaml";\n',
  },
  { name: "text that names a file stays", source: 'const x = "./b.ts";\n', want: 'const x = "./b.ts";\n' },
  { name: "comments stay", source: "// Next on the way: ./b.ts\n", want: "// Next on the way: ./b.ts\n" },
];

for (const { name, source, want } of cases) test(name, () => assert.equal(stripped(source), want));

test("the manifest of dist/ leads its doors into dist/", () => {
  const manifest = { name: "x", version: "1.0.0", type: "module", imports: { "#lib": "./src/lib/index.ts" } };
  assert.deepEqual(JSON.parse(packedManifest(manifest)), {
    name: "x",
    version: "1.0.0",
    type: "module",
    private: true,
    imports: { "#lib": "./lib/index.js" },
  });
});
