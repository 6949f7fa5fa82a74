// A store's folder as text, for people who want to see what a write leaves on disk: files, frames, records, revisions, keys.
// Invariant: reads only; a damaged frame is named, and the rest of its file is left out.
// Called by: tools.ts. Layout of what is read: docs/formats/store.md. Next on the way: wal/record.ts.

import { unreachable } from "#lib";
import { decode } from "../etcd/codec.ts";
import type { RequestOp } from "../etcd/messages.gen.ts";
import { unwrap } from "../members/forwarded.ts";
import { type Command, decodeCommand } from "../mvcc/command.ts";
import { decodeSnapshotHeader, snapshotHeaderBytes, snapshotIndex } from "../snapshot/format.ts";
import { readFrame } from "../wal/frame.ts";
import { type LogRecord, readRecords } from "../wal/record.ts";
import { decodeSegmentHeader, segmentHeaderBytes, segmentNumber } from "../wal/segment.ts";
import { inspect } from "./inspect.ts";
import { ReadOnlyDisk } from "./readonly.ts";

/** Printable as it is, anything else as JSON would escape it. */
const shown = (key: string): string => (/^[\x21-\x7e]+$/.test(key) ? key : JSON.stringify(key));

function operationText({ request_range, request_put, request_delete_range, request_txn }: RequestOp): string {
  if (request_range) return `range ${shown(request_range.key)}`;
  if (request_put) return `put ${shown(request_put.key)} (${request_put.value.length} bytes)`;
  if (request_delete_range) return `delete ${shown(request_delete_range.key)}`;
  return request_txn ? `a transaction of ${request_txn.success.length + request_txn.failure.length}` : "nothing";
}

function commandText(command: Command): string {
  switch (command.type) {
    case "put":
      return `put ${shown(command.key)} (${command.value.length} bytes) if at ${command.expect}${command.cause ? ` by ${command.cause.user}` : ""}`;
    case "delete":
      return `delete ${shown(command.key)} if at ${command.expect}${command.cause ? ` by ${command.cause.user}` : ""}`;
    case "grantLease":
      return `grant lease ${command.id} for ${command.ttlSeconds} s`;
    case "revokeLease":
      return `end lease ${command.id}`;
    case "compact":
      return `compact ${command.revision}`;
    case "etcdPut":
      return operationText({ request_put: decode("PutRequest", command.request) });
    case "etcdDeleteRange":
      return operationText({ request_delete_range: decode("DeleteRangeRequest", command.request) });
    case "etcdTxn": {
      const { compare, success, failure } = decode("TxnRequest", command.request);
      const texts = (operations: readonly RequestOp[]): string => operations.map(operationText).join(", ") || "nothing";
      return `if ${compare.length} compares hold: ${texts(success)}; else: ${texts(failure)}`;
    }
    case "guarded":
      return `${commandText(command.command)}, by rights of revision ${command.authRevision}`;
    case "alarm":
      return `alarm ${command.alarm} ${command.active ? "up" : "down"}`;
    case "auth":
      return `rights: ${command.change.change}`;
    case "members":
      return `members: ${command.change.change}${"id" in command.change ? ` ${command.change.id}` : ""}`;
    default:
      return unreachable(command);
  }
}

function entryText(data: Uint8Array): string {
  const forwarded = unwrap(data);
  return forwarded ? `${commandText(decodeCommand(forwarded.data))}, for member ${forwarded.origin}` : commandText(decodeCommand(data));
}

function recordText(record: LogRecord): string {
  switch (record.type) {
    case "hardState":
      return `hard state: term ${record.hardState.term}, vote ${record.hardState.vote}, commit ${record.hardState.commit}`;
    case "snapshotMark":
      return `a snapshot stands at ${record.mark.index}`;
    case "entry": {
      const { index, term, type, data } = record.entry;
      return `entry ${index}, term ${term}: ${type === "command" ? entryText(data) : type === "configuration" ? `members ${Buffer.from(data).toString()}` : type}`;
    }
    default:
      return unreachable(record);
  }
}

async function* segment(disk: ReadOnlyDisk, name: string): AsyncGenerator<string> {
  const file = await disk.read(name, 0, await disk.size(name));
  const header = decodeSegmentHeader(file);
  if (!header) return yield `${name}: no valid header`;
  yield `${name}: segment ${header.number} after entry ${header.previousIndex}, format ${header.version}`;
  for (let at = segmentHeaderBytes; at < file.length; ) {
    const frame = readFrame(file, at, header.salt);
    if (!frame) return yield `  @${at} no valid frame; ${file.length - at} bytes left out`;
    yield `  @${at} frame ${frame.number}, ${frame.payload.length} bytes`;
    for (const record of readRecords(frame.payload)) yield `    ${recordText(record)}`;
    at = frame.end;
  }
}

export async function* dump(directory: string): AsyncGenerator<string> {
  const disk = new ReadOnlyDisk(directory, () => undefined);
  const names = await disk.list();
  for (const name of names.filter((one) => snapshotIndex(one) !== undefined)) {
    const header = decodeSnapshotHeader(await disk.read(name, 0, snapshotHeaderBytes));
    yield header
      ? `${name}: snapshot at entry ${header.index}, revision ${header.revision}, compacted at ${header.compactRevision}`
      : `${name}: no valid header`;
  }
  for (const name of names.filter((one) => segmentNumber(one) !== undefined)) yield* segment(disk, name);
  const { state } = await inspect(directory);
  yield `revisions ${state.history.first} to ${state.history.last}, compacted at ${state.compactRevision}`;
  for (let at = state.history.first; at <= state.history.last; at++)
    for (const { type, kv } of state.history.at(at)!.events)
      yield `  ${at} ${type} ${shown(kv.key)}${type === "put" ? ` version ${kv.version} (${kv.value.length} bytes)` : ""}`;
  yield `keys: ${state.liveKeys}`;
  const scan = state.scan({ start: "", end: "\0" }, state.revision, { limit: 0, countOnly: false });
  for (let done = false; !done; ) {
    done = scan.advance(1024);
    for (const kv of scan.kvs.splice(0))
      yield `  ${shown(kv.key)} created ${kv.createRevision} modified ${kv.modRevision} version ${kv.version}${kv.lease === undefined ? "" : ` lease ${kv.lease}`} (${kv.value.length} bytes)`;
  }
}
