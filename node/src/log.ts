/**
 * Logging: JSON lines for machines, to standard error, so that standard output stays the program's answer.
 * `info` is for the operator, `debug` for us. Keys, tokens and passwords never reach it: callers log ids and amounts.
 */
import { pino } from 'pino';

export type Log = ReturnType<typeof createLog>;

/** @param level pino level name; 'silent' in tests */
export function createLog(level: string = process.env.CHIRAL_LOG ?? 'info') {
  return pino(
    { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
}
