// /version: which Kubernetes this is, and by what it runs.
// Invariant: the numbers are the release whose facts we serve; the build says dhow.
// Called by: paths.ts.   Next on the way: kubectl version.

import { gitVersion as release } from "#config";

export interface VersionInfo {
  readonly major: string;
  readonly minor: string;
  readonly emulationMajor: string;
  readonly emulationMinor: string;
  readonly minCompatibilityMajor: string;
  readonly minCompatibilityMinor: string;
  readonly gitVersion: string;
  readonly gitCommit: string;
  readonly gitTreeState: string;
  readonly buildDate: string;
  readonly goVersion: string;
  readonly compiler: string;
  readonly platform: string;
}

export interface VersionFacts {
  readonly gitVersion?: string;
  /** As in process.version. */
  readonly nodeVersion: string;
  /** As in process.arch. */
  readonly machine: string;
}

export function versionInfo({ gitVersion = release, nodeVersion, machine }: VersionFacts): VersionInfo {
  return {
    major: "1",
    minor: "36",
    emulationMajor: "1",
    emulationMinor: "36",
    minCompatibilityMajor: "1",
    minCompatibilityMinor: "35",
    gitVersion,
    gitCommit: "",
    gitTreeState: "",
    buildDate: "1970-01-01T00:00:00Z",
    // No Go here: the field says what runs it instead.
    goVersion: `node${nodeVersion.replace(/^v/, "")}`,
    compiler: "v8",
    platform: `linux/${machine === "x64" ? "amd64" : machine}`,
  };
}
