/** Names that lead nowhere, or to where something used to be. */
import { type Drill, firstLack, type Lab } from '../drill.ts';
import type { NameAnswer } from '../parts/names.ts';
import { needsSystem } from './needs.ts';

const common = {
  lab: 'front',
  row: '42',
  causes: [[{ diagnosis: 'dns.wrong-answer', target: 'name' }]],
  // Who may change a resolver or a zone, and whether the old answer is still wanted, only people know.
  mitigation: 'explain',
  actions: [],
  lacks: ({ systems }) => firstLack(needsSystem(systems, 'dns')),
} as const satisfies Partial<Drill>;

export const names: readonly Drill[] = [
  {
    ...common,
    id: 'dns.resolver-fails',
    title: 'The resolver answers that the name does not exist; its zone has it',
    does: 'the resolver answers NXDOMAIN, the name server of the zone the right address',
    inject: answer({ resolver: 'NXDOMAIN' }),
  },
  {
    ...common,
    id: 'dns.old-address',
    title: 'The resolver still answers with an old address',
    does: 'the resolver answers 127.0.0.99, the name server of the zone the right address',
    inject: answer({ resolver: '127.0.0.99' }),
  },
  {
    ...common,
    id: 'dns.zone-broken',
    title: 'The zone itself cannot be answered for',
    does: 'the resolver and the name server of the zone answer SERVFAIL',
    inject: answer({ resolver: 'SERVFAIL', authority: 'SERVFAIL' }),
  },
];

function answer(wrong: { resolver: NameAnswer; authority?: NameAnswer }): Drill['inject'] {
  return async ({ names: found }: Lab) => {
    if (found === undefined) throw new Error('this sandbox has no name servers');
    Object.assign(found.answers, wrong);
    return async () => {
      Object.assign(found.answers, { resolver: found.right, authority: found.right });
    };
  };
}
