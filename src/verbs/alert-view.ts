import type { Alert } from '../core/alert.ts';
import type { AlertView } from '../core/view.ts';
import { saidOf } from '../pipeline/said.ts';
import type { VerbContext } from './context.ts';

/** An alert with its value in words, where there are any. */
export function alertView(ctx: Pick<VerbContext, 'estate'>, alert: Alert): AlertView {
  const said = saidOf(ctx.estate().targets, alert);
  return said === null ? alert : { ...alert, said };
}
