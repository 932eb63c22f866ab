// The program's own log: JSON lines on stderr by pino. It speaks of files, policies and sockets; never of a client, and of a query name
// only at debug.

import { type Logger, pino } from 'pino';
import type { Config } from '../config/config.ts';

export function createLogger(level: Config['log']['level']): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
}
