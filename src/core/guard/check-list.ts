/** The teams' check-list before a change, computed from facts where there are facts and asked where there are none. */
import { count } from '../count.ts';
import type { Plan, Touch } from '../plan.ts';
import { notCheckedSince } from '../symptom.ts';
import { formatDuration } from '../time.ts';
import type { GuardFacts } from './facts.ts';
import { defaultLimits, type Limits } from './policy.ts';
import { isBackupProven, touchesOf } from './prohibitions.ts';

/** `ask`: no fact tells; a person must know. */
export type CheckAnswer = 'yes' | 'no' | 'ask' | 'not-applicable';

export interface CheckItem {
  readonly id: string;
  readonly question: string;
  readonly answer: CheckAnswer;
  /** What the answer rests on. */
  readonly because: string;
}

type Answer = Pick<CheckItem, 'answer' | 'because'>;

const given = (fact: boolean | null, yes: string, no: string, unknown: string): Answer =>
  fact === null
    ? { answer: 'ask', because: unknown }
    : { answer: fact ? 'yes' : 'no', because: fact ? yes : no };

export function checkList(plan: Plan, facts: GuardFacts, limits: Limits = defaultLimits): CheckItem[] {
  const touches = touchesOf(plan);
  const item = (id: string, question: string, concerns: boolean, answer: () => Answer): CheckItem => ({
    id,
    question,
    ...(concerns ? answer() : { answer: 'not-applicable', because: 'the plan touches nothing of the kind' }),
  });
  const any = (...tags: Touch[]) => tags.some((tag) => touches.has(tag));
  const isDangerous =
    plan.risk === 'destructive' ||
    any('database-destructive', 'schema-migration', 'resize', 'backup-deletion');
  return [
    item('backup', 'Backup verified and restorable', isDangerous, () => backup(facts, limits)),
    item(
      'staging',
      'Tested in staging',
      any('deploy', 'schema-migration', 'production-change', 'resize'),
      () => given(facts.testedInStaging, 'recorded', 'it was not', 'nobody recorded a test in staging'),
    ),
    // What changes nothing that stays (a restart, a session that is ended) has no state to go back to.
    item('rollback', 'Rollback documented', plan.undo.possible || isDangerous || touches.size > 0, () =>
      given(plan.undo.possible, firstLine(plan.undo.how), firstLine(plan.undo.how), 'unknown'),
    ),
    item('alerts', 'Monitoring alerts configured', true, () =>
      given(
        facts.rulesOnTarget === null ? null : facts.rulesOnTarget > 0,
        `${facts.rulesOnTarget} rules watch ${plan.target}`,
        `no rule watches ${plan.target}`,
        'the rules of the target are unknown',
      ),
    ),
    item('baseline', 'Baseline captured', true, () => {
      const known = Object.values(plan.before).filter((value) => value !== null && value !== 'unknown');
      const stale = known.filter((value) => value === notCheckedSince).length;
      const fresh = known.length - stale;
      const left = stale === 0 ? '' : `; ${stale} more ${notCheckedSince}`;
      return given(
        fresh > 0,
        `${count(fresh, 'value')} before the change${left}`,
        `nothing was measured before${left}`,
        '',
      );
    }),
    item('window', 'Maintenance window announced', any('resize') || (plan.downtimeMs ?? 0) > 0, () =>
      given(facts.isWindowOpen, 'one is open', 'none is open', 'the windows are unknown'),
    ),
    item('ttl', 'DNS TTL considered', any('dns'), () =>
      given(
        facts.dnsTtlSeconds === null ? null : facts.dnsTtlSeconds <= limits.dnsTtlSeconds,
        `${facts.dnsTtlSeconds} s`,
        `${facts.dnsTtlSeconds} s: the old answer stays that long`,
        'the TTL is unknown',
      ),
    ),
    item('cost', 'Cost impact computed', any('resize', 'deploy') || facts.costChangePercent !== null, () =>
      given(
        facts.costChangePercent === null ? null : facts.costChangePercent <= limits.costPercent,
        `${facts.costChangePercent} %`,
        `${facts.costChangePercent} %, more than ${limits.costPercent} %`,
        'what it changes in cost is unknown',
      ),
    ),
    item('security', 'Security implications reviewed', any('tls', 'firewall', 'port-exposure'), () =>
      security(facts, touches),
    ),
  ];
}

/** `does not apply: DNS TTL considered, Cost impact computed`; undefined where everything does. */
export function notApplicable(checks: readonly CheckItem[]): string | undefined {
  const idle = checks.filter(({ answer }) => answer === 'not-applicable').map(({ question }) => question);
  return idle.length === 0 ? undefined : `does not apply: ${idle.join(', ')}`;
}

/** What whoever approves must know: what is not so, and what no fact tells. */
export function openChecks(checks: readonly CheckItem[]): string[] {
  return checks
    .filter(({ answer }) => answer === 'no' || answer === 'ask')
    .map(({ question, because }) => `${question}: ${because}`);
}

function backup(facts: GuardFacts, limits: Limits): Answer {
  const { provenRestoreLevel: level, provenRestoreAt: at } = facts;
  if (level === null || at === null) return { answer: 'ask', because: 'no verified backup is known' };
  const said = `restore of level ${level}, ${formatDuration(facts.now - at)} ago`;
  return { answer: isBackupProven(facts, limits) ? 'yes' : 'no', because: said };
}

function security({ protection, exposesPort }: GuardFacts, touches: ReadonlySet<Touch>): Answer {
  const needed = [
    ...(touches.has('tls') || touches.has('firewall')
      ? [protection === null ? null : protection === 'kept']
      : []),
    ...(touches.has('port-exposure') ? [exposesPort === null ? null : !exposesPort] : []),
  ];
  const all = needed.includes(false) ? false : needed.includes(null) ? null : true;
  return given(
    all,
    'protection is kept, no port is opened',
    'protection would be weaker',
    'what it exposes is unknown',
  );
}

/** The steps stand under the undo of the plan. */
function firstLine(how: string): string {
  const [first = '', ...more] = how.split('\n');
  return more.length === 0 ? first : `${first} (${count(more.length, 'line')}, under undo)`;
}
