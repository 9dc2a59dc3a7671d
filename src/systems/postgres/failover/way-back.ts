/** How the old primary of a pair comes back as the standby of the new one: commands in the order that works. Pure. */
import { commandLine } from '../../../machine/run-program.ts';

export interface WayBackFacts {
  /** Under `failover:`. */
  readonly pair: string;
  readonly primary: string;
  readonly replica: string;
  /** Where the new primary answers; null where that is not known. */
  readonly place: { readonly host: string; readonly port: number } | null;
  /** Role that replicates; null where it is hidden. */
  readonly role: string | null;
  /** Of the old primary, as it said while it answered; null where it did not. */
  readonly folder: string | null;
  readonly configFile: string | null;
  /** `server_version_num`. */
  readonly version: number;
  /** Data checksums or wal_log_hints: null where the old primary could not be asked. */
  readonly canRewind: boolean | null;
  readonly switchedBy: 'proxy' | 'programs';
  readonly hasFence: boolean;
}

/**
 * One line each: `2. db-replica: COMMAND  # why`. Those of the old primary are for a shell of the owner of its data.
 * The slot comes before the checkpoint: a checkpoint recycles the log in which the two histories part, and both a rewound
 * server and a copy need it until they stream.
 */
export function wayBack(facts: WayBackFacts): string[] {
  const { primary, replica, folder, version } = facts;
  const slot = slotOf(primary);
  const source = `host=${facts.place?.host ?? replica} port=${facts.place?.port ?? 5432}`;
  const superuser = commandLine(['psql', `${source} user=postgres dbname=postgres`, '-c']);
  const configFile = facts.configFile ?? '$DATA/postgresql.conf';
  const isApart = folder !== null && facts.configFile !== null && !configFile.startsWith(`${folder}/`);
  const bin = `/usr/lib/postgresql/${Math.floor(version / 10_000)}/bin`;
  const follow = `primary_conninfo = '${source} user=${facts.role ?? 'REPLICATION_ROLE'}'\\nprimary_slot_name = '${slot}'\\n`;
  const copy = `mv "$DATA" "$DATA.old" && pg_basebackup -D "$DATA" -d ${commandLine([`${source} user=${facts.role ?? 'REPLICATION_ROLE'}`])} -R -X stream -c fast -S ${slot}`;
  const anew = `${copy}${isApart ? '' : ' && cp -p "$DATA.old"/postgresql.conf "$DATA.old"/pg_hba.conf "$DATA"/'}`;
  const rewound = [
    `${primary}: mkdir -p "$DATA.conf" && cp -p "$DATA"/*.conf "$DATA.conf"/  # pg_rewind brings the files of ${replica} in their place`,
    `${primary}: pg_rewind --target-pgdata="$DATA" --source-server=${commandLine([`${source} user=postgres dbname=postgres`])}${isApart ? ` --config-file=${commandLine([configFile])}` : ''}`,
    `${primary}: rm -f "$DATA.conf/postgresql.auto.conf" && cp -p "$DATA.conf"/*.conf "$DATA"/ 2>/dev/null; sed -i '/^default_transaction_read_only/d' "$DATA/postgresql.auto.conf"`,
    `${primary}: printf ${commandLine([follow])} >> "$DATA/postgresql.auto.conf" && touch "$DATA/standby.signal"  # add the password, where the role has one`,
  ];
  const steps = [
    `${replica}: ${superuser} ${commandLine([`SELECT pg_create_physical_replication_slot('${slot}', true)`])}  # first and soon: it keeps the log that ${primary} will need; should ${primary} never come back, drop it, else it fills the disk`,
    `${replica}: ${superuser} CHECKPOINT`,
    `${primary}: DATA=${folder === null ? '…' : commandLine([folder])} PATH=${bin}:$PATH  # its data folder${folder === null ? ', put it in' : ''}; in a shell of the owner of it (runuser -u postgres -- bash)`,
    `${primary}: ! pg_ctl -D "$DATA" status || pg_ctl -D "$DATA" -m fast -w stop  # it must stay stopped until the start below`,
    ...(facts.canRewind === false ? [`${primary}: ${anew}`] : rewound),
    `${primary}: pg_ctl -D "$DATA" -l "$DATA.log" -w start  # or by what keeps it there (systemctl, pg_ctlcluster)`,
    `${replica}: ${superuser} ${commandLine([`SELECT slot_name, active FROM pg_replication_slots WHERE slot_name = '${slot}'`])}  # active must be t`,
    `${primary}: psql -h "$(sed -n 5p "$DATA/postmaster.pid")" -p "$(sed -n 4p "$DATA/postmaster.pid")" -U postgres -d postgres -c ${commandLine(['SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active'])}  # slots of before keep log for ever`,
    `upkeep.yaml: ${exchange(facts)}`,
  ];
  return [
    ...steps.map((step, index) => `${index + 1}. ${step}`),
    ...(facts.canRewind === false
      ? []
      : [
          `Where pg_rewind refuses, or the log of ${primary} says "requested WAL segment … has already been removed": stop it, then in place of the rewind: ${anew}`,
        ]),
  ];
}

/** What must follow in the configuration once the roles have changed. */
export function exchange({
  pair,
  primary,
  replica,
  switchedBy,
  hasFence,
}: Pick<WayBackFacts, 'pair' | 'primary' | 'replica' | 'switchedBy' | 'hasFence'>): string {
  return [
    `exchange primary and replica of failover.${pair}`,
    ...(hasFence
      ? [`give its fence the program that stops ${replica} (the one of now stops ${primary})`]
      : []),
    ...(switchedBy === 'proxy' ? ['exchange primary and replica of its switch'] : []),
    `let backups with of: ${primary} follow`,
  ].join(', ');
}

/** A value of a connection string; undefined where it is not in it. */
export function conninfoPart(text: string, key: string): string | undefined {
  return new RegExp(`(?:^|\\s)${key}\\s*=\\s*(?:'((?:[^'\\\\]|\\\\.)*)'|(\\S+))`)
    .exec(text)
    ?.slice(1)
    .find(Boolean);
}

/** Names of slots have lower-case letters, digits and underscores. */
function slotOf(target: string): string {
  return target
    .toLowerCase()
    .replace(/[^a-z0-9_]/g, '_')
    .slice(0, 63);
}
