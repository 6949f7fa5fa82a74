// The store's behaviour as transcripts: commands, `----`, what is seen. One suite, every kind of store.
// Invariant: testdata/*.txt reads the same on a store in memory, on a simulated disk and on the machine's; `disk-*.txt` restart, so memory is left out.
// Called by: the test runner; UPDATE=1 rewrites the expectations, and people review the diff. Next on the way: testdata/txn.txt.

import { strictEqual } from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { macrotask, ManualClock, type Prng, seededPrng, silentLog } from "#lib";
import { type EventBatch, type KeyValue, type LeaseId, type Revision, type Store, StoreError, type StoreWatch } from "./contract.ts";
import { memoryStore } from "./memory.ts";
import { openStore } from "./open.ts";
import { revision } from "./revision.ts";
import { SimulatedDisk } from "./wal/simulateddisk.ts";

interface Subject {
  readonly name: string;
  readonly lasts: boolean;
  /** A way to open it (again and again), and one to clean up. */
  readonly make: () => { open: (clock: ManualClock, prng: Prng) => Promise<Store>; remove: () => void };
}

const limits = { maxRequestBytes: 2000, quotaBytes: 6000 };

const subjects: readonly Subject[] = [
  {
    name: "memory",
    lasts: false,
    make: () => ({ open: async (clock, prng) => memoryStore({ clock, prng, limits }), remove: () => undefined }),
  },
  {
    name: "simulated disk",
    lasts: true,
    make() {
      let disk = new SimulatedDisk();
      const open = (clock: ManualClock, prng: Prng): Promise<Store> => {
        disk = new SimulatedDisk(disk.files());
        return openStore({ directory: "", disk, clock, prng, log: silentLog(), limits: { ...limits, snapshotAfterBytes: 1 } });
      };
      return { open, remove: () => undefined };
    },
  },
  {
    name: "disk",
    lasts: true,
    make() {
      const directory = mkdtempSync(join(tmpdir(), "dhow-store-"));
      return {
        open: (clock, prng) => openStore({ directory, clock, prng, log: silentLog(), limits }),
        remove: () => rmSync(directory, { recursive: true }),
      };
    },
  },
];

const text = (value: Uint8Array): string => (value.length > 40 ? `(${value.length} bytes)` : Buffer.from(value).toString());

/** Runs the commands of one file on one store. */
class Session {
  readonly #make: (clock: ManualClock) => Promise<Store>;
  readonly #clock = new ManualClock();
  readonly #watches = new Map<string, StoreWatch>();
  readonly #leases = new Map<string, LeaseId>();
  #store: Store;
  #lines: string[] = [];

  private constructor(make: (clock: ManualClock) => Promise<Store>, store: Store) {
    this.#make = make;
    this.#store = store;
  }

  static async start(make: (clock: ManualClock) => Promise<Store>): Promise<Session> {
    const session = new Session(make, memoryStore({ clock: new ManualClock(), prng: seededPrng(1) }));
    session.#store = await make(session.#clock);
    return session;
  }

  async run(line: string): Promise<string[]> {
    this.#lines = [];
    const [verb, ...rest] = line.split(" ");
    const options = new Map(rest.filter((word) => word.includes("=")).map((word) => word.split("=", 2) as [string, string]));
    const words = rest.filter((word) => !word.includes("="));
    let answer: string;
    try {
      answer = await this.#command(verb!, words, options);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      answer = `${error.code}: ${error.message}${error.compactRevision === undefined ? "" : ` (${error.compactRevision})`}`;
    }
    // Watches speak in microtasks, or a macrotask later.
    for (let turn = 0; turn < 3; turn++) await macrotask();
    return [...this.#lines, ...(answer === "" ? [] : answer.split("\n"))];
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #command(verb: string, words: readonly string[], options: ReadonlyMap<string, string>): Promise<string> {
    const [first = "", second] = words;
    const at = (name: string): Revision => revision(Number(options.get(name) ?? 0));
    switch (verb) {
      case "put":
        return this.#put(first, second ?? "", options);
      case "del":
        return this.#txn(first, await this.#expected(first, options), { type: "delete" });
      case "get": {
        const range = {
          start: first === "-" ? "" : first,
          ...(second === undefined ? {} : { end: second === "-" ? "\0" : second }),
          limit: Number(options.get("limit") ?? 0),
          countOnly: options.has("count"),
          keysOnly: options.has("keys"),
          ...(options.has("rev") ? { revision: at("rev") } : {}),
        };
        const { kvs, count, more, revision: now } = await this.#store.range(range);
        return [...kvs.map((kv) => this.#show(kv)), `rev ${now} count ${count}${more ? " more" : ""}`].join("\n");
      }
      case "watch":
        this.#watch(first, second === "-" ? "" : second!, words[2], at("from"));
        return "";
      case "progress":
        this.#watches.get(first)?.requestProgress();
        return "";
      case "unwatch":
        this.#watches.get(first)?.close();
        return "";
      case "compact":
        await this.#store.compact(revision(Number(first)));
        return "ok";
      case "grant":
        this.#leases.set(first, (await this.#store.grantLease(Number(second))).id);
        return "ok";
      case "keepalive":
        return `ttl ${(await this.#store.keepAlive(this.#lease(first))).ttlSeconds}`;
      case "revoke":
        await this.#store.revokeLease(this.#lease(first));
        return "ok";
      case "advance":
        this.#clock.advance(Number(first) * 1000);
        // Deleting nothing goes through the log behind whatever the clock has set off.
        await this.#store.txn({ key: "~", expect: revision(0), operation: { type: "delete" } });
        return "ok";
      case "cause": {
        const cause = this.#store.causeOf(revision(Number(first)));
        return cause ? `${cause.user} trace ${cause.traceId} span ${cause.spanId} causes ${cause.causes.join(",")}` : "unknown";
      }
      case "status": {
        const { revision: now, compactRevision, keys } = this.#store.status();
        return `rev ${now} compacted ${compactRevision} keys ${keys} linearizable ${await this.#store.linearizableRevision()}`;
      }
      case "restart":
        await this.#store.close();
        this.#store = await this.#make(this.#clock);
        return "ok";
      case "close":
        await this.#store.close();
        return "ok";
      default:
        throw new Error(`no such command: ${verb}`);
    }
  }

  async #put(key: string, value: string, options: ReadonlyMap<string, string>): Promise<string> {
    const lease = options.get("lease");
    const by = options.get("by");
    const bytes = Buffer.from(value.repeat(Number(options.get("times") ?? 1)));
    const causes = (options.get("causes") ?? "")
      .split(",")
      .filter(Boolean)
      .map((one) => revision(Number(one)));
    return this.#txn(
      key,
      await this.#expected(key, options),
      { type: "put", value: bytes, ...(lease === undefined ? {} : { lease: this.#lease(lease) }) },
      by === undefined ? undefined : { user: by, traceId: "4bf9", spanId: "00f0", causes },
    );
  }

  async #txn(...[key, expect, operation, cause]: Parameters<Session["txnOf"]>): Promise<string> {
    const result = await this.#store.txn(this.txnOf(key, expect, operation, cause));
    if (!result.succeeded) return `failed at ${result.revision}: ${result.current ? this.#show(result.current) : "no such key"}`;
    return `ok ${result.revision}${result.previous ? `, was ${this.#show(result.previous)}` : ""}`;
  }

  txnOf(
    key: string,
    expect: Revision,
    operation: Parameters<Store["txn"]>[0]["operation"],
    cause?: Parameters<Store["txn"]>[0]["cause"],
  ): Parameters<Store["txn"]>[0] {
    return { key, expect, operation, ...(cause ? { cause } : {}) };
  }

  /** Without `expect=` a command takes the key as it is. */
  async #expected(key: string, options: ReadonlyMap<string, string>): Promise<Revision> {
    const given = options.get("expect");
    return given === undefined ? ((await this.#store.range({ start: key })).kvs[0]?.modRevision ?? revision(0)) : revision(Number(given));
  }

  #lease(name: string): LeaseId {
    return this.#leases.get(name) ?? 12345n;
  }

  #show(kv: KeyValue): string {
    const lease = [...this.#leases].find(([, id]) => id === kv.lease)?.[0];
    return `${kv.key}=${text(kv.value)} create ${kv.createRevision} mod ${kv.modRevision} version ${kv.version}${lease ? ` lease ${lease}` : ""}`;
  }

  #watch(name: string, start: string, end: string | undefined, startRevision: Revision): void {
    const say = (line: string): void => void this.#lines.push(`${name}: ${line}`);
    const range = end === undefined ? { start } : { start, end: end === "-" ? "\0" : end };
    const watch = this.#store.watch(
      { ...range, startRevision },
      {
        batch: (batch) => say(this.#showBatch(batch)),
        progress: (reached) => say(`progress ${reached}`),
        closed: (error) => say(`closed${error ? ` ${error.code} (${error.compactRevision ?? "-"})` : ""}`),
      },
    );
    this.#watches.set(name, watch);
  }

  #showBatch(batch: EventBatch): string {
    const events = batch.events.map((event) => {
      const was = event.previous ? ` was ${text(event.previous.value)}@${event.previous.modRevision}` : "";
      return `${event.type} ${event.kv.key}${event.type === "put" ? `=${text(event.kv.value)}` : ""}${was}`;
    });
    return `rev ${batch.revision} ${events.join("; ")}${batch.cause ? ` by ${batch.cause.user}` : ""}`;
  }
}

/** Blocks of commands and expectations, as `[comment and commands, expected]`. */
async function replay(transcript: string, session: Session): Promise<string> {
  const blocks: string[] = [];
  for (const block of transcript.trim().split("\n\n")) {
    const [head = ""] = block.split("\n----");
    const seen: string[] = [];
    for (const line of head.split("\n")) if (line !== "" && !line.startsWith("#")) seen.push(...(await session.run(line)));
    blocks.push(seen.length === 0 && !block.includes("----") ? head : [head, "----", ...seen].join("\n"));
  }
  return `${blocks.join("\n\n")}\n`;
}

const folder = fileURLToPath(new URL("./testdata/", import.meta.url));
for (const file of readdirSync(folder).filter((name) => name.endsWith(".txt"))) {
  for (const subject of subjects) {
    if (file.startsWith("disk-") && !subject.lasts) continue;
    test(`${file} on ${subject.name}`, async () => {
      const { open, remove } = subject.make();
      const session = await Session.start((clock) => open(clock, seededPrng(7)));
      try {
        const transcript = readFileSync(join(folder, file), "utf8");
        const seen = await replay(transcript, session);
        if (process.env["UPDATE"] === "1" && subject.name === (file.startsWith("disk-") ? "disk" : "memory"))
          writeFileSync(join(folder, file), seen);
        else strictEqual(seen, transcript);
      } finally {
        await session.close();
        remove();
      }
    });
  }
}
