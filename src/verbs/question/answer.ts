import { wallText } from '../../core/oncall/wall-time.ts';
import type { Symptom } from '../../core/question/question.ts';
import type { VerbContext } from '../context.ts';

interface State {
  readonly name: string;
  readonly up: 1 | 0 | null;
  readonly detail: string;
  /** Since when it is so, epoch milliseconds; null where nothing is stored. */
  readonly since: number | null;
  /** It was not seen otherwise: it may be so for longer. */
  readonly orLonger: boolean;
}

const lookBackMs = 24 * 3_600_000;
const mostNamed = 4;

/** Whether it is down now, yes or no, where that was asked; null where something else was. */
export async function answerWhetherDown(
  ctx: VerbContext,
  asked: {
    readonly targets: readonly string[];
    readonly symptoms: readonly Symptom[];
    readonly span: unknown;
  },
): Promise<string | null> {
  if (asked.symptoms[0] !== 'down' || asked.span !== null || asked.targets.length === 0) return null;
  const states = await Promise.all(asked.targets.map((name) => stateOf(ctx, name)));
  const { timezone } = ctx.configuration();
  const since = ({ since: at, orLonger }: State) =>
    at === null ? '' : ` ${orLonger ? 'at least ' : ''}since ${wallText(at, timezone)} (${timezone})`;
  const down = states.filter(({ up }) => up === 0);
  const unknown = states.filter(({ up }) => up === null);
  const said = (list: readonly State[], verb: string) => {
    const told = list
      .slice(0, mostNamed)
      .map((one) => `${one.name} ${verb}${since(one)}${one.detail === '' ? '' : ` (${one.detail})`}`);
    const left = list.length - told.length;
    return `${told.join('; ')}${left > 0 ? `; and ${left} more` : ''}`;
  };
  if (down.length > 0) return `Yes: ${said(down, 'does not answer')}.`;
  if (unknown.length > 0) return `Not known: ${said(unknown, 'could not be looked at')}.`;
  return `No: ${said(states, 'answers')}.`;
}

async function stateOf(ctx: VerbContext, name: string): Promise<State> {
  const { up, detail } = ctx.picture.target(name);
  const now = ctx.clock.now();
  const stored = await ctx.samples.latest({ target: name });
  const metric = stored.find((one) => one.metric.endsWith('.up'))?.metric;
  if (up === null || metric === undefined) return { name, up, detail, since: null, orLonger: true };
  const found = await ctx.samples.range({ target: name, metric, from: now - lookBackMs, to: now });
  const values = found.flatMap(({ at, values: seen }) =>
    at.map((moment, index) => ({ at: moment, value: seen[index] })),
  );
  const sorted = values.sort((a, b) => a.at - b.at);
  const other = sorted.findLastIndex(({ value }) => value !== up);
  return { name, up, detail, since: sorted[other + 1]?.at ?? null, orLonger: other === -1 };
}
