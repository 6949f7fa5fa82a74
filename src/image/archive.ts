// An OCI image as one archive file: layout marker, index, manifest, config and layer, each under its digest.
// Invariant: equal input gives equal bytes and digests; whoever loads the file needs no network.
// Called by: compose/ (the sandbox image), tests, `dhow image`. Next on the way: load.ts. Format: OCI image layout 1.0.0.

import { createHash } from "node:crypto";
import type { Architecture } from "#linux";
import { pauseProgram } from "./pause.ts";
import { type TarEntry, tar } from "./tar.ts";

export interface ImageDescription {
  /** Full reference, such as dhow.local/pause:1. */
  readonly reference: string;
  readonly architecture: Architecture;
  readonly files: readonly TarEntry[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly string[];
}

/** The reference of the sandbox image. */
export const pauseReference = "dhow.local/pause:1";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export function imageArchive(image: ImageDescription): Buffer {
  const blobs: TarEntry[] = [];
  const blob = (mediaType: string, bytes: Buffer): { mediaType: string; digest: string; size: number } => {
    const digest = sha256(bytes);
    blobs.push({ path: `blobs/sha256/${digest}`, content: bytes });
    return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
  };
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  const layer = blob("application/vnd.oci.image.layer.v1.tar", tar(image.files));
  const config = blob(
    "application/vnd.oci.image.config.v1+json",
    json({
      architecture: image.architecture,
      os: "linux",
      config: {
        Env: image.env ?? ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        ...(image.entrypoint ? { Entrypoint: image.entrypoint } : {}),
        ...(image.command ? { Cmd: image.command } : {}),
      },
      rootfs: { type: "layers", diff_ids: [layer.digest] },
    }),
  );
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = blob(mediaType, json({ schemaVersion: 2, mediaType, config, layers: [layer] }));
  const annotations = {
    "io.containerd.image.name": image.reference,
    "org.opencontainers.image.ref.name": image.reference.slice(image.reference.lastIndexOf(":") + 1),
  };
  return tar([
    { path: "oci-layout", content: json({ imageLayoutVersion: "1.0.0" }) },
    { path: "index.json", content: json({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }) },
    { path: "blobs", directory: true },
    { path: "blobs/sha256", directory: true },
    ...blobs,
  ]);
}

/** The sandbox image: nothing but the pause program. */
export function pauseArchive(architecture: Architecture): Buffer {
  return imageArchive({
    reference: pauseReference,
    architecture,
    files: [{ path: "pause", content: pauseProgram(architecture), mode: 0o755 }],
    entrypoint: ["/pause"],
    env: [],
  });
}
