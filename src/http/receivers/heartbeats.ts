/**
 * Signals of jobs, as Healthchecks takes them: the address is the secret, so no session is needed. GET, HEAD and POST;
 * nothing, `start`, `fail`, `log` or an exit code after it; the end of the body is kept as the job's output.
 */

import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { Signal } from '../../core/heartbeat.ts';
import { printable, redact } from '../../core/redact.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { VerbContext } from '../../verbs/context.ts';
import { addressOf } from '../address.ts';
import { endOfBody } from './body.ts';
import { createRate } from './rate.ts';

type Env = { Bindings: HttpBindings };

const keptBytes = 10_000;
/** A little more is read than kept, so that a secret cut in half is still recognised. */
const readBytes = 12_000;
const longestBody = 64 * 1024 * 1024;
const longestRun = 64;

export function heartbeatRoutes({ intake, clock, configuration }: VerbContext): Hono<Env> {
  const routes = new Hono<Env>();
  const strangers = createRate(clock, { burst: 30, everyMs: 2_000 });
  const jobs = createRate(clock, { burst: 60, everyMs: 1_000 });

  async function take(c: Context<Env>): Promise<Response> {
    const { heartbeats } = intake;
    const target = heartbeats.targetOf(c.req.param('secret') ?? '');
    if (target === null) {
      strangers(addressOf(c, configuration().publicUrl !== null));
      throw new UpkeepError('not-found', 'no job has this address; it may have been made anew');
    }
    jobs(target);
    const { kind, exitCode } = read(c.req.param('signal'));
    const output = c.req.method === 'POST' ? tail(await endOfBody(c, readBytes, longestBody)) : null;
    const run = (c.req.query('rid') ?? '').slice(0, longestRun);
    await heartbeats.take(target, { kind, exitCode, run, output, at: clock.now() });
    return c.text('OK');
  }

  const paths = ['/ping/:secret{hb_[A-Za-z0-9_-]{20,}}', '/api/v1/heartbeats/:secret{hb_[A-Za-z0-9_-]{20,}}'];
  for (const path of paths)
    for (const full of [path, `${path}/:signal`]) routes.on(['GET', 'POST'], full, take);
  return routes;
}

function read(word: string | undefined): Pick<Signal, 'kind' | 'exitCode'> {
  if (word === undefined || word === '' || word === 'success') return { kind: 'success', exitCode: null };
  if (word === 'start' || word === 'log') return { kind: word, exitCode: null };
  if (word === 'fail') return { kind: 'failure', exitCode: null };
  if (/^\d{1,3}$/.test(word) && Number(word) <= 255)
    return { kind: Number(word) === 0 ? 'success' : 'failure', exitCode: Number(word) };
  throw new UpkeepError(
    'not-found',
    'after the address stands nothing, start, success, fail, log or an exit code',
  );
}

function tail(body: string): string | null {
  const text = printable(redact(body)).slice(-keptBytes);
  return text.trim() === '' ? null : text;
}
