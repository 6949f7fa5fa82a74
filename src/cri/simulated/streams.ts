// Exec, attach and port-forward of the simulated runtime: the same streams as a real one gives, played by shell.ts.
// Invariant: the outcome is one Status on the error stream, worded as containerd words it; whoever closes ends the command.
// Called by: runtime.ts. Next on the way: shell.ts.

import { Duplex, PassThrough } from "node:stream";
import type { Clock } from "#lib";
import type { ForwardedPort, PortForwarding, ProcessStreams, StreamsWanted } from "../contract.ts";
import { CriError } from "../errors.ts";
import { NoSuchCommand, runCommand } from "./shell.ts";
import { endpoint, type SimulatedContainer, type SimulatedState } from "./state.ts";

const success = { metadata: {}, status: "Success" };

function exited(code: number): object {
  if (code === 0) return success;
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  };
}

function failed(error: unknown): object {
  const what =
    error instanceof NoSuchCommand ? `exec: ${JSON.stringify(error.message)}: executable file not found in $PATH` : String(error);
  const message = `error executing command in container: failed to exec in container: ${what}`;
  return { metadata: {}, status: "Failure", message, reason: "InternalError", details: { causes: [{ message }] }, code: 500 };
}

function running(call: string, state: SimulatedState, id: string): SimulatedContainer {
  const container = state.container(id);
  if (!container) throw new CriError(call, endpoint, "NOT_FOUND", `container "${id}" not found`);
  if (container.status.state !== "CONTAINER_RUNNING")
    throw new CriError(call, endpoint, "UNKNOWN", `container is in ${container.status.state} state`);
  return container;
}

interface Session {
  readonly streams: ProcessStreams;
  readonly signal: AbortSignal;
  readonly io: { readonly stdin: PassThrough | undefined; readonly stdout: PassThrough; readonly stderr: PassThrough };
  /** Says how it went and ends everything. */
  end(status: object): void;
}

function session(wanted: StreamsWanted): Session {
  const stop = new AbortController();
  const closed = Promise.withResolvers<void>();
  const [stdout, stderr, error, resize] = [new PassThrough(), new PassThrough(), new PassThrough(), new PassThrough()];
  const stdin = wanted.stdin ? new PassThrough() : undefined;
  resize.resume();
  if (!wanted.stdout) stdout.resume();
  if (!wanted.stderr) stderr.resume();
  const close = (): void => {
    stop.abort();
    for (const one of [stdin, stdout, stderr, error, resize]) one?.destroy();
    closed.resolve();
  };
  return {
    signal: stop.signal,
    io: { stdin, stdout, stderr: wanted.tty ? stdout : stderr },
    streams: {
      error,
      ...(stdin ? { stdin } : {}),
      ...(wanted.stdout ? { stdout } : {}),
      ...(wanted.stderr && !wanted.tty ? { stderr } : {}),
      ...(wanted.tty ? { resize } : {}),
      closed: closed.promise,
      close,
    },
    end(status) {
      if (stop.signal.aborted) return;
      stdin?.resume();
      stdout.end();
      stderr.end();
      error.end(JSON.stringify(status));
    },
  };
}

export function execStreams(
  clock: Clock,
  state: SimulatedState,
  id: string,
  command: readonly string[],
  wanted: StreamsWanted,
): ProcessStreams {
  const container = running("Exec", state, id);
  const made = session(wanted);
  const hostname = state.sandbox(container.sandboxId)?.hostname ?? "";
  const place = { clock, ...made.io, tty: wanted.tty, env: container.env ?? [], hostname, signal: made.signal };
  const forget = state.watch(id, { line: () => undefined, ended: () => made.end(exited(137)) });
  void runCommand(command, place)
    .then(exited, failed)
    .then((status) => {
      forget();
      made.end(status);
    });
  return made.streams;
}

export function attachStreams(clock: Clock, state: SimulatedState, id: string, wanted: StreamsWanted): ProcessStreams {
  const container = running("Attach", state, id);
  const made = session(wanted);
  const { stdin, stdout } = made.io;
  const forget = state.watch(id, { line: (line) => stdout.write(`${line}\n`), ended: () => made.end(success) });
  made.signal.addEventListener("abort", forget, { once: true });
  // A container whose command is a plain shell is played by whoever attaches to it.
  if (stdin && container.argv.length === 1 && /(^|\/)sh$/.test(container.argv[0]!)) {
    const hostname = state.sandbox(container.sandboxId)?.hostname ?? "";
    const place = { clock, ...made.io, tty: wanted.tty, env: container.env ?? [], hostname, signal: made.signal };
    void runCommand(["sh"], place).then(
      (code) => (made.signal.aborted ? undefined : state.exit(id, code)),
      () => undefined,
    );
  } else stdin?.resume();
  return made.streams;
}

/** Port 7 echoes; ports 80 and 8080 answer one HTTP request; everything else refuses. */
function connectTo(port: number, hostname: string): ForwardedPort {
  const error = new PassThrough();
  if (port === 7) {
    const data = new PassThrough();
    data.once("close", () => error.end());
    return { data, error };
  }
  if (port === 80 || port === 8080) {
    const body = `${hostname} is simulated\n`;
    const answer = `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const data: Duplex = new Duplex({
      read: () => undefined,
      write(_bytes, _encoding, done) {
        data.push(answer);
        data.push(null);
        done();
      },
    });
    data.once("end", () => error.end());
    return { data, error };
  }
  const refused = `dial tcp4 127.0.0.1:${port}: connect: connection refused`;
  error.end(`failed to execute portforward in network namespace: failed to connect to localhost:${port} inside namespace: ${refused}`);
  const data = new PassThrough();
  data.resume();
  return { data, error };
}

export function simulatedPorts(state: SimulatedState, podSandboxId: string): PortForwarding {
  const sandbox = state.sandbox(podSandboxId);
  if (!sandbox) throw new CriError("PortForward", endpoint, "NOT_FOUND", `sandbox "${podSandboxId}" not found`);
  const closed = Promise.withResolvers<void>();
  const open = new Set<Duplex>();
  return {
    connect(port) {
      const made = connectTo(port, sandbox.hostname ?? "");
      open.add(made.data);
      made.data.once("close", () => open.delete(made.data));
      return Promise.resolve(made);
    },
    closed: closed.promise,
    close() {
      for (const data of open) data.destroy();
      closed.resolve();
    },
  };
}
