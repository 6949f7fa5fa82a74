// What a client asks, as a command of the log, and what it learns from the command's outcome.
// Invariant: says what was asked and what was told in the words of checks/history.ts, and nothing else.
// Called by: client.ts. A nested transaction comes over etcd's face, in etcd's own protobuf. Next on the way: ../checks/history.ts.

import { type Command, encodeMessage, type KeyValue, type Outcome, revision } from "#store/parts";
import { type Asked, type Told, written } from "../checks/history.ts";

export type Written = Exclude<Asked, { readonly type: "read" }>;

const equal = 0;
const target = { version: 0, value: 3 } as const;
const bytes = (text: string): Uint8Array => Buffer.from(text);

export const textOf = (kv: Pick<KeyValue, "value"> | undefined): string => (kv ? Buffer.from(kv.value).toString() : "");

export function commandOf(asked: Written, expectRevision: number): Command {
  const { key, value } = asked;
  if (asked.type === "both") return { type: "etcdTxn", request: both(asked) };
  const expect = revision(expectRevision);
  return value === "" ? { type: "delete", key, expect } : { type: "put", key, expect, value: bytes(value) };
}

function both({ key, to, expect, value }: Extract<Asked, { readonly type: "both" }>): Uint8Array {
  const put = (name: string, text: string): { request_put: { key: string; value: Uint8Array } } => ({
    request_put: { key: name, value: bytes(text) },
  });
  const read = (name: string): { request_range: { key: string } } => ({ request_range: { key: name } });
  const unlessThere = {
    compare: [{ result: equal, target: target.version, key: to, version: 0 }],
    success: [put(to, written(value, ""))],
    failure: [read(to), put(to, written(value, "there"))],
  };
  return encodeMessage("TxnRequest", {
    compare: [
      expect === ""
        ? { result: equal, target: target.version, key, version: 0 }
        : { result: equal, target: target.value, key, value: bytes(expect) },
    ],
    success: [put(key, value), { request_txn: unlessThere }],
    failure: [read(key), read(to)],
  });
}

type Transaction = Extract<Outcome, { readonly type: "transaction" }>["response"];

const readAt = (response: Transaction | undefined, at: number): string => {
  const kv = response?.responses?.[at]?.response_range?.kvs?.[0];
  return kv?.value ? Buffer.from(kv.value).toString() : "";
};

/** Undefined: an outcome that this question cannot have. */
export function toldBy(asked: Written, outcome: Outcome): Told | undefined {
  if (asked.type === "write") {
    if (outcome.type !== "txn") return undefined;
    const { result } = outcome;
    if (result.succeeded) return { done: true, found: "", revision: result.revision };
    return { done: false, found: textOf(result.current), revision: result.revision };
  }
  if (outcome.type !== "transaction") return undefined;
  const { response } = outcome;
  const at = response.header?.revision ?? 0;
  if (!response.succeeded) return { done: false, found: `${readAt(response, 0)} ${readAt(response, 1)}`, revision: at };
  return { done: true, found: readAt(response.responses?.[1]?.response_txn, 0), revision: at };
}
