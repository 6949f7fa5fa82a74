// The store's figures under etcd's names, for dashboards that know them.
// Invariant: a figure that this store has no equal of is left out, never made up.
// Called by: serve.ts. Next on the way: http.ts, which shows them.

import type { MetricRegistry } from "#lib";
import type { Etcd } from "./etcd.ts";

/** Registers the figures; gives what counts each call's end. */
export function etcdMetrics(etcd: Etcd, metrics: MetricRegistry): (method: string, code: string) => void {
  const { store, cluster } = etcd;
  const gauges: readonly (readonly [name: string, help: string, value: () => number])[] = [
    [
      "etcd_server_has_leader",
      "Whether or not a leader exists. 1 is existence, 0 is not.",
      () => (store.failure || !cluster.leader ? 0 : 1),
    ],
    [
      "etcd_server_is_leader",
      "Whether or not this member is a leader. 1 if is, 0 otherwise.",
      () => (!store.failure && cluster.isLeader ? 1 : 0),
    ],
    ["etcd_server_is_learner", "Whether or not this member is a learner. 1 if is, 0 otherwise.", () => (cluster.isLearner ? 1 : 0)],
    ["etcd_server_proposals_applied_total", "The total number of consensus proposals applied.", () => store.applied.index],
    ["etcd_server_proposals_committed_total", "The total number of consensus proposals committed.", () => cluster.committedIndex],
    ["etcd_server_quota_backend_bytes", "Current backend storage quota size in bytes.", () => etcd.limits.quotaBytes],
    ["etcd_mvcc_db_total_size_in_bytes", "Total size of the keys and values of all versions kept.", () => store.state.bytes],
    ["etcd_mvcc_db_total_size_in_use_in_bytes", "Size of the keys and values of all versions kept.", () => store.state.bytes],
    ["etcd_debugging_mvcc_keys_total", "Total number of keys.", () => store.state.liveKeys],
    ["etcd_debugging_mvcc_current_revision", "The current revision of store.", () => store.state.revision],
    ["etcd_debugging_mvcc_compact_revision", "The revision of the last compaction in store.", () => store.state.compactRevision],
  ];
  const set = gauges.map(([name, help, value]) => ({ gauge: metrics.gauge(name, help), value }));
  metrics.collect(() => {
    for (const { gauge, value } of set) gauge.set(value());
  });
  const handled = metrics.counter(
    "grpc_server_handled_total",
    "Total number of RPCs completed on the server, regardless of success or failure.",
  );
  // Counted plainly, and told when somebody looks: a label costs more than a small call.
  const counts = new Map<string, Map<string, number>>();
  metrics.collect(() => {
    for (const [path, byCode] of counts)
      for (const [code, count] of byCode) {
        const [, grpc_service = "", grpc_method = ""] = path.split("/");
        handled.add({ grpc_service, grpc_method, grpc_code: grpcCodeName(code) }, count);
        byCode.delete(code);
      }
  });
  return (path, code) => {
    let byCode = counts.get(path);
    if (!byCode) counts.set(path, (byCode = new Map<string, number>()));
    byCode.set(code, (byCode.get(code) ?? 0) + 1);
  };
}

/** As Go spells it: `InvalidArgument`. */
const grpcCodeName = (code: string): string =>
  code === "OK" ? code : code.toLowerCase().replace(/(?:^|_)([a-z])/g, (_all, letter: string) => letter.toUpperCase());
