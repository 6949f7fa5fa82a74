// The configuration of a containerd that belongs to one dhow cluster alone: every path inside the cluster's folder.
// Invariant: nothing is shared with another containerd on the machine but the binaries; nothing is ever pulled for a sandbox.
// Called by: instance.ts. Next on the way: containerd itself reads the file. Format: containerd's config version 2.

export interface ContainerdSettings {
  /** Everything of the instance lives below: root/, state/, cni/, the socket. */
  readonly directory: string;
  readonly snapshotter: "overlayfs" | "native";
  /** Set where CAP_SYS_RESOURCE is missing: there the kernel refuses a lower oom_score_adj, and runc dies of it. */
  readonly restrictOomScoreAdj: boolean;
  readonly cniBinDirectory: string;
  /** A local image; see image/pause.ts. */
  readonly sandboxImage: string;
  /** OCI runtime; empty: runc from the PATH. */
  readonly runtimeBinary?: string;
}

export interface ContainerdPaths {
  readonly root: string;
  readonly state: string;
  readonly socket: string;
  readonly config: string;
  readonly cniConfDirectory: string;
  /** Where runc keeps its containers' states. */
  readonly runcRoot: string;
  /** One folder a running container, each with the address of its shim. */
  readonly tasks: string;
  /** One folder a container of CRI's, with the pipes of its processes. */
  readonly volatile: string;
}

/** Sockets of shims lie in a folder that all containerds share. */
export const shimSocketFolder = "/run/containerd/s/";

export function containerdPaths(directory: string): ContainerdPaths {
  return {
    root: `${directory}/root`,
    state: `${directory}/state`,
    socket: `${directory}/state/containerd.sock`,
    config: `${directory}/config.toml`,
    cniConfDirectory: `${directory}/cni`,
    runcRoot: `${directory}/state/runc`,
    tasks: `${directory}/state/io.containerd.runtime.v2.task/k8s.io`,
    volatile: `${directory}/state/io.containerd.grpc.v1.cri/containers`,
  };
}

/** A TOML basic string; JSON's escapes are a subset of TOML's. */
const quote = (text: string): string => JSON.stringify(text);

/**
 * A containerd that starts asks every shim once and gives up after five seconds: on a busy machine that ends running containers and loses their shims.
 * A shim that is dead refuses at once; only a slow one is waited for.
 */
const timeouts = `[timeouts]
  "io.containerd.timeout.shim.load" = "60s"
  "io.containerd.timeout.shim.cleanup" = "60s"
  "io.containerd.timeout.shim.shutdown" = "30s"
  "io.containerd.timeout.task.state" = "30s"
`;

export function containerdConfig(settings: ContainerdSettings): string {
  const paths = containerdPaths(settings.directory);
  const cri = `plugins."io.containerd.grpc.v1.cri"`;
  return `version = 2
root = ${quote(paths.root)}
state = ${quote(paths.state)}
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing", "io.containerd.internal.v1.opt"]

[grpc]
  address = ${quote(paths.socket)}

${timeouts}
[${cri}]
  sandbox_image = ${quote(settings.sandboxImage)}
  restrict_oom_score_adj = ${settings.restrictOomScoreAdj}
  netns_mounts_under_state_dir = true
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"

[${cri}.cni]
  bin_dir = ${quote(settings.cniBinDirectory)}
  conf_dir = ${quote(paths.cniConfDirectory)}
  max_conf_num = 1

[${cri}.containerd]
  snapshotter = ${quote(settings.snapshotter)}
  default_runtime_name = "runc"

[${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[${cri}.containerd.runtimes.runc.options]
  BinaryName = ${quote(settings.runtimeBinary ?? "")}
  Root = ${quote(paths.runcRoot)}
  SystemdCgroup = false
`;
}
