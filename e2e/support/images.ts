// An image for tests: Debian's static busybox with a link for each of its applets. Nothing is pulled.
// Invariant: equal busybox gives equal bytes; the label in the reference is all that tells two images apart.
// Called by: e2e files, bench. Next on the way: #image, which writes the archive.

import { readFileSync } from "node:fs";
import { imageArchive, type TarEntry } from "#image";
import { must } from "./commands.ts";

/** An OCI archive, ready for `dhow image load`. */
export async function busyboxArchive(reference: string): Promise<Buffer> {
  const applets = (await must("/bin/busybox", ["--list"])).split("\n").filter((name) => name !== "" && name !== "busybox");
  const files: TarEntry[] = [
    { path: "bin", directory: true },
    { path: "tmp", directory: true, mode: 0o1777 },
    { path: "etc", directory: true },
    { path: "etc/passwd", content: Buffer.from("root:x:0:0:root:/:/bin/sh\n") },
    { path: "bin/busybox", content: readFileSync("/bin/busybox"), mode: 0o755 },
    ...applets.map((name) => ({ path: `bin/${name}`, linkTo: "busybox" })),
    { path: "version", content: Buffer.from(`${reference}\n`) },
  ];
  return imageArchive({ reference, architecture: process.arch === "arm64" ? "arm64" : "amd64", files, command: ["/bin/sh"] });
}
