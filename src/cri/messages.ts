// The messages of CRI v1 that cross this layer's door, as TypeScript sees them.
// Invariant: names and meanings are CRI's (runtime.v1); int64 nanoseconds are numbers (to 256 ns), enum values their names.
// Used by: contract.ts, the kubelet. The wire form is descriptors.gen.json. Next on the way: grpc/client.ts.

type StringMap = Readonly<Record<string, string>>;

export interface RuntimeVersion {
  readonly runtimeName: string;
  readonly runtimeVersion: string;
  readonly runtimeApiVersion: string;
}
export interface RuntimeCondition {
  /** RuntimeReady, NetworkReady */
  readonly type: string;
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

export type NamespaceMode = "POD" | "CONTAINER" | "NODE" | "TARGET";
export interface NamespaceOption {
  readonly network?: NamespaceMode;
  readonly pid?: NamespaceMode;
  readonly ipc?: NamespaceMode;
  /** The container whose processes are seen, where `pid` is TARGET. */
  readonly targetId?: string;
}
export interface Int64Value {
  readonly value: number;
}
export interface SecurityProfile {
  readonly profileType: "RuntimeDefault" | "Unconfined" | "Localhost";
  readonly localhostRef?: string;
}
export interface LinuxContainerResources {
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpuShares?: number;
  readonly memoryLimitInBytes?: number;
  readonly oomScoreAdj?: number;
}
export interface PodSandboxMetadata {
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  readonly attempt: number;
}
export interface PortMapping {
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIp?: string;
}
export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}
export interface PodSandboxConfig {
  readonly metadata: PodSandboxMetadata;
  readonly hostname?: string;
  readonly logDirectory: string;
  readonly dnsConfig?: DnsConfig;
  readonly portMappings?: readonly PortMapping[];
  readonly labels: StringMap;
  readonly annotations: StringMap;
  readonly linux?: {
    readonly cgroupParent?: string;
    readonly securityContext?: {
      readonly namespaceOptions?: NamespaceOption;
      readonly runAsUser?: Int64Value;
      readonly runAsGroup?: Int64Value;
      readonly supplementalGroups?: readonly number[];
      readonly privileged?: boolean;
      readonly seccomp?: SecurityProfile;
    };
    readonly sysctls?: StringMap;
    readonly resources?: LinuxContainerResources;
  };
}
export type PodSandboxState = "SANDBOX_READY" | "SANDBOX_NOTREADY";
export interface PodSandbox {
  readonly id: string;
  readonly metadata: PodSandboxMetadata;
  readonly state: PodSandboxState;
  readonly createdAt: number;
  readonly labels: StringMap;
  readonly annotations: StringMap;
}
export interface PodSandboxStatus extends PodSandbox {
  readonly network: { readonly ip: string; readonly additionalIps: readonly { readonly ip: string }[] } | null;
}

export interface ContainerMetadata {
  readonly name: string;
  readonly attempt: number;
}
export interface Mount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly?: boolean;
  readonly propagation?: "PROPAGATION_PRIVATE" | "PROPAGATION_HOST_TO_CONTAINER" | "PROPAGATION_BIDIRECTIONAL";
}
export interface ContainerConfig {
  readonly metadata: ContainerMetadata;
  readonly image: { readonly image: string; readonly userSpecifiedImage?: string };
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir?: string;
  readonly envs: readonly { readonly key: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly labels: StringMap;
  readonly annotations: StringMap;
  /** Relative to the sandbox's logDirectory. */
  readonly logPath: string;
  readonly stdin?: boolean;
  readonly stdinOnce?: boolean;
  readonly tty?: boolean;
  readonly linux?: {
    readonly resources?: LinuxContainerResources;
    readonly securityContext?: {
      readonly capabilities?: { readonly addCapabilities: readonly string[]; readonly dropCapabilities: readonly string[] };
      readonly privileged?: boolean;
      readonly namespaceOptions?: NamespaceOption;
      readonly runAsUser?: Int64Value;
      readonly runAsGroup?: Int64Value;
      readonly runAsUsername?: string;
      readonly readonlyRootfs?: boolean;
      readonly supplementalGroups?: readonly number[];
      readonly noNewPrivs?: boolean;
      readonly maskedPaths?: readonly string[];
      readonly readonlyPaths?: readonly string[];
      readonly seccomp?: SecurityProfile;
    };
  };
}
export type ContainerState = "CONTAINER_CREATED" | "CONTAINER_RUNNING" | "CONTAINER_EXITED" | "CONTAINER_UNKNOWN";
export interface Container {
  readonly id: string;
  readonly podSandboxId: string;
  readonly metadata: ContainerMetadata;
  readonly image: { readonly image: string } | null;
  readonly imageRef: string;
  readonly state: ContainerState;
  readonly createdAt: number;
  readonly labels: StringMap;
  readonly annotations: StringMap;
}
export interface ContainerStatus {
  readonly id: string;
  readonly metadata: ContainerMetadata;
  readonly state: ContainerState;
  readonly createdAt: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  readonly image: { readonly image: string } | null;
  readonly imageRef: string;
  readonly reason: string;
  readonly message: string;
  readonly labels: StringMap;
  readonly annotations: StringMap;
  readonly logPath: string;
}

export interface Image {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly size: number;
  readonly uid: Int64Value | null;
  readonly username: string;
}
export interface FilesystemUsage {
  readonly timestamp: number;
  readonly usedBytes: Int64Value | null;
  readonly inodesUsed: Int64Value | null;
}
