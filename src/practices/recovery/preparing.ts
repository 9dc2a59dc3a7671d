/** The settings that a plan's engine needs in the database, by the guard's road. No value of them comes from whoever asks. */
import { z } from 'zod';
import { prepareBackups } from '../../core/backup/actions.ts';
import type { BoundEngine, EngineContext } from '../../core/backup/engine.ts';
import { demandPermit } from '../../core/demand.ts';
import type { BoundAction } from '../../core/system.ts';
import type { Ground } from './ground.ts';
import { orderOf } from './needs.ts';

const input = z.object({ plan: z.string().describe('name under backups: in upkeep.yaml') });

export function createPreparing(ground: Ground): BoundAction {
  const { clock } = ground.desk;
  const quiet = (signal: AbortSignal): EngineContext => ({ signal, clock, progress() {} });
  /** @throws UpkeepError where there is no such plan */
  function partsOf(given: unknown) {
    const plan = ground.planOf(input.parse(given).plan);
    return { plan, order: orderOf(plan), engine: ground.engineOf(plan) };
  }
  function demanded<Key extends keyof BoundEngine>(engine: BoundEngine, key: Key) {
    const part = engine[key];
    if (part === undefined) throw new Error(`${engine.id} needs no settings of the database`);
    return part;
  }

  return {
    ...{ ...prepareBackups, input },
    privileges:
      'GRANT ALTER SYSTEM ON PARAMETER wal_level, archive_mode, archive_library, archive_command, archive_timeout, max_wal_senders, max_replication_slots TO upkeep; -- PostgreSQL 15 and newer; before it a superuser. GRANT SELECT ON pg_file_settings TO upkeep; GRANT EXECUTE ON FUNCTION pg_show_all_file_settings(), pg_reload_conf(), pg_switch_wal(), pg_create_restore_point(text) TO upkeep',
    async plan(given, { signal }) {
      const { plan, order, engine } = partsOf(given);
      if (!engine.planSettings)
        return { refused: `${plan.name}: ${engine.id} needs no settings of the database` };
      return engine.planSettings(order, quiet(signal));
    },
    async apply(plan, permit, { signal }) {
      demandPermit(permit);
      const { order, engine } = partsOf(plan.input);
      return demanded(engine, 'applySettings')(order, plan, quiet(signal));
    },
    async verify(plan, { signal }) {
      const { order, engine } = partsOf(plan.input);
      return demanded(engine, 'verifySettings')(order, plan, quiet(signal));
    },
    async undo(plan, permit, { signal }) {
      demandPermit(permit);
      const { order, engine } = partsOf(plan.input);
      return demanded(engine, 'undoSettings')(order, plan, quiet(signal));
    },
  };
}
