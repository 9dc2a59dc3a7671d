/** `oncall:` */
import type { Configuration } from '../core/configuration.ts';
import type { OnCall } from '../core/oncall/model.ts';
import { type Field, reportKey, section } from './field.ts';
import { readPeople, readQuietHours } from './oncall-people.ts';
import { readClocks, readEscalation, readPolicies, readServicePolicies } from './oncall-policies.ts';
import { readRotations } from './oncall-rotations.ts';

const keys = ['people', 'quietHours', 'rotations', 'policies', 'escalation', 'services', 'clocks'];

export function readOnCall(
  field: Field | undefined,
  about: {
    readonly timezone: string;
    readonly notifiers: readonly string[];
    readonly services: readonly string[];
  },
): { oncall: OnCall; escalation: Configuration['escalation'] } {
  const part = field && section(field, keys);
  const { timezone, notifiers } = about;
  const quietField = part?.get('quietHours');
  const team = readPeople(part?.get('people'), {
    timezone,
    quietHours: (quietField && readQuietHours(quietField)) ?? null,
    notifiers,
  });
  const rotations = readRotations(part?.get('rotations'), { timezone, people: team.names });
  reportAmbiguous(part?.get('people'), notifiers, 'a notifier');
  reportAmbiguous(part?.get('rotations'), [...notifiers, ...team.names], 'a notifier or a person');
  const others = [...rotations.names, ...team.names];
  const callable = {
    names: [...notifiers, ...others],
    what: others.length === 0 ? 'notifier' : 'notifier, person or rotation',
  };
  const policies = readPolicies(part?.get('policies'), callable);
  const { escalation, policyOf } = readEscalation(part?.get('escalation'), {
    notifiers,
    callable,
    policies: policies.policies,
    policyNames: policies.names,
  });
  return {
    escalation,
    oncall: {
      people: team.people,
      rotations: rotations.rotations,
      policies: policies.policies,
      policyOf,
      services: readServicePolicies(part?.get('services'), about.services, policies.names),
      clocks: readClocks(part?.get('clocks')),
      absences: team.absences,
    },
  };
}

/** A step says whom to call by one name, so a name means one thing. */
function reportAmbiguous(field: Field | undefined, taken: readonly string[], what: string): void {
  for (const one of (field && section(field)?.all) ?? [])
    if (taken.includes(one.name)) reportKey(one, `is also the name of ${what}`, 'rename one of the two');
}
