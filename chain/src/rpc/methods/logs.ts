/** Logs and polled filters. Subscriptions need a connection and live in `../subscriptions.ts`. */
import type { MethodTable } from '../context.ts';
import { invalidParams } from '../errors.ts';
import { readLogFilter } from '../log-filter.ts';
import { searchLogs } from '../logs.ts';
import type { Params } from '../params.ts';

export const logMethods: MethodTable = {
  eth_getLogs: (context, params) => searchLogs(context, readLogFilter(params.at(0), 0)),
  eth_newFilter: ({ filters }, params) => filters.add({ kind: 'logs', logs: readLogFilter(params.at(0), 0) }),
  eth_newBlockFilter: ({ filters }) => filters.add({ kind: 'blocks' }),
  eth_newPendingTransactionFilter: ({ filters }) => filters.add({ kind: 'transactions' }),
  eth_uninstallFilter: ({ filters }, params) => filters.remove(id(params)),
  eth_getFilterChanges: ({ filters }, params) => filters.take(id(params)),
  eth_getFilterLogs: (context, params) => searchLogs(context, context.filters.logFilter(id(params))),
};

function id(params: Params): string {
  const value = params.at(0);
  if (typeof value !== 'string') throw invalidParams(0, 'expected a filter id');
  return value;
}
