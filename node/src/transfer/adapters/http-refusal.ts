/** What an HTTP answer that is no chunk means to the scheduler. Pure; the same in a daemon and in a page. */
import { AppError, fromProblem } from '@chiral/protocol/errors';

/** Problem details of one of our servers, or the bare status of another's. */
export function refusalOf(status: number, bytes: Uint8Array): AppError {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    body = undefined;
  }
  const told = fromProblem(body, status);
  if (status === 402) return new AppError('CHOKED', told.message, told.details);
  if (status === 404) return new AppError('NOT_FOUND', told.message, told.details);
  if (status === 410) return new AppError('CONTENT_CHANGED', told.message, told.details);
  if (status === 429 || status === 503) return new AppError('TOO_MANY', told.message, { status });
  if (status >= 300 && status < 500) return new AppError('UNSUPPORTED', told.message, { status });
  return new AppError('PEER_UNREACHABLE', told.message, { status });
}
