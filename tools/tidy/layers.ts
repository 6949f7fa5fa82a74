// The layers and the edges between them: who may import whom.
// Invariant: an edge that is not listed here does not exist; no controller, scheduler or kubelet reaches the store or the API server.
// Called by: tools/tidy/rules.ts. Next on the way: ARCHITECTURE.md, which tells the same story in words.

const above = [
  "config",
  "api",
  "apiserver",
  "store",
  "raft",
  "client",
  "controllers",
  "scheduler",
  "kubelet",
  "network",
  "cri",
  "image",
  "runtime",
  "linux",
  "wire",
];

/** Layer → the layers it may import besides itself and `lib`, which is open to all. */
export const allowedEdges: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  wire: [],
  linux: [],
  raft: [],
  api: [],
  config: ["api"],
  store: ["raft", "wire"],
  client: ["api", "config", "wire"],
  apiserver: ["store", "client", "api", "config", "wire"],
  controllers: ["client", "api", "config", "wire"],
  scheduler: ["client", "api", "config", "wire"],
  network: ["client", "api", "config", "linux", "wire"],
  image: ["linux", "wire"],
  runtime: ["linux"],
  cri: ["wire"],
  kubelet: ["client", "api", "config", "cri", "linux", "wire"],
  compose: above,
  sim: [...above, "compose"],
  cmd: ["compose", "sim", "cli", "config", "lib"],
  cli: [...above, "compose", "sim"],
};

/** Folders outside src/: they use the doors or the launcher. */
export const outerFolders: readonly string[] = ["tools", "e2e", "bench", "conformance", "labs"];
