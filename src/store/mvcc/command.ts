// Commands: what the entries of the log say. All that changes the state is one of these, and nothing else is.
// Invariant: decode(encode(c)) equals c; applying needs only the command and the state, never a clock or chance.
// Called by: store.ts (encode), apply through state.ts (decode). Layout: docs/formats/store.md. Next on the way: state.ts.

import { assert, unreachable } from "#lib";
import { ByteReader, ByteWriter } from "../bytes.ts";
import type { Cause, LeaseId, Revision } from "../contract.ts";
import { revision } from "../revision.ts";
import type { AuthChange } from "./auth.ts";
import type { MemberChange } from "./members.ts";

/** What came over etcd's face, in etcd's own protobuf. */
export interface EtcdRequest {
  readonly type: "etcdPut" | "etcdDeleteRange" | "etcdTxn";
  readonly request: Uint8Array;
}

export type Command =
  | {
      readonly type: "put";
      readonly key: string;
      readonly expect: Revision;
      readonly value: Uint8Array;
      readonly lease?: LeaseId;
      readonly cause?: Cause;
    }
  | { readonly type: "delete"; readonly key: string; readonly expect: Revision; readonly cause?: Cause }
  | { readonly type: "grantLease"; readonly id: LeaseId; readonly ttlSeconds: number }
  /** Asked for, or because its time has come: the log does not care. */
  | { readonly type: "revokeLease"; readonly id: LeaseId }
  | { readonly type: "compact"; readonly revision: Revision }
  | EtcdRequest
  /** Refused if anybody's rights have changed since the caller's were looked at. */
  | { readonly type: "guarded"; readonly authRevision: number; readonly command: EtcdRequest }
  | { readonly type: "alarm"; readonly active: boolean; readonly alarm: number; readonly member: bigint }
  | { readonly type: "auth"; readonly change: AuthChange }
  | { readonly type: "members"; readonly change: MemberChange };

const kinds = {
  put: 1,
  delete: 2,
  grantLease: 3,
  revokeLease: 4,
  compact: 5,
  etcdPut: 6,
  etcdDeleteRange: 7,
  etcdTxn: 8,
  alarm: 9,
  auth: 10,
  members: 11,
  /** Around one of these: see ../members/forwarded.ts, who waits for it. */
  forwarded: 12,
  guarded: 13,
} as const;
const withLease = 1;
const withCause = 2;
const maxCauses = 8;

export function writeCause(writer: ByteWriter, cause: Cause): void {
  writer.text(cause.user).text(cause.traceId).text(cause.spanId);
  const causes = cause.causes.slice(0, maxCauses);
  writer.varint(causes.length);
  for (const one of causes) writer.varint(one);
}

export function readCause(reader: ByteReader): Cause {
  const user = reader.text();
  const traceId = reader.text();
  const spanId = reader.text();
  const causes = Array.from({ length: Math.min(reader.varint(), maxCauses) }, () => revision(reader.varint()));
  return { user, traceId, spanId, causes };
}

/** Memory of its own and no more than that: a value in it lives as long as its key. */
function kindAndRequest(kind: number, request: Uint8Array): Buffer {
  const data = Buffer.allocUnsafeSlow(request.length + 1);
  data[0] = kind;
  data.set(request, 1);
  return data;
}

export function encodeCommand(command: Command): Buffer {
  const kind = kinds[command.type];
  switch (command.type) {
    case "put": {
      const writer = new ByteWriter(command.key.length + command.value.length + (command.cause ? 256 : 32));
      const flags = (command.lease === undefined ? 0 : withLease) | (command.cause ? withCause : 0);
      writer.byte(kind).byte(flags).varint(command.expect).byteString(command.key);
      if (command.lease !== undefined) writer.int64(command.lease);
      if (command.cause) writeCause(writer, command.cause);
      return writer.bytes(command.value).finish();
    }
    case "delete": {
      const writer = new ByteWriter(command.key.length + 64);
      writer
        .byte(kind)
        .byte(command.cause ? withCause : 0)
        .varint(command.expect)
        .byteString(command.key);
      if (command.cause) writeCause(writer, command.cause);
      return writer.finish();
    }
    case "grantLease":
      return new ByteWriter(32).byte(kind).int64(command.id).varint(command.ttlSeconds).finish();
    case "revokeLease":
      return new ByteWriter(16).byte(kind).int64(command.id).finish();
    case "compact":
      return new ByteWriter(16).byte(kind).varint(command.revision).finish();
    case "etcdPut":
    case "etcdDeleteRange":
    case "etcdTxn":
      return kindAndRequest(kind, command.request);
    case "guarded":
      return new ByteWriter(command.command.request.length + 16)
        .byte(kind)
        .varint(command.authRevision)
        .raw(encodeCommand(command.command))
        .finish();
    case "alarm":
      return new ByteWriter(16)
        .byte(kind)
        .byte(command.active ? 1 : 0)
        .varint(command.alarm)
        .int64(BigInt.asIntN(64, command.member))
        .finish();
    case "auth":
    case "members":
      return new ByteWriter(256).byte(kind).text(JSON.stringify(command.change)).finish();
    default:
      return unreachable(command);
  }
}

/** The command's value, and a request in etcd's protobuf, are views into `data`. */
export function decodeCommand(data: Uint8Array): Command {
  const reader = new ByteReader(data);
  const kind = reader.byte();
  switch (kind) {
    case kinds.put: {
      const flags = reader.byte();
      const expect = revision(reader.varint());
      const key = reader.byteString();
      const lease = flags & withLease ? { lease: reader.int64() } : {};
      const cause = flags & withCause ? { cause: readCause(reader) } : {};
      return { type: "put", key, expect, value: reader.bytes(), ...lease, ...cause };
    }
    case kinds.delete: {
      const flags = reader.byte();
      const expect = revision(reader.varint());
      const key = reader.byteString();
      return { type: "delete", key, expect, ...(flags & withCause ? { cause: readCause(reader) } : {}) };
    }
    case kinds.grantLease:
      return { type: "grantLease", id: reader.int64(), ttlSeconds: reader.varint() };
    case kinds.revokeLease:
      return { type: "revokeLease", id: reader.int64() };
    case kinds.compact:
      return { type: "compact", revision: revision(reader.varint()) };
    case kinds.etcdPut:
      return { type: "etcdPut", request: reader.rest() };
    case kinds.etcdDeleteRange:
      return { type: "etcdDeleteRange", request: reader.rest() };
    case kinds.etcdTxn:
      return { type: "etcdTxn", request: reader.rest() };
    case kinds.guarded: {
      const authRevision = reader.varint();
      const command = decodeCommand(reader.rest());
      assert("request" in command, "a guarded command is a request over etcd's face");
      return { type: "guarded", authRevision, command };
    }
    case kinds.alarm:
      return { type: "alarm", active: reader.byte() === 1, alarm: reader.varint(), member: BigInt.asUintN(64, reader.int64()) };
    case kinds.auth:
      return { type: "auth", change: JSON.parse(reader.text()) as AuthChange };
    case kinds.members:
      return { type: "members", change: JSON.parse(reader.text()) as MemberChange };
    case kinds.forwarded:
      reader.varint();
      reader.varint();
      return decodeCommand(reader.rest());
    default:
      assert(false, `the log has a command of unknown kind ${kind}`);
  }
}
