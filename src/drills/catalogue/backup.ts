/** Backups that cannot be used, as disks, people and bugs make them: each must be told before it is needed. */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import type { SeenFinding } from '../../core/drill/drill.ts';
import { type Drill, firstLack, type Lab, type Undo } from '../drill.ts';
import { corruptPage, flipBytes, loseLog, losesSecond, truncateLargest } from '../parts/pgbackrest-damage.ts';
import { logOf, type Vault, vaultPlan, vaultTarget } from '../parts/vault.ts';
import { needsCommand, needsSystem } from './needs.ts';

/** What can be red: the level at which a proof ends, a backup that was not taken, and all else that is told of backups. */
const red = ['refused', 0, 1, 2, 3, 4, 5, 6, 'other'] as const;
type Red = (typeof red)[number];

const named = (one: Red) => (typeof one === 'number' ? `backup.level-${one}` : `backup.${one}`);

/** Debian keeps the programs of each version in a folder of its own; the npm package has no pg_amcheck. */
const lacksPrograms = () =>
  existsSync('/usr/lib/postgresql') ? null : 'pg_amcheck is not installed (apt-get install postgresql)';

/** Exactly this may be told, and nothing else; null of the control, of which nothing may be. */
const expects = (one: Red | null) =>
  ({
    lab: 'vault',
    causes: one === null ? [] : [[{ diagnosis: named(one), target: vaultTarget }]],
    innocent: red.filter((other) => other !== one).map(named),
    // What stands in for a backup that is broken only people know; Upkeep deletes nothing meanwhile.
    mitigation: one === null ? 'nothing' : 'explain',
    actions: [],
    lacks: ({ systems }) =>
      firstLack(needsSystem(systems, 'postgres'), needsCommand('pgbackrest'), lacksPrograms()),
    prepare: haveBackup,
    saw: told,
  }) as const satisfies Partial<Drill>;

export const backup: readonly Drill[] = [
  {
    ...expects(1),
    id: 'backup.flipped-bytes',
    row: 'B1',
    title: 'Bytes of a backup are flipped on its disk',
    does: 'eight bytes in the middle of the largest file of the backup are turned around; it is proven again',
    inject: damage(({ folder, label }) => {
      flipBytes(folder, label);
      return () => flipBytes(folder, label);
    }),
  },
  {
    ...expects(1),
    id: 'backup.truncated',
    row: '19',
    title: 'A file of a backup was cut short, as by a disk that was full',
    does: 'the largest file of the backup loses its second half; it is proven again',
    inject: damage(({ folder, label }) => truncateLargest(folder, label)),
  },
  {
    ...expects(2),
    id: 'backup.log-missing-within',
    row: 'B2',
    title: 'A file of the log that the backup needs is gone',
    does: 'the first file of the log within the range of the backup is removed; it is proven again',
    inject: damage(({ folder, label }) => loseLog(folder, first(logOf(folder, label).within))),
  },
  {
    ...expects(2),
    id: 'backup.log-missing-after',
    row: 'B3',
    title: 'A file of the log after the backup is gone: later moments cannot be restored',
    does: 'the first file of the log after the backup is removed; the backup is proven again',
    inject: damage(({ folder, label }) => loseLog(folder, first(logOf(folder, label).after))),
  },
  {
    ...expects('refused'),
    id: 'backup.corrupt-page',
    row: 'B4',
    title: 'A page of the server is broken on its disk, and a backup is taken of it',
    does: 'eight bytes in the first page of a table are turned around; a backup is taken',
    withinMs: 90_000,
    inject: corruptSource,
  },
  {
    ...expects(4),
    id: 'backup.stale-index',
    row: 'B5',
    title: 'An index lacks rows of its table, and a backup is taken of both',
    does: 'pg_index.indisready = false; 100 rows are inserted; true again; a backup is taken and proven',
    withinMs: 90_000,
    inject: staleIndex,
  },
  {
    ...expects(2),
    id: 'backup.second-unreachable',
    row: 'B6',
    title: 'The second repository is declared, and its disk is not mounted',
    does: 'repo2-path in conf.d names a folder that is not there; the backup is proven again',
    inject: damage(({ folder }, { notMounted }) => losesSecond(folder, notMounted)),
  },
  {
    ...expects(null),
    id: 'backup.sound',
    row: 'B7',
    title: 'A backup that nobody broke is proven by a restore',
    does: 'nothing is broken; a backup is taken, restored into a scratch server and compared with what was backed up',
    withinMs: 5_000,
    async inject(lab) {
      const taken = await take(lab);
      const wrong = taken.proofs[0]?.looks.find(({ good }) => !good);
      if (taken.state !== 'good' || wrong || (taken.proofs[0]?.level ?? 0) < structureLevel)
        throw new Error(`a sound backup was not proven: ${wrong?.detail ?? taken.detail}`);
      return async () => {};
    },
  },
];

/** Restored, counted, and its structure looked at; what is above depends on what the plan declares. */
const structureLevel = 4;

const backupShape = z.object({
  id: z.string(),
  label: z.string().nullable(),
  folder: z.string(),
  state: z.string(),
  kind: z.string(),
  detail: z.string(),
  proofs: z.array(
    z.object({
      level: z.number().nullable(),
      looks: z.array(z.object({ good: z.boolean(), detail: z.string() })),
    }),
  ),
});
const listShape = z.object({
  plans: z.array(z.object({ name: z.string(), wrong: z.array(z.string()) })),
  backups: z.array(backupShape),
});
type Taken = z.infer<typeof backupShape>;

function vaultOf({ vault }: Lab): Vault {
  if (vault === undefined) throw new Error('this sandbox has no server with backups');
  return vault;
}

const list = async ({ watch }: Lab) => listShape.parse(await watch.call('backup.list', { name: vaultPlan }));

const take = async ({ watch }: Lab): Promise<Taken> =>
  backupShape.parse(await watch.call('backup.take', { name: vaultPlan, prove: 'yes' }));

/** A full one that holds for all drills of this sandbox, after the server was told what Upkeep says that it needs. */
async function haveBackup(lab: Lab): Promise<Undo> {
  const { backups } = await list(lab);
  if (backups.every(({ state }) => state !== 'good')) {
    const refused = await take(lab);
    if (refused.state === 'failed') await follow(vaultOf(lab), refused.detail);
    const taken = refused.state === 'failed' ? await take(lab) : refused;
    if (taken.state !== 'good') throw new Error(`no backup could be taken: ${taken.detail}`);
  }
  return async () => {};
}

/** Runs the statements of a remedy, which stand on lines of their own or in one sentence. */
async function follow({ server }: Vault, remedy: string): Promise<void> {
  for (const line of remedy.split(/\n|;/).map((part) => part.trim()))
    if (/^(ALTER SYSTEM|SELECT) /.test(line)) await server.admin(line);
}

/** What the plan says of itself, by what it is. */
async function told(lab: Lab): Promise<readonly SeenFinding[]> {
  const { plans } = await list(lab);
  const wrong = plans.find(({ name }) => name === vaultPlan)?.wrong ?? [];
  // How much would be lost follows from what is broken, and is no finding of its own.
  return wrong
    .filter((text) => !text.includes('would be lost now'))
    .map((summary) => ({
      diagnosis: named(kindOf(summary)),
      target: vaultTarget,
      summary,
      confidence: 1,
      isCapacity: false,
      isTied: true,
      blames: null,
    }));
}

function kindOf(text: string): Red {
  const level = /^the last proof (?:failed|could not run) at level (\d): /.exec(text)?.[1];
  const refusal = text.startsWith('the last backup failed: pages of the server do not match their checksums');
  return red.find((one) => String(one) === level) ?? (refusal ? 'refused' : 'other');
}

/** Breaks what lies in the repository and has the full backup proven; put right, it is looked at again. */
function damage(
  how: (full: { folder: string; label: string }, vault: Vault) => () => unknown,
): Drill['inject'] {
  return async (lab) => {
    const full = (await list(lab)).backups.findLast(({ kind, state }) => kind === 'full' && state === 'good');
    if (full === undefined) throw new Error('there is no full backup');
    const { id, folder, label } = full;
    const mend = how({ folder, label: label ?? '' }, vaultOf(lab));
    await lab.watch.call('backup.verify', { id });
    return async () => {
      mend();
      await lab.watch.call('backup.verify', { id, by: 'files' });
    };
  };
}

async function corruptSource(lab: Lab): Promise<Undo> {
  const { server, data } = vaultOf(lab);
  await server.admin('checkpoint');
  const [row] = await server.admin("select pg_relation_filepath('ledger') as file");
  const file = String(row?.file);
  corruptPage(data, file);
  await take(lab);
  return async () => {
    corruptPage(data, file);
    await take(lab);
  };
}

async function staleIndex(lab: Lab): Promise<Undo> {
  const { server } = vaultOf(lab);
  const ready = (is: boolean) =>
    server.admin(`update pg_index set indisready = ${is} where indexrelid = 'orders_pkey'::regclass`);
  await ready(false);
  await server.admin("insert into orders select n, 'late', 'late', 1 from generate_series(90001, 90100) n");
  await ready(true);
  await take(lab);
  return async () => {
    await server.admin('reindex table orders');
    await server.admin('delete from orders where id > 90000');
    await take(lab);
  };
}

function first(names: readonly string[]): string {
  const [name] = names;
  if (name === undefined) throw new Error('the log has no such file');
  return name;
}
