// The table of verbs with their flags; each verb's own file is loaded when it is called.
// Invariant: an unknown verb or flag is refused by name with the nearest known one, exit code 2.
// Called by: index.ts. Next on the way: up.ts, down.ts, status.ts, image.ts, trace.ts, kubeconfig.ts.

import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { gitVersion, projectVersion } from "#config";
import { exitCodes, type Io } from "./io.ts";

/** Said already, by commander; only the exit code is left to tell. */
export class WrongUse extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("wrong use");
    this.exitCode = exitCode;
  }
}

function count(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError("Not a whole number.");
  return Number(text);
}

/** As statePaths wants it; a wrong name is wrong use. */
function clusterName(text: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError('Lower-case letters, digits and "-", at most 32, starting and ending with a letter or digit.');
}

/** A number for the seed of chance. */
function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Not a whole number of at most nine digits.");
  return Number(text);
}

function instant(text: string): number {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError("Such as 2026-01-01T09:00:00Z.");
  return ms;
}

function oneOf(allowed: readonly string[]): (text: string) => string {
  return (text) => {
    if (!allowed.includes(text)) throw new InvalidArgumentError(`Allowed: ${allowed.join(", ")}.`);
    return text;
  };
}

export async function program(io: Io, argv: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.done;
  const root = new Command("dhow")
    .description("A Kubernetes you can read, run and break.")
    .version(`dhow ${projectVersion} (Kubernetes ${gitVersion})`)
    .configureOutput({ writeOut: (text) => io.out(text.trimEnd()), writeErr: (text) => io.err(text.trimEnd()) })
    .exitOverride()
    .showSuggestionAfterError();

  const ofCluster = (): Option =>
    new Option("--name <name>", "name of the cluster").argParser(clusterName).default("dhow").env("DHOW_NAME");
  const plain = (name: string, description: string): Command => root.command(name).description(description).copyInheritedSettings(root);
  const verb = (name: string, description: string): Command => plain(name, description).addOption(ofCluster());
  /** Runs a verb's file with its options; its number is the exit code. */
  const run =
    <Options>(load: () => Promise<(io: Io, options: Options, ...args: string[]) => Promise<number>>) =>
    async (...given: unknown[]): Promise<void> => {
      const options = given.at(-2) as Options;
      exitCode = await (await load())(io, options, ...(given.slice(0, -2) as string[]));
    };
  const output = (command: Command): Command => command.option("-o, --output <form>", "json for machines", oneOf(["json"]));

  output(verb("up", "Bring a cluster up, or find it running."))
    .option("-d, --detach", "leave it running in the background")
    .option("--port <port>", "port of the API server (default: 6443, or the next free one)", count)
    .option("--nodes <count>", "nodes with a runtime of their own (default: 1)", count)
    .option("--simulated-nodes <count>", "nodes whose containers are only played", count)
    .option("--runtime <runtime>", "containerd or simulated (default: containerd where it can run)", oneOf(["containerd", "simulated"]))
    .option("--pod-network-cidr <range>", "addresses for pods on containerd (default: 10.244.0.0/16, or the next free one)")
    .option("--cri <socket>", "use the CRI runtime behind this socket instead of a containerd of our own")
    .option("--oci-runtime <program>", "what our containerd starts containers with: runc, dhow-runtime, or a path (default: runc)")
    .option("--without <parts>", "leave parts to somebody else: scheduler, controller-manager, controller-manager/NAME", (text: string) =>
      text.split(","),
    )
    .option(
      "--store <addresses>",
      "keep the data in this etcd, or `dhow store`, such as http://127.0.0.1:2379; its members with commas",
      (text: string) => text.split(","),
    )
    .option("--store-prefix <prefix>", "with --store: what the cluster's keys begin with (default: /registry)")
    .option("--store-cafile <file>", "with --store: PEM of the authority of its certificates")
    .option("--store-certfile <file>", "with --store: PEM of the certificate shown to it")
    .option("--store-keyfile <file>", "with --store: PEM of that certificate's key")
    .option("--clock <clock>", "real, or virtual: time stands still until `dhow clock` moves it", oneOf(["real", "virtual"]))
    .option("--seed <number>", "with --clock virtual: of all chance in it (default: 1)", whole)
    .option("--since <time>", "with --clock virtual: when it begins, such as 2026-01-01T09:00:00Z (default: now)", instant)
    .option("-q, --quiet", "print only what goes wrong")
    .option("-v, --verbose", "print every step as it begins, and where the logs are")
    .action(run(async () => (await import("./up.ts")).up));
  output(verb("down", "Stop the cluster and remove what it made on this machine; its data stays."))
    .option("--purge", "remove the data too")
    .action(run(async () => (await import("./down.ts")).down));
  output(verb("status", "Say which parts run, and how they are.")).action(run(async () => (await import("./status.ts")).status));
  output(plain("doctor", "Say what this machine is, what it lacks and how its clusters are: to paste into an issue.")).action(
    run(async () => (await import("./doctor.ts")).doctor),
  );
  output(verb("kubeconfig", "Print the path of the cluster's kubeconfig."))
    .option("--merge", "write its entries into your own kubeconfig too")
    .option("--context", "with --merge: make it the current context there")
    .action(run(async () => (await import("./kubeconfig.ts")).kubeconfig));
  output(
    verb("trace", "Show what one change set going, from the request to the containers.").argument("<kind/name>", "such as deployment/web"),
  )
    .option("-n, --namespace <namespace>", "namespace of the object", "default")
    .action(run(async () => (await import("./trace.ts")).trace));
  output(
    verb("why", "Say in sentences why an object is as it is: pending, restarted, not ready, going, gone.")
      .argument("<kind/name>", "such as pod/web-x7k2p; also as two words")
      .argument("[name]", "the name, where the kind stands alone"),
  )
    .option("-n, --namespace <namespace>", "namespace of the object", "default")
    .option("--field <path>", "who wrote this field, such as spec.replicas")
    .action(run(async () => (await import("./why.ts")).why));
  output(verb("clock", "Move the time of a cluster that was made with `up --clock virtual`, or look at it."))
    .argument("<what>", "show, step 30s, run x10, or pause")
    .argument("[how]", "how far (30s, 1h10m) or how fast (x10)")
    .action(run(async () => (await import("./clock.ts")).clock));
  output(verb("node", "Let a node of a cluster in virtual time fall silent, or come back; containers on it run on."))
    .argument("<what>", "list, stop NODE, or start NODE")
    .argument("[node]", "name of the node")
    .action(run(async () => (await import("./node.ts")).node));
  const image = root.command("image").description("Container images of the cluster.").copyInheritedSettings(root);
  const ofImages = (name: string, description: string): Command =>
    output(image.command(name).copyInheritedSettings(root).description(description)).addOption(ofCluster());
  ofImages("load", "Load an OCI or docker archive into the cluster's containerd.")
    .argument("[file]", "the archive")
    .option("--node <node>", "only into this node's containerd (default: into every node's)")
    .option("--sandbox", "instead: dhow's own sandbox image, under the name that a runtime given by --cri asks for")
    .action(run(async () => (await import("./image.ts")).imageLoad));
  ofImages("list", "List the images that the nodes have.")
    .option("--node <node>", "only this node's (default: every node's)")
    .action(run(async () => (await import("./image.ts")).imageList));

  plain("lab", "Experiments to run, break and mend: the list, or one of them.")
    .argument("[number]", "number of a lab, or `shell` for a terminal inside an open one")
    .argument("[of]", "number of the lab, after `shell`")
    .option("--all", "play every lab and chapter: healthy, broken, healed")
    .option("--check", "only see whether the checks are green, with your own function where you wrote one")
    .option("--break <name>", "play only this break")
    .option("--hint", "print the hints")
    .option("--write", "put an emptied copy of the lab's function into my/")
    .option("--solve", "print our own version of it")
    .action(run(async () => (await import("./lab.ts")).lab));
  plain("tour", "Chapters through the source: the list, or one, step by step.")
    .argument("[number]", "number of a chapter")
    .action(run(async () => (await import("./tour.ts")).tour));

  root.addHelpText(
    "after",
    "\nComponents alone, with upstream's flags: dhow apiserver | controller-manager | scheduler | kubelet  (each with --help)",
  );
  try {
    if (argv.length === 0) root.help({ error: true });
    await root.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new WrongUse(error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUse);
  }
  return exitCode;
}
