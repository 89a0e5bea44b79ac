/** What benchmarks that compare tools share: a file, free ports, nginx, medians. Only for `scripts/bench`. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const run = promisify(execFile);
export const MIB = 1 << 20;

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Processor time of a running process so far, user and system, seconds. NaN where there is no /proc. */
export async function processorSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // Fields 14 and 15, counted after the name, which may have spaces; in hundredths of a second on every Linux.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return user === undefined ? Number.NaN : (Number(user) + Number(system)) / 100;
}

/** True when `tool` can be started. */
export async function isInstalled(tool: string): Promise<boolean> {
  const starts = (flag: string) =>
    run(tool, [flag]).then(
      () => true,
      () => false,
    );
  return (await starts('--version')) || (await starts('-v'));
}

/** Wall time of one command, seconds; NaN when it is not installed. */
export async function secondsOf(tool: string, args: string[]): Promise<number> {
  if (!(await isInstalled(tool))) return Number.NaN;
  const startedMs = performance.now();
  await run(tool, args);
  return (performance.now() - startedMs) / 1000;
}

export async function writeRandomFile(path: string, mib: number): Promise<void> {
  const file = await open(path, 'w');
  const block = Buffer.alloc(16 * MIB);
  for (let done = 0; done < mib; done += 16) {
    randomFillSync(block);
    await file.write(block.subarray(0, Math.min(16, mib - done) * MIB));
  }
  await file.close();
}

/** nginx that serves the files of `folder`, as Debian packages it. */
export async function startNginx(folder: string, port: number): Promise<ChildProcess> {
  const config = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  await writeFile(
    config,
    `worker_processes 2; daemon off; pid ${join(folder, 'nginx.pid')}; error_log stderr;
     events { worker_connections 256; }
     http { access_log off; sendfile on; tcp_nopush on; ${temporary.join(' ')}
       server { listen 127.0.0.1:${port}; root ${folder}; } }`,
  );
  const nginx = spawn('nginx', ['-p', folder, '-c', config], { stdio: 'ignore' });
  for (let tries = 0; ; tries++) {
    const ok = await fetch(`http://127.0.0.1:${port}/file`, { method: 'HEAD' }).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return nginx;
    if (tries > 100 || nginx.exitCode !== null) throw new Error('nginx did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
