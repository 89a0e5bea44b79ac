/** Logging: JSON lines to standard error, so that standard output stays the program's answer. No keys ever reach it. */
import { pino } from 'pino';

export type Log = ReturnType<typeof createLog>;

/** @param level pino level name; 'silent' in tests */
export function createLog(level: string = process.env.CHIRAL_LOG ?? 'info') {
  return pino(
    { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
}
