/** `releases:`: each is a target of its own, and what shows whether it is good depends on it. */
import type { SystemEntry } from '../core/system.ts';
import { type Field, report, reportKey, section } from './field.ts';
import { checkName, readTarget, type TargetsReading } from './targets.ts';
import { reference } from './values.ts';

const kind = 'delivery';
/** `api` below `releases:` is the target `api-release`. */
export const releaseTarget = (name: string): string => `${name}-release`;

export function withReleases(
  field: Field | undefined,
  targets: TargetsReading,
  systems: readonly SystemEntry[],
  environment: string | null,
): TargetsReading {
  const entry = systems.find((system) => system.kind === kind);
  if (!field) return targets;
  if (!entry) return report(field, 'cannot be read: there is no system delivery') ?? targets;
  const neededBy = new Map<string, string[]>();
  const added = (section(field)?.all ?? []).flatMap((releaseField) => {
    checkName(releaseField);
    const name = releaseTarget(releaseField.name);
    if (targets.names.includes(name))
      reportKey(releaseField, `is the target ${name}, which there is already`);
    const part = section(releaseField);
    if (!part) return [];
    const health = part.get('health');
    const shownBy = health && reference(health, 'target', targets.names);
    if (shownBy !== undefined) neededBy.set(shownBy, [...(neededBy.get(shownBy) ?? []), name]);
    const errors = part.get('errors');
    const measuredBy = errors && section(errors)?.get('target');
    if (measuredBy) reference(measuredBy, 'target', targets.names);
    return [{ ...readTarget(part, entry, targets.names, environment), name }];
  });
  const drafts = targets.drafts.map((draft) => {
    const releases = neededBy.get(draft.name) ?? [];
    return releases.length === 0
      ? draft
      : { ...draft, dependsOn: [...new Set([...draft.dependsOn, ...releases])] };
  });
  return {
    drafts: [...drafts, ...added],
    names: [...targets.names, ...added.map(({ name }) => name)],
    systemOf: new Map([...targets.systemOf, ...added.map(({ name }) => [name, kind] as const)]),
  };
}
