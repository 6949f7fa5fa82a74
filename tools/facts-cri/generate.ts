// Turns the table of CRI v1 into the descriptors protobufjs compiles at run time, trimmed to the calls dhow makes.
// Invariant: same input, same bytes; field numbers come from the table only (CRI) or from the lines below (containerd's own services).
// Called by: hand, `sh bin/node tools/facts-cri/generate.ts FOLDER-WITH-CRI.JSON`. Writes src/cri/descriptors.gen.json.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

type Field = [number: number, name: string, type: string, label: string];
interface Table {
  services: Record<string, Record<string, [string, string, string, string]>>;
  messages: Record<string, Field[]>;
  enums: Record<string, Record<string, number>>;
}

const calls: Record<string, readonly string[]> = {
  RuntimeService: [
    "Version RunPodSandbox StopPodSandbox RemovePodSandbox PodSandboxStatus ListPodSandbox CreateContainer StartContainer StopContainer",
    "RemoveContainer ListContainers ContainerStatus ReopenContainerLog ExecSync Exec Attach PortForward UpdateRuntimeConfig Status GetContainerEvents",
  ].flatMap((line) => line.split(" ")),
  ImageService: ["ListImages", "ImageStatus", "PullImage", "RemoveImage", "ImageFsInfo"],
};

const camel = (name: string): string => name.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());
const scalars = new Set(["string", "bytes", "bool", "int32", "int64", "uint32", "uint64", "double", "float"]);

/** containerd.services.events.v1 and containerd.events: what Subscribe sends for tasks and containers; and who is in containerd's own book. */
const containerd = {
  services: {
    nested: {
      containers: {
        nested: {
          v1: {
            nested: {
              Containers: { methods: { List: { requestType: "ListContainersRequest", responseType: "ListContainersResponse" } } },
              ListContainersRequest: { fields: { filters: { id: 1, type: "string", rule: "repeated" } } },
              ListContainersResponse: { fields: { containers: { id: 1, type: "Container", rule: "repeated" } } },
              Container: { fields: { id: { id: 1, type: "string" } } },
            },
          },
        },
      },
      events: {
        nested: {
          v1: {
            nested: {
              Events: {
                methods: {
                  Publish: { requestType: "PublishRequest", responseType: "google.protobuf.Empty" },
                  Subscribe: { requestType: "SubscribeRequest", responseType: "Envelope", responseStream: true },
                },
              },
              PublishRequest: { fields: { topic: { id: 1, type: "string" }, event: { id: 2, type: "google.protobuf.Any" } } },
              SubscribeRequest: { fields: { filters: { id: 1, type: "string", rule: "repeated" } } },
              Envelope: {
                fields: {
                  timestamp: { id: 1, type: "google.protobuf.Timestamp" },
                  namespace: { id: 2, type: "string" },
                  topic: { id: 3, type: "string" },
                  event: { id: 4, type: "google.protobuf.Any" },
                },
              },
            },
          },
        },
      },
    },
  },
  events: {
    nested: {
      TaskStart: { fields: { containerId: { id: 1, type: "string" }, pid: { id: 2, type: "uint32" } } },
      TaskExit: {
        fields: {
          containerId: { id: 1, type: "string" },
          id: { id: 2, type: "string" },
          pid: { id: 3, type: "uint32" },
          exitStatus: { id: 4, type: "uint32" },
        },
      },
      TaskOOM: { fields: { containerId: { id: 1, type: "string" } } },
      ContainerCreate: { fields: { id: { id: 1, type: "string" } } },
      ContainerDelete: { fields: { id: { id: 1, type: "string" } } },
    },
  },
};

const google = {
  protobuf: {
    nested: {
      Empty: { fields: {} },
      Any: { fields: { typeUrl: { id: 1, type: "string" }, value: { id: 2, type: "bytes" } } },
      Timestamp: { fields: { seconds: { id: 1, type: "int64" }, nanos: { id: 2, type: "int32" } } },
    },
  },
};

function generate(table: Table): object {
  const nested: Record<string, unknown> = {};
  const wanted: string[] = [];
  for (const [service, names] of Object.entries(calls)) {
    const methods: Record<string, unknown> = {};
    for (const name of names) {
      const [, requestType, responseStream, responseType] = table.services[`runtime.v1.${service}`]![name]!;
      methods[name] = { requestType, responseType, ...(responseStream ? { responseStream: true } : {}) };
      wanted.push(requestType, responseType);
    }
    nested[service] = { methods };
  }
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    if (scalars.has(name) || Object.hasOwn(nested, name)) continue;
    const values = table.enums[`runtime.v1.${name}`] ?? table.enums[`runtime.v1.SecurityProfile.${name}`];
    if (values) {
      nested[name] = { values };
      continue;
    }
    const fields: Record<string, unknown> = {};
    for (const [id, snake, type, label] of table.messages[`runtime.v1.${name}`]!) {
      if (type === "map<string,string>") fields[camel(snake)] = { id, type: "string", keyType: "string" };
      else {
        fields[camel(snake)] = { id, type, ...(label === "repeated" ? { rule: "repeated" } : {}) };
        wanted.push(type);
      }
    }
    nested[name] = { fields };
  }
  const sorted = Object.fromEntries(Object.entries(nested).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { nested: { runtime: { nested: { v1: { nested: sorted } } }, containerd: { nested: containerd }, google: { nested: google } } };
}

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: generate.ts FOLDER-WITH-CRI.JSON");
const table = JSON.parse(readFileSync(join(folder, "cri.json"), "utf8")) as Table;
writeFileSync(new URL("../../src/cri/descriptors.gen.json", import.meta.url), `${JSON.stringify(generate(table))}\n`);
