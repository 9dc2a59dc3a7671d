/** `model:` an endpoint that `upkeep investigate --model` may ask. */
import type { Configuration } from '../core/configuration.ts';
import { defaultModelBudget, type ModelSettings } from '../core/model.ts';
import { type Field, report, reportKey, type Section, section, shown, text } from './field.ts';
import { duration, oneOf, wholeNumber } from './values.ts';

const dialects = ['openai', 'anthropic'] as const;

export function readModel(field: Field | undefined): Pick<Configuration, 'model'> {
  const part = field && section(field, ['dialect', 'url', 'name', 'key', 'budget']);
  if (!part) return {};
  const [dialectField, nameField, keyField] = [part.get('dialect'), part.get('name'), part.get('key')];
  const name = nameField && text(nameField);
  if (!nameField) reportKey(part.field, 'needs name: as the endpoint calls the model');
  const key = keyField === undefined ? null : readKey(keyField);
  const url = readUrl(part, key !== null);
  const budget = readBudget(part.get('budget'));
  if (name === undefined || url === undefined || key === undefined) return {};
  const dialect = (dialectField && oneOf(dialectField, dialects)) ?? 'openai';
  return { model: { dialect, url, name, key, budget } };
}

/** Evidence and key travel there, so in the clear only where nobody is on the way. */
function readUrl(part: Section, hasKey: boolean): string | undefined {
  const field = part.get('url');
  if (!field)
    return reportKey(part.field, 'needs url: where the endpoint answers', 'as in http://127.0.0.1:11434/v1');
  const value = text(field);
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.username || url?.password) return report(field, 'holds credentials', 'put the key into key:');
  const isLocal = url !== undefined && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && (isLocal || !hasKey)))
    return value.replace(/\/+$/, '');
  if (url?.protocol === 'http:')
    return report(field, `${shown(field)} would send the key unencrypted`, 'use https');
  return report(field, `${shown(field)} is no address`, 'as in https://api.example.org/v1');
}

/** Undefined after a problem. */
function readKey(field: Field): string | undefined {
  const value = text(field);
  if (value === undefined || !value.startsWith('file:')) return value;
  const path = value.slice('file:'.length);
  try {
    const key = field.source.input.secretFile(path).trim();
    if (key === '') return report(field, `the secret file ${path} is empty`);
    field.source.secrets.add(key);
    return key;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'cannot be read';
    return report(
      field,
      `the secret file ${path} cannot be read: ${code}`,
      'give a path from the folder of this file',
    );
  }
}

function readBudget(field: Field | undefined): ModelSettings['budget'] {
  const part = field && section(field, ['tokens', 'calls', 'time']);
  const [tokens, calls, time] = [part?.get('tokens'), part?.get('calls'), part?.get('time')];
  return {
    tokens: (tokens && wholeNumber(tokens, { min: 1_000, max: 10_000_000 })) ?? defaultModelBudget.tokens,
    calls: (calls && wholeNumber(calls, { min: 0, max: 200 })) ?? defaultModelBudget.calls,
    timeMs: (time && duration(time, { min: 1_000, usual: 's' })) ?? defaultModelBudget.timeMs,
  };
}
