/** The keys that concern Upkeep itself: name, time zone, store, address, retention, reports. */
import { isIP } from 'node:net';
import { basename, resolve } from 'node:path';
import type { Configuration } from '../core/configuration.ts';
import { type Field, report, type Section, section, shown, text } from './field.ts';
import { duration, timezone, wholeNumber } from './values.ts';

const dayMs = 86_400_000;
export const defaults = {
  host: '127.0.0.1',
  port: 4747,
  recoverForMs: 60_000,
  reopenWithinMs: 15 * 60_000,
  rawMs: 15 * dayMs,
  rollupMs: 400 * dayMs,
  daily: '06:00',
} as const;

type General = Pick<
  Configuration,
  'name' | 'timezone' | 'store' | 'listen' | 'publicUrl' | 'incidents' | 'retention' | 'reports'
>;

export function readGeneral(root: Section, folder: string): General {
  const read = <T>(key: string, reader: (field: Field) => T | undefined): T | undefined => {
    const field = root.get(key);
    return field && reader(field);
  };
  return {
    name: read('name', text) ?? (basename(folder) || 'upkeep'),
    timezone: read('timezone', timezone) ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    store: read('store', (field) => readStore(field, folder)) ?? {
      kind: 'sqlite',
      folder: resolve(folder, 'data'),
    },
    listen: read('listen', readListen) ?? { host: defaults.host, port: defaults.port },
    publicUrl: read('publicUrl', readPublicUrl) ?? null,
    incidents: read('incidents', readIncidents) ?? {
      recoverForMs: defaults.recoverForMs,
      reopenWithinMs: defaults.reopenWithinMs,
    },
    retention: read('retention', readRetention) ?? { rawMs: defaults.rawMs, rollupMs: defaults.rollupMs },
    reports: read('reports', readReports) ?? { daily: defaults.daily },
  };
}

function readStore(field: Field, folder: string): Configuration['store'] | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  if (!value.includes('://')) return { kind: 'sqlite', folder: resolve(folder, value) };
  if (/^postgres(ql)?:\/\//.test(value) && URL.canParse(value)) return { kind: 'postgres', url: value };
  // An address may hold a password, so it is not repeated.
  return report(field, 'is no store', 'a folder, or postgres://user@host/database');
}

function readListen(field: Field): Configuration['listen'] | undefined {
  const part = section(field, ['host', 'port']);
  const [hostField, portField] = [part?.get('host'), part?.get('port')];
  return {
    host: (hostField && listenHost(hostField)) ?? defaults.host,
    port: (portField && wholeNumber(portField, { min: 0, max: 65_535 })) ?? defaults.port,
  };
}

/** A name may resolve elsewhere than here; what looks like an address and is none never does. */
function listenHost(field: Field): string | undefined {
  const host = text(field);
  if (host === undefined || isIP(host) !== 0) return host;
  const isName = /^(?=.{1,253}$)[a-z\d_]([a-z\d_.-]*[a-z\d_])?$/i.test(host) && !/^[\d.]+$/.test(host);
  return isName
    ? host
    : report(field, `${shown(field)} is no address`, 'use 127.0.0.1, 0.0.0.0, ::1 or a name');
}

function readPublicUrl(field: Field): string | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  if (/^https?:\/\//.test(value) && URL.canParse(value)) return value.replace(/\/+$/, '');
  return report(field, `${shown(field)} is no address`, 'use https://upkeep.example.org');
}

function readIncidents(field: Field): Configuration['incidents'] {
  const part = section(field, ['recoverFor', 'reopenWithin']);
  const [recoverFor, reopenWithin] = [part?.get('recoverFor'), part?.get('reopenWithin')];
  return {
    recoverForMs: (recoverFor && duration(recoverFor)) ?? defaults.recoverForMs,
    reopenWithinMs: (reopenWithin && duration(reopenWithin, { usual: 'm' })) ?? defaults.reopenWithinMs,
  };
}

function readRetention(field: Field): Configuration['retention'] {
  const part = section(field, ['raw', 'rollups']);
  const [rawField, rollupField] = [part?.get('raw'), part?.get('rollups')];
  const rawMs = (rawField && duration(rawField, { min: 3_600_000 })) ?? defaults.rawMs;
  const rollupMs = (rollupField && duration(rollupField, { min: 3_600_000 })) ?? defaults.rollupMs;
  if (rollupMs < rawMs) {
    report(rollupField ?? rawField ?? field, 'rollups are kept for less time than raw samples');
  }
  return { rawMs, rollupMs };
}

function readReports(field: Field): Configuration['reports'] {
  const dailyField = section(field, ['daily'])?.get('daily');
  const daily = dailyField && text(dailyField);
  if (dailyField && daily !== undefined && !/^([01]\d|2[0-3]):[0-5]\d$/.test(daily)) {
    report(dailyField, `${shown(dailyField)} is no time of day`, 'use "06:00"');
  }
  return { daily: daily ?? defaults.daily };
}
