// kubeconfig files: who to talk to, as whom. Written by `up`, read by every component that is started alone, merged only on request.
// Invariant: merging never changes an entry of another name, nor the current context unless asked.
// Called by: compose/state, cli, cmd. Next on the way: client/https.ts, which uses what was read.

export interface Credentials {
  /** `https://host:port`. */
  readonly server: string;
  /** PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
}

interface Named {
  name: string;
  [field: string]: unknown;
}

export interface Kubeconfig {
  apiVersion: "v1";
  kind: "Config";
  clusters: Named[];
  users: Named[];
  contexts: Named[];
  "current-context": string;
  [field: string]: unknown;
}

export class KubeconfigError extends Error {
  override name = "KubeconfigError";
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** One cluster, one user, one context, all called `name`. */
export function kubeconfigFor(name: string, credentials: Credentials): Kubeconfig {
  const { server, ca, cert, key, token } = credentials;
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { ...(ca ? { "certificate-authority-data": base64(ca) } : {}), server } }],
    users: [
      {
        name,
        user: {
          ...(cert ? { "client-certificate-data": base64(cert) } : {}),
          ...(key ? { "client-key-data": base64(key) } : {}),
          ...(token ? { token } : {}),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  };
}

/** Plain YAML without a library: two levels of names, lists and quoted strings are all a kubeconfig of ours needs. */
export function writeKubeconfig(config: Kubeconfig): string {
  const lines: string[] = [];
  const write = (value: unknown, indent: string): void => {
    for (const [name, inner] of Object.entries(value as Record<string, unknown>)) {
      if (inner === undefined) continue;
      if (Array.isArray(inner)) {
        if (inner.length === 0) lines.push(`${indent}${name}: []`);
        else {
          lines.push(`${indent}${name}:`);
          for (const item of inner as unknown[]) writeItem(item, indent);
        }
      } else if (typeof inner === "object" && inner !== null) {
        if (Object.keys(inner).length === 0) lines.push(`${indent}${name}: {}`);
        else {
          lines.push(`${indent}${name}:`);
          write(inner, `${indent}  `);
        }
      } else lines.push(`${indent}${name}: ${scalar(inner)}`);
    }
  };
  const writeItem = (item: unknown, indent: string): void => {
    if (typeof item !== "object" || item === null) {
      lines.push(`${indent}- ${scalar(item)}`);
      return;
    }
    const at = lines.length;
    write(item, `${indent}  `);
    lines[at] = `${indent}- ${lines[at]!.slice(indent.length + 2)}`;
  };
  const scalar = (value: unknown): string =>
    typeof value === "string" &&
    /^[A-Za-z][\w./:+=@-]*$/.test(value) &&
    !value.endsWith(":") &&
    !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value)
      ? value
      : JSON.stringify(value);
  write(config, "");
  return `${lines.join("\n")}\n`;
}

const namedList = (value: unknown): Named[] =>
  Array.isArray(value) ? value.filter((one): one is Named => typeof one === "object" && one !== null && "name" in one) : [];

/** The YAML library loads only here: nobody on the way of `up` reads a kubeconfig. */
export async function readKubeconfig(text: string): Promise<Kubeconfig> {
  const { parse } = await import("yaml");
  const value: unknown = parse(text);
  if (typeof value !== "object" || value === null) throw new KubeconfigError("kubeconfig is not an object");
  const config = value as Record<string, unknown>;
  if (config["kind"] !== undefined && config["kind"] !== "Config")
    throw new KubeconfigError(`kind is ${JSON.stringify(config["kind"])}, not "Config"`);
  return {
    ...config,
    apiVersion: "v1",
    kind: "Config",
    clusters: namedList(config["clusters"]),
    users: namedList(config["users"]),
    contexts: namedList(config["contexts"]),
    "current-context": typeof config["current-context"] === "string" ? config["current-context"] : "",
  };
}

function entry(list: readonly Named[], name: string, field: string): Record<string, unknown> {
  const value = list.find((one) => one.name === name)?.[field];
  if (typeof value !== "object" || value === null) throw new KubeconfigError(`no ${field} named ${JSON.stringify(name)}`);
  return value as Record<string, unknown>;
}

/** What a context says, files read through `readFile`. */
export function credentialsOf(config: Kubeconfig, readFile: (path: string) => string, contextName?: string): Credentials {
  const context = entry(config.contexts, contextName ?? config["current-context"], "context");
  const cluster = entry(config.clusters, String(context["cluster"]), "cluster");
  const user = entry(config.users, String(context["user"]), "user");
  const pem = (from: Record<string, unknown>, field: string): string | undefined => {
    const data = from[`${field}-data`];
    if (typeof data === "string") return Buffer.from(data, "base64").toString();
    return typeof from[field] === "string" ? readFile(from[field]) : undefined;
  };
  const refused = ["exec", "auth-provider", "username"].find((field) => user[field] !== undefined);
  if (refused) throw new KubeconfigError(`user field "${refused}" is not supported`);
  const [ca, cert, key] = [pem(cluster, "certificate-authority"), pem(user, "client-certificate"), pem(user, "client-key")];
  const token =
    typeof user["token"] === "string"
      ? user["token"]
      : typeof user["tokenFile"] === "string"
        ? readFile(user["tokenFile"]).trim()
        : undefined;
  return {
    server: String(cluster["server"]),
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(token ? { token } : {}),
  };
}

/** `ours` written over the entries of the same names in `theirs`; the current context changes only if there was none or `select` says so. */
export function mergeKubeconfig(theirs: Kubeconfig, ours: Kubeconfig, select = false): Kubeconfig {
  const merged = (a: readonly Named[], b: readonly Named[]): Named[] => [
    ...a.filter((one) => !b.some((other) => other.name === one.name)),
    ...b,
  ];
  return {
    ...theirs,
    clusters: merged(theirs.clusters, ours.clusters),
    users: merged(theirs.users, ours.users),
    contexts: merged(theirs.contexts, ours.contexts),
    "current-context": select || theirs["current-context"] === "" ? ours["current-context"] : theirs["current-context"],
  };
}
