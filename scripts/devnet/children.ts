/** Child processes of a devnet: started with a JSON line to say they are ready, stopped in order, never left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Those that run; whoever starts them and ends in a hurry takes them along. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const root = fileURLToPath(new URL('../..', import.meta.url));
/** A child that is not ready by then has failed, milliseconds. */
const READY_TIMEOUT_MS = 60_000;
/** After a polite signal a child has this long to end, milliseconds. */
const STOP_TIMEOUT_MS = 12_000;

export interface Child<T> {
  readonly pid: number;
  readonly ready: T;
  readonly exited: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** Starts `node <script> <args>` in the project's root. Resolves with its first line of standard output as JSON. */
export function startChild<T>(script: string, args: string[], env: Record<string, string> = {}): Promise<Child<T>> {
  const child: ChildProcess = spawn(process.execPath, [script, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Ctrl-C at the terminal must reach only the parent, which then stops its children in order.
    detached: true,
  });
  running.add(child);
  const exited = new Promise<number | null>((resolve) =>
    child.once('exit', (code) => {
      running.delete(child);
      resolve(code);
    }),
  );
  let errors = '';
  child.stderr!.on('data', (data) => {
    errors = (errors + data).slice(-8000);
    if (process.env.CHIRAL_DEVNET_LOG) process.stderr.write(data);
  });
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const kill = (signal: NodeJS.Signals) => {
    if (!isOver()) child.kill(signal);
  };
  const stop = async () => {
    kill('SIGTERM');
    const timer = setTimeout(() => kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      kill('SIGKILL');
      reject(new Error(`${script} was not ready in ${READY_TIMEOUT_MS / 1000} s:\n${errors}`));
    }, READY_TIMEOUT_MS);
    let output = '';
    child.stdout!.on('data', (data) => {
      const before = output;
      output += data;
      const end = output.indexOf('\n');
      if (before.includes('\n') || end < 0) return;
      clearTimeout(timer);
      resolve({ pid: child.pid!, ready: JSON.parse(output.slice(0, end)), exited, kill, stop });
    });
    void exited.then((code) => {
      clearTimeout(timer);
      reject(new Error(`${script} ended with ${code} before it was ready:\n${errors}`));
    });
  });
}
