/** Which builds answer behind one address and which of them fail: by a header or a field that names the build. */
import type { Evidence } from '../../../core/evidence.ts';
import { numberOf, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import { plain } from '../../../core/plain.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { withDeadline } from '../../../machine/network/deadline.ts';
import { type HttpClient, type Visit, visit } from '../client.ts';

/** Enough to meet one of four servers with 97 % (J); each has a connection of its own. */
const asked = 12;
const withinMs = 4_000;
const longestName = 80;
/** Asked again and again only what changes nothing. */
const harmless = ['GET', 'HEAD', 'OPTIONS'];
/** Where `build` is not declared; each is common, and none has another meaning. */
const usualHeaders = ['x-version', 'x-app-version', 'x-build', 'x-release', 'x-commit', 'x-git-sha'];

/** Evidence id `<target>.builds`; nothing where no answer names its build. */
export async function buildsEvidence(
  client: HttpClient,
  target: string,
  ctx: DiagnosisContext,
): Promise<Evidence[]> {
  if (!harmless.includes(client.config.method)) return [];
  const seen: { build: string | undefined; status: number }[] = [];
  await withDeadline(ctx, withinMs, async (dialContext) => {
    const needsBody = client.config.build?.json !== undefined;
    for (let left = asked; left > 0; left--) {
      const answer = await visit(client, dialContext, needsBody);
      seen.push({ build: buildOf(client, answer), status: answer.status });
      // Without a name in the first two answers there is none to come.
      if (seen.length === 2 && client.config.build === undefined && seen.every(({ build }) => !build)) break;
    }
  }).catch(() => {});
  if (seen.every(({ build }) => build === undefined)) return [];
  const names = [...new Set(seen.map(({ build }) => build))];
  const rows = names.map((build) => {
    const own = seen.filter((one) => one.build === build);
    const errors = own.filter(({ status }) => status >= 500);
    return {
      build: build ?? null,
      answers: own.length,
      errors: errors.length,
      status: errors[0]?.status ?? own[0]?.status ?? null,
    };
  });
  return [
    {
      id: `${target}.builds`,
      target,
      title: `Builds that answer for ${target}`,
      at: ctx.clock.now(),
      how: `${seen.length} requests, each by a connection of its own: ${sourceOf(client)}`,
      table: tableOf(['build', 'answers', 'errors', 'status'], rows),
    },
  ];
}

function sourceOf({ config }: HttpClient): string {
  if (config.build?.json !== undefined) return `the field ${config.build.json} of the answer`;
  return `the header ${config.build?.header ?? usualHeaders.join(', ')}`;
}

function buildOf({ config }: HttpClient, { headers, body }: Visit): string | undefined {
  const { json } = config.build ?? {};
  const names = config.build?.header === undefined ? usualHeaders : [config.build.header.toLowerCase()];
  const found = json === undefined ? names.map((name) => headers[name]).find(Boolean) : field(body, json);
  const text = typeof found === 'string' || typeof found === 'number' ? String(found).trim() : '';
  return text === '' ? undefined : plain(text, longestName);
}

/** `version`, `build.commit`; an error page without it names no build. */
function field(body: Buffer | undefined, path: string): unknown {
  try {
    let at: unknown = JSON.parse(body?.toString('utf8') ?? '');
    for (const name of path.split('.')) {
      at =
        typeof at === 'object' && at !== null ? Object.getOwnPropertyDescriptor(at, name)?.value : undefined;
    }
    return at;
  } catch {
    return undefined;
  }
}

/** Shares of answers that are server errors, as in http.bad-release; of a build that fails in part two at least. */
const failing = 0.1;
const leastErrors = 2;
const well = 0.05;

export type OfBuilds =
  | { readonly kind: 'unknown' }
  /** The new build is well, or what was there before fails as well, or the new one does not answer at all. */
  | { readonly kind: 'innocent' }
  | { readonly kind: 'guilty'; readonly words: string; readonly share: string; readonly status: number };

/** Whether the build that a deployment brought is the one that fails. @param releases the new one and the one before */
export function judgeBuilds(
  evidence: readonly Evidence[],
  target: string,
  releases: { readonly to: string; readonly from: string },
): OfBuilds {
  const all = rowsOf(evidence.find(({ id }) => id === `${target}.builds`));
  const rows = all.filter(({ build }) => build !== null);
  const unknown = { kind: 'unknown' } as const;
  if (rows.length === 0 || releases.to === '') return unknown;
  // An error page often comes without the header: then nobody knows whose it is.
  const innocent = all.some(({ build, errors }) => build === null && numberOf(errors) > 0)
    ? unknown
    : ({ kind: 'innocent' } as const);
  const mine = rows.filter(({ build }) => isOf(textOf(build), releases.to));
  const others = rows.filter((row) => !mine.includes(row));
  // Names that fit no release say nothing; those of the release before say that the new one does not answer.
  if (mine.length === 0) {
    return rows.every(({ build }) => isOf(textOf(build), releases.from)) ? innocent : unknown;
  }
  const share = (some: typeof rows) => {
    const answers = some.reduce((sum, row) => sum + numberOf(row.answers), 0);
    return answers === 0 ? 0 : some.reduce((sum, row) => sum + numberOf(row.errors), 0) / answers;
  };
  const sum = (some: typeof rows, column: 'answers' | 'errors') =>
    some.reduce((all, row) => all + numberOf(row[column]), 0);
  if (share(mine) < failing || share(others) > well) return innocent;
  if (sum(mine, 'errors') < leastErrors && sum(mine, 'answers') > 1) return unknown;
  const rest =
    others.length === 0
      ? 'no other build answers'
      : `${sum(others, 'errors')} of ${sum(others, 'answers')} of other builds do`;
  return {
    kind: 'guilty',
    status: numberOf(mine.find(({ errors }) => numberOf(errors) > 0)?.status),
    share: `${sum(mine, 'errors')} of ${sum(mine, 'answers')} of its answers are errors`,
    words: `Of the answers of the new build ${sum(mine, 'errors')} of ${sum(mine, 'answers')} are server errors; ${rest}.`,
  };
}

/** A header often holds a part of the release's name (a commit), or the name a part of it. */
function isOf(build: string, release: string): boolean {
  const [a, b] = [build.toLowerCase(), release.toLowerCase()];
  if (a === b) return a !== '';
  const leastPart = 6;
  return (a.length >= leastPart && b.includes(a)) || (b.length >= leastPart && a.includes(b));
}
