/** What silences could reach: what is configured, and what alerts of the last weeks were of. */
import type { Reachable } from '../../core/mute-strangers.ts';
import * as alertRows from '../../store/alerts.ts';
import type { VerbContext } from '../context.ts';

const lookBackMs = 30 * 86_400_000;

export async function reachable(ctx: VerbContext): Promise<Reachable> {
  const { targets, topology } = ctx.estate();
  const alerts = await alertRows.firedSince(ctx.store.db, ctx.clock.now() - lookBackMs);
  const settings = [...targets.values()].map((watched) => watched.settings);
  const rules = new Set(['upkeep.own-trouble', ...settings.flatMap((one) => one.rules.map(({ id }) => id))]);
  const labels = new Map<string, string[]>();
  const learn = (found: Readonly<Record<string, string>>) => {
    for (const [name, value] of Object.entries(found)) {
      const values = labels.get(name);
      if (!values) labels.set(name, [value]);
      else if (!values.includes(value)) values.push(value);
    }
  };
  for (const one of settings) {
    learn(one.labels);
    for (const metric of ctx.picture.metrics(one.name)) {
      for (const latest of ctx.picture.latest(one.name, metric)) learn(latest.labels);
    }
  }
  for (const alert of alerts) {
    rules.add(alert.rule);
    learn(alert.labels);
  }
  const gone = alerts.map(({ target }) => target).filter((name) => !targets.has(name));
  const of = (target: string) => ({ target, services: topology.servicesOf.get(target) ?? [] });
  return {
    rules: [...rules],
    targets: [
      ...settings.map(({ name, system, environment }) => ({ ...of(name), system, environment })),
      ...[...new Set(gone)].map((name) => ({ ...of(name), system: '', environment: null })),
    ],
    labels,
  };
}
