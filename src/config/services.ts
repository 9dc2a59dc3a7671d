/** `services:` */
import type { ServiceSettings } from '../core/configuration.ts';
import { type Field, report, reportKey, scalar, section } from './field.ts';
import { checkName } from './targets.ts';
import { duration, references, share } from './values.ts';

export interface ServiceDraft extends ServiceSettings {
  readonly field: Field;
  readonly rules: Field | undefined;
}

const quantiles = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;

export function readServices(field: Field | undefined, targetNames: readonly string[]): ServiceDraft[] {
  const fields = (field && section(field)?.all) ?? [];
  const names = fields.map((service) => service.name);
  return fields.flatMap((serviceField) => {
    checkName(serviceField);
    const part = section(serviceField, ['targets', 'dependsOn', 'slo', 'rules']);
    if (part === undefined) return [];
    const [targets, dependsOn, slo] = [part.get('targets'), part.get('dependsOn'), part.get('slo')];
    if (!targets) reportKey(serviceField, 'has no targets', 'targets: [ … ] says what it consists of');
    const others = [...targetNames, ...names.filter((name) => name !== serviceField.name)];
    return {
      name: serviceField.name,
      targets: targets ? references(targets, 'target', targetNames) : [],
      dependsOn: dependsOn ? references(dependsOn, 'target or service', others) : [],
      slo: slo ? readSlo(slo) : null,
      field: serviceField,
      rules: part.get('rules'),
    };
  });
}

function readSlo(field: Field): ServiceSettings['slo'] {
  const part = section(field, ['availability', 'latency']);
  const [availabilityField, latencyField] = [part?.get('availability'), part?.get('latency')];
  const availability = availabilityField && share(availabilityField);
  const latency = latencyField && readLatency(latencyField);
  return {
    ...(availability === undefined ? {} : { availability }),
    ...(latency === undefined ? {} : { latency }),
  };
}

/** Nobody promises answers within nine milliseconds; within nine seconds some do. */
function meansSeconds(given: Field): boolean {
  return Number(scalar(given)) < 10;
}

function readLatency(field: Field): NonNullable<ServiceSettings['slo']>['latency'] {
  const part = section(field, Object.keys(quantiles));
  if (part === undefined) return undefined;
  const [given, second] = part.all;
  if (given === undefined) return reportKey(field, 'names no quantile', 'write { p95: 500ms }');
  if (second !== undefined) return reportKey(second, 'is a second objective', 'keep one of p50, p95 and p99');
  const quantile = Object.entries(quantiles).find(([name]) => name === given.name)?.[1];
  if (quantile === undefined) return undefined;
  const belowMs = duration(given, { usual: meansSeconds(given) ? 's' : 'ms' });
  if (belowMs === 0) return report(given, 'must be longer than nothing');
  return belowMs === undefined ? undefined : { quantile, belowMs };
}
