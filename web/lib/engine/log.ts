/** The node's rooms write their log to the browser's console, warnings and errors only. No state. */
import type { Log } from '@chiral/node/log';

export function createPageLog(): Log {
  const quiet = () => {};
  const say = (level: 'warn' | 'error') => (fields: object, text?: string) => console[level](text ?? '', fields);
  return { debug: quiet, trace: quiet, info: quiet, warn: say('warn'), error: say('error') } as unknown as Log;
}
