// `dhow store`: a store of its own with etcd's face and etcd's flags, for etcdctl, etcd's clients and the real kube-apiserver.
// Invariant: flags that contradict each other are refused by name before anything is opened.
// Called by: components.ts. Next on the way: store/etcd/serve.ts.

import { readFileSync } from "node:fs";
import { etcdVersion, FlagError, type StoreSettings } from "#config";
import type { Clock, Log, MetricRegistry, Prng } from "#lib";
import { type PeerTls, serveEtcd } from "#store";
import type { RunningPart } from "./part.ts";
import { processMetrics } from "./process-metrics.ts";
import { autoCompactionOf } from "./store-autocompaction.ts";

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

function initialCluster(settings: StoreSettings): { name: string; url: string }[] {
  const members = settings["initial-cluster"].split(",").filter((member) => member !== "");
  return members.map((member) => {
    const [, name, text] = /^([^=]+)=(.+)$/.exec(member) ?? [];
    const url = URL.parse(text ?? "");
    if (name === undefined || !url || !["http:", "https:"].includes(url.protocol) || url.port === "")
      throw new FlagError(`--initial-cluster: ${JSON.stringify(member)} is no member like default=http://127.0.0.1:2380`);
    return { name, url: url.origin };
  });
}

function clusterState(settings: StoreSettings): "new" | "existing" {
  const state = settings["initial-cluster-state"];
  if (state === "new" || state === "existing") return state;
  throw new FlagError(`--initial-cluster-state: ${JSON.stringify(state)} is neither new nor existing`);
}

const readPem = (settings: StoreSettings, name: "peer-cert-file" | "peer-key-file" | "peer-trusted-ca-file"): string =>
  readFileSync(settings[name], "utf8");

function peerTlsOf(settings: StoreSettings): { peerTls?: PeerTls } {
  const missing = (["peer-cert-file", "peer-key-file"] as const).filter((name) => settings[name] === "");
  if (missing.length === 2) {
    const secure = settings["listen-peer-urls"].some((url) => url.startsWith("https:"));
    if (secure) throw new FlagError("an https peer address needs --peer-cert-file, --peer-key-file");
    return {};
  }
  if (missing.length === 1) throw new FlagError(`members' TLS needs --${missing[0]}`);
  const requireCertificate = settings["peer-client-cert-auth"];
  if (requireCertificate && settings["peer-trusted-ca-file"] === "")
    throw new FlagError("--peer-client-cert-auth needs --peer-trusted-ca-file");
  const ca = settings["peer-trusted-ca-file"] === "" ? {} : { ca: readPem(settings, "peer-trusted-ca-file") };
  return { peerTls: { key: readPem(settings, "peer-key-file"), cert: readPem(settings, "peer-cert-file"), requireCertificate, ...ca } };
}

function checkTimes(settings: StoreSettings): void {
  const { "heartbeat-interval": heartbeat, "election-timeout": election } = settings;
  // etcd's own rule and words.
  if (heartbeat * 5 > election)
    throw new FlagError(`--election-timeout[${election}ms] should be at least as 5 times as --heartbeat-interval[${heartbeat}ms]`);
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
  checkTimes(settings);
  const listenOn = urlsOf(settings, "listen-client-urls");
  const listen = listenOn.map((url) => ({
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? defaultPort : Number(url.port),
    ...(url.protocol === "https:" ? { tls: tlsOf(settings) } : {}),
  }));
  const advertised = urlsOf(settings, "advertise-client-urls");
  const autoCompaction = autoCompactionOf(settings["auto-compaction-mode"], settings["auto-compaction-retention"]);
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
    ...(autoCompaction ? { autoCompaction } : {}),
    members: {
      initialCluster: initialCluster(settings),
      initialClusterState: clusterState(settings),
      listenPeerUrls: shown(urlsOf(settings, "listen-peer-urls")),
      ...peerTlsOf(settings),
      heartbeatMs: settings["heartbeat-interval"],
      electionMs: settings["election-timeout"],
      snapshotEntries: settings["snapshot-count"],
      keepEntries: settings["experimental-snapshot-catchup-entries"],
      removed: () => {
        parts.log.info("this member has been removed from the cluster; it ends");
        // Whoever asked this member itself to be removed has the answer first.
        parts.clock.after(lastWordsMs, () => process.exit(0), { hold: true });
      },
    },
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
