/** Where an action stands, in groups that several ask for. */
import type { ActionState } from './view.ts';

/** Somebody or a policy said yes, and its end is not known yet. */
export const underWay: readonly ActionState[] = ['permitted', 'applying', 'verifying'];
