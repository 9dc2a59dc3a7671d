/** What is seen of servers whose check fails: what HAProxy says, and how they answer when they are asked directly. */

import { readFile } from 'node:fs/promises';
import { changesOf } from '../../../core/change-evidence.ts';
import type { Evidence } from '../../../core/evidence.ts';
import { tableOf } from '../../../core/evidence-rows.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { withDeadline } from '../../../machine/network/deadline.ts';
import { networkFailure } from '../../../machine/network/failure.ts';
import { fetchText } from '../../../machine/network/fetch-text.ts';
import { look as lookAtAddress } from '../../../machine/unreachable/look.ts';
import { tcpOf } from '../../../protocols/haproxy/runtime.ts';
import { isServing, type StatRow, serverState } from '../../../protocols/haproxy/stat.ts';
import { type HaproxyConnection, readStat } from '../client.ts';
import { checkPathOf } from '../configuration-file.ts';
import { asked, look } from './evidence.ts';

/** Each is asked on its own; beyond so many the rest is alike. */
const mostAsked = 6;
const answerWithinMs = 2_000;

const serverColumns = [
  'backend',
  'server',
  'state',
  'check',
  'code',
  'says',
  'checkSeconds',
  'address',
  'downSeconds',
  'servingInBackend',
  'serversInBackend',
  'mode',
  'key',
] as const;

/** HAProxy gives milliseconds. */
function secondsOf(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1_000;
}

/** Name under which an address is looked at; never the name of a target. */
export const keyOf = (target: string, backend: string, server: string) => `${target}.${backend}/${server}`;

export async function lookAtServers(
  conn: HaproxyConnection,
  target: string,
  ctx: DiagnosisContext,
): Promise<Evidence[]> {
  let down: StatRow[] = [];
  const about = { id: 'servers-down', title: 'Servers that are down', how: asked(conn, 'show stat') };
  const table = await look(conn, target, ctx, about, async () => {
    const rows = (await readStat(conn, ctx)).filter((row) => row.kind === 'server');
    down = rows.filter((row) => serverState(row.text('status')) === 'down');
    // While a check is under way HAProxy 2.6 shows the state of the last one with `* `, the code 0 and no words.
    const told = down.map((row) => {
      const own = rows.filter((other) => other.proxy === row.proxy);
      return {
        backend: row.proxy,
        server: row.name,
        state: row.text('status'),
        check: row.text('check_status').replace(/^\* /, ''),
        code: row.number('check_code') || null,
        says: row.text('last_chk'),
        checkSeconds: secondsOf(row.number('check_duration')),
        address: row.text('addr'),
        downSeconds: row.number('lastchg') ?? null,
        servingInBackend: own.filter(isServing).length,
        serversInBackend: own.length,
        mode: row.text('mode'),
        key: keyOf(target, row.proxy, row.name),
      };
    });
    return { facts: { servers: rows.length, down: down.length }, table: tableOf(serverColumns, told) };
  });
  const direct = await Promise.all(
    down.slice(0, mostAsked).map((row) => askDirectly(conn, target, row, ctx)),
  );
  return [table, ...direct.flat(), ...changesOf(target, ctx)];
}

async function askDirectly(
  conn: HaproxyConnection,
  target: string,
  row: StatRow,
  ctx: DiagnosisContext,
): Promise<Evidence[]> {
  const to = tcpOf(row.text('addr'));
  const key = keyOf(target, row.proxy, row.name);
  const base = { target, at: ctx.clock.now() };
  if (to === undefined) {
    const unseen =
      row.text('addr') === ''
        ? 'its address is not shown: `level operator` for the stats socket'
        : `${row.text('addr')} is no address on TCP`;
    return [{ ...base, id: `${key}.direct`, title: `${row.name}, asked directly`, how: 'curl -i', unseen }];
  }
  // The wording for an address knows what was heard there last: here the check of HAProxy heard it.
  const said = /TOUT$/.test(row.text('check_status'))
    ? `timeout after a check of HAProxy (${row.text('check_status')})`
    : row.text('last_chk');
  const reach = await lookAtAddress(key, to, { ...ctx, detail: () => said });
  const paths = [...new Set([await checkPath(conn, row.proxy), conn.config.healthyPath])].flatMap(
    (path) => path ?? [],
  );
  const answers =
    row.text('mode') === 'tcp' ? [] : await Promise.all(paths.map((path) => answerOf(to, path, ctx)));
  return [
    ...reach.map((piece) => ({ ...piece, target })),
    {
      ...base,
      id: `${key}.direct`,
      title: `${row.name} of ${row.proxy}, asked directly`,
      how: paths.map((path) => `curl -i http://${row.text('addr')}${path}`).join('; '),
      facts: { checkPath: (await checkPath(conn, row.proxy)) ?? null, healthyPath: conn.config.healthyPath },
      table: { columns: ['path', 'status', 'detail'], rows: answers },
    },
  ];
}

async function checkPath(conn: HaproxyConnection, backend: string): Promise<string | undefined> {
  if (conn.file === undefined) return undefined;
  const text = await readFile(conn.file, 'utf8').catch(() => '');
  return checkPathOf(text, backend);
}

function answerOf(to: { host: string; port: number }, path: string, ctx: DiagnosisContext) {
  const host = to.host.includes(':') ? `[${to.host}]` : to.host;
  return withDeadline(ctx, answerWithinMs, async ({ signal }): Promise<[string, number | null, string]> => {
    try {
      const url = new URL(`http://${host}:${to.port}${path}`);
      const answer = await fetchText({ url, signal, maxBytes: 1_000_000 });
      return [path, answer.status, answer.statusText];
    } catch (error) {
      return [path, null, networkFailure(error, to, answerWithinMs).detail];
    }
  });
}
