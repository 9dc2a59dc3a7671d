/** `services:` */
import type { MetricOf, ServiceSettings } from '../core/configuration.ts';
import { type Field, reportKey, section, text } from './field.ts';
import { readSlo } from './slo.ts';
import { checkName } from './targets.ts';
import { reference, references } from './values.ts';

export interface ServiceDraft extends ServiceSettings {
  readonly field: Field;
  readonly rules: Field | undefined;
}

export function readServices(field: Field | undefined, targetNames: readonly string[]): ServiceDraft[] {
  const fields = (field && section(field)?.all) ?? [];
  const names = fields.map((service) => service.name);
  return fields.flatMap((serviceField) => {
    checkName(serviceField);
    const part = section(serviceField, ['targets', 'dependsOn', 'slo', 'rules', 'users', 'failures']);
    if (part === undefined) return [];
    const [targets, dependsOn, slo] = [part.get('targets'), part.get('dependsOn'), part.get('slo')];
    const users = readMetric(part.get('users'), targetNames);
    const failures = readMetric(part.get('failures'), targetNames);
    if (!targets) reportKey(serviceField, 'has no targets', 'targets: [ … ] says what it consists of');
    const others = [...targetNames, ...names.filter((name) => name !== serviceField.name)];
    return {
      name: serviceField.name,
      targets: targets ? references(targets, 'target', targetNames) : [],
      dependsOn: dependsOn ? references(dependsOn, 'target or service', others) : [],
      slo: slo ? readSlo(slo, targetNames) : null,
      ...(users ? { users } : {}),
      ...(failures ? { failures } : {}),
      field: serviceField,
      rules: part.get('rules'),
    };
  });
}

/** `{ target: web, metric: app.users.active }` */
function readMetric(field: Field | undefined, targetNames: readonly string[]): MetricOf | undefined {
  const part = field && section(field, ['target', 'metric']);
  const [targetField, metricField] = [part?.get('target'), part?.get('metric')];
  if (!field || !part) return undefined;
  if (!targetField || !metricField)
    return reportKey(field, 'needs target and metric', '{ target: web, metric: … }');
  const target = reference(targetField, 'target', targetNames);
  const metric = text(metricField);
  return target === undefined || metric === undefined ? undefined : { target, metric };
}
