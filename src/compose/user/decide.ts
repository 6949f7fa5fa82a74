// Whether the serving parts of a cluster drop root, as whom they run then, and if not, why not.
// Invariant: never silent: root that is kept has a reason, which `up`, `status` and `doctor` say; a user that started the cluster is kept without one.
// Called by: bring-up.ts, cli/doctor. Next on the way: settle.ts gives the user its files, launch.ts starts its processes.

import { accessSync, chownSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Capability, hasCapability } from "#linux";
import { writeWhole } from "../state/folder.ts";
import type { StatePaths } from "../state/paths.ts";
import { codeOf } from "./code.ts";
import type { Dropping } from "./launch.ts";
import { chooseNumber, isMapped, parseUser, root, takenNumbers, textOf, type User, type UserRecord } from "./number.ts";
import { tryAsUser } from "./trial.ts";

export type Serving = { readonly dropping: Dropping; readonly kept?: never } | { readonly dropping?: never; readonly kept: string };

/** What root needs to make a process somebody else's, and to look after it and its files afterwards. */
const needed = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
] as const satisfies readonly Capability[];

export interface ServingFacts {
  readonly platform: string;
  readonly procMounted: boolean;
  readonly missingCapabilities: readonly string[];
  readonly uidMap: string;
  readonly find: string | undefined;
  /** The lowest port that needs no rights. */
  readonly firstFreePort: number;
  readonly port: number | undefined;
}

/** What can be said before anything is tried. */
export function reasonToKeep(facts: ServingFacts, user: User | undefined): string | undefined {
  const { platform, procMounted, missingCapabilities, uidMap, find, port, firstFreePort } = facts;
  if (platform !== "linux") return "only on Linux are parts given a user of their own";
  if (!procMounted) return "/proc is not mounted";
  if (missingCapabilities.length > 0) return `root lacks ${missingCapabilities.join(", ")} here`;
  if (port !== undefined && port !== 0 && port < firstFreePort) return `port ${port} is root's to open (below ${firstFreePort})`;
  if (find === undefined) return "`find` is not installed, with which is tried whether a user could read the code";
  if (!user) return "every number for a user of its own is taken";
  if (!isMapped(uidMap, user.uid)) return `the number ${user.uid} does not exist in this user namespace`;
  return undefined;
}

function programOf(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/bin", "/usr/bin", "/bin"].filter((folder) =>
    folder.startsWith("/"),
  );
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function gather(port: number | undefined): ServingFacts {
  const linux = process.platform === "linux";
  const procMounted = linux && existsSync("/proc/self/fd");
  const first = textOf("/proc/sys/net/ipv4/ip_unprivileged_port_start").trim();
  return {
    platform: process.platform,
    procMounted,
    missingCapabilities: procMounted ? needed.filter((name) => !hasCapability(name)) : [],
    uidMap: textOf("/proc/self/uid_map"),
    find: programOf("find"),
    firstFreePort: first === "" ? 1024 : Number(first),
    port,
  };
}

/** Some file systems keep no owners: said by themselves, or seen afterwards. */
function refusesOwners(folder: string, user: User): string | undefined {
  try {
    chownSync(folder, root.uid, user.gid);
    if (statSync(folder).gid === user.gid) return undefined;
  } catch {
    // The same answer as a change without effect.
  }
  return `the file system of ${folder} keeps no owners`;
}

export interface ServingRequest {
  readonly home: string;
  readonly paths: StatePaths;
  readonly launcher: { readonly execPath: string; readonly main: string };
  readonly port: number | undefined;
}

async function attemptsOf(request: ServingRequest, user: User, find: string): Promise<Serving> {
  const { launcher } = request;
  const setpriv = hasCapability("CAP_SETPCAP") ? programOf("setpriv") : undefined;
  const plain: Dropping = { user, ...(setpriv === undefined ? {} : { setpriv }) };
  const code = codeOf(launcher.execPath, launcher.main);
  const why = await tryAsUser(plain, code, find);
  if (why === undefined) return { dropping: plain };
  // Packages behind links are found by their real paths only, and those lead through the closed folder.
  if (code.linked) return { kept: `a user of its own cannot read the code: ${why}` };
  const through: Dropping = { ...plain, through: code };
  const stillWhy = await tryAsUser(through, code, find);
  return stillWhy === undefined ? { dropping: through } : { kept: `a user of its own cannot read the code: ${stillWhy}` };
}

/** The user this cluster has had before, or one that nobody has. */
function userOf({ home, paths }: ServingRequest): User | undefined {
  const recorded = readUser(paths).user;
  if (recorded) return recorded;
  const number = chooseNumber(paths.directory, takenNumbers(home, paths.name));
  return number === undefined ? undefined : { uid: number, gid: number };
}

interface Found {
  readonly serving: Serving;
  readonly user?: User;
}

/** Looks and tries, and changes nothing. Undefined: we are not root, and every part runs as who we are. */
export async function wouldServe(request: ServingRequest): Promise<Found | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const facts = gather(request.port);
  const user = facts.procMounted ? userOf(request) : undefined;
  const known = user ? { user } : {};
  const kept = reasonToKeep(facts, user);
  if (kept !== undefined || !user || facts.find === undefined) return { serving: { kept: kept ?? "there is no user for it" }, ...known };
  try {
    return { serving: await attemptsOf(request, user, facts.find), user };
  } catch (error) {
    return { serving: { kept: `it could not be tried: ${error instanceof Error ? error.message : String(error)}` }, user };
  }
}

/** The decision for a start, kept in the state folder: the number for the next start, the reason for whoever asks. */
export async function decideServing(request: ServingRequest): Promise<Serving | undefined> {
  const { paths } = request;
  const found = await wouldServe(request);
  if (!found) return undefined;
  const { user } = found;
  const refused = found.serving.dropping ? refusesOwners(paths.directory, found.serving.dropping.user) : undefined;
  const serving: Serving = refused === undefined ? found.serving : { kept: refused };
  const record: UserRecord = { ...(user ? { user } : {}), ...(serving.kept === undefined ? {} : { kept: serving.kept }) };
  const text = `${JSON.stringify(record)}\n`;
  if (textOf(paths.user) !== text) writeWhole(paths.user, text, 0o644);
  return serving;
}

export function readUser(paths: StatePaths): UserRecord {
  return parseUser(textOf(paths.user));
}
