// Volumes on a real node: folders and files below the pod's own folder.
// Invariant: everything of a pod lies in pods/<uid>/; setting up again changes only what differs; tearing down unmounts and removes it.
// Called by: pods/actions.ts through the contract. Next on the way: atomic.ts for files, containers/mounts.ts for what a container sees.

import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Pod, Volume } from "#api";
import type { Client } from "#client";
import type { Clock, Log, Prng, Timer } from "#lib";
import { mountsBelow, run, unmountBelow } from "#linux";
import type { NodeMachine } from "../settings.ts";
import { type Ownership, writeAtomically } from "./atomic.ts";
import { type PodVolumes, VolumeError, type Volumes } from "./contract.ts";
import { type FileSources, userOf, volumeFiles } from "./files.ts";
import { hostNetworkHostsText, hostsText } from "./hosts.ts";
import { ObjectWatches } from "./objects.ts";
import { checkHostPath, giveToGroup, prepareSubPath, tmpfsSize } from "./paths.ts";
import { Tokens } from "./tokens.ts";

export interface HostVolumesOptions {
  readonly rootDirectory: string;
  readonly client: Client;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  readonly machine: NodeMachine;
  readonly hostIps: readonly string[];
  readonly clusterDomain: string;
}

const terminationMessageBytes = 4096;

/** The kinds that consist of files, with the folder name upstream gives them. */
const pluginOf = (volume: Volume): string =>
  volume.projected ? "projected" : volume.secret ? "secret" : volume.configMap ? "configmap" : "downward-api";

class HostVolumes implements Volumes {
  readonly #options: HostVolumesOptions;
  readonly #objects: ObjectWatches;
  readonly #tokens: Tokens;
  readonly #sources: FileSources;
  readonly #renewals = new Map<string, Timer>();
  #changed: (uid: string) => void = () => undefined;

  constructor(options: HostVolumesOptions) {
    this.#options = options;
    this.#objects = new ObjectWatches({ ...options, changed: (uid) => this.#changed(uid) });
    this.#tokens = new Tokens(options.client, options.clock, options.log);
    this.#sources = { objects: this.#objects, tokens: this.#tokens, machine: options.machine, hostIps: options.hostIps };
  }

  onChange(listener: (uid: string) => void): void {
    this.#changed = listener;
  }

  async setUp(pod: Pod): Promise<PodVolumes> {
    const paths = new Map<string, string>();
    const readOnly = new Set<string>();
    for (const volume of pod.spec?.volumes ?? []) {
      try {
        paths.set(volume.name, await this.#one(pod, volume));
        if (!volume.emptyDir && !volume.hostPath) readOnly.add(volume.name);
      } catch (error) {
        throw new VolumeError(volume.name, error instanceof Error ? error.message : String(error));
      }
    }
    this.#renewInTime(pod.metadata.uid ?? "");
    return { paths, readOnly };
  }

  subPath(volumePath: string, hostPath: string): string {
    return prepareSubPath(volumePath, hostPath);
  }

  terminationLog(uid: string, container: string, attempt: number): string {
    const path = this.#terminationPath(uid, container, attempt);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "");
    chmodSync(path, 0o666);
    return path;
  }

  readTerminationLog(uid: string, container: string, attempt: number): string {
    try {
      const bytes = readFileSync(this.#terminationPath(uid, container, attempt));
      return bytes.subarray(0, terminationMessageBytes).toString("utf8");
    } catch {
      return "";
    }
  }

  hostsFile(pod: Pod, podIps: readonly string[]): string {
    const path = join(this.#podFolder(pod.metadata.uid ?? ""), "etc-hosts");
    mkdirSync(dirname(path), { recursive: true });
    const { clusterDomain } = this.#options;
    const text = pod.spec?.hostNetwork
      ? hostNetworkHostsText(pod, readFileSync("/etc/hosts", "utf8"))
      : hostsText(pod, podIps, clusterDomain);
    writeFileSync(path, text);
    chmodSync(path, 0o644);
    return path;
  }

  async tearDown(uid: string): Promise<void> {
    this.#renewals.get(uid)?.cancel();
    this.#renewals.delete(uid);
    this.#objects.release(uid);
    this.#tokens.release(uid);
    const path = this.#podFolder(uid);
    await unmountBelow(path);
    rmSync(path, { recursive: true, force: true });
  }

  close(): void {
    for (const timer of this.#renewals.values()) timer.cancel();
    this.#objects.close();
  }

  #podFolder(uid: string): string {
    if (!/^[A-Za-z0-9-]+$/.test(uid)) throw new Error(`a pod's uid is not a file name: ${uid}`);
    return join(this.#options.rootDirectory, "pods", uid);
  }

  #folder(pod: Pod, plugin: string, name: string): string {
    const path = join(this.#podFolder(pod.metadata.uid ?? ""), "volumes", `kubernetes.io~${plugin}`, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  #terminationPath(uid: string, container: string, attempt: number): string {
    return join(this.#podFolder(uid), "containers", container, `termination-${attempt}`);
  }

  async #one(pod: Pod, volume: Volume): Promise<string> {
    if (volume.emptyDir) return this.#emptyDir(pod, volume, volume.emptyDir);
    if (volume.hostPath) {
      checkHostPath(volume.hostPath.path, volume.hostPath.type ?? "");
      return volume.hostPath.path;
    }
    const files = await volumeFiles(pod, volume, this.#sources);
    if (!files) {
      const kinds = Object.keys(volume).filter((key) => key !== "name");
      throw new Error(`volume kind ${kinds.join(", ")} is not supported by dhow`);
    }
    const path = this.#folder(pod, pluginOf(volume), volume.name);
    const group = pod.spec?.securityContext?.fsGroup;
    const user = userOf(pod);
    const owner: Ownership = { ...(group === undefined ? {} : { group }), ...(user === undefined ? {} : { user }) };
    writeAtomically(path, files, owner, this.#options.clock.nowMs());
    return path;
  }

  async #emptyDir(pod: Pod, volume: Volume, source: NonNullable<Volume["emptyDir"]>): Promise<string> {
    const { medium = "", sizeLimit } = source;
    if (medium !== "" && medium !== "Memory") throw new Error(`emptyDir medium ${medium} is not supported by dhow`);
    const path = this.#folder(pod, "empty-dir", volume.name);
    const mark = join(path, "..", `.${volume.name}.ready`);
    // After the machine (or the cluster) was off, what was in memory is gone, and so is the mount.
    const mounted = medium !== "Memory" || mountsBelow(path).length > 0;
    if (existsSync(mark) && mounted) return path;
    if (medium === "Memory") {
      const size = tmpfsSize(sizeLimit, this.#options.machine.memoryBytes);
      await unmountBelow(path);
      await run("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path]);
    }
    chmodSync(path, 0o777);
    const group = pod.spec?.securityContext?.fsGroup;
    if (group !== undefined) giveToGroup(path, group);
    writeFileSync(mark, "");
    return path;
  }

  #renewInTime(uid: string): void {
    const { clock } = this.#options;
    this.#renewals.get(uid)?.cancel();
    const dueAtMs = this.#tokens.dueAtMs(uid);
    if (dueAtMs === undefined) this.#renewals.delete(uid);
    else
      this.#renewals.set(
        uid,
        clock.after(dueAtMs - clock.nowMs(), () => this.#changed(uid)),
      );
  }
}

export function hostVolumes(options: HostVolumesOptions): Volumes {
  return new HostVolumes(options);
}
