/** The node's rooms write their log to the browser's console: warnings and errors, and all when `chiral.debug` is set in localStorage. */
import type { Log } from '@chiral/node/log';

export function createPageLog(): Log {
  const say = (level: 'debug' | 'warn' | 'error') => (fields: object, text?: string) =>
    console[level](text ?? '', fields);
  const more = localStorage.getItem('chiral.debug') === null ? () => {} : say('debug');
  return { debug: more, trace: more, info: more, warn: say('warn'), error: say('error') } as unknown as Log;
}
