/** Follows an action that was approved to its end: whoever said yes is told what came of it. */
import { underWay } from '../core/action-states.ts';
import { type Clock, formatDuration } from '../core/time.ts';
import type { ActionState, ActionView } from '../core/view.ts';
import { verbNamed } from '../verbs/index.ts';
import type { Connection } from './ask.ts';
import { Usage } from './configuration.ts';
import { paint, plain, type Terminal } from './terminal.ts';

const lookEveryMs = 300;
/** An Upkeep that is restarted meanwhile goes on with it. */
const silentMs = 30_000;

export function isUnderWay({ state }: Pick<ActionView, 'state'>): boolean {
  return underWay.includes(state);
}

/** As it stands at its end. @param say hears each step as it comes @throws Usage where Upkeep has not answered for a while */
export async function followAction(
  connection: Connection,
  clock: Clock,
  action: ActionView,
  say: (step: string) => void,
): Promise<ActionView> {
  let shown: ActionState | undefined;
  let now = action;
  let answeredAt = clock.monotonic();
  for (;;) {
    if (now.state !== shown && isUnderWay(now)) say(stepOf(now));
    shown = now.state;
    if (!isUnderWay(now)) return now;
    await clock.sleep(lookEveryMs);
    try {
      now = (await connection.call(verbNamed('action.show'), { id: action.id })) as ActionView;
      answeredAt = clock.monotonic();
    } catch (error) {
      if (!(error instanceof Usage) || clock.monotonic() - answeredAt > silentMs) throw error;
    }
  }
}

function stepOf({ state, plan, result }: ActionView): string {
  if (state === 'permitted') return 'permitted, waits for its turn';
  if (state === 'applying') return 'being applied';
  const applied = result === null || result === '' ? 'applied' : `applied: ${result}`;
  return `${applied}; being verified, within ${formatDuration(plan.verifyWithinMs)}, then held for ${formatDuration(plan.holdMs)}`;
}

/** What came of it, in one line, and where the whole of it stands. */
export function outcomeText(terminal: Terminal, { id, state, result, plan }: ActionView): string {
  const [mark, style] = state === 'done' ? (['✓', 'green'] as const) : (['✗', 'red'] as const);
  return [
    `${paint(terminal, style, `${mark} ${state}`)}: ${plain(result ?? plan.summary)}`,
    `  the whole of it: upkeep action show ${plain(id)}`,
  ].join('\n');
}

/** For whoever does not wait. */
export function followHint(
  terminal: Terminal,
  { id }: Pick<ActionView, 'id'>,
  isCarriedOut: boolean,
): string {
  const goes = isCarriedOut
    ? 'It is not done yet'
    : 'No Upkeep runs here, so the next upkeep run carries it out';
  return `${goes}: ${paint(terminal, 'cyan', `upkeep action show ${plain(id)}`)} tells what came of it.`;
}
