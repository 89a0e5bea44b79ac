/** The CLI's end of the owner's API: finds the daemon of a data folder, asks, turns its problems into AppErrors. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { API_FILE, API_PREFIX } from '@chiral/protocol/api';
import { AppError, fromProblem } from '@chiral/protocol/errors';

export interface ApiClient {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  delete(path: string): Promise<void>;
  /** Events of long work, one by one. @throws the problem that ended it; CANCELLED */
  stream<T extends { event: string }>(path: string, body: object, signal: AbortSignal): AsyncGenerator<T>;
}

export function connect(dataDir: string): ApiClient {
  async function call(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    const text = await readFile(join(dataDir, API_FILE), 'utf8').catch(() => undefined);
    if (!text) throw notRunning(dataDir);
    const { url, token } = JSON.parse(text) as { url: string; token: string };
    let response: Response;
    try {
      response = await fetch(`${url}${API_PREFIX}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      });
    } catch (cause) {
      if (signal?.aborted) throw new AppError('CANCELLED', 'Stopped. Run the same command again to go on.');
      throw notRunning(dataDir, cause);
    }
    if (!response.ok) throw fromProblem(await response.json().catch(() => undefined), response.status);
    return response;
  }
  return {
    get: async <T>(path: string) => (await (await call('GET', path)).json()) as T,
    post: async <T>(path: string, body: object) => (await (await call('POST', path, body)).json()) as T,
    delete: async (path) => void (await call('DELETE', path)),
    async *stream(path, body, signal) {
      const response = await call('POST', path, body, signal);
      try {
        for await (const line of createInterface({ input: Readable.fromWeb(response.body! as never) })) {
          const event = JSON.parse(line);
          if (event.event === 'error') throw fromProblem(event.problem, 500);
          yield event;
        }
      } catch (error) {
        if (signal.aborted) throw new AppError('CANCELLED', 'Stopped. Run the same command again to go on.');
        throw error;
      }
    },
  };
}

function notRunning(dataDir: string, cause?: unknown): AppError {
  return new AppError(
    'PEER_UNREACHABLE',
    `No daemon is running for ${dataDir}. Start one with: chiral up`,
    {},
    { cause },
  );
}
