// containerd's own call for changing what a running task may use: what `ctr` has no word for, and the kubelet's resize would take.
// Invariant: the message is written field by field, as containerd's api/services/tasks/v1 numbers them.
// Called by: runtime.e2e.ts. Next on the way: the shim, which calls the OCI runtime's `update --resources -`.

import { Client, credentials, Metadata } from "@grpc/grpc-js";

const resourcesType = "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources";

/** One length-delimited field; lengths here are below 128. */
function field(number: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

/** `resources`: linux.resources of an OCI configuration. */
export async function updateTask(
  { socket, namespace }: { readonly socket: string; readonly namespace: string },
  id: string,
  resources: object,
): Promise<void> {
  const any = Buffer.concat([field(1, resourcesType), field(2, JSON.stringify(resources))]);
  if (any.length > 127) throw new RangeError("resources of some forty characters");
  const request = Buffer.concat([field(1, id), field(2, any)]);
  const metadata = new Metadata();
  metadata.set("containerd-namespace", namespace);
  const client = new Client(`unix:${socket}`, credentials.createInsecure());
  const same = (bytes: Buffer): Buffer => bytes;
  try {
    await new Promise<void>((resolve, reject) => {
      const deadline = Date.now() + 60_000;
      const method = "/containerd.services.tasks.v1.Tasks/Update";
      client.makeUnaryRequest(method, same, same, request, metadata, { deadline }, (error) => (error ? reject(error) : resolve()));
    });
  } finally {
    client.close();
  }
}
