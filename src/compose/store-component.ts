// `dhow store`: a store of its own with etcd's face and etcd's flags, for etcdctl, etcd's clients and the real kube-apiserver.
// Invariant: what this store cannot be (a member of several, a discoverer) is refused by the flag's name before anything is opened.
// Called by: components.ts. Next on the way: store/etcd/serve.ts.

import { readFileSync } from "node:fs";
import { etcdVersion, FlagError, type StoreSettings } from "#config";
import type { Clock, Log, MetricRegistry, Prng } from "#lib";
import { serveEtcd } from "#store";
import type { RunningPart } from "./part.ts";
import { processMetrics } from "./process-metrics.ts";

export interface StoreParts {
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly metrics: MetricRegistry;
}

type ListFlag = "listen-client-urls" | "advertise-client-urls" | "listen-peer-urls" | "initial-advertise-peer-urls";

function urlsOf(settings: StoreSettings, flag: ListFlag): URL[] {
  return settings[flag].map((text) => {
    const url = URL.parse(text);
    if (!url || !["http:", "https:"].includes(url.protocol) || url.pathname !== "/" || url.search !== "")
      throw new FlagError(`--${flag}: ${JSON.stringify(text)} is no address like http://127.0.0.1:2379`);
    return url;
  });
}

/** As etcd shows them: without a slash at the end. */
const shown = (urls: readonly URL[]): string[] => urls.map(({ origin }) => origin);

function checkCluster(settings: StoreSettings): void {
  if (settings["initial-cluster-state"] !== "new") throw new FlagError("--initial-cluster-state: only new is supported");
  const members = settings["initial-cluster"].split(",").filter((member) => member !== "");
  const own = new Set(shown(urlsOf(settings, "initial-advertise-peer-urls")).map((url) => `${settings.name}=${url}`));
  const other = members.find((member) => !own.has(member.replace(/\/$/, "")));
  if (other !== undefined)
    throw new FlagError(`--initial-cluster: one member is supported, this one, as ${[...own].join(",")}; not ${JSON.stringify(other)}`);
}

function tlsOf(settings: StoreSettings): { key: string; cert: string; clientCa?: string } {
  const files = ["cert-file", "key-file", ...(settings["client-cert-auth"] ? (["trusted-ca-file"] as const) : [])] as const;
  const missing = files.filter((name) => settings[name] === "");
  if (missing.length > 0) throw new FlagError(`an https address needs ${missing.map((name) => `--${name}`).join(", ")}`);
  const read = (name: "cert-file" | "key-file" | "trusted-ca-file"): string => readFileSync(settings[name], "utf8");
  const clientCa = settings["client-cert-auth"] ? { clientCa: read("trusted-ca-file") } : {};
  return { key: read("key-file"), cert: read("cert-file"), ...clientCa };
}

const defaultPort = 2379;
/** So that who waited for an answer still hears that there is none. */
const lastWordsMs = 200;
const defaultQuotaBytes = 2 * 1024 * 1024 * 1024;

export async function startStore(settings: StoreSettings, parts: StoreParts): Promise<RunningPart> {
  checkCluster(settings);
  const listenOn = urlsOf(settings, "listen-client-urls");
  urlsOf(settings, "listen-peer-urls");
  const listen = listenOn.map((url) => ({
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? defaultPort : Number(url.port),
    ...(url.protocol === "https:" ? { tls: tlsOf(settings) } : {}),
  }));
  const advertised = urlsOf(settings, "advertise-client-urls");
  processMetrics(parts.metrics, parts.clock);
  const server = await serveEtcd({
    ...parts,
    directory: settings["data-dir"] === "" ? `${settings.name}.etcd` : settings["data-dir"],
    name: settings.name,
    version: etcdVersion,
    clusterToken: settings["initial-cluster-token"],
    peerUrls: shown(urlsOf(settings, "initial-advertise-peer-urls")),
    clientUrls: shown(advertised.length > 0 ? advertised : listenOn),
    listen,
    limits: {
      quotaBytes: settings["quota-backend-bytes"] || defaultQuotaBytes,
      maxRequestBytes: settings["max-request-bytes"],
      maxTxnOps: settings["max-txn-ops"],
      progressNotifyMs: settings["experimental-watch-progress-notify-interval"],
      // One and a half elections, so that a lease outlives the time without a leader.
      minLeaseTtlSeconds: Math.ceil((settings["election-timeout"] * 1.5) / 1000),
    },
    failed: () => void parts.clock.after(lastWordsMs, () => process.exit(1), { hold: true }),
  });
  return { facts: { ports: server.ports }, stop: () => server.close() };
}
