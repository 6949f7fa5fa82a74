// Raft's messages as bytes, for the wire between members.
// Invariant: decode(encode(m)) equals m; an entry's data is a copy of its own, which may outlive the frame it came in.
// Called by: link.ts. Layout: docs/formats/peers.md. Next on the way: frames.ts.

import { unreachable } from "#lib";
import { decodeConfiguration, encodeConfiguration, type Entry, entryTypes, type Message, type SnapshotMark } from "#raft";
import { ByteReader, ByteWriter } from "../bytes.ts";

const kinds = {
  vote: 1,
  voteReply: 2,
  append: 3,
  appendReply: 4,
  heartbeat: 5,
  heartbeatReply: 6,
  snapshot: 7,
  timeoutNow: 8,
  read: 9,
  readReply: 10,
} as const satisfies Record<Message["type"], number>;

const flag = { pre: 1, second: 2 } as const;
const entryOverhead = 32;

const writeMark = (writer: ByteWriter, { index, term }: SnapshotMark): ByteWriter => writer.varint(index).varint(term);
const readMark = (reader: ByteReader): SnapshotMark => ({ index: reader.varint(), term: reader.varint() });

function sizeOf(message: Message): number {
  if (message.type !== "append") return 256;
  return message.entries.reduce((sum, { data }) => sum + data.length + entryOverhead, 64);
}

export function encodeMessage(message: Message): Buffer {
  const writer = new ByteWriter(sizeOf(message));
  writer.byte(kinds[message.type]).varint(message.from).varint(message.to).varint(message.term);
  switch (message.type) {
    case "vote":
      writeMark(writer.byte((message.pre ? flag.pre : 0) | (message.transfer ? flag.second : 0)), message.last);
      break;
    case "voteReply":
      writer.byte((message.pre ? flag.pre : 0) | (message.granted ? flag.second : 0));
      break;
    case "append":
      writeMark(writer, message.previous).varint(message.commit).varint(message.entries.length);
      for (const { term, index, type, data } of message.entries)
        writer.varint(term).varint(index).byte(entryTypes.indexOf(type)).bytes(data);
      break;
    case "appendReply":
      writer.varint(message.index).byte(message.hint ? 1 : 0);
      if (message.hint) writeMark(writer, message.hint);
      break;
    case "heartbeat":
      writer.varint(message.commit).varint(message.read);
      break;
    case "heartbeatReply":
      writer.varint(message.read);
      break;
    case "snapshot":
      writeMark(writer, message.mark).bytes(encodeConfiguration(message.configuration));
      break;
    case "read":
      writer.varint(message.id);
      break;
    case "readReply":
      writer
        .varint(message.id)
        .byte(message.index === undefined ? 0 : 1)
        .varint(message.index ?? 0);
      break;
    case "timeoutNow":
      break;
    default:
      return unreachable(message);
  }
  return writer.finish();
}

function readEntry(reader: ByteReader): Entry {
  const term = reader.varint();
  const index = reader.varint();
  const type = entryTypes[reader.byte()];
  if (!type) throw new RangeError("an entry of unknown type");
  const view = reader.bytes();
  const data = Buffer.allocUnsafeSlow(view.length);
  view.copy(data);
  return { term, index, type, data };
}

/** Throws a RangeError for what is no message. */
export function decodeMessage(bytes: Buffer): Message {
  const reader = new ByteReader(bytes);
  const kind = reader.byte();
  const head = { from: reader.varint(), to: reader.varint(), term: reader.varint() };
  switch (kind) {
    case kinds.vote: {
      const flags = reader.byte();
      return { type: "vote", ...head, pre: (flags & flag.pre) !== 0, transfer: (flags & flag.second) !== 0, last: readMark(reader) };
    }
    case kinds.voteReply: {
      const flags = reader.byte();
      return { type: "voteReply", ...head, pre: (flags & flag.pre) !== 0, granted: (flags & flag.second) !== 0 };
    }
    case kinds.append: {
      const previous = readMark(reader);
      const commit = reader.varint();
      const entries: Entry[] = [];
      for (let count = reader.varint(); count > 0; count--) entries.push(readEntry(reader));
      return { type: "append", ...head, previous, commit, entries };
    }
    case kinds.appendReply: {
      const index = reader.varint();
      return { type: "appendReply", ...head, index, ...(reader.byte() === 1 ? { hint: readMark(reader) } : {}) };
    }
    case kinds.heartbeat:
      return { type: "heartbeat", ...head, commit: reader.varint(), read: reader.varint() };
    case kinds.heartbeatReply:
      return { type: "heartbeatReply", ...head, read: reader.varint() };
    case kinds.snapshot:
      return { type: "snapshot", ...head, mark: readMark(reader), configuration: decodeConfiguration(reader.bytes()) };
    case kinds.timeoutNow:
      return { type: "timeoutNow", ...head };
    case kinds.read:
      return { type: "read", ...head, id: reader.varint() };
    case kinds.readReply: {
      const id = reader.varint();
      const known = reader.byte() === 1;
      const index = reader.varint();
      return { type: "readReply", ...head, id, ...(known ? { index } : {}) };
    }
    default:
      throw new RangeError(`a message of unknown kind ${kind}`);
  }
}
