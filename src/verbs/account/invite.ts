import { z } from 'zod';
import { roles } from '../../core/role.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as accounts from '../../store/accounts.ts';
import * as invitations from '../../store/invitations.ts';
import * as journal from '../../store/journal.ts';
import { defineVerb } from '../context.ts';
import { requireGivable } from './over.ts';

const lifeMs = 3 * 86_400_000;

export const accountInvite = defineVerb({
  name: 'account.invite',
  summary: 'Makes a one-time link with which one person makes an account of this role; good for three days',
  scope: 'admin',
  changes: true,
  credential: true,
  route: 'POST /accounts/invitations',
  positional: ['role'],
  examples: ['upkeep account invite viewer', 'upkeep account invite approver --name robin'],
  input: z.object({
    role: z.enum(roles).describe('viewer, operator, approver, admin or owner'),
    name: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, 'has characters that cannot be seen')
      .regex(/^(?!(upkeep|cli|stranger|token:.*|mcp:.*)$)/i, 'is a name that Upkeep uses itself')
      .optional()
      .describe('the name the account will have; theirs to choose if left out'),
  }),
  async run({ ctx, input, actor }) {
    const secret = ctx.newSecret();
    const now = ctx.clock.now();
    const invitation = {
      id: ctx.newId(),
      role: input.role,
      name: input.name ?? null,
      createdBy: actor.name,
      createdAt: now,
      expiresAt: now + lifeMs,
    };
    await ctx.store.transaction(async (tx) => {
      await requireGivable(tx, actor, input.role);
      if (!(await accounts.hasAny(tx)))
        throw new UpkeepError('conflict', 'there is no owner yet; the link that upkeep run prints makes it');
      if (input.name !== undefined && (await accounts.byName(tx, input.name)))
        throw new UpkeepError('conflict', `name: there is an account ${input.name} already`);
      await invitations.insert(tx, { ...invitation, hash: ctx.digest(secret) });
      await journal.append(tx, {
        at: now,
        actor: actor.name,
        kind: 'account.invited',
        subject: `invitation:${invitation.id}`,
        payload: { role: input.role, name: invitation.name, expiresAt: invitation.expiresAt },
      });
    });
    ctx.changed();
    const { id, role, name, expiresAt } = invitation;
    return { id, role, name, expiresAt, link: linkOf(ctx.baseUrl(), secret, name) };
  },
});

/** After `#`, which browsers keep to themselves. */
function linkOf(base: string, secret: string, name: string | null): string {
  return `${base}/setup#${new URLSearchParams({ token: secret, ...(name === null ? {} : { name }) })}`;
}
