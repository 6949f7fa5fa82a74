// Volumes on a real node: folders and files below the pod's own folder.
// Invariant: everything of a pod lies in pods/<uid>/; tearing down unmounts what is mounted there and removes the folder.
// Called by: pods/actions.ts through the contract. Next on the way: containers/mounts.ts.
// Simplification: files are written once, when the pod starts; later changes of a ConfigMap or Secret do not reach them.

import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Pod, Volume } from "#api";
import { run, unmountBelow } from "#linux";
import { type PodVolumes, VolumeError, type Volumes } from "./contract.ts";
import { type FileSources, volumeFiles } from "./files.ts";

export interface HostVolumesOptions extends FileSources {
  readonly rootDirectory: string;
}

const terminationMessageBytes = 4096;

/** As upstream checks a hostPath's type. */
function checkHostPath(path: string, type: string): void {
  const exists = existsSync(path);
  const directory = exists && statSync(path).isDirectory();
  if (type === "DirectoryOrCreate" && !exists) mkdirSync(path, { recursive: true, mode: 0o755 });
  else if (type === "FileOrCreate" && !exists) writeFileSync(path, "", { mode: 0o644 });
  else if (type === "Directory" && !directory) throw new Error(`hostPath type check failed: ${path} is not a directory`);
  else if (type === "File" && (!exists || directory)) throw new Error(`hostPath type check failed: ${path} is not a file`);
  else if (!["", "DirectoryOrCreate", "FileOrCreate", "Directory", "File"].includes(type)) {
    throw new Error(`hostPath type ${type} is not supported by dhow`);
  }
}

export function hostVolumes(options: HostVolumesOptions): Volumes {
  const podFolder = (uid: string): string => {
    if (!/^[A-Za-z0-9-]+$/.test(uid)) throw new Error(`a pod's uid is not a file name: ${uid}`);
    return join(options.rootDirectory, "pods", uid);
  };
  const folder = (pod: Pod, plugin: string, name: string): string => {
    const path = join(podFolder(pod.metadata.uid ?? ""), "volumes", `kubernetes.io~${plugin}`, name);
    mkdirSync(path, { recursive: true });
    return path;
  };

  const emptyDir = async (pod: Pod, volume: Volume): Promise<string> => {
    const path = folder(pod, "empty-dir", volume.name);
    chmodSync(path, 0o777);
    if (volume.emptyDir?.medium !== "Memory" || existsSync(join(path, "..", `.${volume.name}.mounted`))) return path;
    const size = volume.emptyDir.sizeLimit === undefined ? [] : ["-o", `size=${volume.emptyDir.sizeLimit.replace(/i$/, "")}`];
    await run("mount", ["-t", "tmpfs", ...size, "tmpfs", path]);
    writeFileSync(join(path, "..", `.${volume.name}.mounted`), "");
    return path;
  };

  const one = async (pod: Pod, volume: Volume): Promise<string> => {
    if (volume.emptyDir) return emptyDir(pod, volume);
    if (volume.hostPath) {
      checkHostPath(volume.hostPath.path, volume.hostPath.type ?? "");
      return volume.hostPath.path;
    }
    const files = await volumeFiles(pod, volume, options);
    if (!files)
      throw new Error(
        `volume kind ${Object.keys(volume)
          .filter((key) => key !== "name")
          .join(", ")} is not supported by dhow`,
      );
    const path = folder(
      pod,
      volume.projected ? "projected" : volume.secret ? "secret" : volume.configMap ? "configmap" : "downward-api",
      volume.name,
    );
    for (const file of files) {
      const target = join(path, file.path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, file.content);
      chmodSync(target, file.mode);
    }
    return path;
  };

  const terminationPath = (uid: string, container: string, attempt: number): string =>
    join(podFolder(uid), "containers", container, `termination-${attempt}`);

  return {
    async setUp(pod): Promise<PodVolumes> {
      const paths = new Map<string, string>();
      for (const volume of pod.spec?.volumes ?? []) {
        try {
          paths.set(volume.name, await one(pod, volume));
        } catch (error) {
          throw new VolumeError(volume.name, error instanceof Error ? error.message : String(error));
        }
      }
      return { paths };
    },
    terminationLog(uid, container, attempt) {
      const path = terminationPath(uid, container, attempt);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, "");
      chmodSync(path, 0o666);
      return path;
    },
    readTerminationLog(uid, container, attempt) {
      try {
        return readFileSync(terminationPath(uid, container, attempt))
          .subarray(0, terminationMessageBytes)
          .toString("utf8");
      } catch {
        return "";
      }
    },
    hostsFile(pod, podIp, hostname) {
      if (pod.spec?.hostNetwork) return undefined;
      const path = join(podFolder(pod.metadata.uid ?? ""), "etc-hosts");
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, hostsText(pod, podIp, hostname));
      return path;
    },
    async tearDown(uid) {
      const path = podFolder(uid);
      await unmountBelow(path);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

export function hostsText(pod: Pod, podIp: string, hostname: string): string {
  const lines = [
    "# Kubernetes-managed hosts file.",
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::0\tip6-localnet",
    "fe00::0\tip6-mcastprefix",
    "fe00::1\tip6-allnodes",
    "fe00::2\tip6-allrouters",
    `${podIp}\t${hostname}`,
  ];
  const aliases = pod.spec?.hostAliases ?? [];
  if (aliases.length > 0) lines.push("", "# Entries added by HostAliases.");
  for (const { ip, hostnames = [] } of aliases) lines.push([ip, ...hostnames].join("\t"));
  return `${lines.join("\n")}\n`;
}
