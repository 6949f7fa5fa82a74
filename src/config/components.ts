// The flags of each component, under upstream's names as far as the thing behind them exists here.
// Invariant: a flag stands here only if something obeys it; everything else is refused by flags.ts.
// Called by: cmd/ (single components as verbs). Next on the way: compose/, which builds from the settings.

import type { FlagTable, Settings } from "./flags.ts";

export const apiserverFlags = {
  "bind-address": { type: "string", default: "127.0.0.1", help: "address the HTTPS port listens on" },
  "secure-port": { type: "int", default: "6443", help: "the HTTPS port" },
  "tls-cert-file": { type: "string", help: "PEM of the serving certificate" },
  "tls-private-key-file": { type: "string", help: "PEM of its key" },
  "client-ca-file": { type: "string", help: "PEM of the authority whose client certificates name users" },
  "service-account-signing-key-file": { type: "string", help: "PEM of the key that signs service-account tokens" },
  "service-account-issuer": {
    type: "string",
    default: "https://kubernetes.default.svc.cluster.local",
    help: "issuer named in service-account tokens",
  },
  "service-cluster-ip-range": { type: "string", default: "10.96.0.0/16", help: "addresses for Services" },
  "advertise-address": { type: "string", help: "address under which pods and nodes reach this server" },
  "data-dir": { type: "string", help: "folder of the store that runs inside this process" },
  "etcd-servers": { type: "list", help: "instead of --data-dir: members of a store elsewhere, such as http://127.0.0.1:2379" },
  "etcd-prefix": { type: "string", default: "/registry", help: "what the keys in that store begin with" },
  "etcd-cafile": { type: "string", help: "PEM of the authority of that store's certificates" },
  "etcd-certfile": { type: "string", help: "PEM of the certificate shown to that store" },
  "etcd-keyfile": { type: "string", help: "PEM of its key" },
} as const satisfies FlagTable;

const controlLoopFlags = {
  kubeconfig: { type: "string", help: "kubeconfig with the server and the credentials" },
} as const satisfies FlagTable;

export const controllerManagerFlags = {
  ...controlLoopFlags,
  controllers: { type: "list", default: "*", help: "controllers to run: * for all, foo for one, -foo for all but one" },
  "root-ca-file": { type: "string", help: "PEM published to every namespace as kube-root-ca.crt" },
} as const satisfies FlagTable;

export const schedulerFlags = { ...controlLoopFlags } as const satisfies FlagTable;

export const kubeletFlags = {
  kubeconfig: { type: "string", help: "kubeconfig with the server and the node's credentials" },
  "hostname-override": { type: "string", help: "name of the node; absent: the machine's" },
  "container-runtime-endpoint": { type: "string", help: "socket of the CRI runtime, unix:///…; absent: the simulated one" },
  "root-dir": { type: "string", help: "folder for the state of pods" },
  port: { type: "int", default: "10250", help: "port of the kubelet's own HTTPS API" },
  "tls-cert-file": { type: "string", help: "PEM of the kubelet's serving certificate" },
  "tls-private-key-file": { type: "string", help: "PEM of its key" },
  "client-ca-file": { type: "string", help: "PEM of the authority whose clients may ask the kubelet" },
  "node-ip": { type: "string", help: "address of the node; absent: the machine's first" },
} as const satisfies FlagTable;

/** etcd's own names and defaults. */
export const storeFlags = {
  name: { type: "string", default: "default", help: "name of this member" },
  "data-dir": { type: "string", help: "folder of the data (absent: NAME.etcd)" },
  "listen-client-urls": { type: "list", default: "http://localhost:2379", help: "addresses to listen on for clients" },
  "advertise-client-urls": { type: "list", help: "addresses told to clients (absent: those listened on)" },
  "listen-peer-urls": {
    type: "list",
    default: "http://localhost:2380",
    help: "addresses to listen on for other members",
  },
  "initial-advertise-peer-urls": {
    type: "list",
    default: "http://localhost:2380",
    help: "addresses told to other members; this member's id is made of them",
  },
  "initial-cluster": { type: "string", help: "NAME=URL of every member, with commas between (absent: this one alone)" },
  "initial-cluster-state": {
    type: "string",
    default: "new",
    help: "`new` for a cluster that is founded, `existing` for who was added to one",
  },
  "initial-cluster-token": { type: "string", default: "etcd-cluster", help: "part of what the ids are made of" },
  "cert-file": { type: "string", help: "PEM of the serving certificate" },
  "key-file": { type: "string", help: "PEM of its key" },
  "trusted-ca-file": { type: "string", help: "PEM of the authority of clients' certificates" },
  "client-cert-auth": { type: "bool", help: "refuse clients without a certificate of that authority" },
  "peer-cert-file": { type: "string", help: "PEM of the certificate shown to other members, as server and as client" },
  "peer-key-file": { type: "string", help: "PEM of its key" },
  "peer-trusted-ca-file": { type: "string", help: "PEM of the authority of members' certificates" },
  "peer-client-cert-auth": { type: "bool", help: "refuse members without a certificate of that authority" },
  "snapshot-count": {
    type: "int",
    default: "100000",
    help: "entries after which a snapshot is due, unless their bytes make it due earlier",
  },
  "experimental-snapshot-catchup-entries": {
    type: "int",
    default: "5000",
    help: "entries kept for members that lag; who lags more gets a snapshot",
  },
  "quota-backend-bytes": { type: "int", default: "0", help: "keys and values of all versions beyond which writes are refused; 0: 2 GiB" },
  "max-request-bytes": { type: "int", default: "1572864", help: "bytes of one request" },
  "max-txn-ops": { type: "int", default: "128", help: "operations in one transaction" },
  "auto-compaction-mode": { type: "string", default: "periodic", help: "what the next counts: `periodic`, or `revision`" },
  "auto-compaction-retention": {
    type: "string",
    default: "0",
    help: "history that is kept when the rest is compacted by itself: hours, a time like 30m, or revisions; 0: never",
  },
  "heartbeat-interval": { type: "int", default: "100", help: "milliseconds between two heartbeats of the leader" },
  "election-timeout": { type: "int", default: "1000", help: "milliseconds without a leader before a member stands for election" },
  "experimental-watch-progress-notify-interval": {
    type: "duration",
    default: "10m",
    help: "how often quiet watches are told how far they are",
  },
} as const satisfies FlagTable;

/** `dhow store check|dump|backup|restore`. */
export const storeToolFlags = {
  "data-dir": { type: "string", help: "folder of the data, which no store has open" },
  file: { type: "string", help: "the backup to write or to restore" },
} as const satisfies FlagTable;

export const componentFlags = {
  apiserver: apiserverFlags,
  "controller-manager": controllerManagerFlags,
  scheduler: schedulerFlags,
  kubelet: kubeletFlags,
  store: storeFlags,
} as const;

export type ComponentName = keyof typeof componentFlags;
export type ApiserverSettings = Settings<typeof apiserverFlags>;
export type ControllerManagerSettings = Settings<typeof controllerManagerFlags>;
export type SchedulerSettings = Settings<typeof schedulerFlags>;
export type KubeletSettings = Settings<typeof kubeletFlags>;
export type StoreToolSettings = Settings<typeof storeToolFlags>;
export type StoreSettings = Settings<typeof storeFlags>;
