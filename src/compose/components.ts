// Components alone: each built from its flags as upstream's would be, reaching the cluster over HTTPS.
// Invariant: nothing here knows a state folder; what a component needs is named by its flags or it is refused by name.
// Called by: cmd/component.ts. Next on the way: the layer of the component.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "#client";
import {
  type ApiserverSettings,
  type ComponentName,
  type ControllerManagerSettings,
  type Credentials,
  credentialsOf,
  FlagError,
  gitVersion,
  type KubeletSettings,
  readKubeconfig,
  type StoreSettings,
  userAgent,
} from "#config";
import { createLog, MetricRegistry, noSpans, systemClock, systemPrng } from "#lib";
import type { RunningPart } from "./part.ts";

const base = () => {
  const clock = systemClock();
  return {
    clock,
    prng: systemPrng(),
    log: createLog(clock, (line) => process.stderr.write(line)),
    metrics: new MetricRegistry(),
    spans: noSpans,
  };
};

function required<Settings extends object>(settings: Settings, ...names: (keyof Settings & string)[]): void {
  const missing = names.filter((name) => settings[name] === "");
  if (missing.length > 0) throw new FlagError(`required flags are missing: ${missing.map((name) => `--${name}`).join(", ")}`);
}

const read = (path: string): string => readFileSync(path, "utf8");

async function credentials(path: string): Promise<Credentials> {
  return credentialsOf(await readKubeconfig(read(path)), read);
}

async function clientOver(access: Credentials, component: string, clock: ReturnType<typeof systemClock>): Promise<Client> {
  const { createClient, httpsTransport } = await import("#client");
  return createClient({
    transport: httpsTransport({ ...access, userAgent: userAgent(component), clock }),
    clock,
    userAgent: userAgent(component),
  });
}

async function apiserver(settings: ApiserverSettings): Promise<RunningPart> {
  required(settings, "tls-cert-file", "tls-private-key-file", "client-ca-file", "service-account-signing-key-file");
  const [{ createApiServer }, { storeOf }, { serve }] = await Promise.all([
    import("#apiserver"),
    import("./cluster-store.ts"),
    import("#wire"),
  ]);
  const parts = base();
  const clientCa = read(settings["client-ca-file"]);
  const store = await storeOf(settings, parts);
  const server = createApiServer({
    ...parts,
    store,
    serviceAccountKey: read(settings["service-account-signing-key-file"]),
    clientCa,
    version: gitVersion,
    issuer: settings["service-account-issuer"],
    serviceClusterIpRange: settings["service-cluster-ip-range"],
    securePort: settings["secure-port"],
    ...(settings["advertise-address"] === "" ? {} : { advertiseAddress: settings["advertise-address"] }),
  });
  await server.ready;
  const tls = { cert: read(settings["tls-cert-file"]), key: read(settings["tls-private-key-file"]), clientCa };
  const listening = await serve({ ...parts, host: settings["bind-address"], port: settings["secure-port"], tls, handler: server.handler });
  return {
    facts: { port: listening.port },
    async stop() {
      const closed = listening.close(3000);
      server.close();
      await closed;
      await store.close();
    },
  };
}

async function loops(settings: { readonly kubeconfig: string }, without: readonly string[], rootCa: string): Promise<RunningPart> {
  required(settings, "kubeconfig");
  const { startLoops } = await import("./loops.ts");
  const parts = base();
  const access = await credentials(settings.kubeconfig);
  const client = await clientOver(access, "dhow", parts.clock);
  // One credential, so one identity: the one that the kubeconfig names.
  const running = startLoops({
    ...parts,
    candidate: `${process.pid}-${parts.prng.between(0, 1e9)}`,
    settings: { without },
    clientFor: () => ({ ...client, close: () => undefined }),
    rootCa: rootCa || (access.ca ?? ""),
  });
  return {
    facts: {},
    async stop() {
      await running.close();
      client.close();
    },
  };
}

function controllerManager(settings: ControllerManagerSettings): Promise<RunningPart> {
  const refused = settings.controllers.filter((name) => !name.startsWith("-") && name !== "*");
  if (refused.length > 0) throw new FlagError(`--controllers=${refused[0]}: only * and -NAME are supported`);
  const off = settings.controllers.filter((name) => name.startsWith("-")).map((name) => `controller-manager/${name.slice(1)}`);
  return loops(settings, ["scheduler", ...off], settings["root-ca-file"] === "" ? "" : read(settings["root-ca-file"]));
}

async function kubelet(settings: KubeletSettings): Promise<RunningPart> {
  required(settings, "kubeconfig", "root-dir", "tls-cert-file", "tls-private-key-file", "client-ca-file");
  const [{ connectCri, runtimeReady, simulatedCri }, node, { machineFacts, primaryAddress }, { serve }, { hostname }] = await Promise.all([
    import("#cri"),
    import("#kubelet"),
    import("#linux"),
    import("#wire"),
    import("node:os"),
  ]);
  const parts = base();
  const client = await clientOver(await credentials(settings.kubeconfig), "kubelet", parts.clock);
  const endpoint = settings["container-runtime-endpoint"];
  const socket = endpoint.replace(/^unix:\/\//, "");
  const cri = endpoint === "" ? simulatedCri({ ...parts, addressPrefix: "10.244.0" }) : await connectCri(socket, parts);
  if (endpoint !== "") await runtimeReady(socket, cri, { clock: parts.clock, timeoutMs: 30_000 });
  const rootDirectory = settings["root-dir"];
  const clusterDomain = "cluster.local";
  const machine = machineFacts(rootDirectory);
  const address = settings["node-ip"] || primaryAddress();
  const nodeName = settings["hostname-override"] || hostname();
  const kubelets = new Map<string, ReturnType<typeof node.createKubelet>>();
  const tls = {
    cert: read(settings["tls-cert-file"]),
    key: read(settings["tls-private-key-file"]),
    clientCa: read(settings["client-ca-file"]),
  };
  const handler = node.kubeletHandler({ kubelets: () => kubelets, clock: parts.clock, log: parts.log });
  const server = await serve({ ...parts, host: "0.0.0.0", port: settings.port, tls, handler });
  const hostIps = [address];
  const agent = node.createKubelet({
    ...parts,
    client,
    cri,
    volumes:
      endpoint === "" ? node.simulatedVolumes() : node.hostVolumes({ ...parts, rootDirectory, client, machine, hostIps, clusterDomain }),
    settings: {
      nodeName,
      hostname: hostname(),
      addresses: hostIps,
      machine,
      maxPods: 110,
      kubeletVersion: gitVersion,
      port: server.port,
      rootDirectory,
      podLogsDirectory: join(rootDirectory, "pod-logs"),
      cgroupParent: "/kubepods",
      clusterDomain,
      resolvConf: "/etc/resolv.conf",
    },
  });
  kubelets.set(nodeName, agent);
  await agent.ready;
  return {
    facts: { port: server.port },
    async stop() {
      await agent.close();
      await server.close(500);
      client.close();
    },
  };
}

/** The settings come from the flag table of the same name. */
export function startComponent(name: ComponentName, settings: unknown): Promise<RunningPart> {
  switch (name) {
    case "apiserver":
      return apiserver(settings as ApiserverSettings);
    case "controller-manager":
      return controllerManager(settings as ControllerManagerSettings);
    case "scheduler":
      return loops(settings as { kubeconfig: string }, ["controller-manager"], "");
    case "kubelet":
      return kubelet(settings as KubeletSettings);
    case "store":
      return import("./store-component.ts").then(({ startStore }) => startStore(settings as StoreSettings, base()));
  }
}
