/**
 * The owner's API: loopback only, a bearer token, a Host allow-list against DNS rebinding, no cross-origin reads.
 * It turns HTTP into calls of `NodeControl` and back; it decides nothing. State: none.
 */
import { timingSafeEqual } from 'node:crypto';
import {
  API_PREFIX,
  getRequest,
  publishRequest,
  sendRequest,
  sessionRequest,
  settleRequest,
  withdrawRequest,
} from '@chiral/protocol/api';
import { AppError, isAppError, toProblem } from '@chiral/protocol/errors';
import { MAX_WORDS } from '@chiral/protocol/listing-limits';
import express, { type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Log } from '../log.ts';
import type { NodeControl, SessionControl } from './control.ts';

/** Longest request body, bytes. */
const MAX_BODY = '64kb';

export function createApi(
  control: NodeControl & SessionControl,
  options: {
    token: string;
    log: Log;
    /** Answers what is not a call: the page, which is here on the owner's own address, so that it may make calls. */
    page?: (request: Request, response: Response, next: NextFunction) => void;
  },
): express.Express {
  const { token, log, page } = options;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  if (page)
    app.use((request, response, next) =>
      request.path.startsWith(API_PREFIX) ? next() : page(request, response, next),
    );
  app.use((request, response, next) => {
    response.set({
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Resource-Policy': 'same-origin',
    });
    if (!isAuthorized(request.headers.authorization, token)) {
      throw new AppError(
        'UNAUTHORIZED',
        'Send the token from api.json in the data folder as "Authorization: Bearer <token>".',
      );
    }
    next();
  });
  app.use(express.json({ limit: MAX_BODY }));

  const api = express.Router();
  api.get('/status', async (_request, response) => void response.json(await control.status()));
  api.get('/files', (_request, response) => void response.json(control.files()));
  api.delete('/files/:cid', async (request, response) => {
    await control.unpublish(request.params.cid);
    response.status(204).end();
  });
  api.get('/catalogue', async (request, response) => {
    const { words = '' } = request.query;
    if (typeof words !== 'string' || words.length > MAX_WORDS)
      throw new AppError('BAD_REQUEST', `Search for at most ${MAX_WORDS} characters.`);
    response.json(await control.catalogue(words));
  });
  api.get('/ledger', (_request, response) => void response.json(control.ledger()));
  api.get('/earnings', (_request, response) => void response.json(control.earnings()));
  api.get('/wallet', async (_request, response) => void response.json(await control.wallet()));
  api.get('/wallet/history', async (_request, response) => void response.json(await control.history()));
  api.post('/wallet/send', async (request, response) => {
    const { to, wei } = body(sendRequest, request);
    response.json({ hash: await control.send(to, wei) });
  });
  api.post(
    '/settle',
    async (request, response) => void response.json(await control.settle(body(settleRequest, request).peers)),
  );
  api.post('/withdraw', async (request, response) => {
    response.json(await control.withdraw(body(withdrawRequest, request).channelId));
  });
  api.post('/publish', (request, response) => {
    const wanted = body(publishRequest, request);
    return stream(response, (emit, signal) => control.publish(wanted, emit, signal));
  });
  api.post('/get', (request, response) => {
    const wanted = body(getRequest, request);
    return stream(response, (emit, signal) => control.get(wanted, emit, signal));
  });
  api.post('/session', (request, response) => {
    const wanted = body(sessionRequest, request);
    return stream(response, (emit, signal) => control.session(wanted, emit, signal));
  });
  app.use(API_PREFIX, api);
  app.use((_request, _response) => {
    throw new AppError('NOT_FOUND', 'There is no such call.');
  });
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    const known = toAppError(error, log);
    response.status(toProblem(known).status).type('application/problem+json').json(toProblem(known));
  });
  return app;
}

function isAuthorized(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header?.replace(/^Bearer /i, '') ?? '');
  const wanted = Buffer.from(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function body<T>(schema: z.ZodType<T>, request: Request): T {
  const parsed = schema.safeParse(request.body ?? {});
  if (!parsed.success) throw new AppError('BAD_REQUEST', z.prettifyError(parsed.error));
  return parsed.data;
}

function toAppError(error: unknown, log: Log): AppError {
  if (isAppError(error)) return error;
  const { type, status } = error as { type?: string; status?: number };
  if (type === 'entity.too.large') return new AppError('TOO_LARGE', `A request body has at most ${MAX_BODY}.`);
  if (status === 400) return new AppError('BAD_REQUEST', 'The request does not parse.', {}, { cause: error });
  log.error({ error }, 'the API failed on a bug');
  throw error;
}

/** Runs long work and writes its events as NDJSON; a caller that hangs up aborts it. Errors before the first event keep their status. */
async function stream(
  response: Response,
  work: (emit: (event: object) => void, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const abort = new AbortController();
  response.on('close', () => abort.abort());
  const emit = (event: object) => {
    if (!response.headersSent) response.status(200).type('application/x-ndjson');
    response.write(`${JSON.stringify(event)}\n`);
  };
  try {
    await work(emit, abort.signal);
  } catch (error) {
    if (!isAppError(error) || !response.headersSent) throw error;
    emit({ event: 'error', problem: toProblem(error) });
  }
  response.end();
}
