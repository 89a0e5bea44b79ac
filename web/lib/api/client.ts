/** The owner's API of one's own daemon, over fetch. What goes wrong is an AppError, as the daemon said it. State: none. */
import { AppError, fromProblem } from '@chiral/protocol/errors';
import { readNdjson } from './ndjson.ts';
import type { OwnerDoor } from './token.ts';

/** The same as in protocol/api, which would bring its schemas and a signature library along; a test holds the two together. */
export const API_PREFIX = '/api/v1';

export interface OwnerApi {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  delete(path: string): Promise<void>;
  /** Events of long work. @throws the problem that ended it */
  stream<T extends { event: string }>(path: string, body: object, signal: AbortSignal): AsyncGenerator<T>;
}

/** @throws from each call: PEER_UNREACHABLE when no daemon answers, else the daemon's own code */
export function createOwnerApi({ url, token }: OwnerDoor): OwnerApi {
  async function call(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${url}${API_PREFIX}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
        cache: 'no-store',
      });
    } catch (cause) {
      if (signal?.aborted) throw new AppError('CANCELLED', 'Stopped.', {}, { cause });
      throw new AppError('PEER_UNREACHABLE', 'Your node does not answer.', { url }, { cause });
    }
    if (!response.ok) throw fromProblem(await response.json().catch(() => undefined), response.status);
    return response;
  }
  return {
    get: async <T>(path: string) => (await (await call('GET', path)).json()) as T,
    post: async <T>(path: string, body: object) => (await (await call('POST', path, body)).json()) as T,
    delete: async (path) => void (await call('DELETE', path)),
    async *stream<T extends { event: string }>(path: string, body: object, signal: AbortSignal) {
      const response = await call('POST', path, body, signal);
      for await (const value of readNdjson(response.body!)) {
        const event = value as T & { problem?: unknown };
        if (event.event === 'error') throw fromProblem(event.problem, 500);
        yield event as T;
      }
    },
  };
}
