/** A primary that is lost for good, and the standby that takes over. */
import { existsSync } from 'node:fs';
import { type Drill, firstLack, type Lab } from '../drill.ts';
import { needsCommand, needsSystem } from './needs.ts';

/** Debian keeps the programs of each version in a folder of its own; the npm package has no pg_basebackup. */
const lacksPrograms = () =>
  existsSync('/usr/lib/postgresql') ? null : 'pg_basebackup is not installed (apt-get install postgresql)';

export const failover: readonly Drill[] = [
  {
    id: 'postgres.failover',
    row: '36',
    lab: 'twins',
    title: 'The primary of a pair is lost, and its standby takes over',
    does: 'kill -9 of the primary; it is not started again',
    causes: [[{ diagnosis: 'postgres.unreachable', target: 'primary' }]],
    mitigation: 'always',
    actions: ['postgres.promote'],
    withinMs: 90_000,
    lacks: ({ systems }) =>
      firstLack(needsSystem(systems, 'haproxy'), needsCommand('haproxy'), lacksPrograms()),
    async inject(lab) {
      const twins = twinsOf(lab);
      await twins.killPrimary();
      return () => twins.rebuild();
    },
    symptom: async (lab) => !(await twinsOf(lab).canWrite()),
    mayDiffer: ['process twin-', 'file twins/'],
  },
];

function twinsOf({ twins }: Lab) {
  if (twins === undefined) throw new Error('this sandbox has no pair of servers');
  return twins;
}
