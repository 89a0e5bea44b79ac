/**
 * Every failure that crosses a seam of Chiral carries one of these codes. Callers compare `code`, never the message.
 * Three kinds: answers (granted 0, not found) are values and not errors; remote faults say whether asking again helps;
 * bugs are plain `Error` and stop the process.
 */

/** `retry`: 'later' the same peer may answer later; 'elsewhere' ask another peer; 'never' the request itself is wrong. */
export interface ErrorMeaning {
  readonly http: number;
  readonly wire: number;
  readonly retry: 'later' | 'elsewhere' | 'never';
  readonly meaning: string;
}

const table = {
  BAD_REQUEST: { http: 400, wire: 1, retry: 'never', meaning: 'The request does not parse or breaks a stated limit.' },
  UNAUTHORIZED: {
    http: 401,
    wire: 2,
    retry: 'never',
    meaning: 'The token or signature that the request needs is missing or wrong.',
  },
  CHOKED: {
    http: 402,
    wire: 3,
    retry: 'later',
    meaning: 'Not now: nothing more may go to this peer until it has paid or has been granted credit.',
  },
  FORBIDDEN: {
    http: 403,
    wire: 4,
    retry: 'never',
    meaning: 'The caller may not do this (wrong host, origin or owner).',
  },
  NOT_FOUND: { http: 404, wire: 5, retry: 'elsewhere', meaning: 'The content, chunk or record is not here.' },
  CONFLICT: { http: 409, wire: 6, retry: 'never', meaning: 'The request contradicts what is already stored.' },
  RANGE_INVALID: { http: 416, wire: 7, retry: 'never', meaning: 'The byte range lies outside the content.' },
  CONTENT_INVALID: {
    http: 422,
    wire: 8,
    retry: 'elsewhere',
    meaning: 'Bytes or records do not match the hash that names them.',
  },
  CONTENT_CHANGED: {
    http: 410,
    wire: 9,
    retry: 'elsewhere',
    meaning: 'The file behind a share changed since it was published; publish it again.',
  },
  OFFER_INVALID: {
    http: 422,
    wire: 10,
    retry: 'elsewhere',
    meaning: 'An offer is unsigned, expired, for another chain or for another peer.',
  },
  NO_OFFERS: { http: 404, wire: 11, retry: 'later', meaning: 'Nobody reachable offers this content now.' },
  PEER_UNREACHABLE: { http: 502, wire: 12, retry: 'elsewhere', meaning: 'The peer could not be dialled or went away.' },
  TIMEOUT: { http: 504, wire: 13, retry: 'elsewhere', meaning: 'The peer did not answer in time.' },
  VOUCHER_INVALID: {
    http: 402,
    wire: 14,
    retry: 'never',
    meaning: 'The voucher is malformed or its signature is not the payer authorizer’s.',
  },
  VOUCHER_STALE: {
    http: 402,
    wire: 15,
    retry: 'never',
    meaning: 'The voucher does not exceed the one already accepted.',
  },
  VOUCHER_UNFUNDED: {
    http: 402,
    wire: 16,
    retry: 'later',
    meaning: 'The voucher promises more than the channel holds.',
  },
  WRONG_CHAIN: {
    http: 402,
    wire: 17,
    retry: 'never',
    meaning: 'The voucher or channel is for another chain or contract.',
  },
  WRONG_RECEIVER: { http: 402, wire: 18, retry: 'never', meaning: 'The channel pays another wallet.' },
  WRONG_PAYER: { http: 402, wire: 19, retry: 'never', meaning: 'The channel is bound to another peer.' },
  CHANNEL_CLOSING: {
    http: 402,
    wire: 20,
    retry: 'never',
    meaning: 'The payer has begun to withdraw from the channel; open another.',
  },
  SPENDING_CAP: {
    http: 402,
    wire: 21,
    retry: 'never',
    meaning: 'Going on would cost more than the cap that the buyer set.',
  },
  INSUFFICIENT_FUNDS: {
    http: 402,
    wire: 22,
    retry: 'later',
    meaning: 'The wallet holds less than the payment and its gas.',
  },
  CHAIN_UNREACHABLE: { http: 503, wire: 23, retry: 'later', meaning: 'The chain node does not answer.' },
  CHAIN_REVERTED: {
    http: 422,
    wire: 24,
    retry: 'never',
    meaning: 'The transaction was refused or reverted by the contract.',
  },
  STORE_FAILED: {
    http: 507,
    wire: 25,
    retry: 'later',
    meaning: 'The disk is full or fails; what was acknowledged is kept.',
  },
  KEY_LOCKED: { http: 401, wire: 26, retry: 'never', meaning: 'The keystore cannot be opened with this password.' },
  TOO_MANY: {
    http: 429,
    wire: 27,
    retry: 'later',
    meaning: 'A limit on requests, sessions or connections is reached.',
  },
  CANCELLED: { http: 499, wire: 28, retry: 'never', meaning: 'The caller gave up.' },
  UNSUPPORTED: {
    http: 501,
    wire: 29,
    retry: 'elsewhere',
    meaning: 'This peer does not speak the protocol or version asked for.',
  },
  TOO_LARGE: { http: 413, wire: 30, retry: 'never', meaning: 'The body or frame exceeds the stated limit.' },
  SHARE_STALE: {
    http: 402,
    wire: 31,
    retry: 'later',
    meaning: 'The share is for work that is too old or was given to another; ask for work again.',
  },
  SHARE_DUPLICATE: { http: 402, wire: 32, retry: 'never', meaning: 'The share was counted before.' },
  SHARE_INVALID: {
    http: 402,
    wire: 33,
    retry: 'never',
    meaning: 'The share is no proof of the work that was given out; its sender may send none for a while.',
  },
  NO_WORK: { http: 402, wire: 34, retry: 'elsewhere', meaning: 'This seller takes no work, only money.' },
} as const satisfies Record<string, ErrorMeaning>;

/** The closed list of codes. */
export type ErrorCode = keyof typeof table;

/** Code → HTTP status, wire byte, whether to retry, and the sentence of docs/errors.md. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorMeaning>> = table;

/** The one error class. `details` is safe to show: it never holds keys, tokens or file contents. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'AppError';
    this.code = code;
    this.details = details;
  }
}

/** True when `error` is an AppError, of one of `codes` when any are given. Structural, since copies of a package may coexist. */
export function isAppError(error: unknown, ...codes: ErrorCode[]): error is AppError {
  if (!(error instanceof Error) || error.name !== 'AppError') return false;
  const { code } = error as AppError;
  return code in table && (codes.length === 0 || codes.includes(code));
}

/** RFC 9457 problem details for HTTP answers. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  [key: string]: unknown;
}

/** AppError → problem details; `details` become members, bigint as decimal text. */
export function toProblem(error: AppError): Problem {
  const { http, meaning } = ERRORS[error.code];
  const members = Object.fromEntries(
    Object.entries(error.details).map(([key, value]) => [key, typeof value === 'bigint' ? value.toString() : value]),
  );
  return {
    ...members,
    type: `urn:chiral:error:${error.code}`,
    title: meaning,
    status: http,
    code: error.code,
    detail: error.message,
  };
}

/** Problem details of a remote → AppError; an unknown code becomes PEER_UNREACHABLE with the status in `details`. */
export function fromProblem(body: unknown, status: number): AppError {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>;
  const detail = typeof problem.detail === 'string' ? problem.detail : `The peer answered with status ${status}.`;
  if (typeof problem.code === 'string' && problem.code in table) {
    const { type: _type, title: _title, status: _status, code, detail: _detail, ...details } = problem as Problem;
    return new AppError(code, detail, details);
  }
  return new AppError('PEER_UNREACHABLE', detail, { status });
}

const byWire = new Map<number, ErrorCode>(Object.entries(table).map(([code, { wire }]) => [wire, code as ErrorCode]));

/** Wire byte → code, or undefined for a byte that this version does not know. */
export function fromWire(wire: number): ErrorCode | undefined {
  return byWire.get(wire);
}
