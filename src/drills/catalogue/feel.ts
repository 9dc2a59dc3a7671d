/** What users feel, asked the way they would. */
import { get, send } from '../../demo/http.ts';
import type { Lab } from '../drill.ts';

const patienceMs = 1_500;

/** The shop's own health: database and reservations. */
export async function isShopUnwell({ stack }: Lab): Promise<boolean> {
  const answer = await get(`http://127.0.0.1:${stack.ports.api}/health`, patienceMs);
  return answer.status !== 200;
}

/** An order that the load changes too cannot be changed. */
export async function isChangeStuck({ stack }: Lab): Promise<boolean> {
  const answer = await send('POST', `http://127.0.0.1:${stack.ports.api}/orders/1`, patienceMs);
  return answer.status !== 200;
}

export async function isReadStuck({ stack }: Lab): Promise<boolean> {
  const answer = await get(`http://127.0.0.1:${stack.ports.api}/orders/100`, patienceMs);
  return answer.status !== 200;
}
